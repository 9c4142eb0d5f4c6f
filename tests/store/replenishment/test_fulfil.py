"""Intent, call, outcome: what a shop's answers make of an order."""

import json
from datetime import timedelta
from uuid import UUID

import pytest
from sqlmodel import select

from accounts.scoping import ALL_OWNERS
from core.money import Money
from devices import commands
from devices.tables import DeviceRow, RefillRow
from replenishment import track_record
from replenishment.order_states import OrderState
from replenishment.tables import OrderRow
from replenishment.vendors.port import (
    NeedsOwner,
    Pinned,
    PlaceResult,
    Prepared,
    ShipTo,
    Unsold,
)
from tests.fakes_vendor import FakeOrder, FakeVendor
from tests.household import DAY, HOUR
from tests.world import World
from vendor_policy import record, store
from vendor_policy.facts import Deliveries, Reliability


class Killed(Exception):
    pass


class KillsTheCaller(FakeVendor):
    """Takes the order, and the platform dies before it can write the answer down."""

    kills = 0

    async def place(self, idempotency_key: UUID, checkout: str, pinned: Pinned) -> PlaceResult:
        answer = await super().place(idempotency_key, checkout, pinned)
        if self.kills:
            self.kills -= 1
            raise Killed
        return answer


class WantsTheOwner(FakeVendor):
    """Sells only to people who come to its page."""

    async def prepare(
        self, idempotency_key: UUID, pinned: Pinned, ship_to: ShipTo
    ) -> Prepared | Unsold:
        prepared = await super().prepare(idempotency_key, pinned, ship_to)
        if not isinstance(prepared, Prepared):
            return prepared
        return NeedsOwner("https://shop.example/continue/1", prepared.checkout)

    def sell(self, order: OrderRow) -> None:
        """The owner has come and bought it."""
        pinned = Pinned(lines=(), total=Money(order.total_minor, order.currency))
        self.orders[order.order_id] = FakeOrder("V-1", pinned, self.now)


async def approved(world: World) -> OrderRow:
    order = await world.ask()
    await world.approve(order)
    return order


async def test_what_is_bought_is_what_was_pinned(world: World) -> None:
    order = await approved(world)
    await world.work()
    bought = world.vendors[order.vendor_id].orders[order.order_id].pinned
    assert bought.total == Money(order.total_minor, "EUR")
    async with world.database.snapshot(world.owner_id) as session:
        placed = await session.get_one(OrderRow, order.order_id)
    assert placed.vendor_order_number == "V-1"
    promised = {"haushaltshof": 3, "billigblitz": 7}[order.vendor_id]
    assert placed.expected_on == (world.clock.now() + promised * DAY).date()


async def test_a_lost_answer_does_not_buy_twice(world: World) -> None:
    order = await approved(world)
    vendor = world.vendors[order.vendor_id]
    vendor.lose_answers = vendor.hide_sales = 1
    assert await world.submit(order.order_id) is OrderState.SUBMITTING
    assert await world.submit(order.order_id) is OrderState.SUBMITTING
    assert await world.submit(order.order_id) is OrderState.PLACED
    assert list(vendor.orders) == [order.order_id]


async def test_without_an_answer_the_same_key_is_tried_after_growing_waits(
    world: World,
) -> None:
    order = await approved(world)
    vendor = world.vendors[order.vendor_id]
    vendor.fail_requests = 10
    await world.work()
    await world.wait(timedelta(minutes=30))
    assert vendor.fail_requests == 4  # tried after 0, 1, 2, 4, 8 and 16 minutes
    assert await world.state(order) is OrderState.APPROVED
    await world.wait(8 * HOUR)
    assert await world.state(order) is OrderState.PLACED


async def test_a_crash_after_the_call_buys_once(world: World) -> None:
    world.replace_shops(KillsTheCaller)
    order = await approved(world)
    vendor = world.vendors[order.vendor_id]
    assert isinstance(vendor, KillsTheCaller)
    vendor.kills = 1
    with pytest.raises(Killed):
        await world.submit(order.order_id)
    assert await world.state(order) is OrderState.SUBMITTING
    await world.work()
    assert await world.state(order) is OrderState.PLACED
    assert world.purchases() == [order.order_id]


