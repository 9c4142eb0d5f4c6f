"""What a vendor's answer makes of an order: written down in the transaction after the call."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlmodel.ext.asyncio.session import AsyncSession

from accounts import notices
from accounts.notices import Notice
from accounts.tables import OwnerRow
from core import outbox
from core.ids import Ids
from core.money import Money
from devices import commands
from devices.tables import StockRow
from replenishment import needs, orders, spares, work
from replenishment.order_states import OrderEvent, OrderState
from replenishment.orders import VENDOR, Cause
from replenishment.tables import OrderRow
from replenishment.vendors.port import (
    Acknowledged,
    Changed,
    NeedsOwner,
    PlaceResult,
    Progress,
    Refused,
    Unknown,
)
from vendor_policy import store

LOOK_AGAIN: Final = timedelta(hours=6)  # between two looks at an order's progress
SHORTEST_WAIT: Final = timedelta(minutes=1)  # after no answer; then twice as long each time
LONGEST_WAIT: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """An order whose vendor was asked, in the transaction that writes the answer down."""

    session: AsyncSession
    order: OrderRow
    stock: StockRow
    at: datetime
    ids: Ids

    @property
    def state(self) -> OrderState:
        return OrderState(self.order.state)

    async def move(self, event: OrderEvent, remark: str = "") -> OrderState:
        """Also tells the devices of the stock, for a display or a light."""
        cause = Cause(by=VENDOR, remark=remark)
        state = await orders.move(self.session, self.order, event, at=self.at, cause=cause)
        news = {"order": str(state), "expected_on": _iso(self.order.expected_on)}
        await commands.send(self.session, self.stock.stock_id, news, at=self.at)
        return state

    async def tell(self, text_key: str, **params: str | int) -> None:
        notice = Notice(
            text_key=text_key,
            params={"stock": self.stock.name, **params},
            link=f"/orders/{self.order.order_id}",
        )
        await notices.tell(self.session, self.order.owner_id, notice, at=self.at, ids=self.ids)

    async def review_again(self) -> None:
        again = work.review(self.stock.stock_id, self.at, self.order.correlation)
        await outbox.add(self.session, again)

    async def look_again(self) -> None:
        due_at = self.at + LOOK_AGAIN
        poll = work.poll_order(self.order.order_id, due_at, self.order.correlation)
        await outbox.add(self.session, poll)

    async def ask_again(self, wait: timedelta) -> None:
        """Under the same key."""
        order = self.order
        again = work.submit_order(order.order_id, self.at + wait, order.correlation)
        await outbox.add(self.session, again)


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


async def write(answered: Answered, outcome: PlaceResult) -> OrderState:
    """Of an order that is SUBMITTING or NEEDS_OWNER."""
    match outcome:
        case Acknowledged():
            return await _acknowledged(answered, outcome)
        case Refused():
            return await _refused(answered, outcome)
        case Changed():
            return await _changed(answered, outcome)
        case NeedsOwner():
            return await _handed_off(answered, outcome)
        case Unknown():
            return await _unanswered(answered)


async def _acknowledged(answered: Answered, outcome: Acknowledged) -> OrderState:
    order = answered.order
    order.vendor_order_number = outcome.vendor_order_number
    order.placed_at = answered.at
    promised = await _promised_days(answered)
    if promised is not None:
        order.expected_on = answered.at.date() + timedelta(days=promised)
    state = await answered.move(OrderEvent.ACKNOWLEDGE, _other_total(order, outcome.total))
    await answered.look_again()
    await answered.tell("notice.placed", number=outcome.vendor_order_number)
    return state


def _other_total(order: OrderRow, total: Money) -> str:
    """Empty, as it should be: an adapter completes the pinned total only."""
    pinned = Money(order.total_minor, order.currency)
    return "" if total == pinned else f"pinned {pinned.minor}, bought for {total.minor}"


async def _promised_days(answered: Answered) -> int | None:
    """The last day of the vendor's declared promise, in days from now."""
    order = answered.order
    owner = await answered.session.get_one(OwnerRow, order.owner_id)
    vendor = await store.vendor(answered.session, order.vendor_id)
    if vendor is None:
        return None
    declared = store.declaration(vendor)
    terms = declared.terms(owner.region)
    lines = await orders.lines(answered.session, order.order_id)
    special = [declared.exception(line.sku).delivery for line in lines]
    promises = [each or (terms.delivery if terms else None) for each in special]
    return max((each.latest_days for each in promises if each), default=None)


