"""From "opened a new pack" to an order, without another word."""

from sqlmodel import select

from devices import by_hand
from devices.by_hand import ManualDevice
from devices.tables import SlotRow
from replenishment.order_states import OrderState
from replenishment.replenish import Stop
from tests.household import CATEGORY, DAY
from tests.world import World


async def a_cupboard(world: World) -> None:
    """A pack of 1,500 ml for thirty days was opened; the world's stock is this one now."""
    device = ManualDevice(
        name="Cupboard",
        title="Detergent",
        category=CATEGORY,
        fits=("laundry-liquid",),
        capacity=1500,
        unit="ml",
        typical_use_per_day=50,
        is_full=True,
    )
    owned = await by_hand.add(
        world.owner_id, device, transaction=world.transaction, clock=world.clock, ids=world.ids
    )
    async with world.transaction(world.owner_id) as session:
        found = await session.exec(
            select(SlotRow.stock_id).where(SlotRow.device_id == owned.device_id)
        )
        stock_id = found.one()
    assert stock_id is not None
    world.stock_id = stock_id


async def test_a_pack_opened_weeks_ago_is_asked_for_in_time(world: World) -> None:
    await a_cupboard(world)
    assert await world.review() is Stop.ENOUGH
    world.step_to_at(world.clock.now() + 24 * DAY)
    assert await world.review() is Stop.LOOKING
    await world.work()
    order = await world.live()
    assert order is not None
    assert order.state == OrderState.AWAITING_APPROVAL
    stock = await world.stock()
    assert stock.forecast is not None
    assert stock.forecast["position"]["in_slot"] == 300


async def test_who_says_nothing_for_one_and_a_half_packs_is_asked(world: World) -> None:
    await a_cupboard(world)
    world.step_to_at(world.clock.now() + 46 * DAY)
    assert await world.review() is Stop.SILENT
    assert await world.orders() == []
