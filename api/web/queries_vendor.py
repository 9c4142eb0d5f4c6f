"""What a vendor's pages show: its own offers, what became of them, its complaints."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from accounts.principal import Principal
from accounts.texts import Text, text
from api.refusals import NotFound
from api.web import wording
from api.web.reviews import review_moves
from api.web.views_public import (
    Reason,
    RefusedAtDoor,
    Review,
    StatementLine,
    StatementPage,
    VendorPage,
)
from core.money import Money
from vendor_policy import complaints, store
from vendor_policy.complaint_states import COMPLAINT_MOVES, ComplaintEvent
from vendor_policy.complaints import WORDS_MOST, Complaint
from vendor_policy.offers import REASONS as DOOR_REASONS
from vendor_policy.rules import RULES, Kind
from vendor_policy.statements import Outcome
from vendor_policy.tables import RefusedOfferRow, VendorStatementRow

LISTED_MOST: Final = 200
REASONS: Final = frozenset(rule.reason for rule in RULES if rule.kind is Kind.EXCLUDE)


async def vendor_page(session: AsyncSession, vendor: Principal, outcome: str) -> VendorPage:
    rows = await complaints.statements_of(session, vendor.vendor_id, most=LISTED_MOST)
    states = await _complaint_states(session, vendor)
    counts = Counter(row.outcome for row in rows)
    shown = [
        row
        for row in rows
        if (row.outcome == outcome if outcome else row.outcome != Outcome.WON)
    ]
    return VendorPage(
        csrf_token=vendor.csrf_token or "",
        vendor=await _name(session, vendor),
        counts=tuple((each.value, counts[each]) for each in Outcome),
        outcome=outcome,
        refused=await _refused(session, vendor),
        statements=tuple(_line(row, states) for row in shown),
        most=LISTED_MOST,
    )


async def _name(session: AsyncSession, vendor: Principal) -> str:
    row = await store.vendor(session, vendor.vendor_id)
    return row.name if row else vendor.vendor_id


async def _complaint_states(session: AsyncSession, vendor: Principal) -> dict[UUID, Text]:
    found = await complaints.complaints_of(session, vendor.vendor_id)
    return {each.statement_id: text(f"complaint.state.{each.state}") for each in found}


async def _refused(session: AsyncSession, vendor: Principal) -> tuple[RefusedAtDoor, ...]:
    rows = await session.exec(
        select(RefusedOfferRow)
        .where(RefusedOfferRow.vendor_id == vendor.vendor_id)
        .order_by(col(RefusedOfferRow.sku))
    )
    return tuple(
        RefusedAtDoor(
            sku=row.sku,
            title=row.title,
            seen_at=row.seen_at,
            fields=tuple((field, _at_door(reason)) for field, reason in row.missing),
        )
        for row in rows
    )


def _at_door(reason: str) -> Text:
    known = reason if reason in DOOR_REASONS else "not_said"
    return text(f"door.{known}")


def _line(row: VendorStatementRow, states: Mapping[UUID, Text]) -> StatementLine:
    return StatementLine(
        statement_id=row.statement_id,
        decided_on=row.decided_on,
        sku=row.sku,
        title=row.title,
        category=wording.category(row.category),
        outcome=row.outcome,
        words=text(f"outcome.{row.outcome}"),
        price=_money(row.price_minor, row.currency),
        short=_money(row.short_minor, row.currency),
        reasons=tuple(_reasons(row.reasons)),
        complaint=states.get(row.statement_id),
    )


def _money(minor: int | None, currency: str) -> Money | None:
    return None if minor is None else Money(minor, currency)


def _reasons(found: Iterable[Mapping[str, str | None]]) -> Iterable[Reason]:
    for each in found:
        code, author = str(each["reason"]), text(f"vendor.author.{each['author']}")
        if each["missing"]:
            words = text("objection.missing_fact", fact=each["missing"])
        elif code in REASONS:
            words = text(f"reason.{code}")
        else:
            words = text("reason.other", code=code)
        yield Reason(words=words, author=author, code=code)


async def statement_page(
    session: AsyncSession,
    vendor: Principal,
    statement_id: UUID,
    problem: Text | None = None,
) -> StatementPage:
    """Raises NotFound, also for another vendor's."""
    row = await session.get(VendorStatementRow, statement_id)
    if row is None or row.vendor_id != vendor.vendor_id:
        raise NotFound(f"statement {statement_id}")
    found = await complaints.complaints_of(session, vendor.vendor_id)
    about = next((each for each in found if each.statement_id == statement_id), None)
    return StatementPage(
        csrf_token=vendor.csrf_token or "",
        vendor=await _name(session, vendor),
        statement=_line(row, {}),
        complaint=_complaint(about) if about else None,
        words_most=WORDS_MOST,
        problem=problem,
    )


def _complaint(complaint: Complaint) -> Review:
    return Review(
        review_id=complaint.complaint_id,
        state=text(f"complaint.state.{complaint.state}"),
        may_withdraw=(complaint.state, ComplaintEvent.WITHDRAW) in COMPLAINT_MOVES,
        moves=review_moves(complaint.events),
    )
