"""Use cases of once a day: the meter over new decisions, and what vendors are told of them.

Each goes through all owners' decisions in their order, from where it was; what it makes and how
far it got are one transaction.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import tuple_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from accounts.scoping import ALL_OWNERS
from core import outbox
from core.clock import Clock
from core.database import Transaction
from core.offload import Offload
from core.outbox import Work
from vendor_policy.log import store as log
from vendor_policy.meter import MeterCounts, measure
from vendor_policy.statements import Statement, statements
from vendor_policy.tables import (
    DecisionCursorRow,
    DecisionRow,
    MeterRunRow,
    VendorStatementRow,
)

MEASURE: Final = "measure_meter"  # kinds of outbox rows
STATE: Final = "state_to_vendors"
EVERY: Final = timedelta(days=1)
# Decisions taken together: well within the time for which a worker has claimed the row.
MEASURED_AT_ONCE: Final = 200
STATED_AT_ONCE: Final = 50
SETTLED: Final = timedelta(minutes=15)  # by then what was decided at an instant is committed


@dataclass(frozen=True, slots=True)
class _Batch:
    after: DecisionCursorRow | None
    rows: Sequence[DecisionRow]


async def start_timers(session: AsyncSession, *, at: datetime) -> None:
    """The rows that insert their own successors; safe to call at every start."""
    await outbox.add(session, *(_work(kind, at + EVERY) for kind in (MEASURE, STATE)))


def _work(kind: str, due_at: datetime) -> Work:
    return Work(kind=kind, payload={}, due_at=due_at, dedupe_key=kind)


async def measure_new(*, transaction: Transaction, clock: Clock, offload: Offload) -> None:
    """What is kept and published holds counts alone."""
    at = clock.now()
    batch = await _next(transaction, MEASURE, at, MEASURED_AT_ONCE)
    counts = await offload(measure, [row.record for row in batch.rows])
    async with transaction(ALL_OWNERS) as session:
        if await _advance(session, MEASURE, batch):
            checkpoint = await log.newest_checkpoint(session)
            session.add(_run(counts, checkpoint.note if checkpoint else None, at))
        is_more = len(batch.rows) == MEASURED_AT_ONCE
        await outbox.add(session, _work(MEASURE, at if is_more else at + EVERY))


async def state_new(*, transaction: Transaction, clock: Clock, offload: Offload) -> None:
    """One statement for each offer of each decision, stored for its vendor."""
    at = clock.now()
    batch = await _next(transaction, STATE, at, STATED_AT_ONCE)
    made = await offload(statements, [(row.record_id, row.record) for row in batch.rows])
    async with transaction(ALL_OWNERS) as session:
        if await _advance(session, STATE, batch):
            session.add_all(map(_statement_row, made))
        is_more = len(batch.rows) == STATED_AT_ONCE
        await outbox.add(session, _work(STATE, at if is_more else at + EVERY))


async def _next(transaction: Transaction, job: str, at: datetime, most: int) -> _Batch:
    order = (col(DecisionRow.decided_at), col(DecisionRow.record_id))
    wanted = select(DecisionRow).where(col(DecisionRow.decided_at) <= at - SETTLED)
    async with transaction(ALL_OWNERS) as session:
        cursor = await session.get(DecisionCursorRow, job)
        if cursor is not None:
            wanted = wanted.where(tuple_(*order) > (cursor.decided_at, cursor.record_id))
        found = await session.exec(wanted.order_by(*order).limit(most))
        return _Batch(cursor, found.all())


async def _advance(session: AsyncSession, job: str, batch: _Batch) -> bool:
    """False: there was nothing, or another worker did it meanwhile."""
    present = await session.get(DecisionCursorRow, job, with_for_update=True)
    if not batch.rows or _place(present) != _place(batch.after):
        return False
    last = batch.rows[-1]
    await session.merge(
        DecisionCursorRow(job=job, decided_at=last.decided_at, record_id=last.record_id)
    )
    return True


def _place(cursor: DecisionCursorRow | None) -> tuple[datetime, UUID] | None:
    return (cursor.decided_at, cursor.record_id) if cursor else None


def _run(counts: MeterCounts, checkpoint: str | None, at: datetime) -> MeterRunRow:
    return MeterRunRow(
        measured_at=at,
        decisions=counts.decisions,
        unreadable=counts.unreadable,
        replay_changes=counts.replay_changes,
        runs=dict(counts.runs),
        changes=dict(counts.changes),
        checkpoint=checkpoint,
    )


def _statement_row(made: Statement) -> VendorStatementRow:
    return VendorStatementRow(
        statement_id=made.statement_id,
        record_id=made.record_id,
        vendor_id=made.vendor,
        decided_on=made.decided_on,
        category=made.category,
        sku=made.sku,
        title=made.title,
        outcome=made.outcome,
        price_minor=made.price_minor,
        currency=made.currency,
        reasons=[asdict(each) for each in made.reasons],
        short_minor=made.short_minor,
    )
