"""One unit of a fleet: its faults change how it tells the truth, never the truth."""

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices import wire
from firmware_sim.faults import Transmission
from firmware_sim.fleet_facts import Injected
from firmware_sim.fleet_models import MODELS
from firmware_sim.fleet_scenario import ClockSkew, Delay, Faults
from firmware_sim.fleet_unit import UNUSED, Garbage, Place, Unit

START = datetime(2026, 11, 1, 9, tzinfo=UTC)
END = START + timedelta(days=12)
ALL_FAULTS = Faults(
    duplicate=0.1,
    delay=Delay(chance=0.1),
    reorder=0.3,
    offline=0.02,
    reboot=0.05,
    unknown=0.05,
    counter_reset=0.2,
    garbage=0.2,
)

seeds = st.integers(min_value=0, max_value=10_000)
models = st.sampled_from(sorted(MODELS))


def a_place(model: str = "coffee-b4", seed: int = 1, **more: object) -> Place:
    place = {
        "device_id": f"{model}-1",
        "model": model,
        "every": timedelta(hours=6),
        "seed": seed,
        "start_at": START,
        "end_at": END,
        "boot_id": 7,
    }
    return Place(**place | more)  # type: ignore[arg-type]


def lived(place: Place, faults: Faults) -> tuple[Unit, list[Transmission], list[Injected]]:
    injected: list[Injected] = []
    unit = Unit(place, faults, injected.append)
    sent = unit.start()
    while (at := unit.next_at()) <= END:
        sent += unit.tick(at)
    return unit, sent + unit.close(END), injected


def bodies(sent: list[Transmission], channel: str = "telemetry") -> list[dict[str, object]]:
    good = [each for each in sent if each.channel == channel and not isinstance(each, Garbage)]
    good.sort(key=lambda each: (each.boot_id, each.seq))
    return [json.loads(each.payload) for each in good]


@given(models, seeds)
@settings(max_examples=40)
def test_the_last_reading_is_the_truth_whatever_went_wrong(model: str, seed: int) -> None:
    unit, sent, _ = lived(a_place(model, seed), ALL_FAULTS)
    last = bodies(sent)[-1]["slots"]
    assert isinstance(last, dict)
    for left in unit.left():
        said = last[left.slot]
        if "level" in said:
            assert said["level"] * left.capacity == pytest.approx(left.content)


@given(models, seeds)
@settings(max_examples=30)
def test_a_name_always_means_the_same_message(model: str, seed: int) -> None:
    _, sent, _ = lived(a_place(model, seed), ALL_FAULTS)
    named: dict[tuple[int, int], bytes] = {}
    for each in sent:
        if each.channel != "status" and not isinstance(each, Garbage):
            assert named.setdefault((each.boot_id, each.seq), each.payload) == each.payload
            assert isinstance(wire.parse(each.channel, each.payload), wire.Parsed)


@given(seeds)
@settings(max_examples=30)
def test_without_faults_what_is_used_is_what_the_levels_fall_by(seed: int) -> None:
    unit, sent, injected = lived(a_place("washer-w7", seed), Faults())
    assert injected == []
    for left in unit.left():
        levels = [body["slots"][left.slot]["level"] for body in bodies(sent)]  # type: ignore[index]
        pairs = pairwise(levels)
        fallen = sum(max(0.0, before - after) for before, after in pairs)
        assert fallen * left.capacity == pytest.approx(left.used)
    assert len(bodies(sent, "event")) == sum(left.refills for left in unit.left())


def test_the_first_day_which_a_platform_sees_in_part_has_no_use() -> None:
    _, sent, _ = lived(a_place("water-f1"), Faults())
    first, second = bodies(sent)[:2]
    told_at = datetime.fromisoformat(str(second["measured_at"]))
    assert told_at - START > UNUSED - timedelta(minutes=10)
    assert first["measured_at"] == "2026-11-01T09:00:00Z"


def test_the_same_seed_lives_the_same_life() -> None:
    lives = [lived(a_place(seed=3), ALL_FAULTS)[1] for _ in range(2)]
    assert lives[0] == lives[1]
    assert lives[0] != lived(a_place(seed=4), ALL_FAULTS)[1]


@given(models, seeds)
@settings(max_examples=20)
def test_garbage_is_what_it_says(model: str, seed: int) -> None:
    _, sent, _ = lived(a_place(model, seed), Faults(garbage=0.5))
    for each in sent:
        if isinstance(each, Garbage):
            parsed = wire.parse(each.channel, each.payload)
            found = parsed.fault.code if isinstance(parsed, wire.Quarantined) else None
            assert found == (each.code if each.code in {"bad_payload", "too_large"} else None)


def test_a_skewed_clock_is_wrong_by_the_same_time_always() -> None:
    skewed = Faults(clock_skew=ClockSkew(share=1, hours=5))
    _, wrong, injected = lived(a_place(), skewed)
    _, right, _ = lived(a_place(), Faults(clock_skew=ClockSkew(share=1, hours=1e-9)))
    off = {
        datetime.fromisoformat(str(a["measured_at"]))
        - datetime.fromisoformat(str(b["measured_at"]))
        for a, b in zip(bodies(wrong), bodies(right), strict=True)
    }
    assert max(off) - min(off) < timedelta(seconds=1)
    assert timedelta(0) < abs(min(off)) <= timedelta(hours=5)
    assert [each.fault for each in injected] == ["clock_skew"]


def test_a_flood_is_as_many_messages_as_was_said() -> None:
    _, sent, injected = lived(a_place(flood=500), Faults())
    _, calm, _ = lived(a_place(), Faults())
    assert len(sent) - len(calm) == 500
    assert [each.fault for each in injected] == ["flood"]


def test_a_counter_that_was_reset_is_told_twice_before_it_counts_on() -> None:
    _, sent, injected = lived(a_place(seed=2), Faults(counter_reset=0.3))
    counts = [
        body["slots"]["descaler"]["used_total_ml"]  # type: ignore[index]
        for body in bodies(sent)
    ]
    falls = [n for n, (a, b) in enumerate(pairwise(counts)) if b < a]
    assert len(falls) == len(injected) > 2
    assert all(counts[n + 1] == counts[n + 2] == 0 for n in falls)
