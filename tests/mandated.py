"""Acts around a mandate in the wired household of `tests.world`."""

from replenishment import automatic, offers_refresh
from replenishment.tables import OrderRow
from tests.household import CATEGORY
from tests.world import World
from vendor_policy.tables import MandateRow


async def accept(world: World, **overrides: object) -> MandateRow:
    return await automatic.accept(
        world.stock_id,
        world.mandate(**overrides),
        world.anna,
        transaction=world.transaction,
        clock=world.clock,
        ids=world.ids,
    )


async def stop(world: World) -> int:
    return await automatic.stop(world.anna, transaction=world.transaction, clock=world.clock)


async def proposed(world: World) -> OrderRow:
    """The order a low level leads to, before anything is sent."""
    for vendor_id in world.vendors:
        await offers_refresh.refresh(
            vendor_id,
            CATEGORY,
            transaction=world.transaction,
            clock=world.clock,
            ids=world.ids,
            vendor_of=world.vendor_of,
        )
    await world.measure(200)
    await world.review()
    order = await world.live()
    assert order is not None
    return order
