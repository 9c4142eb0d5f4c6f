"""Orders stopped when the shop may have them already: never sent again, and never lost."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from accounts.scoping import ALL_OWNERS
from devices.tables import RefillRow
from replenishment import approvals, automatic
from replenishment.approvals import Word
from replenishment.order_states import IllegalTransition, OrderState
from replenishment.tables import OrderRow
from replenishment.vendors.port import (
    Acknowledged,
    Pinned,
    PlaceResult,
    Prepared,
    Progress,
    Refused,
    ShipTo,
    Unknown,
    Unsold,
)
from tests.fakes_vendor import FakeVendor
from tests.household import DAY, HOUR
from tests.mandated import accept, proposed, stop
from tests.world import World


class Counting(FakeVendor):
    """`tries`: to buy here, whatever came of them. While `is_down` it does nothing."""

    tries = 0
    is_down = False

    async def place(self, idempotency_key: UUID, checkout: str, pinned: Pinned) -> PlaceResult:
        self.tries += 1
        return await super().place(idempotency_key, checkout, pinned)

    def _left(
        self, idempotency_key: UUID, checkout: str
    ) -> Acknowledged | Refused | Unknown | None:
        down = Unknown("connection refused")
        return down if self.is_down else super()._left(idempotency_key, checkout)


def shop_of(world: World, order: OrderRow) -> Counting:
    vendor = world.vendors[order.vendor_id]
    assert isinstance(vendor, Counting)
    return vendor


async def unanswered(world: World, *, is_bought: bool) -> OrderRow:
    """By mandate; sent once, and the shop has not been heard since."""
    world.replace_shops(Counting)
    await accept(world, ends_on=world.clock.now().date())
    order = await proposed(world)
    shop = shop_of(world, order)
    shop.lose_answers = int(is_bought)
    shop.is_down = not is_bought
    await world.work()
    shop.is_down = True
    assert await world.state(order) is OrderState.SUBMITTING
    assert world.purchases() == [order.order_id] * is_bought
    return order


async def cancel(world: World, order: OrderRow) -> OrderState:
    return await approvals.cancel(
        order.order_id,
        Word(principal=world.anna),
        transaction=world.transaction,
        clock=world.clock,
        ids=world.ids,
    )


async def pull_the_switch(world: World, _order: OrderRow) -> None:
    assert await stop(world) == 0  # none was surely out of the shop's hands


async def revoke(world: World, order: OrderRow) -> None:
    assert order.mandate_id is not None
    await automatic.revoke(
        order.mandate_id, world.anna, transaction=world.transaction, clock=world.clock
    )


async def replace_the_mandate(world: World, _order: OrderRow) -> None:
    await accept(world, order_most_minor=100)


async def let_the_mandate_end(world: World, _order: OrderRow) -> None:
    world.step_to_at(world.clock.now() + 13 * HOUR)


async def take_back(world: World, order: OrderRow) -> None:
    assert await cancel(world, order) is OrderState.STOPPING


Stop = Callable[[World, OrderRow], Awaitable[None]]
STOPS = [pull_the_switch, revoke, replace_the_mandate, let_the_mandate_end, take_back]


@pytest.mark.parametrize("act", STOPS)
async def test_what_was_stopped_and_not_bought_is_cancelled_unbought(
    world: World, act: Stop
) -> None:
    order = await unanswered(world, is_bought=False)
    shop = shop_of(world, order)
    await act(world, order)
    tried = shop.tries
    await world.wait(timedelta(minutes=2))
    assert await world.state(order) is OrderState.STOPPING
    shop.is_down = False
    await world.wait(2 * HOUR)
    assert await world.state(order) is OrderState.CANCELLED
    assert shop.tries == tried
    assert shop.checkouts == {f"C-{order.order_id}": False}
    assert world.purchases() == []
    assert "notice.not_bought" in await world.notices()


@pytest.mark.parametrize("act", STOPS)
async def test_what_was_bought_before_the_stop_is_followed_and_told(
    world: World, act: Stop
) -> None:
    order = await unanswered(world, is_bought=True)
    shop = shop_of(world, order)
    await act(world, order)
    tried = shop.tries
    await world.wait(timedelta(minutes=2))
    assert await world.state(order) is OrderState.STOPPING
    shop.is_down = False
    await world.wait(2 * HOUR)
    assert await world.state(order) is OrderState.PLACED
    assert shop.tries == tried
    assert world.purchases() == [order.order_id]
    assert "notice.bought_after_all" in await world.notices()


@pytest.mark.parametrize("act", [pull_the_switch, revoke])
async def test_resuming_does_not_send_again_what_was_taken_back(
    world: World, act: Stop
) -> None:
    order = await unanswered(world, is_bought=False)
    shop = shop_of(world, order)
    await act(world, order)
    await automatic.resume(world.anna, transaction=world.transaction, clock=world.clock)
    shop.is_down = False
    await world.work()
    assert await world.state(order) is OrderState.CANCELLED
    assert order.order_id not in shop.orders


async def test_what_is_taken_back_cannot_be_taken_back_again(world: World) -> None:
    order = await unanswered(world, is_bought=True)
    await take_back(world, order)
    with pytest.raises(IllegalTransition):
        await cancel(world, order)


async def test_a_stop_while_the_checkout_is_opened_buys_nothing(world: World) -> None:
    class StoppedMeanwhile(Counting):
        async def prepare(
            self, idempotency_key: UUID, pinned: Pinned, ship_to: ShipTo
        ) -> Prepared | Unsold:
            prepared = await super().prepare(idempotency_key, pinned, ship_to)
            await stop(world)
            return prepared

    world.replace_shops(StoppedMeanwhile)
    await accept(world)
    order = await proposed(world)
    await world.work()
    shop = shop_of(world, order)
    assert await world.state(order) is OrderState.CANCELLED
    assert shop.tries == 0
    assert shop.checkouts == {f"C-{order.order_id}": False}


async def test_a_mandate_that_ended_before_the_order_was_sent_buys_nothing(
    world: World,
) -> None:
    world.replace_shops(Counting)
    await accept(world, ends_on=world.clock.now().date())
    order = await proposed(world)
    await world.jump(13 * HOUR)
    assert await world.state(order) is OrderState.CANCELLED
    assert not shop_of(world, order).checkouts
    asked = await world.live()
    assert asked is not None
    assert asked.state == OrderState.AWAITING_APPROVAL


async def without_an_answer_for_a_day(world: World, *, is_bought: bool) -> OrderRow:
    order = await unanswered(world, is_bought=is_bought)
    async with world.transaction(world.owner_id) as session:
        (await session.get_one(OrderRow, order.order_id)).mandate_id = None  # as if approved
    await world.wait(25 * HOUR)
    assert await world.state(order) is OrderState.NEEDS_OWNER
    return order


@pytest.mark.parametrize(
    ("is_bought", "state"), [(True, OrderState.PLACED), (False, OrderState.CANCELLED)]
)
async def test_a_day_without_an_answer_is_for_a_person_and_never_sent_again(
    world: World, *, is_bought: bool, state: OrderState
) -> None:
    order = await without_an_answer_for_a_day(world, is_bought=is_bought)
    shop = shop_of(world, order)
    assert (await world.notices()).count("notice.unanswered") == 1
    tried = shop.tries
    await world.wait(2 * DAY)
    shop.is_down = False
    await world.wait(6 * HOUR)
    assert await world.state(order) is state
    assert shop.tries == tried
    assert shop.orders.keys() == {order.order_id} if is_bought else not shop.orders


@pytest.mark.parametrize(
    ("is_bought", "state"), [(True, OrderState.PLACED), (False, OrderState.CANCELLED)]
)
async def test_after_a_long_sleep_the_platform_looks_before_anyone_is_bothered(
    world: World, *, is_bought: bool, state: OrderState
) -> None:
    order = await unanswered(world, is_bought=is_bought)
    shop = shop_of(world, order)
    shop.is_down = False
    await world.jump(30 * HOUR)
    assert await world.state(order) is state
    assert shop.tries == 1
    assert "notice.unanswered" not in await world.notices()


async def test_an_order_cancelled_without_an_answer_turns_up(world: World) -> None:
    order = await without_an_answer_for_a_day(world, is_bought=True)
    shop = shop_of(world, order)
    assert await cancel(world, order) is OrderState.CANCELLED
    await world.work()
    shop.is_down = False
    await world.wait(6 * HOUR)
    assert await world.state(order) is OrderState.PLACED
    assert (await world.history(order))[-2:] == ["cancel", "turn_up"]
    assert "notice.bought_after_all" in await world.notices()
    await world.wait(4 * DAY)
    assert await world.state(order) is OrderState.DELIVERED


async def test_one_that_turns_up_beside_another_order_is_told_at_once(world: World) -> None:
    order = await without_an_answer_for_a_day(world, is_bought=True)
    shop = shop_of(world, order)
    await cancel(world, order)
    await world.work()
    await world.measure(0)  # an empty slot is asked about again
    await world.review()
    other = await world.live()
    assert other is not None
    shop.is_down = False
    await world.wait(12 * HOUR)
    assert await world.state(order) is OrderState.CANCELLED
    assert (await world.notices()).count("notice.bought_after_all") == 1
    await world.reject(other)
    await world.wait(6 * HOUR)
    assert await world.state(order) is OrderState.PLACED
    assert (await world.notices()).count("notice.bought_after_all") == 1


async def test_a_cancelled_order_is_not_asked_about_for_ever(world: World) -> None:
    order = await without_an_answer_for_a_day(world, is_bought=True)
    await cancel(world, order)
    await world.wait(8 * DAY)
    shop_of(world, order).is_down = False
    await world.wait(8 * DAY)
    assert await world.state(order) is OrderState.CANCELLED


async def test_a_shop_out_of_reach_for_a_day_loses_the_order_it_never_had(
    world: World,
) -> None:
    world.replace_shops(Counting)
    order = await world.ask()
    await world.approve(order)
    shop = shop_of(world, order)
    shop.fail_requests = 1_000
    await world.wait(25 * HOUR)
    assert await world.state(order) is OrderState.CANCELLED
    assert "notice.unreachable" in await world.notices()
    other = await world.live()
    assert other is not None
    assert other.vendor_id != order.vendor_id
    assert shop.tries == 0


@pytest.mark.parametrize(
    "told_at", [datetime.min.replace(tzinfo=UTC), datetime(1999, 1, 1, tzinfo=UTC)]
)
async def test_a_delivery_from_before_the_purchase_counts_no_refill_of_then(
    world: World, told_at: datetime
) -> None:
    order = await delivered_at(world, told_at)
    assert order.delivered_at == order.placed_at
    assert (await world.stock()).spares % 1500 == 0


async def test_a_delivery_ahead_of_time_happened_now(world: World) -> None:
    order = await delivered_at(world, datetime.max.replace(tzinfo=UTC))
    assert order.delivered_at == world.clock.now()


async def delivered_at(world: World, told_at: datetime) -> OrderRow:
    """A refill from another shop lies two days back."""

    class OutOfTime(FakeVendor):
        async def get_order(
            self,
            idempotency_key: UUID,  # noqa: ARG002 - the port's
            vendor_order_number: str,  # noqa: ARG002
        ) -> Progress | Unknown:
            return Progress(state="delivered", shipped_at=told_at, delivered_at=told_at)

    world.replace_shops(OutOfTime)
    async with world.transaction(ALL_OWNERS) as session:
        session.add(
            RefillRow(
                device_id="washer-0001",
                slot="detergent",
                boot_id=1,
                seq=9,
                refilled_at=world.clock.now() - 2 * DAY,
                amount=1100,
                filled=1000,
                from_spares=0,
            )
        )
    order = await world.ask()
    await world.approve(order)
    await world.work()
    world.step_to_at(world.clock.now() + 6 * HOUR)
    await world.work()
    assert await world.state(order) is OrderState.DELIVERED
    async with world.database.snapshot(world.owner_id) as session:
        return await session.get_one(OrderRow, order.order_id)
