import json
from datetime import UTC, date, datetime
from pathlib import Path

from firmware_sim import truth
from firmware_sim.facts import DayUse, Fault, FaultInjected

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


def test_each_fact_is_a_line_on_disk_as_soon_as_it_is_recorded(tmp_path: Path) -> None:
    path = tmp_path / "new" / "truth.jsonl"
    with truth.recorder(path) as record:
        record(
            DayUse(
                on=date(2026, 5, 4),
                device_id="washer-0001",
                slot="detergent",
                used_units=70.5,
                unmet_units=0,
            )
        )
        assert json.loads(path.read_text()) == {
            "fact": "DayUse",
            "on": "2026-05-04",
            "device_id": "washer-0001",
            "slot": "detergent",
            "used_units": 70.5,
            "unmet_units": 0,
        }
        record(
            FaultInjected(
                at=NOON, device_id="washer-0001", fault=Fault.LATE, boot_id=17, seq=4211
            )
        )
    last = json.loads(path.read_text().splitlines()[-1])
    assert last["fault"] == "late"
    assert datetime.fromisoformat(last["at"]) == NOON
