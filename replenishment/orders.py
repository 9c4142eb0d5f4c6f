"""Orders and their moves: the only writer of `OrderRow.state`.

Works inside the caller's transaction. Every move appends one row of history.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

from sqlalchemy import update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.money import Money
from devices.tables import StockRow
from replenishment import logged
from replenishment.order_states import LIVE, WAITING, OrderEvent, OrderState, next_state
from replenishment.tables import NeedRow, OrderEventRow, OrderLineRow, OrderRow

VENDOR: Final = "vendor"
PLATFORM: Final = "platform"


class UnknownOrder(Exception):
    def __init__(self, order_id: UUID) -> None:
        super().__init__(f"there is no order {order_id}")
        self.order_id = order_id


class OrderMoved(Exception):
    """Someone else moved the order since it was read; nothing was changed."""

    def __init__(self, order_id: UUID) -> None:
        super().__init__(f"order {order_id} is no longer in the state that was read")
        self.order_id = order_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What is pinned of one offer: `pack_quantity` units a pack at `price_minor` a pack."""

    offer_id: str
    sku: str
    gtin: str
    title: str
    packs: int
    pack_quantity: int
    unit: str
    price_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    record_id: UUID
    vendor_id: str
    total: Money  # tax and delivery included
    lines: tuple[Line, ...]
    correlation: str
    is_test: bool = False
    is_override: bool = False


def need_id(stock_id: UUID, number: int) -> UUID:
    """The same for a repeated transaction, so that the unique index catches it."""
    return uuid5(stock_id, str(number))


def order_id(need: UUID, attempt: int) -> UUID:
    return uuid5(need, str(attempt))


async def propose(
    session: AsyncSession, need: NeedRow, proposal: Proposal, *, at: datetime
) -> OrderRow:
    """The need's next attempt, with its lines. The unique indexes refuse (IntegrityError) a
    second live order of one stock.
    """
    need.attempts += 1
    order = OrderRow(
        order_id=order_id(need.need_id, need.attempts),
        owner_id=need.owner_id,
        need_id=need.need_id,
        attempt=need.attempts,
        stock_id=need.stock_id,
        record_id=proposal.record_id,
        vendor_id=proposal.vendor_id,
        total_minor=proposal.total.minor,
        currency=proposal.total.currency,
        is_override=proposal.is_override,
        is_test=proposal.is_test,
        correlation=proposal.correlation,
        created_at=at,
    )
    session.add(order)
    await session.flush()
    for number, line in enumerate(proposal.lines):
        session.add(_line_row(order, number, line))
    return order


def _line_row(order: OrderRow, number: int, line: Line) -> OrderLineRow:
    return OrderLineRow(
        order_id=order.order_id,
        owner_id=order.owner_id,
        line=number,
        stock_id=order.stock_id,
        offer_id=line.offer_id,
        sku=line.sku,
        gtin=line.gtin,
        title=line.title,
        packs=line.packs,
        pack_quantity=line.pack_quantity,
        unit=line.unit,
        price_minor=line.price_minor,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Who moved an order and why. `by`: a member's id, "mandate:<id>", VENDOR or PLATFORM."""

    by: str = PLATFORM
    remark: str = ""


async def move(
    session: AsyncSession,
    order: OrderRow,
    event: OrderEvent,
    *,
    at: datetime,
    cause: Cause = Cause(),
) -> OrderState:
    """Apply `event` and append it to the order's history, or change nothing.

    Raises IllegalTransition when the state does not allow the event, and OrderMoved when the
    row is no longer in the state that was read.
    """
    before = OrderState(order.state)
    after = next_state(before, event)
    claimed = await session.exec(
        update(OrderRow)
        .where(col(OrderRow.order_id) == order.order_id, col(OrderRow.state) == before)
        .values(state=after)
    )
    if claimed.rowcount != 1:
        raise OrderMoved(order.order_id)
    session.add(
        OrderEventRow(
            order_id=order.order_id,
            owner_id=order.owner_id,
            event=event,
            before=before,
            after=after,
            at=at,
            by=cause.by,
            remark=cause.remark,
        )
    )
    made = logged.Move(event, before, after, cause.by, cause.remark)
    await logged.append(session, order, made, at=at)
    return after


async def get(session: AsyncSession, order_id: UUID) -> OrderRow:
    """Locked until the end of the transaction. Raises UnknownOrder, also for another's."""
    found = await session.exec(
        select(OrderRow).where(OrderRow.order_id == order_id).with_for_update()
    )
    order = found.one_or_none()
    if order is None:
        raise UnknownOrder(order_id)
    return order


async def lines(session: AsyncSession, order_id: UUID) -> Sequence[OrderLineRow]:
    found = await session.exec(
        select(OrderLineRow)
        .where(OrderLineRow.order_id == order_id)
        .order_by(col(OrderLineRow.line))
    )
    return found.all()


async def history(session: AsyncSession, order_id: UUID) -> Sequence[OrderEventRow]:
    """Oldest first."""
    found = await session.exec(
        select(OrderEventRow)
        .where(OrderEventRow.order_id == order_id)
        .order_by(col(OrderEventRow.order_event_id))
    )
    return found.all()


async def live(session: AsyncSession, stock_id: UUID) -> OrderRow | None:
    """The one order of the stock that is not at its end."""
    found = await session.exec(
        select(OrderRow).where(OrderRow.stock_id == stock_id, col(OrderRow.state).in_(LIVE))
    )
    return found.one_or_none()


async def units_coming(session: AsyncSession, stock: StockRow) -> tuple[int, int]:
    """(on order, waiting for approval). A product the owner chose in another unit than the
    stock's cannot be counted.
    """
    order = await live(session, stock.stock_id)
    if order is None:
        return 0, 0
    units = await units_of(session, order.order_id, stock)
    return (0, units) if order.state in WAITING else (units, 0)


async def units_of(session: AsyncSession, order_id: UUID, stock: StockRow) -> int:
    return sum(
        line.packs * line.pack_quantity
        for line in await lines(session, order_id)
        if line.stock_id == stock.stock_id and line.unit == stock.unit
    )
