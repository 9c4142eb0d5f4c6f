import json
from datetime import UTC, datetime
from typing import Any

import pytest

from broker.bridges.described import DescribedDialect, is_of, seen_as
from broker.bridges.reading import Reading, Source, on_wire
from devices.description import DescribedSlot, Description
from devices.wire import SlotState

SLOT = {"title": {"en": "A"}, "category": "filter", "typical_use_per_day": 1, "most_per_day": 1}


def description(slots: dict[str, dict[str, Any]]) -> Description:
    return Description(
        format=1,
        name="x1",
        maker="M",
        title={"en": "X"},
        simulated=True,
        sends="What it holds.",
        slots={name: DescribedSlot.model_validate(SLOT | slot) for name, slot in slots.items()},
    )


def one(slot: dict[str, Any], *readings: Reading, **said: object) -> Reading:
    [seen] = seen_as(description({"a": slot}), readings, said)
    return seen


def brush(seconds: float | None) -> Reading:
    return Reading(
        slot="brush",
        kind="brush",
        amount=seconds,
        unit="s",
        state=SlotState.UNKNOWN if seconds is None else SlotState.OK,
        raw=f"value={seconds}",
        source=Source.RESIDUAL_TIME,
    )


@pytest.mark.parametrize(
    ("seconds", "rises", "level", "state"),
    [
        (270_000, False, 25, SlotState.OK),
        (270_000, True, 75, SlotState.OK),
        (0, False, 0, SlotState.EMPTY),
        (2_000_000, True, None, SlotState.EMPTY),  # worked longer than it lives
        (2_000_000, False, None, SlotState.OK),  # more left than it ever had
        (None, False, None, SlotState.UNKNOWN),
    ],
)
def test_a_time_is_a_level_where_the_description_knows_the_whole_life(
    seconds: float | None, rises: bool, level: float | None, state: SlotState
) -> None:
    slot = {"condition": {"reading": "brush", "full": 1_080_000, "rises": rises}}
    seen = one(slot, brush(seconds))
    assert (seen.level_pct, seen.state) == (level, state)


def test_a_dose_makes_use_of_cycles() -> None:
    cycles = Reading(slot="cycles", kind="cycles", amount=12, raw="cycleCount=12")
    dosed = {"unit": "ml", "capacity": 1000} | {
        "dose_per_cycle": {"amount": 45.5, "cycles": {"reading": "cycles"}}
    }
    assert on_wire(one(dosed, cycles)).used_total_ml == 546


@pytest.mark.parametrize(
    ("oid", "said", "level"),
    [
        ("1.3.6.1.4.1.9.1", 7500, 75),
        ("1.3.6.1.4.1.9.1", -3, None),
        ("1.3.6.1.4.1.9.1", 20_000, None),
        ("1.3.6.1.4.1.9.1", b"7500", 75),
        ("1.3.6.1.4.1.9.1", b"soon", None),
    ],
)
def test_an_object_of_snmp_is_bound_by_its_oid(
    oid: str, said: object, level: float | None
) -> None:
    seen = one({"condition": {"oid": oid, "factor": 0.01}}, **{oid: said})
    assert seen.level_pct == level
    assert (seen.state is SlotState.UNKNOWN) == (level is None)


def test_what_is_not_there_gives_no_slot() -> None:
    bound = description({"a": {"condition": {"oid": "1.3.6.1.4.1.9.1"}}})
    assert seen_as(bound, (), {}) == ()


def test_an_attribute_of_ipp_is_bound_by_its_index() -> None:
    seen = one(
        {"condition": {"ipp": {"attribute": "marker-levels", "index": 1}}},
        **{"marker-levels": [5, 64]},
    )
    assert seen.level_pct == 64


def tank(**more: Any) -> DescribedDialect:
    condition = {"mqtt": {"topic": "home/+/tank", "path": ["level", 0]}}
    return DescribedDialect(description({"a": {"condition": condition} | more}))


def test_a_value_on_mqtt_is_bound_by_topic_and_path() -> None:
    dialect = tank()
    assert dialect.topics == ("home/+/tank",)
    [seen] = dialect.hear("home/cellar/tank", b'{"level": [41.5, 7]}')
    assert seen.level_pct == 41.5
    [unknown] = dialect.hear("home/cellar/tank", b'{"level": ["soon"]}')
    assert (unknown.level_pct, unknown.state) == (None, SlotState.UNKNOWN)
    assert dialect.hear("home/cellar/tank", b"{}") == ()
    assert dialect.hear("home/cellar/other", b'{"level": [1]}') == ()


