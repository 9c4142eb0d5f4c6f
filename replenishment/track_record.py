"""What own orders tell a decision: last price paid, present supplier, vendors' punctuality.

Reads within the caller's transaction, which must see the orders of all owners: a vendor's
punctuality is counted over this instance.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.money import Money
from replenishment import orders
from replenishment.order_states import OrderState
from replenishment.tables import OrderRow
from vendor_policy.facts import Deliveries, LastPaid

COUNTED_FOR: Final = timedelta(days=365)
BOUGHT: Final = (OrderState.PLACED, OrderState.SHIPPED, OrderState.DELIVERED)


async def deliveries(session: AsyncSession, *, at: datetime) -> Mapping[str, Deliveries]:
    """By vendor, over the last year. Late: after the last promised day, both in UTC."""
    found = await session.exec(
        select(
            col(OrderRow.vendor_id), col(OrderRow.expected_on), col(OrderRow.delivered_at)
        ).where(
            OrderRow.state == OrderState.DELIVERED,
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
