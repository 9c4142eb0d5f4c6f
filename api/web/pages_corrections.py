"""From one decision to the rules: contest what excluded a product, make one's choice a rule."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, Response

from api.refusals import NotFound, parse
from api.web import queries_corrections, queries_decision, queries_rules
from api.web.pages_policy import store_policy
from api.web.policy_answers import answers
from api.web.views_orders import ContestView
from api.web.visit import CheckedForm, Visit, VisitDep, back
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
        _, asked = await queries_rules.asked_of(session, admin, visit.now)
        row = await queries_decision.find_decision(session, view.record_id)
    offer = explain.by_id(record.parsed(row.record))[view.offer_id]
    entry = Contest(rule_id=view.rule_id, product=offer.gtin, stock_id=str(row.stock_id))
    held = asked.present.contested
    if entry not in held:
        body = {**policies.to_json(asked.present), "contested": [*held, entry]}
        await store_policy(visit, parse(policies.Policy, body))
    return back(f"/decisions/{record_id}", "contested")


def _record_id(typed: str) -> UUID | None:
    try:
        return UUID(typed)
    except ValueError:
        return None


@router.get("/orders/{order_id}/rule")
async def make_rule(visit: VisitDep, order_id: UUID) -> HTMLResponse:
    """What the rules would have to be for the owner's own choice to be theirs."""
    async with visit.reading() as session:
        version, asked = await queries_rules.asked_of(session, visit.admin, visit.now)
        view = await queries_corrections.make_rule_view(
            session, order_id, answers(asked, visit.words.typed), version
        )
    return await visit.page("make_rule.html", view, "orders")
