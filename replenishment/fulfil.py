"""Use case 2: take one approved order to its vendor, and follow it to the door.

Intent is committed before every call and outcome after it: no transaction is open across the
network. The order's id is the idempotency key for good, so everything here may be repeated.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from accounts.scoping import ALL_OWNERS
from accounts.tables import OwnerRow
from core.clock import Clock
from core.database import Transaction
from core.ids import Ids
from core.money import Money
from devices.tables import StockRow
from replenishment import addresses, logged, orders, outcomes
from replenishment.order_states import OrderEvent, OrderState
from replenishment.outcomes import Answered
from replenishment.tables import OrderRow
from replenishment.vendors.port import Pinned, ShipTo, ToBuy, Vendor
from replenishment.vendors.test_orders import TestOrders

WITH_VENDOR: Final = (OrderState.SUBMITTING, OrderState.NEEDS_OWNER)
ON_ITS_WAY: Final = (OrderState.PLACED, OrderState.SHIPPED)

VendorOf = Callable[[str], Awaitable[Vendor]]  # by vendor_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What is sent, as committed before the call."""

    vendor_id: str
    is_test: bool
    pinned: Pinned
    ship_to: ShipTo


async def submit(
    order_id: UUID,
    *,
    transaction: Transaction,
    clock: Clock,
    ids: Ids,
    vendor_of: VendorOf,
) -> OrderState:
    """Send one order to its vendor, or ask under the same key what became of it.

    With no answer the order stays SUBMITTING and a row for another try is left. An order in
    any other state is left alone.
    """
    async with transaction(ALL_OWNERS) as session:  # T3
        order = await orders.get(session, order_id)
        if order.state == OrderState.APPROVED:
            if not await logged.may_be_sent(session, order, at=clock.now()):
                return OrderState(order.state)
            await orders.move(session, order, OrderEvent.SUBMIT, at=clock.now())
        elif order.state not in WITH_VENDOR:
            return OrderState(order.state)
        intent = await _intent(session, order)
    vendor = TestOrders() if intent.is_test else await vendor_of(intent.vendor_id)
    outcome = await vendor.place(order_id, intent.pinned, intent.ship_to)
    async with transaction(ALL_OWNERS) as session:  # T4
        answered = await _answered(session, order_id, clock=clock, ids=ids)
        if answered.state not in WITH_VENDOR:
            return answered.state
        return await outcomes.write(answered, outcome)


async def poll(
    order_id: UUID, *, transaction: Transaction, clock: Clock, ids: Ids, vendor_of: VendorOf
) -> OrderState:
    """How far the shop is with a placed order. Leaves a row for the next look until it is
    delivered; one that the owner must finish at the shop is for `submit`.
    """
    async with transaction(ALL_OWNERS) as session:
        order = await orders.get(session, order_id)
    number = order.vendor_order_number
    if order.state not in ON_ITS_WAY or number is None:
        return OrderState(order.state)
    vendor = TestOrders() if order.is_test else await vendor_of(order.vendor_id)
    seen = await vendor.get_order(order_id, number)
    async with transaction(ALL_OWNERS) as session:
        answered = await _answered(session, order_id, clock=clock, ids=ids)
        if answered.state not in ON_ITS_WAY:
            return answered.state
        return await outcomes.follow(answered, seen)


async def _intent(session: AsyncSession, order: OrderRow) -> Intent:
    owner = await session.get_one(OwnerRow, order.owner_id)
    lines = await orders.lines(session, order.order_id)
    return Intent(
        vendor_id=order.vendor_id,
        is_test=order.is_test,
        pinned=Pinned(
            lines=tuple(ToBuy(sku=line.sku, packs=line.packs) for line in lines),
            total=Money(order.total_minor, order.currency),
        ),
        ship_to=await addresses.ship_to(session, owner),
    )


async def _answered(
    session: AsyncSession, order_id: UUID, *, clock: Clock, ids: Ids
) -> Answered:
    order = await orders.get(session, order_id)
    stock = await session.get_one(StockRow, order.stock_id)
    return Answered(session=session, order=order, stock=stock, at=clock.now(), ids=ids)
