"""The owner contests an automatic order: it is held while no vendor has it, and a person looks.

One that a vendor may have is taken back and never sent again; one that was placed can only be
looked at. Events are only ever inserted; each has its date.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from accounts import notices
from accounts.notices import Notice
from accounts.principal import Audience, Principal
from accounts.scoping import ALL_OWNERS, Scope
from core import outbox
from core.database import Transaction
from core.ids import Ids
from replenishment import needs, orders, work
from replenishment.contest_states import (
    BY_OWNER,
    FREEZING,
    ContestCannot,
    ContestEvent,
    ContestState,
    moved,
)
from replenishment.order_states import COMING, OrderEvent, OrderState
from replenishment.orders import Cause, UnknownOrder
from replenishment.quiet import Quiet
from replenishment.tables import ContestEventRow, NeedRow, OrderContestRow, OrderRow
from vendor_policy import store

WORDS_MOST: Final = 4_000  # characters


class NotContestable(Exception):
    """Only what a mandate ordered can be contested, and only while it is on its way."""

    def __init__(self, order: OrderRow) -> None:
        kind = "automatic" if order.mandate_id else "by the owner's own word"
        super().__init__(f"order {order.order_id} is {kind} and {order.state}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Who says something about an order, what, and when."""

    by: Principal
    words: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderContest:
    order_id: UUID
    order_state: OrderState  # when it was contested
    state: ContestState
    events: tuple[ContestEventRow, ...]  # oldest first


async def open_contest(
    order_id: UUID, said: Said, *, transaction: Transaction, ids: Ids
) -> OrderContest:
    """Raises UnknownOrder, NotContestable, and ContestCannot for a second one."""
    async with transaction(said.by.party_id) as session:
        order = await orders.get(session, order_id)
        if order.mandate_id is None or order.state not in COMING:
            raise NotContestable(order)
        if await session.get(OrderContestRow, order_id) is not None:
            raise ContestCannot(ContestState.OPENED, ContestEvent.OPEN)
        row = OrderContestRow(
            order_id=order_id, owner_id=order.owner_id, order_state=order.state
        )
        session.add(row)
        await session.flush()
        event = _event(row, None, ContestEvent.OPEN, said)
        session.add(event)
        if order.state == OrderState.SUBMITTING:
            await _stop(session, order, OrderEvent.TAKE_BACK, said)
        await _tell(session, order, event, ids)
        return _contest(row, (event,))


async def answer(
    order_id: UUID, said: Said, event: ContestEvent, *, transaction: Transaction, ids: Ids
) -> OrderContest:
    """The owner may withdraw; all else is a reviewer's. Raises UnknownOrder, ContestCannot."""
    is_owner = said.by.audience is Audience.OWNER
    scope: Scope = said.by.party_id if is_owner else ALL_OWNERS
    async with transaction(scope) as session:
        order = await orders.get(session, order_id)
        contest = await of_order(session, order_id)
        if contest is None:
            raise UnknownOrder(order_id)
        if is_owner != (event in BY_OWNER):
            raise ContestCannot(contest.state, event)
        row = await session.get_one(OrderContestRow, order_id)
        added = _event(row, contest, event, said)
        session.add(added)
        await _follow(session, order, ContestState(added.state), said)
        await _tell(session, order, added, ids)
        return _contest(row, (*contest.events, added))


async def of_order(session: AsyncSession, order_id: UUID) -> OrderContest | None:
    found = await session.exec(
        select(OrderContestRow).where(OrderContestRow.order_id == order_id)
    )
    row = found.one_or_none()
    return None if row is None else _contest(row, await _events(session, order_id))


async def contests(session: AsyncSession) -> list[OrderContest]:
    """All in the session's scope, by order."""
    found = await session.exec(select(OrderContestRow).order_by(col(OrderContestRow.order_id)))
    return [_contest(row, await _events(session, row.order_id)) for row in found]


async def is_frozen(session: AsyncSession, order_id: UUID) -> bool:
    """Held: it may not be sent."""
    contest = await of_order(session, order_id)
    return contest is not None and contest.state in FREEZING


async def _follow(
    session: AsyncSession, order: OrderRow, state: ContestState, said: Said
) -> None:
    """What the answer means for an order that no vendor has."""
    if order.state != OrderState.APPROVED or state in FREEZING:
        return
    if state is ContestState.UPHELD:
        await _stop(session, order, OrderEvent.CANCEL, said)
    else:
        again = work.submit_order(order.order_id, said.at, order.correlation)
        await outbox.add(session, again)


async def _stop(session: AsyncSession, order: OrderRow, event: OrderEvent, said: Said) -> None:
    """Like an owner's no: quiet until a named change, and the position is counted again."""
    cause = Cause(by=said.by.name, remark="contested")
    await orders.move(session, order, event, at=said.at, cause=cause)
    needs.hush(await session.get_one(NeedRow, order.need_id), Quiet.REJECTED)
    await outbox.add(session, work.review(order.stock_id, said.at, order.correlation))
    if order.checkout is not None:  # to end it there too
        again = work.submit_order(order.order_id, said.at, order.correlation)
        await outbox.add(session, again)


async def _tell(
    session: AsyncSession, order: OrderRow, event: ContestEventRow, ids: Ids
) -> None:
    vendor = await store.vendor(session, order.vendor_id)
    notice = Notice(
        text_key=f"notice.contest.{event.state}",
        params={"vendor": vendor.name if vendor else order.vendor_id},
        link=f"/orders/{order.order_id}",
    )
    await notices.tell(session, order.owner_id, notice, at=event.at, ids=ids)


async def _events(session: AsyncSession, order_id: UUID) -> tuple[ContestEventRow, ...]:
    found = await session.exec(
        select(ContestEventRow)
        .where(ContestEventRow.order_id == order_id)
        .order_by(col(ContestEventRow.number))
    )
    return tuple(found)


def _event(
    row: OrderContestRow, before: OrderContest | None, event: ContestEvent, said: Said
) -> ContestEventRow:
    return ContestEventRow(
        order_id=row.order_id,
        owner_id=row.owner_id,
        number=len(before.events) if before else 0,
        event=event,
        state=moved(before.state if before else None, event),
        by=said.by.name,
        words=said.words[:WORDS_MOST],
        at=said.at,
    )


def _contest(row: OrderContestRow, events: tuple[ContestEventRow, ...]) -> OrderContest:
    return OrderContest(
        order_id=row.order_id,
        order_state=OrderState(row.order_state),
        state=ContestState(events[-1].state),
        events=events,
    )
