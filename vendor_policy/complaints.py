"""Use cases of a vendor's complaint: opened about one statement, answered by a person.

Events are only ever inserted; each has its date.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from accounts.principal import Audience, Principal
from accounts.scoping import ALL_OWNERS
from core.database import Transaction
from core.ids import Ids
from vendor_policy.complaint_states import (
    BY_VENDOR,
    ComplaintCannot,
    ComplaintEvent,
    ComplaintState,
    moved,
)
from vendor_policy.tables import ComplaintEventRow, ComplaintRow, VendorStatementRow

WORDS_MOST: Final = 4_000  # characters


class StatementUnknown(Exception):
    """Also one about another vendor's offer."""

    def __init__(self, statement_id: UUID) -> None:
        super().__init__(f"there is no statement {statement_id}")


class ComplaintUnknown(Exception):
    """Also another vendor's."""

    def __init__(self, complaint_id: UUID) -> None:
        super().__init__(f"there is no complaint {complaint_id}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Who does something, what is said with it, and when."""

    by: Principal
    words: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    complaint_id: UUID
    statement_id: UUID
    vendor_id: str
    state: ComplaintState
    events: tuple[ComplaintEventRow, ...]  # oldest first


async def statements_of(
    session: AsyncSession, vendor_id: str, *, most: int = 200
) -> Sequence[VendorStatementRow]:
    """Newest first."""
    found = await session.exec(
        select(VendorStatementRow)
        .where(VendorStatementRow.vendor_id == vendor_id)
        .order_by(
            col(VendorStatementRow.decided_on).desc(), col(VendorStatementRow.statement_id)
        )
        .limit(most)
    )
    return found.all()


async def open_complaint(
    statement_id: UUID, act: Act, *, transaction: Transaction, ids: Ids
) -> Complaint:
    """Raises StatementUnknown, and ComplaintCannot for a second one about a statement."""
    try:
        async with transaction(ALL_OWNERS) as session:
            statement = await session.get(VendorStatementRow, statement_id)
            if statement is None or statement.vendor_id != act.by.vendor_id:
                raise StatementUnknown(statement_id)
            row = ComplaintRow(
                complaint_id=ids.uuid(),
                statement_id=statement_id,
                vendor_id=statement.vendor_id,
            )
            session.add(row)
            await session.flush()
            event = _event(row, None, ComplaintEvent.OPEN, act)
            session.add(event)
    except IntegrityError:
        raise ComplaintCannot(ComplaintState.OPENED, ComplaintEvent.OPEN) from None
    return _complaint(row, (event,))


async def move(
    complaint_id: UUID, act: Act, event: ComplaintEvent, *, transaction: Transaction
) -> Complaint:
    """The vendor may withdraw its own; all else is the operator's. Raises ComplaintUnknown and
    ComplaintCannot.
    """
    is_vendor = act.by.audience is Audience.VENDOR
    async with transaction(ALL_OWNERS) as session:
        row = await session.get(ComplaintRow, complaint_id, with_for_update=True)
        if row is None or (is_vendor and row.vendor_id != act.by.vendor_id):
            raise ComplaintUnknown(complaint_id)
        complaint = _complaint(row, await _events(session, complaint_id))
        if is_vendor != (event in BY_VENDOR):
            raise ComplaintCannot(complaint.state, event)
        added = _event(row, complaint, event, act)
        session.add(added)
    return _complaint(row, (*complaint.events, added))


async def complaints_of(session: AsyncSession, vendor_id: str | None) -> list[Complaint]:
    """vendor_id None: of every vendor, for the operator."""
    wanted = select(ComplaintRow).order_by(col(ComplaintRow.complaint_id))
    if vendor_id is not None:
        wanted = wanted.where(ComplaintRow.vendor_id == vendor_id)
    return [
        _complaint(row, await _events(session, row.complaint_id))
        for row in await session.exec(wanted)
    ]


async def _events(session: AsyncSession, complaint_id: UUID) -> tuple[ComplaintEventRow, ...]:
    found = await session.exec(
        select(ComplaintEventRow)
        .where(ComplaintEventRow.complaint_id == complaint_id)
        .order_by(col(ComplaintEventRow.number))
    )
    return tuple(found)


def _event(
    row: ComplaintRow,
    before: Complaint | None,
    event: ComplaintEvent,
    act: Act,
) -> ComplaintEventRow:
    return ComplaintEventRow(
        complaint_id=row.complaint_id,
        number=len(before.events) if before else 0,
        event=event,
        state=moved(before.state if before else None, event),
        by=act.by.name,
        words=act.words[:WORDS_MOST],
        at=act.at,
    )


def _complaint(row: ComplaintRow, events: tuple[ComplaintEventRow, ...]) -> Complaint:
    return Complaint(
        complaint_id=row.complaint_id,
        statement_id=row.statement_id,
        vendor_id=row.vendor_id,
        state=ComplaintState(events[-1].state),
        events=events,
    )
