"""What is good in one message, and what is said of the rest."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from devices import wire
from devices.checkpoints import Saved, Track
from devices.intake import KnownDevice, KnownSlot, Taken, take
from devices.levels import LONG_AGO, SlotFold
from devices.models import Measure, SlotSpec
from tests.conftest import NOON
from tests.devices_world import a_spec, received

LEVEL = a_spec("level")
QUANTITY = a_spec("quantity", measure=Measure.QUANTITY)
COUNTER = a_spec("counter", measure=Measure.USAGE)
WORDS = a_spec("words", measure=Measure.STATE)


def a_device(*specs: SlotSpec, older: SlotFold = SlotFold()) -> KnownDevice:  # noqa: B008 - frozen
    return KnownDevice(
        device_id="washer-0001",
        zone=ZoneInfo("UTC"),
        is_revoked=False,
        boot_id=older.key[0],
        last_heard_at=LONG_AGO,
        is_online=False,
        firmware=None,
        slots={
            each.slot: KnownSlot(
                place=("washer-0001", each.slot),
                device_id="washer-0001",
                slot=each.slot,
                stock_id=None,
                gauge=each,
                track=Track(fold=older, saved=Saved(older=older)),
                heard_at=None,
            )
            for each in specs
        },
    )


def taken(device: KnownDevice, channel: wire.Channel = "telemetry", **body: Any) -> Taken:
    given = {"boot_id": 1, "seq": 1, "measured_at": NOON.isoformat(), **body}
    message = received("washer-0001", channel, given, NOON)
    return take(device, message)


def said(spec: SlotSpec, **values: Any) -> Taken:
    return taken(a_device(spec), slots={spec.slot: values})


@pytest.mark.parametrize(
    ("spec", "values", "amount", "used_total"),
    [
        (LEVEL, {"level": 0.5}, 500, None),
        (LEVEL, {"quantity_ml": 400}, 400, None),
        (LEVEL, {"level": 0.5, "used_total_ml": 70}, 500, 70),
        (QUANTITY, {"quantity_ml": 400}, 400, None),
        (COUNTER, {"used_total_ml": 70.5}, None, 70.5),
        (a_spec("bin", direction="filled"), {"level": 0.8}, pytest.approx(200), None),
    ],
)
def test_a_measure_is_read_in_the_units_of_its_slot(spec, values, amount, used_total):
    (reading,) = said(spec, **values).readings
    assert (reading.amount, reading.used_total) == (amount, used_total)


@pytest.mark.parametrize(
    ("spec", "values", "field"),
    [
        (LEVEL, {"used_total_ml": 3}, "slots.level.level"),
        (QUANTITY, {"quantity_g": 3}, "slots.quantity.quantity_ml"),
        (COUNTER, {"level": 0.3}, "slots.counter.used_total_ml"),
        (COUNTER, {"used_total_g": 3}, "slots.counter.used_total_ml"),
        (WORDS, {"level": 0.3}, "slots.words.state"),
        (LEVEL, {"raw": "hello"}, "slots.level.level"),
        (LEVEL, {"quantity_ml": 1300}, "slots.level.quantity_ml"),
    ],
)
def test_a_measure_the_model_did_not_declare_is_named_with_the_one_to_send(spec, values, field):
    found = said(spec, **values)
    assert found.readings == []
    (fault,) = found.faults
    assert (fault.code, fault.field) == ("bad_payload", field)


def test_a_word_is_enough_for_any_slot():
    assert said(LEVEL, state="unknown").readings
    assert said(COUNTER, state="not_fitted").readings


def test_a_clock_that_was_never_set_counts_as_none():
    found = taken(
        a_device(LEVEL), measured_at="1970-01-01T00:00:07Z", slots={"level": {"level": 0.5}}
    )
    (reading,) = found.readings
    assert (reading.at, reading.has_clock) == (NOON, False)


@pytest.mark.parametrize(("hours", "is_good"), [(24, True), (24.1, False)])
def test_a_clock_may_be_one_day_ahead(hours, is_good):
    at = NOON + timedelta(hours=hours)
    found = taken(a_device(LEVEL), measured_at=at.isoformat(), slots={"level": {"level": 0.5}})
    assert bool(found.readings) is is_good


@pytest.mark.parametrize(
    ("boot_id", "days_before", "is_good"),
    [
        (8, 0, True),
        (7, 0, True),  # the same start: its seq tells that it is late
        (6, 5, True),  # a very late message: history
        (6, 1, False),  # newer than what was counted under boot 7
    ],
)
def test_an_earlier_boot_is_late_only_if_it_was_measured_earlier_too(
    boot_id, days_before, is_good
):
    older = SlotFold(key=(7, 3), at=NOON - timedelta(days=3))
    at = (NOON - timedelta(days=days_before)).isoformat()
    device = a_device(LEVEL, older=older)
    reading = {"slots": {"level": {"level": 0.5}}}
    event = {"event": "refilled", "slot": "level"}
    for channel, body in (("telemetry", reading), ("event", event)):
        found = taken(device, channel, boot_id=boot_id, measured_at=at, **body)
        codes = [each.code for each in found.faults]
        assert codes == ([] if is_good else ["old_boot"])


@pytest.mark.parametrize("name", ["refilled", "replenish_requested"])
def test_an_event_of_one_slot_must_name_it_unless_there_is_only_one(name):
    alone, several = a_device(LEVEL), a_device(LEVEL, COUNTER)
    event = taken(alone, "event", event=name).event
    assert event is not None
    assert event.slot == "level"
    (fault,) = taken(several, "event", event=name).faults
    assert fault.code == "unknown_slot"
    assert fault.fix.endswith("counter, level")


def test_an_event_of_the_device_needs_no_slot():
    event = taken(a_device(LEVEL, COUNTER), "event", event="fault", detail="E17").event
    assert event is not None
    assert (event.slot, event.detail) == (None, "E17")


def test_a_name_that_no_slot_can_have_costs_that_slot_only():
    found = taken(a_device(LEVEL), slots={"Ink!": {"level": 0.5}, "level": {"level": 0.5}})
    (fault,) = found.faults
    assert (fault.code, fault.field) == ("bad_payload", "slots.Ink!.[key]")
    assert [each.slot for each in found.readings] == ["level"]


def test_a_slot_the_model_does_not_have_costs_that_slot_only():
    found = taken(a_device(LEVEL), slots={"ink": {"level": 0.5}, "level": {"level": 0.5}})
    (fault,) = found.faults
    assert (fault.code, fault.field) == ("unknown_slot", "slots.ink")
    assert [each.slot for each in found.readings] == ["level"]


def test_a_nul_in_a_remark_is_kept_as_json_writes_it():
    (reading,) = said(LEVEL, level=0.5, raw="a\0b").readings
    assert reading.raw == r"a\u0000b"
