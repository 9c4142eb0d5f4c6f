"""Work and timers: rows written in the same transaction as their cause, done when due.

A row is claimed under a lease, its handler runs, then it is removed. A crash in between lets
the lease run out and the row is done again, so every handler must be safe to repeat.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import JSON, Connection, Index, Text, delete, func, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.database import UtcDateTime

LONGEST_WAIT_S = 3600  # between two tries of a failing row


class OutboxRow(SQLModel, table=True):
    __tablename__ = "outbox"
    __table_args__ = (Index(None, "due_at", "outbox_id"),)

    outbox_id: int | None = Field(default=None, primary_key=True)
    kind: str
    payload: dict[str, Any] = Field(sa_type=JSON)
    correlation: str = Field(default="", sa_type=Text)  # of the message or act that caused it
    due_at: datetime = Field(sa_type=UtcDateTime)
    dedupe_key: str | None = Field(default=None, unique=True)  # cleared when claimed
    claimed_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    attempts: int = 0
    last_error: str = Field(default="", sa_type=Text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One thing to do at `due_at`. While an unclaimed row with the same `dedupe_key` waits, a
    second one is not added; the one that is due first stays.
    """

    kind: str
    payload: dict[str, Any]
    due_at: datetime
    correlation: str = ""
    dedupe_key: str | None = None


async def add(session: AsyncSession, *work: Work) -> None:
    connection = await session.connection()
    await connection.run_sync(lambda sync: add_sync(sync, *work))


def add_sync(connection: Connection, *work: Work) -> None:
    """The same for the ingest path's own connection."""
    if not work:
        return
    insert = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
    statement = insert(OutboxRow)
    earlier = func.min if connection.dialect.name == "sqlite" else func.least
    statement = statement.on_conflict_do_update(
        index_elements=["dedupe_key"],
        set_={"due_at": earlier(col(OutboxRow.due_at), statement.excluded.due_at)},
    )
    connection.execute(
        statement,
        [
            {
                "kind": each.kind,
                "payload": each.payload,
                "correlation": each.correlation,
                "due_at": each.due_at,
                "dedupe_key": each.dedupe_key,
                "attempts": 0,
                "last_error": "",
            }
            for each in work
        ],
    )


async def claim(
    session: AsyncSession, *, now: datetime, wall: datetime, lease: timedelta, most: int = 1
) -> Sequence[OutboxRow]:
    """The rows that have been due longest, claimed until `wall + lease`.

    now: business time, for what is due. wall: real time, for the lease.
    """
    statement = (
        select(OutboxRow)
        .where(
            col(OutboxRow.due_at) <= now,
            (col(OutboxRow.claimed_until).is_(None)) | (col(OutboxRow.claimed_until) <= wall),
        )
        .order_by(col(OutboxRow.due_at), col(OutboxRow.outbox_id))
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    rows = (await session.exec(statement)).all()
    for row in rows:
        row.claimed_until = wall + lease
        row.dedupe_key = None
    return rows


async def done(session: AsyncSession, rows: Sequence[OutboxRow]) -> None:
    ids = [row.outbox_id for row in rows]
    if ids:
        await session.exec(delete(OutboxRow).where(col(OutboxRow.outbox_id).in_(ids)))


async def failed(session: AsyncSession, row: OutboxRow, *, error: str, now: datetime) -> None:
    """Lets the row be claimed again after 1, 2, 4, ... seconds, at most an hour."""
    wait = timedelta(seconds=min(2**row.attempts, LONGEST_WAIT_S))
    await session.exec(
        update(OutboxRow)
        .where(col(OutboxRow.outbox_id) == row.outbox_id)
        .values(
            attempts=row.attempts + 1, last_error=error, due_at=now + wait, claimed_until=None
        )
    )


async def next_due_at(session: AsyncSession) -> datetime | None:
    """When the earliest row is or was due; None when there is nothing to do at all."""
    earliest = select(col(OutboxRow.due_at)).order_by(col(OutboxRow.due_at)).limit(1)
    return (await session.exec(earliest)).one_or_none()
