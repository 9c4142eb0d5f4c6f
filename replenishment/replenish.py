"""Use case 1: review one stock, maybe propose an order.

One transaction (T2) under the stock's lock; reads readings and stored offers, calls nobody.
Safe to repeat: ids are made from stock and need, and a stock has one live order at most.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from accounts.notices import Notice
from accounts.scoping import ALL_OWNERS
from accounts.tables import OwnerRow
from core import outbox
from core.clock import Clock
from core.database import Transaction
from core.ids import Ids
from devices.tables import StockRow
from replenishment import (
    chores,
    following,
    needs,
    orders,
    outlooks,
    proposals,
    quiet,
    work,
)
from replenishment.case import Case, Occasion
from replenishment.forecast import Forecaster
from replenishment.observed import observed
from replenishment.outlook import next_midnight
from replenishment.outlooks import Foresight
from replenishment.proposals import Result
from replenishment.questions import question
from replenishment.quiet import Quiet
from replenishment.reorder import Bounds
from replenishment.tables import NeedRow
from vendor_policy import record, store
from vendor_policy.store import PolicyInForce

OFFERS_COUNT_FOR: Final = timedelta(hours=12)  # after that a vendor is looked at again first
BLOCK: Final = 50  # stocks that one outbox row reviews, in a few seconds
CLAIMED_FOR: Final = timedelta(minutes=15)  # then a stock whose review failed is tried again
MADE_AN_ORDER: Final = (Result.ASKED, Result.ORDERED)
LONGEST_PAUSE: Final = timedelta(hours=6)  # of the daily review's timer


class Stop(StrEnum):
    """Why a review ends before anything is decided."""

    GONE = "gone"
    OFF = "off"
    SILENT = "silent"  # a device has not been heard of for too long
    CONTAINER = "container"  # it fills: its owner empties it
    UNKNOWN = "unknown"  # what is in the slots
    UNDERWAY = "underway"  # an order is live
    ENOUGH = "enough"
    NO_ROOM = "no_room"
    LOOKING = "looking"  # vendors are looked at first
    QUIET = "quiet"  # after a no


async def review(
    stock_id: UUID,
    occasion: Occasion,
    *,
    transaction: Transaction,
    clock: Clock,
    ids: Ids,
    forecaster: Forecaster,
) -> Stop | Result:
    at = clock.now()
    async with transaction(ALL_OWNERS) as session:
        stock = await _locked(session, stock_id)
        if stock is None:
            return Stop.GONE
        owner = await session.get_one(OwnerRow, stock.owner_id)
        case = Case(
            session=session,
            stock=stock,
            owner=owner,
            at=at,
            today=at.astimezone(ZoneInfo(owner.timezone)).date(),
            ids=ids,
            occasion=occasion,
        )
        in_force = await store.policy_in_force(session, owner.owner_id, at=at, ids=ids)
        seen = await observed(session, stock_id, at=at, today=case.today)
        foresight = await outlooks.foresight(case, seen, in_force, forecaster)
        result = await _stop(case, foresight) or await _decide(case, foresight, in_force)
        await _note(case, foresight)
        await following.follow(case, foresight)
        if result in MADE_AN_ORDER:
            await following.follow_order(case, foresight)
        return result


async def review_due(
    *,
    transaction: Transaction,
    clock: Clock,
    ids: Ids,
    forecaster: Forecaster,
    most: int = BLOCK,
) -> int:
    """The daily review of one block of the stocks that are due, and the timer's successor.
    Returns how many.

    While it works, whoever else works takes the next block. A review that fails leaves the
    rest of its block due; its own stock waits for CLAIMED_FOR.
    """
    at = clock.now()
    waiting = await _claimed(transaction, at, most)
    count = len(waiting)
    try:
        while waiting:
            await review(
                waiting.pop(0),
                Occasion(),
                transaction=transaction,
                clock=clock,
                ids=ids,
                forecaster=forecaster,
            )
    finally:
        await _leave(transaction, waiting, at)
    return count


async def start_timers(session: AsyncSession, *, at: datetime) -> None:
    """The rows that insert their own successors; safe to call at every start."""
    await outbox.add(session, work.review_due(at))


async def _claimed(transaction: Transaction, at: datetime, most: int) -> list[UUID]:
    """The stocks that have been due longest. Leaves the row for those behind them."""
    async with transaction(ALL_OWNERS) as session:
        due = await session.exec(
            select(StockRow)
            .where(col(StockRow.next_review_at) <= at)
            .order_by(col(StockRow.next_review_at), col(StockRow.stock_id))
            .limit(most)
            .with_for_update(skip_locked=True)
        )
        stocks = due.all()
        for stock in stocks:
            stock.next_review_at = at + CLAIMED_FOR
        if len(stocks) == most:
            await outbox.add(session, work.review_due(at))
        return [stock.stock_id for stock in stocks]


async def _leave(transaction: Transaction, waiting: Sequence[UUID], at: datetime) -> None:
    """What was not reached is due again; the timer's successor is set."""
    async with transaction(ALL_OWNERS) as session:
        rows = await session.exec(
            select(StockRow).where(col(StockRow.stock_id).in_(waiting)).with_for_update()
        )
        for stock in rows:
            stock.next_review_at = at
        await session.flush()
        await outbox.add(session, work.review_due(await _next_due_at(session, at)))


