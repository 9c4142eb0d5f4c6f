"""What an owner does about one decision: contest a rule or the order, make a choice a rule."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from accounts.principal import Principal
from api.deps import WrongAudience
from api.refusals import Fault, Invalid, NotFound, parse
from api.web import queries_corrections, queries_decision, queries_rules
from api.web.pages_policy import store_policy
from api.web.views_orders import ContestView
from api.web.visit import CheckedForm, Visit, VisitDep, back
from replenishment import contests, suggested_rules
from replenishment.contest_states import ContestEvent
from replenishment.contests import WORDS_MOST, Said
from replenishment.suggested_rules import MakeRule
from vendor_policy import explain, record
from vendor_policy import policy as policies
from vendor_policy.conditions import Contest

router = APIRouter(include_in_schema=False)

Named = Annotated[str, Query(max_length=200)]


@router.get("/policy/contest")
async def ask_contest(
    visit: VisitDep,
    record_id: UUID | None = None,
    offer_id: Named = "",
    rule_id: Named = "",
) -> HTMLResponse:
    view = await _contest(visit, record_id, offer_id, rule_id)
    return await visit.page("contest.html", view, "policy")


async def _contest(
    visit: Visit, record_id: UUID | None, offer_id: str, rule_id: str
) -> ContestView:
    language = visit.admin.language
    if record_id is None:
        raise NotFound("that decision")
    async with visit.reading() as session:
        return await queries_corrections.contest_view(
            session, record_id, offer_id, rule_id, language
        )


@router.post("/policy/contest")
async def contest(visit: VisitDep, form: CheckedForm) -> Response:
    """The rule is still asked and shown for this product and supply, and no longer excludes."""
    admin = visit.admin
    record_id = _record_id(form.one("record_id"))
    view = await _contest(visit, record_id, form.one("offer_id"), form.one("rule_id"))
    async with visit.reading() as session:
        version, asked = await queries_rules.asked_of(session, admin, visit.now)
        row = await queries_decision.find_decision(session, view.record_id)
    offer = explain.by_id(record.parsed(row.record))[view.offer_id]
    entry = Contest(rule_id=view.rule_id, product=offer.gtin, stock_id=str(row.stock_id))
    held = asked.present.contested
    if entry not in held:
        body = {**policies.to_json(asked.present), "contested": [*held, entry]}
        await store_policy(visit, parse(policies.Policy, body), version)
    return back(f"/decisions/{record_id}", "contested")


def _record_id(typed: str) -> UUID | None:
    try:
        return UUID(typed)
    except ValueError:
        return None


@router.get("/orders/{order_id}/rule")
async def show_rules(visit: VisitDep, order_id: UUID) -> HTMLResponse:
    """Rules by which the owner's own choice would have been the policy's."""
    async with visit.reading() as session:
        view = await queries_corrections.make_rule_view(session, order_id, visit.admin)
    return await visit.page("make_rule.html", view, "orders")


@router.post("/orders/{order_id}/rule")
async def make_rule(visit: VisitDep, form: CheckedForm, order_id: UUID) -> RedirectResponse:
    wanted = MakeRule(
        order_id=order_id, name=form.one("name"), version=form.count("version") or 0
    )
    await suggested_rules.make_rule(
        wanted,
        visit.admin,
        transaction=visit.platform.transaction,
        clock=visit.platform.clock,
        ids=visit.platform.ids,
    )
    return back("/policy", "saved")


@router.post("/orders/{order_id}/contest")
async def contest_order(visit: VisitDep, form: CheckedForm, order_id: UUID) -> RedirectResponse:
    """A person looks at it; it is held while no shop has it."""
    words = form.one("words")
    if not words or len(words) > WORDS_MOST:
        raise Invalid([Fault(field="words", code="length", message="say what is wrong")])
    await contests.open_contest(
        order_id,
        Said(by=_approver(visit), words=words, at=visit.now),
        transaction=visit.platform.transaction,
        ids=visit.platform.ids,
    )
    return back(f"/orders/{order_id}", "order_contested")


@router.post("/orders/{order_id}/contest/withdraw")
async def withdraw_contest(
    visit: VisitDep, form: CheckedForm, order_id: UUID
) -> RedirectResponse:
    await contests.answer(
        order_id,
        Said(by=_approver(visit), words="", at=visit.now),
        ContestEvent.WITHDRAW,
        transaction=visit.platform.transaction,
        ids=visit.platform.ids,
    )
    return back(f"/orders/{order_id}")


def _approver(visit: Visit) -> Principal:
    if not visit.member.may_approve:
        raise WrongAudience
    return visit.member
