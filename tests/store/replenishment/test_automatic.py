"""Ordering without asking: only inside a mandate, and never after the switch."""

from dataclasses import replace

import pytest

from accounts.scoping import ALL_OWNERS
from devices.tables import DeviceRow
from replenishment import automatic, orders
from replenishment.automatic import MayNotChange, UnknownMandate
from replenishment.order_states import OrderState
from replenishment.tables import OrderRow
from tests.household import DAY, REINWERK
from tests.mandated import accept, proposed, stop
from tests.world import World
from vendor_policy import record, store
from vendor_policy.policy import preset


async def reason(world: World, order: OrderRow) -> str:
    async with world.database.snapshot(world.owner_id) as session:
        return (await orders.history(session, order.order_id))[0].remark


async def test_a_mandate_that_covers_it_orders_without_asking(world: World) -> None:
    mandate = await accept(world)
    order = await proposed(world)
    assert order.state == OrderState.APPROVED
    assert order.mandate_id == mandate.mandate_id
    async with world.database.snapshot(world.owner_id) as session:
        [move] = await orders.history(session, order.order_id)
        row = await store.decision(session, order.record_id)
    assert move.by == f"mandate:{mandate.mandate_id}"
    assert row is not None
    assert record.parsed(row.record).mandate_id == str(mandate.mandate_id)
    await world.work()
    assert await world.state(order) is OrderState.PLACED
    assert "notice.ask" not in await world.notices()


@pytest.mark.parametrize(
    ("overrides", "why"),
    [
        ({"order_most_minor": 500}, "mandate.above_cap"),
        ({"products": (REINWERK,)}, "mandate.other_product"),
        ({"vendors": ("tintenwelt",)}, "mandate.other_vendor"),
    ],
)
async def test_what_a_mandate_does_not_cover_is_asked(
    world: World, overrides: dict[str, object], why: str
) -> None:
    await accept(world, **overrides)
    order = await proposed(world)
    assert order.state == OrderState.AWAITING_APPROVAL
    assert await reason(world, order) == why


async def test_a_mandate_ends_after_its_last_day(world: World) -> None:
    await accept(world, ends_on=world.clock.now().date())
    world.step_to_at(world.clock.now() + DAY)
    order = await proposed(world)
    assert await reason(world, order) == "mandate.ended"


async def used_up(world: World) -> OrderRow:
    """What the next low level leads to, once all that was delivered is used."""
    await world.set(spares=0)
    return await proposed(world)


async def delivered(world: World) -> OrderRow:
    order = await proposed(world)
    await world.wait(6 * DAY)
    assert await world.state(order) is OrderState.DELIVERED
    return order


async def test_a_second_order_within_the_gap_is_asked(world: World) -> None:
    await accept(world, days_between=14)
    first = await delivered(world)
    second = await used_up(world)
    assert second.order_id != first.order_id
    assert second.state == OrderState.AWAITING_APPROVAL
    assert await reason(world, second) == "mandate.too_soon"


async def test_after_the_gap_a_mandate_orders_again(world: World) -> None:
    await accept(world, days_between=6)
    await delivered(world)
    assert (await used_up(world)).state == OrderState.APPROVED


async def test_a_new_mandate_counts_the_orders_of_the_one_before(world: World) -> None:
    await accept(world)
    await delivered(world)
    await accept(world, days_between=14)
    assert await reason(world, await used_up(world)) == "mandate.too_soon"


async def test_an_order_the_owner_approved_starts_no_gap(world: World) -> None:
    await world.approve(await world.ask())
    await world.wait(6 * DAY)
    await accept(world, days_between=14)
    assert (await used_up(world)).state == OrderState.APPROVED


async def test_mode_auto_without_a_mandate_asks(world: World) -> None:
    await world.set(mode="auto")
    assert await reason(world, await proposed(world)) == "mandate.none"


async def test_an_order_above_the_owners_limit_is_asked(world: World) -> None:
    await accept(world)
    await world.want(preset().model_copy(update={"ask_above_minor": 100}))
    assert await reason(world, await proposed(world)) == "rule.ask_above"


async def test_a_test_device_never_orders_by_itself(world: World) -> None:
    await accept(world)
    async with world.transaction(ALL_OWNERS) as session:
        (await session.get_one(DeviceRow, "washer-0001")).is_test = True
    order = await proposed(world)
    assert order.is_test
    assert await reason(world, order) == "test_device"


async def test_the_kill_switch_pulls_back_what_is_not_sent_yet(world: World) -> None:
    await accept(world)
    order = await proposed(world)
    assert await stop(world) == 1
    assert await world.state(order) is OrderState.CANCELLED
    await world.work()
    assert world.purchases() == []
    asked = await world.live()
    assert asked is not None
    assert asked.state == OrderState.AWAITING_APPROVAL
    assert await reason(world, asked) == "stopped"


async def test_the_kill_switch_leaves_alone_what_the_owner_approved(world: World) -> None:
    order = await world.ask()
    await world.approve(order)
    assert await stop(world) == 0
    await world.work()
    assert await world.state(order) is OrderState.PLACED


async def test_automatic_orders_go_on_when_they_are_resumed(world: World) -> None:
    await accept(world)
    await stop(world)
    await automatic.resume(world.anna, transaction=world.transaction, clock=world.clock)
    assert (await proposed(world)).state == OrderState.APPROVED


async def test_a_revoked_mandate_covers_nothing_at_once(world: World) -> None:
    mandate = await accept(world)
    order = await proposed(world)
    pulled = await automatic.revoke(
        mandate.mandate_id, world.anna, transaction=world.transaction, clock=world.clock
    )
    assert pulled == 1
    await world.work()
    assert await world.state(order) is OrderState.CANCELLED
    assert world.purchases() == []
    assert (await world.stock()).mode == "ask"


async def test_a_mandate_no_one_accepted_cannot_be_revoked(world: World) -> None:
    with pytest.raises(UnknownMandate):
        await automatic.revoke(
            world.stock_id, world.anna, transaction=world.transaction, clock=world.clock
        )


async def test_only_an_admin_may_change_what_is_ordered_automatically(world: World) -> None:
    world.anna = replace(world.anna, role="approver")
    with pytest.raises(MayNotChange):
        await accept(world)
    with pytest.raises(MayNotChange):
        await stop(world)
