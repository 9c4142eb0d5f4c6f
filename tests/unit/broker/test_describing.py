from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.bridges.describing import NothingReported, describe, followed
from broker.bridges.reading import Reading, Source, on_wire, state_of
from devices import levels
from devices.intake import amount_of
from devices.levels import Measured, SlotFold
from devices.models import Measure, SlotSpec
from devices.wire import SlotReading, SlotState

AT = datetime(2026, 11, 22, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
NO_LEVEL = [
    SlotState.UNKNOWN,
    SlotState.SOME_REMAINING,
    SlotState.NOT_FITTED,
    SlotState.UNSUPPORTED,
]


def spec_of(reading: Reading) -> SlotSpec:
    [spec] = describe("Test device", [reading]).slots
    return spec


def in_slot(spec: SlotSpec, *sent: SlotReading) -> float | None:
    """What the platform believes is in the slot after these readings, one a day."""
    state = SlotFold()
    for n, each in enumerate(sent):
        at = AT + timedelta(days=n)
        amount = amount_of(each.level, None, spec)
        taken = Measured(key=(1, n), at=at, amount=amount, state=each.state)
        state = levels.fold(state, taken, spec, BERLIN).state
    return state.in_slot


def waste(level_pct: float | None, state: SlotState = SlotState.UNKNOWN) -> Reading:
    told = state_of(level_pct, "filled") if level_pct is not None else state
    return Reading(
        slot="waste", kind="waste-toner", direction="filled", level_pct=level_pct, state=told
    )


@pytest.mark.parametrize("level_pct", [0, 5, 50, 95, 100])
def test_a_waste_container_never_orders_on_its_level_alone(level_pct: float) -> None:
    reading = waste(level_pct)
    spec = spec_of(reading)
    assert spec.measure is Measure.STATE
    assert in_slot(spec, on_wire(reading), on_wire(reading)) is None
    assert on_wire(reading).level == level_pct / 100  # told and kept, though


@pytest.mark.parametrize("state", NO_LEVEL)
def test_what_is_unknown_is_no_amount(state: SlotState) -> None:
    toner = Reading(slot="black", kind="toner", level_pct=40, state=SlotState.OK)
    unknown = Reading(slot="black", kind="toner", state=state)
    spec = spec_of(toner)
    assert in_slot(spec, on_wire(unknown), on_wire(unknown)) is None
    assert in_slot(spec, on_wire(toner), on_wire(unknown), on_wire(unknown)) == 0.4


@settings(max_examples=60)
@given(
    states=st.lists(st.sampled_from(NO_LEVEL), max_size=6),
    level_pct=st.one_of(st.none(), st.floats(30, 90)),
)
def test_unknown_readings_never_bring_a_level_down(
    states: list[SlotState], level_pct: float | None
) -> None:
    sent = [on_wire(Reading(slot="black", kind="toner", state=each)) for each in states]
    toner = Reading(slot="black", kind="toner", level_pct=40, state=SlotState.OK)
    if level_pct is not None:
        first = Reading(slot="black", kind="toner", level_pct=level_pct, state=SlotState.OK)
        sent.insert(0, on_wire(first))
    wanted = None if level_pct is None else level_pct / 100
    assert in_slot(spec_of(toner), *sent) == pytest.approx(wanted)


def test_a_flag_and_a_time_that_is_left_are_known_by_words() -> None:
    flag = Reading(slot="salt", kind="salt", state=SlotState.LOW, source=Source.FLAG)
    left = Reading(slot="brush", kind="brush", amount=60, unit="s", source=Source.RESIDUAL_TIME)
    tabs = Reading(slot="tabs", kind="tabs", amount=50, unit="pieces")
    assert [spec_of(each).measure for each in (flag, left, tabs)] == [Measure.STATE] * 3
    assert on_wire(flag) == SlotReading(state=SlotState.LOW)


def test_an_amount_with_a_level_tells_what_a_full_one_holds() -> None:
    spool = Reading(slot="a", kind="filament", level_pct=25, amount=250, unit="g")
    assert (spec_of(spool).unit, spec_of(spool).capacity) == ("g", 1000)


def test_what_nobody_orders_is_not_followed() -> None:
    kinds = ("power", "energy", "cycles", "paper", "distance", "pages", "cleaning", "sensor")
    readings = [Reading(slot=kind, kind=kind, level_pct=3) for kind in kinds]
    absent = Reading(slot="x", kind="toner", state=SlotState.NOT_FITTED)
    assert followed([*readings, absent]) == ()
    with pytest.raises(NothingReported):
        describe("Plug", [*readings, absent])
