"""The runs of a plug on its page and over REST, and what the owner's word changes."""

import json
from datetime import timedelta

import pytest
from sqlmodel import select

from accounts.scoping import ALL_OWNERS
from broker.bridges.plug_count import SUPPLIES, Count
from devices.cycles import reporting
from devices.cycles.detector import Detector, Found
from devices.cycles.judging import Appliance, Cycle, CycleKind, Thresholds
from devices.tables import CommandRow, CycleCorrectionRow, DeviceEventRow
from tests.store.api.world import Home, World, act

NOT_A_WASH = {"boot_id": 1, "seq": 1, "said": "not_a_wash"}


@pytest.fixture
async def plug(world: World, nora: Home) -> str:
    """Nora's washing machine told two washes and a rinse."""
    async with world.database.transaction(ALL_OWNERS) as session:
        for seq, (kind, wh) in enumerate(
            [(CycleKind.WASH, 150), (CycleKind.WASH, 450), (CycleKind.RINSE_ONLY, 20)], start=1
        ):
            ended_at = world.clock.now() - timedelta(hours=10 * seq)
            session.add(
                DeviceEventRow(
                    device_id=nora.device_id,
                    boot_id=1,
                    seq=seq,
                    event="cycle_finished",
                    detail=reporting.written(found(kind, wh, ended_at.timestamp())),
                    measured_at=ended_at,
                    received_at=ended_at,
                )
            )
    return nora.device_id


def found(kind: CycleKind, wh: float, to_s: float) -> Found:
    cycle = Cycle(
        kind=kind,
        from_s=round(to_s) - 3600,
        to_s=round(to_s),
        wh=wh,
        peak_w=2100,
        heat_s=600,
        longest_pause_min=0,
        is_start_seen=True,
        is_end_seen=True,
    )
    return Found(
        cycle, cycle.from_s // 60 - 1, 1, (1, *[120] * 8, *[2050] * 12, *[110] * 39, 1)
    )


async def test_each_run_is_explained_with_its_curve_and_a_table(
    world: World, nora: Home, plug: str
) -> None:
    async with world.client(nora) as client:
        devices = (await client.get("/devices")).text
        page = (await client.get(f"/devices/{plug}/cycles")).text
    assert f'href="/devices/{plug}/cycles"' in devices
    assert "It ran for 60 minutes and took 450 Wh." in page
    assert page.count("<polyline") == 3
    assert page.count("not counted") == 1
    assert "<table" in page


async def test_a_correction_reaches_the_plug_as_a_whole_and_is_learned(
    world: World, nora: Home, plug: str
) -> None:
    async with world.client(nora) as client:
        path = f"/devices/{plug}/cycles"
        await act(client, path, path, **{name: str(each) for name, each in NOT_A_WASH.items()})
        page = await client.get(path)
        await act(client, path, path, said="missed")
        again = await client.get(path)
    assert "A run counts from 300 Wh on." in page.text
    assert "nothing used" in page.text
    assert "You have told one so far." in again.text
    async with world.database.snapshot(ALL_OWNERS) as session:
        commands = list(await session.exec(select(CommandRow)))
        assert len(list(await session.exec(select(CycleCorrectionRow)))) == 2
    tally = Count(Detector(Appliance.WASHER), SUPPLIES[Appliance.WASHER], cycles=2)
    for each in commands:
        tally.told(json.loads(json.dumps(each.payload)))
    assert tally.corrected == 0  # one less, and one that was missing
    assert tally.detector.thresholds == Thresholds(wash_wh=300.0)


async def test_what_was_said_can_be_taken_back(world: World, nora: Home, plug: str) -> None:
    async with world.client(bearer=nora.key) as client:
        path = f"/api/devices/{plug}/cycles"
        said = await client.post(f"{path}/corrections", json=NOT_A_WASH)
        back = await client.post(f"{path}/corrections", json={**NOT_A_WASH, "said": None})
        cycles = (await client.get(path)).json()
    assert said.json() == {
        "corrected_cycles": -1,
        "wash_from_wh": 300.0,
        "split_from_min": None,
    }
    assert back.json() == {"corrected_cycles": 0, "wash_from_wh": None, "split_from_min": None}
    assert [(each["kind"], each["said"]) for each in cycles] == [
        ("wash", None),
        ("wash", None),
        ("rinse_only", None),
    ]


async def test_a_cycle_that_was_never_reported_cannot_be_corrected(
    world: World, nora: Home, plug: str
) -> None:
    async with world.client(bearer=nora.key) as client:
        path = f"/api/devices/{plug}/cycles/corrections"
        for wrong in ({"said": "not_a_wash"}, {**NOT_A_WASH, "seq": 99}):
            answer = await client.post(path, json=wrong)
            assert answer.status_code == 404


async def test_another_household_sees_and_changes_nothing(
    world: World, neighbour: Home, plug: str
) -> None:
    async with world.client(bearer=neighbour.key) as client:
        assert (await client.get(f"/api/devices/{plug}/cycles")).status_code == 404
        path = f"/api/devices/{plug}/cycles/corrections"
        assert (await client.post(path, json=NOT_A_WASH)).status_code == 404
    async with world.client(neighbour) as client:
        assert (await client.get(f"/devices/{plug}/cycles")).status_code == 404
