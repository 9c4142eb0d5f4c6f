"""What own orders tell a decision: last price paid, present supplier, what vendors kept.

Reads within the caller's transaction, which must see the orders of all owners: a vendor's
deliveries are counted over this instance.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.money import Money
from replenishment import orders
from replenishment.order_states import OrderState
from replenishment.tables import OrderEventRow, OrderRow
from vendor_policy.facts import Deliveries, LastPaid, Reliability

COUNTED_FOR: Final = timedelta(days=365)
LET_FALL: Final = (OrderState.REFUSED, OrderState.CANCELLED, OrderState.CHANGED)
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
