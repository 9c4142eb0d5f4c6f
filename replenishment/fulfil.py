"""Use case 2: take one approved order to its vendor, and follow it to the door.

Intent is committed before every call and outcome after it: no transaction is open across the
network. The order's id is the idempotency key for good, so everything here may be repeated.
Nothing is bought before SUBMITTING is committed, and nothing is bought in any other state.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final
from uuid import UUID

from accounts.scoping import ALL_OWNERS
from accounts.tables import OwnerRow
from core.clock import Clock
from core.database import Transaction
from core.ids import Ids
from core.money import Money
from devices.tables import StockRow
from replenishment import addresses, automatic, contests, logged, orders, outcomes
from replenishment.order_states import SENT, OrderEvent, OrderState
from replenishment.outcomes import Answered
from replenishment.tables import OrderRow
from replenishment.vendors.port import (
    AbandonResult,
    Pinned,
    PlaceResult,
    Prepared,
    ShipTo,
    ToBuy,
    Vendor,
)
from replenishment.vendors.test_orders import TestOrders

ON_ITS_WAY: Final = (OrderState.PLACED, OrderState.SHIPPED)

VendorOf = Callable[[str], Awaitable[Vendor]]  # by vendor_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """What an approved order asks for."""

    pinned: Pinned
    ship_to: ShipTo


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What a vendor that may have the order is asked, as committed before the call."""

    state: OrderState
    checkout: str
    pinned: Pinned
    may_buy: bool
    is_handed_over: bool


async def submit(
    order_id: UUID,
    *,
    transaction: Transaction,
    clock: Clock,
    ids: Ids,
    vendor_of: VendorOf,
) -> OrderState:
    """Send one order to its vendor, or ask what became of it.

    With no answer the order stays what it is and a row for another try is left. One that was
    taken back is ended at the vendor too. An order in any other state is left alone.
    """
    hop = partial(_hop, order_id, transaction=transaction, clock=clock, ids=ids)
    async with hop() as answered:
        wanted = await _proposed(answered) or await _intent(answered)
    if wanted is None:
        return answered.state
    vendor = await _vendor(answered.order, vendor_of)
    if isinstance(wanted, Proposed):
        prepared = await vendor.prepare(order_id, wanted.pinned, wanted.ship_to)
        async with hop() as answered:  # T3
            if not isinstance(prepared, Prepared):
                return await outcomes.write(answered, prepared, OrderState.APPROVED)
            wanted = await _sent(answered, prepared)
        if wanted is None:
            return answered.state
    outcome = await _ask(vendor, order_id, wanted)
    async with hop() as answered:  # T4
        return await outcomes.write(answered, outcome, wanted.state)


async def poll(
    order_id: UUID, *, transaction: Transaction, clock: Clock, ids: Ids, vendor_of: VendorOf
) -> OrderState:
    """How far the shop is with a placed order. Leaves a row for the next look until it is
    delivered; one that the owner must finish at the shop is for `submit`.
    """
    hop = partial(_hop, order_id, transaction=transaction, clock=clock, ids=ids)
    async with hop() as answered:
        order = answered.order
    number = order.vendor_order_number
    if answered.state not in ON_ITS_WAY or number is None:
        return answered.state
    vendor = await _vendor(order, vendor_of)
    seen = await vendor.get_order(order_id, number)
    async with hop() as answered:
        if answered.state not in ON_ITS_WAY:
            return answered.state
        return await outcomes.follow(answered, seen)


@asynccontextmanager
async def _hop(
    order_id: UUID, *, transaction: Transaction, clock: Clock, ids: Ids
) -> AsyncIterator[Answered]:
    async with transaction(ALL_OWNERS) as session:
        order = await orders.get(session, order_id)
        stock = await session.get_one(StockRow, order.stock_id)
        yield Answered(session=session, order=order, stock=stock, at=clock.now(), ids=ids)


async def _vendor(order: OrderRow, vendor_of: VendorOf) -> Vendor:
    return TestOrders() if order.is_test else await vendor_of(order.vendor_id)


async def _proposed(answered: Answered) -> Proposed | None:
    """Of an order that no vendor has yet, and that may be bought now."""
    if not await _is_still_allowed(answered) or answered.state is not OrderState.APPROVED:
        return None
    session, order = answered.session, answered.order
    if not await logged.may_be_sent(session, order, at=answered.at):
        return None
    owner = await session.get_one(OwnerRow, order.owner_id)
    return Proposed(
        pinned=await _pinned(answered), ship_to=await addresses.ship_to(session, owner)
    )


async def _sent(answered: Answered, prepared: Prepared) -> Intent | None:
    """From here on the vendor may have it; of one cancelled meanwhile the checkout is ended."""
    order = answered.order
    order.checkout = order.checkout or prepared.checkout
    if await _is_still_allowed(answered) and answered.state is OrderState.APPROVED:
        await orders.move(answered.session, order, OrderEvent.SUBMIT, at=answered.at)
    return await _intent(answered)


async def _is_still_allowed(answered: Answered) -> bool:
    if answered.state not in automatic.STOPPABLE:
        return True
    if await contests.is_frozen(answered.session, answered.order.order_id):
        return False
    if await automatic.is_allowed(answered.session, answered.order, at=answered.at):
        return True
    await outcomes.call_off(answered)
    return False


async def _intent(answered: Answered) -> Intent | None:
    order = answered.order
    is_unsettled = answered.state is OrderState.CANCELLED and order.placed_at is None
    if order.checkout is None or not (answered.state in SENT or is_unsettled):
        return None
    is_new = await answered.asked_for() < outcomes.GIVE_UP_AFTER
    return Intent(
        state=answered.state,
        checkout=order.checkout,
        pinned=await _pinned(answered),
        may_buy=answered.state is OrderState.SUBMITTING and is_new,
        is_handed_over=answered.state is OrderState.NEEDS_OWNER
        and order.continue_url is not None,
    )


async def _ask(vendor: Vendor, order_id: UUID, intent: Intent) -> PlaceResult | AbandonResult:
    if intent.may_buy:
        return await vendor.place(order_id, intent.checkout, intent.pinned)
    if intent.is_handed_over:
        return await vendor.look(order_id, intent.checkout)
    return await vendor.abandon(order_id, intent.checkout)


async def _pinned(answered: Answered) -> Pinned:
    order = answered.order
    lines = await orders.lines(answered.session, order.order_id)
    return Pinned(
        lines=tuple(ToBuy(sku=line.sku, packs=line.packs) for line in lines),
        total=Money(order.total_minor, order.currency),
    )
