"""What own orders tell: last price paid, present supplier, how vendors and owners kept time.

Reads within the caller's transaction, which must see the orders of all owners: a vendor's
deliveries are counted over this instance.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from accounts.tables import OwnerRow
from core.money import Money
from replenishment import orders
from replenishment.order_states import OrderState
from replenishment.tables import OrderEventRow, OrderRow
from vendor_policy.facts import Deliveries, LastPaid, Reliability

COUNTED_FOR: Final = timedelta(days=365)
LET_FALL: Final = (OrderState.REFUSED, OrderState.CANCELLED, OrderState.CHANGED)
NEWEST: Final = 200  # of a vendor's deliveries or an owner's answers that are learned from
A_DAY: Final = timedelta(days=1)
BOUGHT: Final = (OrderState.PLACED, OrderState.SHIPPED, OrderState.DELIVERED)


async def deliveries(session: AsyncSession, *, at: datetime) -> Mapping[str, Deliveries]:
    """By vendor, over the last year. Late: after the last promised day, both in UTC."""
    found = await session.exec(
        select(
            col(OrderRow.vendor_id), col(OrderRow.expected_on), col(OrderRow.delivered_at)
        ).where(
            OrderRow.state == OrderState.DELIVERED,
            col(OrderRow.is_test).is_(False),
            col(OrderRow.expected_on).is_not(None),
            col(OrderRow.delivered_at) >= at - COUNTED_FOR,
        )
    )
    late_days: dict[str, list[int]] = defaultdict(list)
    for vendor_id, expected_on, delivered_at in found:
        if expected_on is not None and delivered_at is not None:
            late_days[vendor_id].append(max(0, (delivered_at.date() - expected_on).days))
    return {
        vendor_id: Deliveries(
            delivered=len(days), late=sum(each > 0 for each in days), late_days=sum(days)
        )
        for vendor_id, days in late_days.items()
    }


async def reliability(session: AsyncSession, *, at: datetime) -> Mapping[str, Reliability]:
    """By vendor, over the last year: orders that ended, and those that the vendor let fall. A
    vendor that let none fall is left out.
    """
    found = await session.exec(
        select(col(OrderRow.vendor_id), col(OrderRow.state), func.count())
        .join(OrderEventRow, col(OrderEventRow.order_id) == OrderRow.order_id)
        .where(
            col(OrderRow.state).in_((OrderState.DELIVERED, *LET_FALL)),
            col(OrderRow.is_test).is_(False),
            OrderEventRow.after == OrderRow.state,
            OrderEventRow.by == orders.VENDOR,
            col(OrderEventRow.at) >= at - COUNTED_FOR,
        )
        .group_by(col(OrderRow.vendor_id), col(OrderRow.state))
    )
    ended: dict[str, Counter[OrderState]] = defaultdict(Counter)
    for vendor_id, state, count in found:
        ended[vendor_id][OrderState(state)] += count
    return {
        vendor_id: Reliability(orders=counts.total(), failed=failed)
        for vendor_id, counts in ended.items()
        if (failed := sum(counts[state] for state in LET_FALL))
    }


async def delivery_days(
    session: AsyncSession, region: str, *, at: datetime
) -> Mapping[str, Sequence[int]]:
    """By vendor, over the last year: days from the order to the door, both in UTC, of
    deliveries to owners in that region.
    """
    found = await session.exec(
        select(col(OrderRow.vendor_id), col(OrderRow.placed_at), col(OrderRow.delivered_at))
        .join(OwnerRow, col(OwnerRow.owner_id) == OrderRow.owner_id)
        .where(
            OwnerRow.region == region,
            OrderRow.state == OrderState.DELIVERED,
            col(OrderRow.is_test).is_(False),
            col(OrderRow.placed_at).is_not(None),
            col(OrderRow.delivered_at) >= at - COUNTED_FOR,
        )
        .order_by(col(OrderRow.delivered_at).desc())
    )
    took_days: dict[str, list[int]] = defaultdict(list)
    for vendor_id, placed_at, delivered_at in found:
        if placed_at and delivered_at and len(took_days[vendor_id]) < NEWEST:
            took_days[vendor_id].append((delivered_at.date() - placed_at.date()).days)
    return took_days


async def answer_days(session: AsyncSession, owner_id: UUID, *, at: datetime) -> Sequence[int]:
    """Over the last year: how long the owner took to answer an ask, rounded to whole days. An
    ask that expired counts with its whole life; an offer chosen instead was no new ask.
    """
    found = await session.exec(
        select(OrderEventRow)
        .join(OrderRow, col(OrderRow.order_id) == OrderEventRow.order_id)
        .where(
            OrderEventRow.owner_id == owner_id,
            col(OrderEventRow.at) >= at - COUNTED_FOR,
            col(OrderRow.is_override).is_(False),
            (col(OrderEventRow.after) == OrderState.AWAITING_APPROVAL)
            | (col(OrderEventRow.before) == OrderState.AWAITING_APPROVAL),
        )
        .order_by(col(OrderEventRow.at).desc())
        .limit(2 * NEWEST)
    )
    events = found.all()
    asked_at = {
        each.order_id: each.at for each in events if each.after == OrderState.AWAITING_APPROVAL
    }
    return [
        round((each.at - asked_at[each.order_id]) / A_DAY)
        for each in events
        if each.before == OrderState.AWAITING_APPROVAL and each.order_id in asked_at
    ]


async def last_bought(session: AsyncSession, stock_id: UUID) -> OrderRow | None:
    found = await session.exec(
        select(OrderRow)
        .where(
            OrderRow.stock_id == stock_id,
            col(OrderRow.state).in_(BOUGHT),
            col(OrderRow.is_test).is_(False),
        )
        .order_by(col(OrderRow.placed_at).desc())
        .limit(1)
    )
    return found.one_or_none()


async def last_by_mandate(session: AsyncSession, stock_id: UUID) -> datetime | None:
    """When a mandate, also one that was replaced since, last bought for the stock."""
    found = await session.exec(
        select(OrderRow.placed_at)
        .where(
            OrderRow.stock_id == stock_id,
            col(OrderRow.mandate_id).is_not(None),
            col(OrderRow.state).in_(BOUGHT),
        )
        .order_by(col(OrderRow.placed_at).desc())
        .limit(1)
    )
    return found.one_or_none()


async def paid(session: AsyncSession, order: OrderRow) -> LastPaid | None:
    quantity = sum(
        line.packs * line.pack_quantity for line in await orders.lines(session, order.order_id)
    )
    if order.total_minor <= 0 or quantity <= 0:
        return None
    return LastPaid(total=Money(order.total_minor, order.currency), quantity=quantity)
