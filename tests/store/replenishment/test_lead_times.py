"""What recorded deliveries and answers teach the next reorder point."""

from datetime import timedelta

from accounts.scoping import ALL_OWNERS
from accounts.tables import OwnerRow
from replenishment import track_record
from replenishment.order_states import OrderState
from tests.household import DAY
from tests.world import World


async def answer_days(world: World) -> list[int]:
    async with world.database.snapshot(ALL_OWNERS) as session:
        return list(
            await track_record.answer_days(session, world.owner_id, at=world.clock.now())
        )


async def delivery_days(world: World, region: str = "DE") -> dict[str, list[int]]:
    async with world.database.snapshot(ALL_OWNERS) as session:
        found = await track_record.delivery_days(session, region, at=world.clock.now())
    return {vendor_id: list(days) for vendor_id, days in found.items()}


async def test_a_yes_after_two_days_is_an_answer_of_two_days(world: World) -> None:
    order = await world.ask()
    assert await answer_days(world) == []
    await world.wait(timedelta(hours=44))
    await world.approve(order)
    assert await answer_days(world) == [2]


async def test_a_no_is_an_answer_too_and_an_expired_ask_took_its_whole_life(
    world: World,
) -> None:
    await world.reject(await world.ask())
    assert await answer_days(world) == [0]
    await world.measure(0)  # a named change: asked again
    await world.review()
    await world.wait(timedelta(hours=73))
    assert sorted(await answer_days(world)) == [0, 3]


async def test_a_delivery_is_learned_for_its_vendor_and_region_only(world: World) -> None:
    order = await world.ask()
    await world.approve(order)
    await world.wait(4 * DAY)
    assert await world.state(order) is OrderState.DELIVERED
    assert await delivery_days(world) == {"haushaltshof": [3]}
    assert await delivery_days(world, "AT") == {}
    async with world.transaction(ALL_OWNERS) as session:
        (await session.get_one(OwnerRow, world.owner_id)).region = "AT"
    assert await delivery_days(world, "AT") == {"haushaltshof": [3]}


async def test_slow_answers_make_the_next_order_due_earlier(world: World) -> None:
    await world.measure(1100)
    await world.review()
    before = (await world.stock()).review_level
    order = await world.ask()
    await world.wait(timedelta(hours=70))
    await world.reject(order)
    await world.measure(1100)
    await world.review()
    after = (await world.stock()).review_level
    assert before is not None
    assert after is not None
    assert after > before + 10


async def test_an_automatic_stock_waits_for_nobody(world: World) -> None:
    await world.measure(1100)
    await world.review()
    asking = (await world.stock()).forecast
    await world.set(mode="auto")
    await world.review()
    automatic = (await world.stock()).forecast
    assert asking is not None
    assert automatic is not None
    difference = asking["lead_time_days"]["mean"] - automatic["lead_time_days"]["mean"]
    assert round(difference, 6) == 1
