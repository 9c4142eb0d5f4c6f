"""What a vendor is told of decisions about its own offers, and its complaints."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from accounts.principal import Principal
from accounts.scoping import ALL_OWNERS
from api.deps import Operator, Platform, PlatformDep, Vendor
from api.schemas import Input, MoneyView, Output
from vendor_policy import complaints
from vendor_policy.complaint_states import ComplaintEvent, ComplaintState
from vendor_policy.complaints import WORDS_MOST, Act, Complaint
from vendor_policy.statements import Outcome
from vendor_policy.tables import VendorStatementRow

router = APIRouter(tags=["vendors"])

Words = Annotated[str, Field(min_length=1, max_length=WORDS_MOST)]


class ReasonView(Output):
    """`reason`: public code of the rule. `missing`: the fact without which it objected."""

    reason: str
    author: str
    missing: str | None


class StatementView(Output):
    """About one of the vendor's own offers. `short`: by how much one pack was too dear to win;
    null: it won, or no price would have helped.
    """

    statement_id: UUID
    decided_on: date
    category: str
    sku: str
    title: str
    outcome: Outcome
    price: MoneyView | None
    reasons: list[ReasonView]
    short: MoneyView | None

    @classmethod
    def of(cls, row: VendorStatementRow) -> "StatementView":
        return cls(
            statement_id=row.statement_id,
            decided_on=row.decided_on,
            category=row.category,
            sku=row.sku,
            title=row.title,
            outcome=Outcome(row.outcome),
            price=_money(row.price_minor, row.currency),
            reasons=[ReasonView(**each) for each in row.reasons],
            short=_money(row.short_minor, row.currency),
        )


def _money(minor: int | None, currency: str) -> MoneyView | None:
    return None if minor is None else MoneyView(minor=minor, currency=currency)


class OpenComplaint(Input):
    statement_id: UUID
    words: Words


class WithdrawComplaint(Input):
    words: Annotated[str, Field(max_length=WORDS_MOST)] = ""


class AnswerComplaint(Input):
    event: ComplaintEvent
    words: Words


class ComplaintEventView(Output):
    event: ComplaintEvent
    state: ComplaintState
    by: str
    words: str
    at: datetime


class ComplaintView(Output):
    complaint_id: UUID
    statement_id: UUID
    vendor_id: str
    state: ComplaintState
    events: list[ComplaintEventView]

    @classmethod
    def of(cls, complaint: Complaint) -> "ComplaintView":
        return cls(
            complaint_id=complaint.complaint_id,
            statement_id=complaint.statement_id,
            vendor_id=complaint.vendor_id,
            state=complaint.state,
            events=[
                ComplaintEventView(
                    event=ComplaintEvent(each.event),
                    state=ComplaintState(each.state),
                    by=each.by,
                    words=each.words,
                    at=each.at,
                )
                for each in complaint.events
            ],
        )


@router.get("/statements")
async def list_statements(platform: PlatformDep, vendor: Vendor) -> list[StatementView]:
    """Decisions that your offers were in, newest first: won, lost by how much, or why not."""
    async with platform.database.snapshot(ALL_OWNERS) as session:
        rows = await complaints.statements_of(session, vendor.vendor_id)
    return [StatementView.of(row) for row in rows]


@router.get("/complaints")
async def list_complaints(platform: PlatformDep, vendor: Vendor) -> list[ComplaintView]:
    """Your own, with every step and its date."""
    return await _complaints(platform, vendor.vendor_id)


@router.post("/complaints", status_code=201)
async def open_complaint(
    platform: PlatformDep, vendor: Vendor, wanted: OpenComplaint
) -> ComplaintView:
    """About one statement, once. A person answers."""
    opened = await complaints.open_complaint(
        wanted.statement_id,
        Act(by=vendor, words=wanted.words, at=platform.clock.now()),
        transaction=platform.transaction,
        ids=platform.ids,
    )
    return ComplaintView.of(opened)


@router.post("/complaints/{complaint_id}/withdraw")
async def withdraw_complaint(
    platform: PlatformDep, vendor: Vendor, complaint_id: UUID, wanted: WithdrawComplaint
) -> ComplaintView:
    """Before it is answered."""
    return await _move(platform, complaint_id, ComplaintEvent.WITHDRAW, wanted.words, vendor)


@router.get("/operator/complaints")
async def list_all_complaints(platform: PlatformDep, operator: Operator) -> list[ComplaintView]:
    """Of every vendor."""
    return await _complaints(platform, None)


@router.post("/operator/complaints/{complaint_id}")
async def answer_complaint(
    platform: PlatformDep, operator: Operator, complaint_id: UUID, wanted: AnswerComplaint
) -> ComplaintView:
    """Take it up, then uphold or dismiss it, with reasons."""
    return await _move(platform, complaint_id, wanted.event, wanted.words, operator)


async def _complaints(platform: Platform, vendor_id: str | None) -> list[ComplaintView]:
    async with platform.database.snapshot(ALL_OWNERS) as session:
        found = await complaints.complaints_of(session, vendor_id)
    return [ComplaintView.of(each) for each in found]


async def _move(
    platform: Platform, complaint_id: UUID, event: ComplaintEvent, words: str, by: Principal
) -> ComplaintView:
    moved = await complaints.move(
        complaint_id,
        Act(by=by, words=words, at=platform.clock.now()),
        event,
        transaction=platform.transaction,
    )
    return ComplaintView.of(moved)