async def _next_due_at(session: AsyncSession, at: datetime) -> datetime:
    found = await session.exec(
        select(StockRow.next_review_at).order_by(col(StockRow.next_review_at)).limit(1)
    )
    earliest = found.one_or_none()
    latest = at + LONGEST_PAUSE
    return latest if earliest is None else min(earliest, latest)


async def _locked(session: AsyncSession, stock_id: UUID) -> StockRow | None:
    found = await session.exec(
        select(StockRow).where(StockRow.stock_id == stock_id).with_for_update()
    )
    return found.one_or_none()


async def _stop(case: Case, foresight: Foresight) -> Stop | None:
    """None: something may be lacking."""
    stock, outlook = case.stock, foresight.outlook
    if stock.mode == "off":
        await needs.close(case.session, stock.stock_id, at=case.at)
        return Stop.OFF
    if unmeasured := await _unmeasured(case, foresight):
        return unmeasured
    if await orders.live(case.session, stock.stock_id) is not None:
        return Stop.UNDERWAY
    is_wanted = case.occasion.is_requested or await needs.is_requested(
        case.session, stock.stock_id
    )
    if not outlook.is_due and not is_wanted:
        await needs.close(case.session, stock.stock_id, at=case.at)
        return Stop.ENOUGH
    return None


async def _unmeasured(case: Case, foresight: Foresight) -> Stop | None:
    """What never causes an order, whatever is wanted."""
    if foresight.seen.is_stale:
        await _ask_whether_it_is_there(case)
        return Stop.SILENT
    case.stock.is_stale_told = False
    if foresight.seen.containers:
        await chores.tell(case, foresight.seen.containers)
        return Stop.CONTAINER
    return Stop.UNKNOWN if foresight.outlook.position.total is None else None


async def _ask_whether_it_is_there(case: Case) -> None:
    if not case.stock.is_stale_told:
        case.stock.is_stale_told = True
        link = f"/stocks/{case.stock.stock_id}"
        await case.tell(
            Notice(text_key="notice.silent", params={"stock": case.stock.name}, link=link)
        )


async def _decide(case: Case, foresight: Foresight, in_force: PolicyInForce) -> Stop | Result:
    stock, session, outlook = case.stock, case.session, foresight.outlook
    bounds = Bounds(
        least=stock.least, target=stock.target, most=stock.most, keeps_days=stock.keeps_days
    )
    quantity = outlook.quantity(bounds)
    if quantity is None:
        return Stop.NO_ROOM
    row = await needs.opened(case, outlook, quantity)
    if await _looks_first(case):
        return Stop.LOOKING
    zone = ZoneInfo(case.owner.timezone)
    asked = await question(session, needs.need(row), in_force, at=case.at, zone=zone)
    decision = record.answer(asked)
    said = proposals.said(asked, decision, outlook)
    reason = _quiet(row, stock.mode)
    again = needs.change(row, reason, said, at=case.at)
    if reason and again is None:
        return Stop.QUIET
    needs.speak(row, said)
    matter = proposals.Matter(
        need=row,
        occasion=case.occasion,
        question=asked,
        decision=decision,
        explanation=foresight.explanation(outlook, case.at),
        again=again if reason in quiet.NOES else None,
        is_test=foresight.seen.is_test,
        is_early=not outlook.is_due,
    )
    return await proposals.settle(case, matter)


def _quiet(row: NeedRow, mode: str) -> Quiet:
    """Having been told is no reason to keep quiet once the owner wants more than to be told."""
    reason = Quiet(row.quiet_reason)
    return Quiet.NO if reason is Quiet.TOLD and mode != "notify" else reason


async def _looks_first(case: Case) -> bool:
    """Every vendor of the category is looked at before one is chosen: the first to answer must
    not win for that. A vendor that cannot be reached has been tried and holds up nobody.
    """
    category = case.stock.category
    tried = await store.tried_since(case.session, category, case.at - OFFERS_COUNT_FOR)
    vendors = [row.vendor_id for row in await store.vendors_of(case.session, category)]
    missing = [vendor_id for vendor_id in vendors if vendor_id not in tried]
    await outbox.add(
        case.session,
        *(work.refresh_offers(vendor_id, category, case.at) for vendor_id in missing),
    )
    return bool(missing)


async def _note(case: Case, foresight: Foresight) -> None:
    """What ingest, the daily review and pages read; the position counts what was just asked."""
    before = foresight.outlook
    now = replace(before, position=await outlooks.position(case, before.position.in_slot))
    case.stock.review_level = now.review_level
    case.stock.next_review_at = next_midnight(case.at, case.owner.timezone)
    case.stock.forecast = foresight.explanation(now, case.at).to_json()