async def _refused(answered: Answered, outcome: Refused) -> OrderState:
    """Decided again, without what was refused."""
    state = await answered.move(_no(answered, OrderEvent.REFUSE), outcome.code)
    await answered.review_again()
    await answered.tell("notice.refused", code=outcome.code)
    return state


async def _changed(answered: Answered, outcome: Changed) -> OrderState:
    """Back to asking: the vendor is looked at again first, then the stock is reviewed."""
    order, category = answered.order, answered.stock.category
    state = await answered.move(_no(answered, OrderEvent.FIND_CHANGED), outcome.detail)
    await store.forget_sight(answered.session, order.vendor_id, category)
    await outbox.add(
        answered.session, work.refresh_offers(order.vendor_id, category, answered.at)
    )
    await answered.tell("notice.changed")
    return state


def _no(answered: Answered, event: OrderEvent) -> OrderEvent:
    """An order that was handed to the owner can only be cancelled."""
    return OrderEvent.CANCEL if answered.state is OrderState.NEEDS_OWNER else event


async def _handed_off(answered: Answered, outcome: NeedsOwner) -> OrderState:
    answered.order.continue_url = outcome.continue_url
    await answered.ask_again(LOOK_AGAIN)  # whether the owner has finished
    if answered.state is OrderState.NEEDS_OWNER:
        return OrderState.NEEDS_OWNER
    state = await answered.move(OrderEvent.HAND_OFF)
    await answered.tell("notice.needs_owner")
    return state


async def _unanswered(answered: Answered) -> OrderState:
    moves = await orders.history(answered.session, answered.order.order_id)
    tried_for = answered.at - moves[-1].at  # since the order became what it is
    await answered.ask_again(min(max(tried_for, SHORTEST_WAIT), LONGEST_WAIT))
    return answered.state


async def follow(answered: Answered, seen: Progress | Unknown) -> OrderState:
    """Of an order that is PLACED or SHIPPED."""
    if isinstance(seen, Unknown):
        await answered.look_again()
        return answered.state
    is_sent = seen.shipped_at is not None or seen.state == "shipped"
    if is_sent and answered.state is OrderState.PLACED:
        answered.order.shipped_at = seen.shipped_at or answered.at
        await answered.move(OrderEvent.SHIP)
        await answered.tell("notice.shipped")
    if seen.state == "delivered":
        return await _delivered(answered, seen.delivered_at or answered.at)
    if seen.state == "cancelled" and answered.state is OrderState.PLACED:
        return await _cancelled(answered)
    await answered.look_again()
    return answered.state


async def _delivered(answered: Answered, delivered_at: datetime) -> OrderState:
    order = answered.order
    order.delivered_at = delivered_at
    state = await answered.move(OrderEvent.DELIVER)
    await needs.close(answered.session, order.stock_id, at=answered.at)
    units = await orders.units_of(answered.session, order.order_id, answered.stock)
    if not order.is_test:  # nothing came
        await spares.put_away(
            answered.session, order.stock_id, units, delivered_at=delivered_at
        )
    await answered.review_again()
    await answered.tell("notice.delivered", quantity=units, unit=answered.stock.unit)
    return state


async def _cancelled(answered: Answered) -> OrderState:
    state = await answered.move(OrderEvent.CANCEL)
    await answered.review_again()
    await answered.tell("notice.cancelled_by_vendor")
    return state
