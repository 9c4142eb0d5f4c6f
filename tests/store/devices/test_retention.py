"""Readings are kept as long as their owner says; what they added up to stays."""

from datetime import timedelta

import pytest
from sqlalchemy import delete

from accounts.scoping import ALL_OWNERS
from accounts.tables import OwnerRow
from core.outbox import OutboxRow
from devices import retention
from devices.retention import NotKeptSoLong
from devices.tables import DayUseRow, ReadingRow
from tests.devices_world import World, a_spec, received

DAY = timedelta(days=1)


async def lived(world: World, days: int) -> None:
    """One reading a day, the last one now."""
    now = world.clock.now()
    for day in range(days):
        at = now - (days - 1 - day) * DAY
        body = {"boot_id": 1, "seq": day, "measured_at": at.isoformat()}
        said = {"detergent": {"level": round(1 - day * 0.001, 3)}}
        await world.send(received("washer-0001", "telemetry", {**body, "slots": said}, at))


async def pruned(world: World, after: tuple[str, str] = ("", "")) -> list[int]:
    """What is left, as sequence numbers."""
    await retention.prune(after, transaction=world.database.transaction, clock=world.clock)
    return sorted(each.seq for each in await world.rows(ReadingRow))


async def steps(world: World) -> list[tuple[list[str], timedelta]]:
    rows = await world.rows(OutboxRow)
    now = world.clock.now()
    return [
        (each.payload["after"], each.due_at - now)
        for each in rows
        if each.kind == retention.PRUNE
    ]


async def test_readings_older_than_the_owner_says_go_and_days_of_use_stay(world: World):
    owner_id = await world.claimed()
    await lived(world, 60)
    days = len(await world.rows(DayUseRow))
    assert await pruned(world) == list(range(60))  # 400 days, if nobody says otherwise
    await retention.keep_for(owner_id, 30, transaction=world.database.transaction)
    assert await pruned(world) == list(range(29, 60))
    assert len(await world.rows(DayUseRow)) == days


async def test_what_may_be_folded_again_stays_however_old_it_is(world: World):
    owner_id = await world.claimed()
    await lived(world, 60)
    await retention.keep_for(owner_id, 30, transaction=world.database.transaction)
    world.clock.step_to(world.clock.now() + 100 * DAY)  # the device has been silent since
    left = await pruned(world)
    assert left == list(range(min(left), 60))
    assert 2 <= len(left) <= 6


async def test_a_step_is_bounded_and_the_next_one_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(retention, "READINGS_A_STEP", 10)
    owner_id = await world.claimed()
    await lived(world, 60)
    await retention.keep_for(owner_id, 30, transaction=world.database.transaction)
    assert await pruned(world) == list(range(10, 60))
    assert await steps(world) == [(["", ""], timedelta())]
    assert await pruned(world) == list(range(20, 60))
    assert await pruned(world) == list(range(29, 60))


async def test_slots_are_taken_in_blocks_and_the_round_begins_again_a_day_later(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(retention, "SLOTS_A_STEP", 2)
    await world.claimed(a_spec("a"), a_spec("b"), a_spec("c"))
    await pruned(world)
    assert await steps(world) == [(["washer-0001", "b"], timedelta())]
    await pruned(world, ("washer-0001", "b"))
    assert (["", ""], DAY) not in await steps(
        world
    )  # the earlier one stays until it is claimed
    await clear(world)
    await pruned(world, ("washer-0001", "b"))
    assert await steps(world) == [(["", ""], DAY)]


async def clear(world: World) -> None:
    async with world.database.transaction(ALL_OWNERS) as session:
        await session.exec(delete(OutboxRow))


@pytest.mark.parametrize("days", [0, 29, 3651])
async def test_nobody_keeps_them_shorter_than_charts_need_or_for_ever(world: World, days: int):
    owner_id = await world.claimed()
    with pytest.raises(NotKeptSoLong):
        await retention.keep_for(owner_id, days, transaction=world.database.transaction)
    [owner] = await world.rows(OwnerRow)
    assert owner.readings_kept_days == 400
