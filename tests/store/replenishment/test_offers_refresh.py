"""The stored mirror of what shops offer."""

from dataclasses import replace
from datetime import timedelta

from sqlmodel import select

from accounts.scoping import ALL_OWNERS
from core.outbox import OutboxRow
from devices.tables import SlotRow, StockRow
from replenishment import offers_refresh
from replenishment.offers_refresh import EVERY, WITHOUT_NEED, Look
from replenishment.order_states import OrderState
from replenishment.replenish import Stop
from tests.household import CATEGORY, HOUR, item
from tests.world import World
from vendor_policy import store
from vendor_policy.tables import CatalogueSightRow, RefusedOfferRow


async def look(world: World, vendor_id: str = "haushaltshof") -> Look:
    return await offers_refresh.refresh(
        vendor_id,
        CATEGORY,
        transaction=world.transaction,
        clock=world.clock,
        ids=world.ids,
        vendor_of=world.vendor_of,
    )


async def due_at(world: World, kind: str) -> list[timedelta]:
    """When rows of a kind are due, from now."""
    async with world.database.snapshot(ALL_OWNERS) as session:
        rows = await session.exec(select(OutboxRow).where(OutboxRow.kind == kind))
        return [row.due_at - world.clock.now() for row in rows]


async def skus(world: World) -> list[str]:
    async with world.database.snapshot(ALL_OWNERS) as session:
        found = await store.fresh_offers(session, CATEGORY, world.clock.now())
    return [offer.sku for offer in found]


async def test_what_a_shop_shows_is_kept_for_twelve_hours(world: World) -> None:
    assert await look(world) is Look.SEEN
    assert await skus(world) == ["HH-1", "HH-2"]
    assert await due_at(world, "refresh_offers") == [WITHOUT_NEED]
    world.step_to_at(world.clock.now() + 12 * HOUR)
    assert await skus(world) == []


async def test_a_shop_is_looked_at_more_often_while_something_is_needed(world: World) -> None:
    for vendor in world.vendors.values():
        vendor.items[CATEGORY] = ()  # so that the need stays unmet
    await world.measure(200)
    await world.review()
    await world.work()
    assert EVERY in await due_at(world, "refresh_offers")


async def test_what_a_shop_no_longer_shows_is_gone(world: World) -> None:
    await look(world)
    vendor = world.vendors["haushaltshof"]
    vendor.items[CATEGORY] = vendor.items[CATEGORY][:1]
    await look(world)
    assert await skus(world) == ["HH-1"]


async def test_an_item_without_a_mandatory_fact_is_refused_with_the_field(world: World) -> None:
    vendor = world.vendors["haushaltshof"]
    good = vendor.items[CATEGORY][0]
    no_card = item("HH-9", "02001000000999", 500)
    vendor.items[CATEGORY] = (good, replace(good, sku="HH-8", price=None), no_card)
    await look(world)
    assert await skus(world) == ["HH-1"]
    async with world.database.snapshot(ALL_OWNERS) as session:
        refused = {row.sku: row.missing for row in await session.exec(select(RefusedOfferRow))}
    assert refused["HH-8"] == [["price", "not_said"]]
    assert ["pack_quantity", "not_said"] in refused["HH-9"]


async def test_a_shop_that_talks_nonsense_is_tried_again_soon(world: World) -> None:
    await look(world)
    world.vendors["haushaltshof"].talk_nonsense = 1
    assert await look(world) is Look.FAILED
    assert await skus(world) == ["HH-1", "HH-2"]
    assert min(await due_at(world, "refresh_offers")) == timedelta(minutes=15)
    async with world.database.snapshot(ALL_OWNERS) as session:
        sight = await session.get_one(CatalogueSightRow, ("haushaltshof", CATEGORY))
    assert sight.problem == "products: missing"
    assert sight.seen_at == world.clock.now()


async def test_one_shop_that_is_down_holds_up_nobody(world: World) -> None:
    world.vendors["billigblitz"].fail_requests = 1000
    order = await world.ask()
    assert order.vendor_id == "haushaltshof"


async def test_no_shop_wins_for_having_answered_first(world: World) -> None:
    world.reprice("billigblitz", "BB-1", 400)
    await world.measure(200)
    await look(world)
    assert await world.review() is Stop.LOOKING
    await world.work()
    order = await world.live()
    assert order is not None
    assert order.vendor_id == "billigblitz"


async def test_a_category_nobody_has_is_not_looked_at(world: World) -> None:
    async with world.transaction(ALL_OWNERS) as session:
        slot = await session.get_one(SlotRow, ("washer-0001", "detergent"))
        slot.stock_id = None
        await session.flush()
        await session.delete(await session.get_one(StockRow, world.stock_id))
    assert await look(world) is Look.UNWANTED
    assert await due_at(world, "refresh_offers") == []


async def test_an_unverified_trader_is_seen_but_never_bought_from(world: World) -> None:
    async with world.transaction(ALL_OWNERS) as session:
        vendor = await store.vendor(session, "billigblitz")
        assert vendor is not None
        vendor.verified_at = None
    order = await world.ask()
    assert order.vendor_id == "haushaltshof"


async def test_a_fresh_sight_reviews_needs_that_nothing_was_done_for(world: World) -> None:
    for vendor in world.vendors.values():
        vendor.items[CATEGORY] = ()
    await world.measure(200)
    await world.review()
    await world.work()
    assert await world.notices() == ["notice.no_offer"]
    world.vendors["haushaltshof"].items[CATEGORY] = (item("HH-1", "02001000000012", 840),)
    await world.jump(6 * HOUR)
    order = await world.live()
    assert order is not None
    assert order.state == OrderState.AWAITING_APPROVAL
