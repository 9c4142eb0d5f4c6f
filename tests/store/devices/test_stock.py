"""What there is of a stock, and what its owner sets."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from core.outbox import OutboxRow
from devices import stock
from devices.stock import ChangeStock, SettingRefused, StockUnknown
from tests.conftest import NOON
from tests.devices_world import World, a_spec, received


async def measured(world: World, at: datetime = NOON, **levels: float | None) -> None:
    said = {
        slot: {"state": "unknown"} if level is None else {"level": level}
        for slot, level in levels.items()
    }
    seq = int(at.timestamp())
    body = {"boot_id": 1, "seq": seq, "measured_at": at.isoformat(), "slots": said}
    await world.send(received("washer-0001", "telemetry", body, at))


async def state_of(
    world: World, slot: str = "detergent", now: datetime = NOON
) -> stock.StockState:
    row = await world.stock(slot=slot)
    async with world.database.snapshot(row.owner_id) as session:
        return await stock.state(session, row.stock_id, now)


def means(world: World) -> dict[str, object]:
    return {"transaction": world.database.transaction, "clock": world.clock}


async def shared(world: World) -> None:
    """Two slots, one stock."""
    owner_id = await world.claimed(a_spec("left"), a_spec("right"))
    left, right = await world.stock(slot="left"), await world.stock(slot="right")
    await world.share(owner_id, left.stock_id, right.stock_id)


async def test_on_hand_is_what_is_in_all_slots_and_the_spares(world):
    await shared(world)
    await measured(world, left=0.5, right=0.25)
    await world.set_stock((await world.stock(slot="left")).stock_id, spares=1500)
    found = await state_of(world, "left")
    assert (found.in_slot, found.on_hand, found.is_known) == (750, 2250, True)
    assert [each.slot for each in found.slots] == ["left", "right"]


async def test_one_unknown_slot_makes_the_stock_unknown(world):
    await shared(world)
    await measured(world, left=0.5, right=None)
    found = await state_of(world, "left")
    assert (found.in_slot, found.on_hand, found.is_known) == (None, None, False)


@pytest.mark.parametrize(("hours", "is_stale"), [(48, False), (48.1, True)])
async def test_a_silent_device_makes_its_stock_stale(world, hours, is_stale):
    await world.claimed()
    await measured(world, detergent=0.5)
    found = await state_of(world, now=NOON + timedelta(hours=hours))
    assert (found.is_stale, found.is_known) == (is_stale, True)


async def test_a_device_that_says_unknown_for_days_is_not_trusted_on_its_old_level(world):
    await world.claimed()
    await measured(world, detergent=0.5)
    for day in range(1, 5):
        await measured(world, NOON + timedelta(days=day), detergent=None)
    found = await state_of(world, now=NOON + timedelta(days=4))
    assert found.is_stale


async def test_a_device_that_never_spoke_is_unknown_and_not_stale(world):
    await world.claimed()
    found = await state_of(world, now=NOON + timedelta(days=90))
    assert (found.is_known, found.is_stale) == (False, False)


async def test_another_owners_stock_does_not_exist(world):
    await world.claimed()
    stock_id = (await world.stock()).stock_id
    stranger_id = await world.owner()
    async with world.database.snapshot(stranger_id) as session:
        with pytest.raises(StockUnknown):
            await stock.state(session, stock_id, NOON)
    with pytest.raises(StockUnknown):
        await stock.change(stranger_id, stock_id, ChangeStock(mode="off"), **means(world))


async def test_settings_change_what_is_named_and_have_the_stock_reviewed(world):
    owner_id = await world.claimed()
    stock_id = (await world.stock()).stock_id
    wanted = ChangeStock(
        mode="auto",
        least=200,
        most=3000,
        products=("2001000000012",),
        also_fits=("laundry-powder", "laundry-liquid"),
    )
    world.clock.step_to(NOON + timedelta(minutes=1))
    await stock.change(owner_id, stock_id, wanted, **means(world))
    row = await world.stock()
    assert (row.mode, row.least, row.most, row.spares) == ("auto", 200, 3000, 0)
    assert row.products == ["02001000000012"]
    assert row.fits == ["laundry-liquid", "laundry-powder"]
    asked = [row.payload for row in await world.rows(OutboxRow) if row.kind == "review"]
    assert asked == [{"stock_id": str(stock_id)}]
    await stock.change(owner_id, stock_id, ChangeStock(cleared=("most",)), **means(world))
    assert ((await world.stock()).most, (await world.stock()).least) == (None, 200)


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (ChangeStock(least=500, most=400), "most"),
        (ChangeStock(products=("2001000000013",)), "products"),
        (ChangeStock(products=("detergent",)), "products"),
    ],
)
async def test_an_impossible_setting_is_refused_with_its_field(world, wanted, field):
    owner_id = await world.claimed()
    stock_id = (await world.stock()).stock_id
    with pytest.raises(SettingRefused) as refusal:
        await stock.change(owner_id, stock_id, wanted, **means(world))
    assert refusal.value.field == field
    assert (await world.stock()).least == 0


@pytest.mark.parametrize(
    "wanted",
    [{"mode": "always"}, {"spares": -1}, {"service_level_ppm": 1_000_000}, {"mood": 1}],
)
def test_a_malformed_setting_is_refused_at_the_edge(wanted):
    with pytest.raises(ValidationError):
        ChangeStock.model_validate(wanted)


@pytest.mark.parametrize(
    ("at", "midnight"),
    [
        (datetime(2026, 11, 20, 22, 59, tzinfo=UTC), datetime(2026, 11, 20, 23, tzinfo=UTC)),
        (datetime(2026, 11, 20, 23, 0, tzinfo=UTC), datetime(2026, 11, 21, 23, tzinfo=UTC)),
        (datetime(2026, 3, 28, 12, 0, tzinfo=UTC), datetime(2026, 3, 28, 23, tzinfo=UTC)),
        (datetime(2026, 3, 29, 12, 0, tzinfo=UTC), datetime(2026, 3, 29, 22, tzinfo=UTC)),
    ],
)
def test_the_next_midnight_is_the_owners_also_when_the_clocks_change(at, midnight):
    assert stock.next_midnight(at, "Europe/Berlin") == midnight
