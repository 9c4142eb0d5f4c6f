"""What follows from a decision: an order by mandate, an ask, a notice, or nothing.

Works inside the review's transaction; nothing rests on a decision that has no record yet.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import col, select

from accounts.notices import Notice
from core import outbox
from replenishment import addresses, needs, orders, track_record, work
from replenishment.case import Case, Occasion
from replenishment.explanation import Explanation
from replenishment.order_states import OrderEvent, OrderState
from replenishment.orders import Cause, Line, Proposal
from replenishment.outlook import Outlook
from replenishment.questions import cause
from replenishment.quiet import Change, Quiet, Said
from replenishment.tables import NeedRow, OrderRow
from vendor_policy import mandates, record, store
from vendor_policy.candidates import Candidate, candidate
from vendor_policy.decide import Decision, Ranked
from vendor_policy.mandates import NotCovered
from vendor_policy.offers import Offer
from vendor_policy.record import Circumstances, Question

ASK_LIFE: Final = timedelta(hours=72)  # then no answer means no


class Result(StrEnum):
    BLOCKED = "blocked"  # nothing acceptable; the owner was told which rule blocks most
    TOLD = "told"
    ASKED = "asked"
    ORDERED = "ordered"  # within a mandate


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """A decision and what led to it. `again`: what broke the quiet after the owner's no.
    `is_early`: the device asked before the reorder point was reached.
    """

    need: NeedRow
    occasion: Occasion
    question: Question
    decision: Decision
    explanation: Explanation
    again: Change | None
    is_test: bool
    is_early: bool

    @property
    def correlation(self) -> str:
        return self.occasion.correlation or self.need.correlation

    def offer(self, offer_id: str) -> Offer:
        return next(each for each in self.question.offers if each.offer_id == offer_id)


@dataclass(frozen=True, slots=True)
class Allowed:
    mandate_id: UUID


@dataclass(frozen=True, slots=True)
class MustAsk:
    """`reason`: a text key below `ask.`"""

    reason: str


def said(question: Question, decision: Decision, outlook: Outlook) -> Said:
    left = outlook.position.on_hand or 0.0
    said = Said(
        policy_version=question.policy_version,
        is_empty=left <= 0,
        risk_ppm=outlook.risk_ppm(left),
        rule_id=decision.nothing.rule_id if decision.nothing else None,
    )
    if decision.chosen is None:
        return said
    chosen = decision.chosen
    offer = next(each for each in question.offers if each.offer_id == chosen.offer_id)
    return Said(
        policy_version=said.policy_version,
        is_empty=said.is_empty,
        risk_ppm=said.risk_ppm,
        gtin=offer.gtin,
        total_minor=chosen.total.minor,
        quantity=chosen.packs * offer.pack_quantity,
    )


async def settle(case: Case, matter: Matter) -> Result:
    chosen = matter.decision.chosen
    if chosen is None:
        return await _tell_blocked(case, matter)
    if case.stock.mode == "notify":
        return await _tell_due(case, matter, chosen)
    offer = matter.offer(chosen.offer_id)
    permit = await _permit(case, matter, candidate(offer, chosen.packs))
    mandate_id = permit.mandate_id if isinstance(permit, Allowed) else None
    order = await orders.propose(
        case.session,
        matter.need,
        Proposal(
            record_id=await _recorded(case, matter, mandate_id),
            vendor_id=offer.vendor,
            total=chosen.total,
            lines=(line(offer, chosen.packs),),
            correlation=matter.correlation,
            is_test=matter.is_test,
        ),
        at=case.at,
    )
    if isinstance(permit, Allowed):
        return await _order(case, order, permit)
    return await _ask(case, matter, order, permit)


def line(offer: Offer, packs: int) -> Line:
    return Line(
        offer_id=offer.offer_id,
        sku=offer.sku,
        gtin=offer.gtin,
        title=offer.title,
        packs=packs,
        pack_quantity=offer.pack_quantity,
        unit=offer.unit,
        price_minor=offer.price.minor,
    )


async def _permit(case: Case, matter: Matter, winner: Candidate) -> Allowed | MustAsk:
    """Only an accepted mandate that covers exactly this, and nothing that speaks against."""
    reason = await _reason_to_ask(case, matter)
    if reason is not None:
        return MustAsk(reason)
    mandate_id = case.stock.mandate_id
    mandate = await store.mandate(case.session, mandate_id) if mandate_id else None
    if mandate is None or mandate_id is None:
        return MustAsk("mandate.none")
    covered = mandates.covers(mandate, winner, case.today, await _last_on(case))
    if isinstance(covered, NotCovered):
        return MustAsk(f"mandate.{covered.reason}")
    return Allowed(mandate_id)


async def _last_on(case: Case) -> date | None:
    last_at = await track_record.last_by_mandate(case.session, case.stock.stock_id)
    return last_at.astimezone(ZoneInfo(case.owner.timezone)).date() if last_at else None


async def _reason_to_ask(case: Case, matter: Matter) -> str | None:
    if await _changed_at_checkout(case, matter.need):
        return "changed_at_checkout"
    if matter.decision.asks:
        return f"rule.{matter.decision.asks[0].rule_id}"
    reasons = (
        (case.stock.mode != "auto", "mode"),
        (case.owner.is_auto_stopped, "stopped"),
        (not addresses.is_complete(case.owner), "no_address"),
        (matter.is_test, "test_device"),
        (matter.is_early, "early"),
        (matter.again is not None, "said_no_before"),
    )
    return next((reason for holds, reason in reasons if holds), None)


async def _changed_at_checkout(case: Case, need: NeedRow) -> bool:
    """Whether the need's last attempt ended because the shop wanted another total."""
    found = await case.session.exec(
        select(OrderRow.state)
        .where(OrderRow.need_id == need.need_id)
        .order_by(col(OrderRow.attempt).desc())
        .limit(1)
    )
    return found.one_or_none() == OrderState.CHANGED


