"""One stock over two devices: counted, forecast and ordered for together."""

from datetime import timedelta
from uuid import UUID

import pytest

from accounts.scoping import ALL_OWNERS
from devices.ownership import StocksDiffer
from devices.tables import DayUseRow, DeviceRow, SlotRow, StockRow
from replenishment import sharing
from replenishment.replenish import Stop
from replenishment.sharing import OrderUnderway
from tests.household import CATEGORY, DETERGENT, WASHER
from tests.world import World

OTHER = "washer-0002"


async def another_washer(world: World, *, category: str = CATEGORY) -> UUID:
    """The same machine once more, with a stock of its own."""
    stock_id = world.ids.uuid()
    async with world.transaction(ALL_OWNERS) as session:
        model_id = (await session.get_one(DeviceRow, WASHER)).model_id
        session.add(
            StockRow(
                stock_id=stock_id,
                owner_id=world.owner_id,
                name="Detergent below",
                category=category,
                unit="ml",
                fits=["laundry-liquid"],
                spares=100,
                next_review_at=world.clock.now(),
            )
        )
        session.add(
            DeviceRow(
                device_id=OTHER,
                model_id=model_id,
                serial="2",
                secret_hash="",
                created_at=world.clock.now(),
            )
        )
        await session.flush()
        session.add(
            SlotRow(
                device_id=OTHER,
                slot=DETERGENT.slot,
                stock_id=stock_id,
                spec=DETERGENT.model_dump(mode="json"),
            )
        )
    return stock_id


async def measure(world: World, device_id: str, amount: float) -> None:
    async with world.transaction(ALL_OWNERS) as session:
        slot = await session.get_one(SlotRow, (device_id, DETERGENT.slot))
        slot.in_slot, slot.condition = amount, "ok"
        slot.heard_at = slot.measured_at = world.clock.now()


async def used(world: World, device_id: str, amount: float) -> None:
    today = world.clock.now().date()
    async with world.transaction(ALL_OWNERS) as session:
        session.add_all(
            DayUseRow(
                device_id=device_id,
                slot=DETERGENT.slot,
                day_on=today - timedelta(days=n),
                used=amount,
            )
            for n in range(1, 61)
        )


async def share(world: World, joined_id: UUID) -> None:
    await sharing.join(
        world.stock_id,
        joined_id,
        world.anna,
        transaction=world.transaction,
        clock=world.clock,
    )


async def test_two_machines_are_forecast_and_counted_as_one(world: World) -> None:
    joined_id = await another_washer(world)
    await share(world, joined_id)
    for device_id, amount, daily in ((WASHER, 500, 40), (OTHER, 600, 50)):
        await measure(world, device_id, amount)
        await used(world, device_id, daily)
    assert await world.review() is Stop.ENOUGH
    told = (await world.stock()).forecast
    assert told is not None
    assert told["position"]["in_slot"] == 1100
    assert told["position"]["spares"] == 100
    assert told["use_per_day"]["mean"] == pytest.approx(90, abs=1)
    assert [each["device_id"] for each in told["sources"]] == [WASHER, OTHER]


async def test_one_order_is_for_both(world: World) -> None:
    joined_id = await another_washer(world)
    await share(world, joined_id)
    await measure(world, OTHER, 50)
    order = await world.ask()
    assert order.stock_id == world.stock_id
    async with world.database.snapshot(world.owner_id) as session:
        joined = await session.get_one(StockRow, joined_id)
    assert (joined.mode, joined.spares) == ("off", 0)


async def test_an_unknown_level_in_one_of_two_never_orders(world: World) -> None:
    await share(world, await another_washer(world))
    await world.measure(0)
    assert await world.review() is Stop.UNKNOWN


async def test_a_stock_with_an_order_under_way_is_not_taken_in(world: World) -> None:
    other_id = await another_washer(world)
    await measure(world, OTHER, 1000)
    await world.ask()
    with pytest.raises(OrderUnderway):
        await sharing.join(
            other_id,
            world.stock_id,
            world.anna,
            transaction=world.transaction,
            clock=world.clock,
        )
    async with world.database.snapshot(world.owner_id) as session:
        slot = await session.get_one(SlotRow, (WASHER, DETERGENT.slot))
    assert slot.stock_id == world.stock_id


async def test_softener_is_not_detergent(world: World) -> None:
    other_id = await another_washer(world, category="fabric-softener")
    with pytest.raises(StocksDiffer):
        await share(world, other_id)


async def test_parted_again_each_is_reviewed_for_itself(world: World) -> None:
    await share(world, await another_washer(world))
    made = await sharing.part(
        OTHER,
        DETERGENT.slot,
        world.anna,
        transaction=world.transaction,
        clock=world.clock,
        ids=world.ids,
    )
    await world.measure(1100)
    await measure(world, OTHER, 700)
    await world.work()
    async with world.database.snapshot(world.owner_id) as session:
        alone = await session.get_one(StockRow, made.stock_id)
    assert alone.forecast is not None
    assert alone.forecast["position"]["in_slot"] == 700