def test_a_flag_is_kept_until_it_is_told_otherwise() -> None:
    flag = {"mqtt": {"topic": "home/flag"}, "low": ["LOW"], "empty": ["EMPTY"]}
    dialect = tank(indication=flag)
    [low] = dialect.hear("home/flag", b"LOW")
    assert (low.level_pct, low.state, low.source) == (None, SlotState.LOW, Source.FLAG)
    [seen] = dialect.hear("home/cellar/tank", b'{"level": [41]}')
    assert (seen.level_pct, seen.state) == (41, SlotState.LOW)
    [fine] = dialect.hear("home/flag", b"FINE")
    assert fine.state is SlotState.OK
    [seen] = dialect.hear("home/cellar/tank", b'{"level": [41]}')
    assert seen.state is SlotState.OK


def test_a_plain_payload_needs_no_path() -> None:
    plain = {
        "condition": {"mqtt": {"topic": "a/b"}, "factor": 1000},
        "unit": "g",
        "capacity": 5000,
    }
    [seen] = DescribedDialect(description({"a": plain})).hear("a/b", b" 1.25 ")
    assert (seen.amount, seen.unit, seen.level_pct) == (1250, "g", None)
    assert on_wire(seen).quantity_g == 1250


@pytest.mark.parametrize(
    ("pattern", "topic", "takes"),
    [("a/+/c", "a/b/c", True), ("a/+", "a/b/c", False), ("a/b", "a/b", True), ("+", "", True)],
)
def test_plus_stands_for_one_level(pattern: str, topic: str, takes: bool) -> None:
    assert is_of(pattern, topic) == takes


def zigbee(**said: object) -> tuple[Reading, ...]:
    slot = {
        "condition": {"mqtt": {"topic": "z/x", "path": ["level"]}},
        "last_changed": {"mqtt": {"topic": "z/x", "path": ["changed"]}, "factor": 0.001},
    }
    return DescribedDialect(description({"a": slot})).hear("z/x", json.dumps(said).encode())


@pytest.mark.parametrize(
    ("said", "changed_at"),
    [
        (1_772_362_800_000, datetime(2026, 3, 1, 11, tzinfo=UTC)),  # by the factor: ms
        ("2026-03-01T12:00:00+01:00", datetime(2026, 3, 1, 11, tzinfo=UTC)),
        ("2026-03-01T12:00:00", None),  # in no zone
        ("yesterday", None),
        (None, None),
        (-1, None),
        (True, None),
    ],
)
def test_the_last_change_is_an_instant_or_nothing(
    said: object, changed_at: datetime | None
) -> None:
    [seen] = zigbee(level=40, changed=said)
    assert (seen.level_pct, seen.changed_at) == (40, changed_at)


def test_the_last_change_may_have_a_topic_of_its_own() -> None:
    slot = {
        "condition": {"mqtt": {"topic": "x/level"}},
        "last_changed": {"mqtt": {"topic": "x/changed"}},
    }
    dialect = DescribedDialect(description({"a": slot}))
    assert dialect.topics == ("x/changed", "x/level")
    assert dialect.hear("x/changed", b"2026-03-01T11:00:00Z") == ()
    [seen] = dialect.hear("x/level", b"40")
    assert seen.changed_at == datetime(2026, 3, 1, 11, tzinfo=UTC)


def test_the_last_change_that_a_decoder_knows_goes_along() -> None:
    changed_at = datetime(2026, 3, 1, 11, tzinfo=UTC)
    hepa = Reading(slot="hepa", kind="filter", level_pct=40, raw="x", changed_at=changed_at)
    assert one({"condition": {"reading": "hepa"}}, hepa).changed_at == changed_at


@pytest.mark.parametrize(
    ("percent", "state"), [(21, SlotState.OK), (20, SlotState.LOW), (0, SlotState.EMPTY)]
)
def test_where_the_maker_advises_to_order_the_slot_is_low(
    percent: float, state: SlotState
) -> None:
    slot = {"condition": {"oid": "1.3.6.1.4.1.9.1"}, "order": {"at_percent": 20}}
    seen = one(slot, **{"1.3.6.1.4.1.9.1": percent})
    assert (seen.level_pct, seen.state) == (percent, state)
