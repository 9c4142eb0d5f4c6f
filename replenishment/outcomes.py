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
from replenishment.order_states import SENT, OrderEvent, OrderState
from replenishment.orders import PLATFORM, VENDOR, Cause
from replenishment.tables import OrderRow
from replenishment.vendors.port import (
    Abandoned,
    AbandonResult,
    Acknowledged,
    Changed,
    NeedsOwner,
    PlaceResult,
    Progress,
    Refused,
    Unknown,
    Unsold,
)
from vendor_policy import store

LOOK_AGAIN: Final = timedelta(hours=6)  # between two looks at an order's progress
SHORTEST_WAIT: Final = timedelta(minutes=1)  # after no answer; then twice as long each time
LONGEST_WAIT: Final = timedelta(hours=1)
GIVE_UP_AFTER: Final = timedelta(hours=24)  # UCP's keys need not be known for longer
ENDED_WITHIN: Final = timedelta(days=7)  # then a cancelled order is not asked about any more


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

    async def move(
        self, event: OrderEvent, remark: str = "", *, by: str = VENDOR
    ) -> OrderState:
        """Also tells the devices of the stock, for a display or a light."""
        cause = Cause(by=by, remark=remark)
        state = await orders.move(self.session, self.order, event, at=self.at, cause=cause)
        news = {"order": str(state), "expected_on": _iso(self.order.expected_on)}
        await commands.send(self.session, self.stock.stock_id, news, at=self.at)
        return state

    async def asked_for(self) -> timedelta:
        """Since it was sent; when it is not out, since the order became what it is."""
        moves = await orders.history(self.session, self.order.order_id)
        sent = [each.at for each in moves if each.event == OrderEvent.SUBMIT]
        return self.at - (sent[0] if sent and self.state in SENT else moves[-1].at)

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


async def write(
    answered: Answered, outcome: PlaceResult | AbandonResult, asked_in: OrderState
) -> OrderState:
    """`asked_in`: the order's state before the call. If it has moved since, only a purchase
    still counts.
    """
    if isinstance(outcome, Acknowledged):
        is_open = answered.state in SENT or answered.state is OrderState.CANCELLED
        return await _acknowledged(answered, outcome) if is_open else answered.state
    return await _unsold(answered, outcome) if answered.state is asked_in else answered.state


async def _unsold(answered: Answered, outcome: Unsold | Abandoned) -> OrderState:
    match outcome:
        case Abandoned():
            return await _abandoned(answered)
        case Refused():
            return await _refused(answered, outcome)
        case Changed():
            return await _changed(answered, outcome)
        case NeedsOwner():
            return await _handed_off(answered, outcome)
        case Unknown():
            return await _unanswered(answered)


async def call_off(answered: Answered) -> OrderState:
    """Of an order APPROVED or SUBMITTING that its mandate does not allow any more."""
    remark = "not allowed by the mandate any more"
    if answered.state is OrderState.SUBMITTING:
        return await answered.move(OrderEvent.TAKE_BACK, remark, by=PLATFORM)
    await answered.review_again()
    return await answered.move(OrderEvent.CANCEL, remark, by=PLATFORM)


async def _acknowledged(answered: Answered, outcome: Acknowledged) -> OrderState:
    """Also of an order that was taken back or cancelled, which the owner should know."""
    order, before = answered.order, answered.state
    is_news = order.vendor_order_number is None
    order.vendor_order_number = outcome.vendor_order_number
    is_wanted = before in (OrderState.SUBMITTING, OrderState.NEEDS_OWNER)
    if is_news:
        key = "notice.placed" if is_wanted else "notice.bought_after_all"
        await answered.tell(key, number=outcome.vendor_order_number)
    is_back = before is OrderState.CANCELLED
    if is_back and await orders.live(answered.session, order.stock_id) is not None:
        await answered.ask_again(LOOK_AGAIN)  # a stock has one live order at a time
        return before
    order.placed_at = answered.at
    promised = await _promised_days(answered)
    if promised is not None:
        order.expected_on = answered.at.date() + timedelta(days=promised)
    await answered.look_again()
    event = OrderEvent.TURN_UP if is_back else OrderEvent.ACKNOWLEDGE
    return await answered.move(event, _other_total(order, outcome.total))


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


async def _abandoned(answered: Answered) -> OrderState:
    """What the owner cancelled is at its end already."""
    if answered.state is OrderState.CANCELLED:
        return OrderState.CANCELLED
    await answered.review_again()
    await answered.tell("notice.not_bought")
    return await answered.move(OrderEvent.CANCEL, "not bought", by=PLATFORM)


async def _handed_off(answered: Answered, outcome: NeedsOwner) -> OrderState:
    answered.order.checkout = outcome.checkout
    answered.order.continue_url = outcome.continue_url
    await answered.ask_again(LOOK_AGAIN)  # whether the owner has finished
    if answered.state is OrderState.NEEDS_OWNER:
        return OrderState.NEEDS_OWNER
    state = await answered.move(OrderEvent.HAND_OFF)
    await answered.tell("notice.needs_owner")
    return state


async def _unanswered(answered: Answered) -> OrderState:
    asked_for = await answered.asked_for()
    match answered.state:
        case OrderState.CANCELLED:
            if asked_for < ENDED_WITHIN:
                await answered.ask_again(LOOK_AGAIN)
        case OrderState.NEEDS_OWNER:
            await answered.ask_again(LOOK_AGAIN)
        case _ if asked_for >= GIVE_UP_AFTER:
            return await _given_up(answered)
        case _:
            await answered.ask_again(min(max(asked_for, SHORTEST_WAIT), LONGEST_WAIT))
    return answered.state


async def _given_up(answered: Answered) -> OrderState:
    """A person finds out what became of it; what was never sent is decided again."""
    if answered.state is OrderState.APPROVED:
        await answered.review_again()
        await answered.tell("notice.unreachable")
        return await answered.move(OrderEvent.CANCEL, "no answer")
    await answered.ask_again(LOOK_AGAIN)
    await answered.tell("notice.unanswered")
    return await answered.move(OrderEvent.GIVE_UP, "no answer", by=PLATFORM)


async def follow(answered: Answered, seen: Progress | Unknown) -> OrderState:
    """Of an order that is PLACED or SHIPPED."""
    if isinstance(seen, Unknown):
        await answered.look_again()
        return answered.state
    is_sent = seen.shipped_at is not None or seen.state == "shipped"
    if is_sent and answered.state is OrderState.PLACED:
        answered.order.shipped_at = _within(answered, seen.shipped_at)
        await answered.move(OrderEvent.SHIP)
        await answered.tell("notice.shipped")
    if seen.state == "delivered":
        return await _delivered(answered, _within(answered, seen.delivered_at))
    if seen.state == "cancelled" and answered.state is OrderState.PLACED:
        return await _cancelled(answered)
    await answered.look_again()
    return answered.state


def _within(answered: Answered, told_at: datetime | None) -> datetime:
    """A shop's instant, kept between the purchase and now: a wrong one would count refills from
    before the purchase as this parcel's.
    """
    bought_at = answered.order.placed_at or answered.at
    return min(max(told_at or answered.at, bought_at), answered.at)


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
