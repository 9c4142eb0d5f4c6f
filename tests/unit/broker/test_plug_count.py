import json
from dataclasses import replace
from datetime import UTC, datetime

from broker.bridges import plug_count
from broker.bridges.plug_count import SUPPLIES, Count
from devices import wire
from devices.cycles.detector import Detector, Found
from devices.cycles.judging import Appliance, Cycle, CycleKind, Thresholds

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
WASH = Cycle(
    kind=CycleKind.WASH,
    from_s=1_763_640_000,
    to_s=1_763_643_600,
    wh=500,
    peak_w=2100,
    heat_s=700,
    longest_pause_min=0,
    is_start_seen=True,
    is_end_seen=True,
)


def count() -> Count:
    return Count(Detector(Appliance.WASHER), SUPPLIES[Appliance.WASHER])


def finish(tally: Count, kind: CycleKind, seq: int) -> wire.Event:
    cycle = replace(WASH, kind=kind)
    return tally.finished(Found(cycle, 29_394_000, 1, (0, 2000)), (3, seq))


def used_ml(tally: Count) -> float | None:
    return tally.telemetry((3, 9), NOON).slots["detergent"].used_total_ml


def test_a_wash_uses_a_dose_and_a_rinse_or_an_unclear_run_none() -> None:
    tally = count()
    finish(tally, CycleKind.RINSE_ONLY, 1)
    finish(tally, CycleKind.UNCLEAR, 2)
    assert used_ml(tally) == 0
    event = finish(tally, CycleKind.WASH, 3)
    assert used_ml(tally) == 75
    assert (event.event, event.slot) == (wire.EventKind.CYCLE_FINISHED, "detergent")
    assert event.measured_at == datetime.fromtimestamp(WASH.to_s, UTC)


def test_an_event_is_kept_until_a_receipt_names_it() -> None:
    tally = count()
    finish(tally, CycleKind.WASH, 1)
    finish(tally, CycleKind.WASH, 2)
    tally.confirmed({"events": [[3, 1], [2, 2], "nonsense"]})
    assert [(each["boot_id"], each["seq"]) for each in tally.waiting] == [(3, 2)]


def test_a_correction_never_lets_the_counter_fall() -> None:
    tally = count()
    finish(tally, CycleKind.WASH, 1)
    finish(tally, CycleKind.WASH, 2)
    assert used_ml(tally) == 150
    assert tally.told({"cycles_corrected": -1, "cycle_thresholds": {"wash_wh": 300.0}})
    assert used_ml(tally) == 150
    finish(tally, CycleKind.WASH, 3)
    assert used_ml(tally) == 150  # the dose that was counted too much
    finish(tally, CycleKind.WASH, 4)
    assert used_ml(tally) == 225
    assert tally.detector.thresholds == Thresholds(wash_wh=300.0)
    assert not tally.told({"cycles_corrected": -1, "cycle_thresholds": {"wash_wh": 300.0}})


def test_other_commands_change_nothing() -> None:
    tally = count()
    for command in (
        {},
        {"v": 1, "slots": []},
        {"cycles_corrected": 1, "cycle_thresholds": {"x": 1}},
    ):
        assert not tally.told(command)
    assert tally.corrected == 0


def test_what_was_counted_survives_a_restart() -> None:
    tally = count()
    finish(tally, CycleKind.WASH, 1)
    used_ml(tally)
    again = plug_count.load(json.loads(json.dumps(plug_count.dump(tally))), tally.supply)
    assert again == tally


def test_each_appliance_is_described_as_a_counter_of_its_supply() -> None:
    for appliance, supply in SUPPLIES.items():
        [slot] = plug_count.describe(appliance, supply).slots
        assert (slot.slot, slot.measure) == (supply.slot, "usage")