async def test_what_a_shop_refuses_is_decided_again_without_it(world: World) -> None:
    order = await approved(world)
    world.vendors[order.vendor_id].out_of_stock = {await first_sku(world, order)}
    await world.work()
    assert await world.state(order) is OrderState.REFUSED
    other = await world.live()
    assert other is not None
    assert other.need_id == order.need_id
    assert other.record_id != order.record_id
    assert other.state == OrderState.AWAITING_APPROVAL
    assert await first_sku(world, other) != await first_sku(world, order)
    assert world.purchases() == []


async def test_a_price_change_at_checkout_goes_back_to_asking(world: World) -> None:
    order = await approved(world)
    for each in ("haushaltshof", "billigblitz"):
        for shown in next(iter(world.vendors[each].items.values())):
            assert shown.price is not None
            world.reprice(each, shown.sku, shown.price.minor + 100)
    await world.work()
    assert await world.state(order) is OrderState.CHANGED
    again = await world.live()
    assert again is not None
    assert (again.state, again.attempt) == (OrderState.AWAITING_APPROVAL, 2)
    assert again.total_minor > order.total_minor
    assert world.purchases() == []
    assert "notice.changed" in await world.notices()


async def test_a_bait_price_is_not_believed_again_and_counts_against_its_vendor(
    world: World,
) -> None:
    order = await approved(world)
    world.vendors[order.vendor_id].checkout_price_ppm = 200_000
    await world.work()
    again = await world.live()
    assert again is not None
    assert (again.vendor_id, await first_sku(world, again)) != (
        order.vendor_id,
        await first_sku(world, order),
    )
    assert world.purchases() == []
    async with world.database.snapshot(ALL_OWNERS) as session:
        row = await store.decision(session, again.record_id)
    assert row is not None
    facts = record.parsed(row.record).facts
    assert facts.reliability == {order.vendor_id: Reliability(orders=1, failed=1)}


async def first_sku(world: World, order: OrderRow) -> str:
    return (await world.lines(order))[0].sku


async def test_a_parcel_becomes_spares_and_closes_the_need(world: World) -> None:
    order = await approved(world)
    await world.work()
    await world.jump(47 * HOUR)
    await world.measure(100)
    await world.jump(27 * HOUR)
    assert await world.state(order) is OrderState.DELIVERED
    stock = await world.stock()
    assert stock.spares > 0
    assert stock.spares % 1500 == 0
    [need] = await world.needs()
    assert need.closed_at is not None
    assert await world.notices() == [
        "notice.ask",
        "notice.placed",
        "notice.shipped",
        "notice.delivered",
    ]


async def test_what_was_filled_in_before_the_shop_told_is_no_spare(world: World) -> None:
    order = await approved(world)
    await world.work()
    delivered_at = world.clock.now() + FakeVendor.handling + FakeVendor.transit
    async with world.transaction(ALL_OWNERS) as session:
        session.add(
            RefillRow(
                device_id="washer-0001",
                slot="detergent",
                boot_id=1,
                seq=9,
                refilled_at=delivered_at + timedelta(hours=1),
                amount=1100,
                filled=1000,
                from_spares=0,
            )
        )
    await world.jump(4 * DAY)
    assert await world.state(order) is OrderState.DELIVERED
    stock = await world.stock()
    assert stock.spares % 1500 == 500
    async with world.database.snapshot(ALL_OWNERS) as session:
        refill = await session.get_one(RefillRow, ("washer-0001", "detergent", 1, 9))
    assert refill.from_spares == 1000


async def test_an_order_handed_over_is_placed_once_the_owner_has_finished(world: World) -> None:
    world.replace_shops(WantsTheOwner)
    order = await approved(world)
    vendor = world.vendors[order.vendor_id]
    assert isinstance(vendor, WantsTheOwner)
    await world.work()
    assert await world.state(order) is OrderState.NEEDS_OWNER
    assert "notice.needs_owner" in await world.notices()
    vendor.sell(order)
    await world.wait(6 * HOUR)
    assert await world.state(order) is OrderState.PLACED


