"""Orders in the decision log: every move is committed to, and nothing is bought before its
decision record stands under a signed checkpoint.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core import outbox
from replenishment import work
from replenishment.order_states import OrderEvent, OrderState
from replenishment.tables import OrderLineRow, OrderRow
from vendor_policy.log import store

EVENT: Final = "nachschub/event/1"
SOON: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Move:
    event: OrderEvent
    before: OrderState
    after: OrderState
    by: str
    remark: str


async def append(session: AsyncSession, order: OrderRow, move: Move, *, at: datetime) -> None:
    """With what is pinned and what the shop said, as they are after the move."""
    lines = await session.exec(
        select(OrderLineRow)
        .where(OrderLineRow.order_id == order.order_id)
        .order_by(col(OrderLineRow.line))
    )
    event = {
        "schema": EVENT,
        "order": str(order.order_id),
        "need": str(order.need_id),
        "event": move.event,
        "before": move.before,
        "after": move.after,
        "at": at.isoformat(),
        "by": move.by,
        "remark": move.remark,
        "vendor": order.vendor_id,
        "lines": [_line(each) for each in lines],
        "total": {"minor": order.total_minor, "currency": order.currency},
        "is_override": order.is_override,
        "is_test": order.is_test,
        "vendor_order_number": order.vendor_order_number,
    }
    await store.append_event(session, order.record_id, event, at=at)


def _line(line: OrderLineRow) -> dict[str, Any]:
    return {
        "offer_id": line.offer_id,
        "sku": line.sku,
        "packs": line.packs,
        "price_minor": line.price_minor,
    }


async def may_be_sent(session: AsyncSession, order: OrderRow, *, at: datetime) -> bool:
    """False: its decision is not in the log yet. Then the sequencer is called, and a row is
    left for another try.
    """
    if await store.is_logged(session, order.record_id):
        return True
    again = work.submit_order(order.order_id, at + SOON, order.correlation)
    await outbox.add(session, store.sequence_work(at), again)
    return False