async def _recorded(case: Case, matter: Matter, mandate_id: UUID | None) -> UUID:
    made = record.written(
        matter.question,
        matter.decision,
        Circumstances(
            decided_at=case.at,
            mandate_id=str(mandate_id) if mandate_id else None,
            cause=cause(matter.correlation),
            forecast=matter.explanation.to_record(),
        ),
    )
    row = await store.insert_record(case.session, case.owner.owner_id, made, ids=case.ids)
    return row.record_id


async def _order(case: Case, order: OrderRow, permit: Allowed) -> Result:
    order.mandate_id = permit.mandate_id
    by_mandate = Cause(by=f"mandate:{permit.mandate_id}")
    await orders.move(case.session, order, OrderEvent.APPROVE, at=case.at, cause=by_mandate)
    await outbox.add(
        case.session, work.submit_order(order.order_id, case.at, order.correlation)
    )
    return Result.ORDERED


async def _ask(case: Case, matter: Matter, order: OrderRow, permit: MustAsk) -> Result:
    order.expires_at = case.at + ASK_LIFE
    await orders.move(
        case.session, order, OrderEvent.ASK, at=case.at, cause=Cause(remark=permit.reason)
    )
    await outbox.add(
        case.session, work.expire_ask(order.order_id, order.expires_at, order.correlation)
    )
    chosen = matter.decision.chosen
    if chosen is not None:
        params = {
            **_what(case, matter, chosen),
            "reason": permit.reason,
            "again": matter.again or "",
        }
        link = f"/orders/{order.order_id}"
        await case.tell(Notice(text_key="notice.ask", params=params, link=link))
    return Result.ASKED


async def _tell_due(case: Case, matter: Matter, chosen: Ranked) -> Result:
    record_id = await _recorded(case, matter, None)
    needs.hush(matter.need, Quiet.TOLD)
    await case.tell(
        Notice(
            text_key="notice.due",
            params=_what(case, matter, chosen),
            link=f"/decisions/{record_id}",
        )
    )
    return Result.TOLD


def _what(case: Case, matter: Matter, chosen: Ranked) -> dict[str, str | int]:
    offer = matter.offer(chosen.offer_id)
    return {
        "stock": case.stock.name,
        "title": offer.title,
        "packs": chosen.packs,
        "vendor": offer.vendor_name,
        "total_minor": chosen.total.minor,
        "currency": chosen.total.currency,
    }


async def _tell_blocked(case: Case, matter: Matter) -> Result:
    record_id = await _recorded(case, matter, None)
    needs.hush(matter.need, Quiet.BLOCKED)
    nothing = matter.decision.nothing
    rule_id = nothing.rule_id if nothing else None
    await case.tell(
        Notice(
            text_key="notice.blocked" if rule_id else "notice.no_offer",
            params={"stock": case.stock.name, "rule": rule_id or ""},
            link=f"/decisions/{record_id}",
        )
    )
    return Result.BLOCKED