async def test_an_order_handed_over_is_not_given_up_when_the_shop_forgets_its_key(
    world: World,
) -> None:
    world.replace_shops(WantsTheOwner)
    order = await approved(world)
    vendor = world.vendors[order.vendor_id]
    assert isinstance(vendor, WantsTheOwner)
    await world.work()
    vendor.refuse_repeats = True
    vendor.sell(order)
    await world.wait(6 * HOUR)
    assert await world.state(order) is OrderState.PLACED


async def test_a_purchase_without_an_answer_is_not_repeated_elsewhere(world: World) -> None:
    """Its answer and the look at it are lost, then the shop forgets the key."""
    order = await approved(world)
    vendor = world.vendors[order.vendor_id]
    vendor.lose_answers = vendor.hide_sales = 1
    vendor.refuse_repeats = True
    await world.wait(HOUR)
    assert await world.state(order) is OrderState.PLACED
    assert world.purchases() == [order.order_id]


async def test_an_order_the_shop_cancels_is_decided_again(world: World) -> None:
    order = await approved(world)
    await world.work()
    await world.vendors[order.vendor_id].cancel(order.order_id, "V-1")
    await world.wait(6 * HOUR)
    assert await world.state(order) is OrderState.CANCELLED
    other = await world.live()
    assert other is not None
    assert await first_sku(world, other) != await first_sku(world, order)


async def test_a_late_parcel_counts_against_its_vendor(world: World) -> None:
    class Slow(FakeVendor):
        transit = timedelta(days=9)

    world.replace_shops(Slow)
    order = await approved(world)
    await world.work()
    await world.jump(12 * DAY)
    async with world.database.snapshot(ALL_OWNERS) as session:
        counts = await track_record.deliveries(session, at=world.clock.now())
    # Placed on the 20th, promised by the 23rd, at the door on the 30th.
    assert order.vendor_id == "haushaltshof"
    assert counts == {"haushaltshof": Deliveries(delivered=1, late=1, late_days=7)}


async def test_no_transaction_is_open_while_a_shop_is_asked(world: World) -> None:
    """A second writer gets through while the shop thinks."""

    class Looks(FakeVendor):
        async def prepare(
            self, idempotency_key: UUID, pinned: Pinned, ship_to: ShipTo
        ) -> Prepared | Unsold:
            await world.measure(190)
            return await super().prepare(idempotency_key, pinned, ship_to)

        async def place(
            self, idempotency_key: UUID, checkout: str, pinned: Pinned
        ) -> PlaceResult:
            await world.measure(180)
            return await super().place(idempotency_key, checkout, pinned)

    world.replace_shops(Looks)
    order = await approved(world)
    await world.work()
    assert await world.state(order) is OrderState.PLACED


async def test_a_test_order_lives_like_any_other_but_no_shop_hears_of_it(world: World) -> None:
    async with world.transaction(ALL_OWNERS) as session:
        for device in await session.exec(select(DeviceRow)):
            device.is_test = True
    order = await approved(world)
    await world.wait(DAY)
    assert await world.state(order) is OrderState.DELIVERED
    assert all(not vendor.orders for vendor in world.vendors.values())
    assert (await world.stock()).spares == 0


async def test_devices_of_the_stock_are_told_what_became_of_the_order(world: World) -> None:
    await approved(world)
    await world.wait(4 * DAY)
    heard: list[bytes] = []

    def deliver(device_id: str, topic: str, payload: bytes) -> bool:
        assert topic == f"v1/devices/{device_id}/command"
        heard.append(payload)
        return True

    is_there = {"deliver": deliver, "transaction": world.transaction, "clock": world.clock}
    absent = {**is_there, "deliver": lambda *_: False}
    assert await commands.deliver_waiting(**absent) == 0  # type: ignore[arg-type]
    await commands.deliver_waiting(**is_there)  # type: ignore[arg-type]
    news = [json.loads(payload)["order"] for payload in heard]
    assert news == ["placed", "shipped", "delivered"]
    assert await commands.deliver_waiting(**is_there) == 0  # type: ignore[arg-type]
