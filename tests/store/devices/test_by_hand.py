"""What owners say of cupboards and dumb appliances."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from devices import by_hand, stock
from devices.by_hand import ManualDevice, NotReportedByHand
from devices.stock import SettingRefused
from devices.tables import DayUseRow, OwnershipRow, ReadingRow, RefillRow, StockRow
from tests.conftest import NOON
from tests.devices_world import World


def means(world: World) -> dict[str, object]:
    return {"transaction": world.database.transaction, "clock": world.clock}


async def a_cupboard(world: World, **differs: Any) -> OwnershipRow:
    told = {
        "name": "Cupboard",
        "title": "Rice",
        "category": "rice",
        "fits": ("rice",),
        "capacity": 2000,
        "unit": "g",
        "typical_use_per_day": 60,
    }
    return await by_hand.add(
        await world.owner(),
        ManualDevice.model_validate({**told, **differs}),
        ids=world.ids,
        **means(world),
    )


async def report(world: World, owned: OwnershipRow, amount: float) -> str:
    return await by_hand.report(owned.owner_id, owned.device_id, "rice", amount, **means(world))


async def test_what_an_owner_reports_by_hand_counts_at_once(world):
    cupboard = await a_cupboard(world)
    for days, amount in enumerate([1500, 0, 1900, 1950]):
        world.clock.step_to(NOON + timedelta(days=days))
        assert await report(world, cupboard, amount) == "recorded"
        slot = await world.slot(cupboard.device_id, "rice")
        assert slot.in_slot == amount
    assert {each.raw for each in await world.rows(ReadingRow)} == {"by hand"}
    assert [each.filled for each in await world.rows(RefillRow)] == [1900, 50]


async def test_two_reports_at_the_same_instant_both_count(world):
    cupboard = await a_cupboard(world)
    await report(world, cupboard, 1500)
    await report(world, cupboard, 1400)
    assert (await world.slot(cupboard.device_id, "rice")).in_slot == 1400


async def test_more_than_fits_is_refused(world):
    cupboard = await a_cupboard(world)
    with pytest.raises(SettingRefused, match="between 0 and 2000 g"):
        await report(world, cupboard, 2500)


async def test_nobody_reports_by_hand_for_a_connected_or_a_strange_device(world):
    owner_id = await world.claimed()
    with pytest.raises(NotReportedByHand):
        await by_hand.report(owner_id, "washer-0001", "detergent", 10, **means(world))
    cupboard = await a_cupboard(world)
    with pytest.raises(NotReportedByHand):
        await by_hand.report(uuid4(), cupboard.device_id, "rice", 10, **means(world))


async def opened(world: World, owned: OwnershipRow, *, days: int) -> None:
    world.clock.step_to(NOON + timedelta(days=days))
    await by_hand.open_pack(owned.owner_id, owned.device_id, "rice", **means(world))


async def test_a_new_pack_says_that_the_old_one_is_used_up(world):
    cupboard = await a_cupboard(world)
    for days in (0, 20, 50):
        await opened(world, cupboard, days=days)
        assert (await world.slot(cupboard.device_id, "rice")).in_slot == 2000
    used = [(each.used, each.exposure_days) for each in await world.rows(DayUseRow)]
    assert sorted(used) == [(2000, 20), (2000, 30)]
    assert [each.filled for each in await world.rows(RefillRow)] == [2000, 2000, 2000]


async def test_a_new_pack_comes_off_the_shelf(world):
    cupboard = await a_cupboard(world, spares=3000, is_full=True)
    await opened(world, cupboard, days=20)
    await opened(world, cupboard, days=21)
    stocks = [e for e in await world.rows(StockRow) if e.category == "rice"]
    assert [each.spares for each in stocks] == [0]


async def test_each_tap_takes_a_dose_and_the_last_one_what_is_left(world):
    cupboard = await a_cupboard(world, dose=900, is_full=True)
    tap = (cupboard.owner_id, cupboard.device_id, "rice")
    left = []
    for _ in range(3):
        await by_hand.use_once(*tap, **means(world))
        left.append((await world.slot(cupboard.device_id, "rice")).in_slot)
    assert left == [1100, 200, 0]


async def test_a_tap_needs_a_dose_and_a_known_level(world):
    plain = await a_cupboard(world, is_full=True)
    with pytest.raises(SettingRefused, match="dose"):
        await by_hand.use_once(plain.owner_id, plain.device_id, "rice", **means(world))
    unknown = await a_cupboard(world, dose=50)
    with pytest.raises(SettingRefused, match="say first what is in it"):
        await by_hand.use_once(unknown.owner_id, unknown.device_id, "rice", **means(world))


async def test_a_slow_pack_is_not_silent_before_it_can_be_used_up(world):
    slow = await a_cupboard(world, typical_use_per_day=20, is_full=True)
    (row,) = [e for e in await world.rows(StockRow) if e.category == "rice"]
    async with world.database.transaction(slow.owner_id) as session:
        for days, is_stale in ((21, False), (149, False), (151, True)):
            state = await stock.state(session, row.stock_id, NOON + timedelta(days=days))
            assert state.is_stale is is_stale, days
