"""Folding one slot's readings: use, refills, held jumps, days, and any order of arrival."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.checkpoints import LATEST, Track, follow
from devices.levels import (
    DayUse,
    Folded,
    Measured,
    Message,
    Refilled,
    Verdict,
)
from devices.models import Measure, SlotSpec
from devices.wire import SlotState

START = datetime(2026, 11, 2, 8, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def a_spec(measure: Measure = Measure.LEVEL, **changes: object) -> SlotSpec:
    return SlotSpec.model_validate(
        {
            "slot": "detergent",
            "title": "Detergent",
            "category": "laundry-detergent",
            "fits": ("laundry-liquid",),
            "capacity": 1000,
            "unit": "ml",
            "measure": measure,
            "typical_use_per_day": 50,
            "most_per_day": 300,
            **changes,
        }
    )


LEVEL = a_spec()
COUNTER = a_spec(Measure.USAGE, capacity=250, most_per_day=60)


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def levels(*amounts: float | None, every_hours: float = 6, first: int = 1) -> list[Message]:
    """None: the device knows nothing."""
    return [
        Measured(
            key=(1, first + n),
            at=at((first + n) * every_hours),
            amount=amount,
            state=SlotState.UNKNOWN if amount is None else None,
        )
        for n, amount in enumerate(amounts)
    ]


def counts(*totals: float, every_hours: float = 6) -> list[Message]:
    return [
        Measured(key=(1, n), at=at(n * every_hours), used_total=total)
        for n, total in enumerate(totals, 1)
    ]


def folded(messages: list[Message], spec: SlotSpec = LEVEL, zone: ZoneInfo = BERLIN) -> Folded:
    return follow(Track(), messages, spec, zone)[1]


def verdicts(result: Folded) -> list[str]:
    return [str(verdict) for _, verdict in sorted(result.verdicts.items())]


def test_a_slot_that_was_never_measured_is_unknown():
    assert folded(levels(None, None)).state.in_slot is None


def test_noise_upwards_is_no_refill_and_downwards_is_used_once():
    result = folded(levels(800, 820, 790, 810, 785))
    assert result.state.in_slot == 785
    assert sum(day.used for day in result.days.values()) == 15
    assert result.refills == []


def test_a_single_high_reading_is_held_and_the_slot_keeps_its_level():
    result = folded(levels(300, 950))
    assert result.state.in_slot == 300
    assert verdicts(result) == ["applied", "held"]
    assert result.refills == []


def test_a_second_high_reading_confirms_the_refill_at_the_time_of_the_first():
    result = folded(levels(300, 950, 930))
    (refill,) = result.refills
    assert (refill.at, refill.amount, refill.filled) == (at(12), 950, 650)
    assert result.state.in_slot == 930
    assert verdicts(result) == ["applied", "applied", "applied"]


def test_a_contradicted_jump_is_a_glitch_and_leaves_no_trace_in_the_level():
    result = folded(levels(300, 950, 290))
    assert verdicts(result) == ["applied", "glitch", "applied"]
    assert [held.value for held in result.glitches] == [950]
    assert result.state.in_slot == 290
    assert result.refills == []


def test_an_unknown_reading_does_not_decide_a_held_jump():
    result = folded(levels(300, 950, None))
    assert verdicts(result) == ["applied", "held", "applied"]
    assert result.state.condition is SlotState.UNKNOWN
    assert result.state.in_slot == 300


def test_a_fall_faster_than_the_model_allows_is_held_until_confirmed():
    assert folded(levels(900, 100)).state.in_slot == 900
    result = folded(levels(900, 100, 95))
    assert result.state.in_slot == 95
    assert sum(day.used for day in result.days.values()) == 805


def test_a_long_silence_allows_a_long_fall():
    result = folded([*levels(900), Measured(key=(1, 2), at=at(6 + 72), amount=100)])
    assert result.state.in_slot == 100


@pytest.mark.parametrize(
    "state",
    [
        SlotState.UNKNOWN,
        SlotState.SOME_REMAINING,
        SlotState.NOT_FITTED,
        SlotState.UNSUPPORTED,
    ],
)
def test_states_without_a_measure_show_the_condition_and_change_nothing_else(state):
    silent = Measured(key=(1, 2), at=at(12), amount=20, state=state)
    result = folded([*levels(700), silent])
    assert (result.state.in_slot, result.state.condition) == (700, state)
    assert result.state.measured_at == at(6)


def test_a_measure_after_unknown_makes_the_slot_ok_again_and_nothing_left_makes_it_empty():
    assert folded(levels(200, None, 190)).state.condition is SlotState.OK
    assert folded(levels(200, None, 0)).state.condition is SlotState.EMPTY


def test_a_refill_event_makes_the_level_unknown_until_it_is_measured():
    event = Refilled(key=(1, 2), at=at(12))
    assert folded([*levels(300), event]).state.in_slot is None
    result = folded([*levels(300), event, *levels(900, first=3)])
    (refill,) = result.refills
    assert (refill.at, refill.amount, refill.filled) == (at(12), 900, 600)
    assert verdicts(result) == ["applied", "applied"]
    assert result.state.in_slot == 900


def test_a_refill_event_confirms_a_held_rise_at_once():
    result = folded([*levels(300, 950), Refilled(key=(1, 3), at=at(13))])
    (refill,) = result.refills
    assert (refill.at, refill.key) == (at(12), (1, 3))
    assert result.state.in_slot == 950
    assert verdicts(result) == ["applied", "applied"]


def test_a_fall_just_before_a_refill_event_was_a_tank_taken_out():
    messages = [*levels(800, 0), Refilled(key=(1, 3), at=at(19)), *levels(990, first=4)]
    result = folded(messages)
    assert verdicts(result) == ["applied", "glitch", "applied"]
    assert sum(day.used for day in result.days.values()) == 0


def test_a_counter_that_began_with_a_full_slot_counts_it_empty():
    result = folded(counts(0, 40, 80), COUNTER)
    assert result.state.in_slot == 170
    assert sum(day.used for day in result.days.values()) == 80


def test_a_counter_beyond_one_capacity_knows_nothing_until_a_refill():
    result = folded(counts(10_388, 10_400), COUNTER)
    assert result.state.in_slot is None
    refilled = [
        *counts(10_388),
        Refilled(key=(1, 2), at=at(12)),
        Measured(key=(1, 3), at=at(18), used_total=10_408),
    ]
    assert folded(refilled, COUNTER).state.in_slot == 230


def test_a_counter_that_falls_is_held_and_then_a_reset_without_use():
    assert verdicts(folded(counts(100, 3), COUNTER)) == ["applied", "held"]
    result = folded(counts(100, 3, 13), COUNTER)
    assert result.state.in_slot == 140
    assert sum(day.used for day in result.days.values()) == 10
    assert result.refills == []


def test_a_counter_that_jumps_and_comes_back_was_a_glitch():
    result = folded(counts(100, 900, 110), COUNTER)
    assert verdicts(result) == ["applied", "glitch", "applied"]
    assert result.state.in_slot == 140


def test_words_alone_give_no_quantity_except_empty():
    spec = a_spec(Measure.STATE)
    words = [
        Measured(key=(1, n), at=at(n), state=state)
        for n, state in enumerate([SlotState.OK, SlotState.LOW, SlotState.EMPTY], 1)
    ]
    assert folded(words[:2], spec).state.in_slot is None
    assert folded(words, spec).state.in_slot == 0
    refilled = [*words, Measured(key=(1, 4), at=at(4), state=SlotState.FULL)]
    assert folded(refilled, spec).state.in_slot is None
    assert folded(refilled, spec).state.condition is SlotState.FULL


def test_days_begin_at_the_owners_midnight():
    evening = datetime(2026, 11, 4, 23, 30, tzinfo=UTC)  # half past midnight in Berlin
    messages = [*levels(800), Measured(key=(1, 2), at=evening, amount=760)]
    assert set(folded(messages).days) == {date(2026, 11, 2), date(2026, 11, 5)}


def test_a_gap_is_one_observation_of_its_length_and_the_first_day_is_none():
    silence = [Measured(key=(1, 3), at=at(4 * 24), amount=600)]
    result = folded([*levels(800, 790), *silence])
    assert list(result.days.values()) == [
        DayUse(day_on=date(2026, 11, 2), used=10, exposure_days=0),
        DayUse(day_on=date(2026, 11, 6), used=190, exposure_days=4),
    ]


def test_a_gap_that_ends_in_a_refill_hides_its_use_and_counts_as_one_day():
    after = [
        Measured(key=(1, 3), at=at(20 * 24), amount=900),
        Measured(key=(1, 4), at=at(20 * 24 + 6), amount=880),
    ]
    result = folded([*levels(800, 100), *levels(100, first=2), *after])
    assert result.days[date(2026, 11, 22)].exposure_days == 1


def test_a_day_without_use_is_an_observation_of_nothing():
    result = folded(levels(800, 800, every_hours=24))
    assert result.days[date(2026, 11, 4)] == DayUse(
        day_on=date(2026, 11, 4), used=0, exposure_days=1
    )


MESSAGES = st.lists(
    st.tuples(
        st.floats(0.1, 12),  # hours since the message before
        st.booleans(),  # a reboot before it
        st.one_of(
            st.floats(0, 1000),
            st.sampled_from([300.0, 310.0, 290.0, 950.0, 940.0, 0.0]),
            st.sampled_from([None, "refilled"]),
        ),
    ),
    min_size=1,
    max_size=40,
)


def a_history(steps: list[tuple[float, bool, float | str | None]]) -> list[Message]:
    messages: list[Message] = []
    hours, boot_id, seq = 0.0, 1, 0
    for wait, is_reboot, content in steps:
        hours += wait
        boot_id, seq = (boot_id + 1, 0) if is_reboot else (boot_id, seq + 1)
        key, moment = (boot_id, seq), at(hours)
        match content:
            case "refilled":
                messages.append(Refilled(key=key, at=moment))
            case None:
                messages.append(Measured(key=key, at=moment, state=SlotState.UNKNOWN))
            case amount:
                messages.append(
                    Measured(key=key, at=moment, amount=float(amount), used_total=float(amount))
                )
    return messages


@given(MESSAGES, st.sampled_from([LEVEL, COUNTER]))
def test_a_state_survives_json(steps, spec):
    track, _ = follow(Track(), a_history(steps), spec, BERLIN)
    assert msgspec.json.decode(msgspec.json.encode(track), type=Track) == track


@given(MESSAGES, st.sampled_from([LEVEL, COUNTER]))
def test_folding_again_from_the_saved_state_changes_nothing(steps, spec):
    """The saved state lies more than 48 hours back, or at the beginning."""
    messages = a_history(steps)
    track, result = follow(Track(), messages, spec, BERLIN)
    since = [each for each in messages if each.key > track.older.key]
    again, reopened = follow(track.rewound(), since, spec, BERLIN)
    assert again.fold == track.fold
    assert reopened.days.items() <= result.days.items()
    left_out = [each for each in messages if each.key <= track.older.key]
    assert all(messages[-1].at - each.at > LATEST for each in left_out)


@given(MESSAGES, st.sampled_from([LEVEL, COUNTER]))
def test_use_and_contents_are_never_negative_and_a_glitch_never_stays(steps, spec):
    result = folded(a_history(steps), spec)
    assert all(day.used >= 0 and day.exposure_days >= 0 for day in result.days.values())
    assert (result.state.in_slot or 0) >= 0
    held = [key for key, verdict in result.verdicts.items() if verdict is Verdict.HELD]
    assert held == ([result.state.held.key] if result.state.held else [])
