"""Recommendations, for owners who ask for them: what one change of the rules would save."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.refusals import NotFound, Stale
from api.web import queries_orders, wording
from api.web.pages_policy import store_policy
from api.web.queries_policy import in_force
from api.web.views_policy import RecommendationEntry, RecommendationsPage
from api.web.visit import CheckedForm, Visit, VisitDep, back
from core.money import Money
from vendor_policy import advice
from vendor_policy.policy import Policy
from vendor_policy.recommendations import Recommendation

router = APIRouter(prefix="/policy/recommendations", include_in_schema=False)


@router.get("")
async def show(visit: VisitDep) -> HTMLResponse:
    """Nothing is computed before the owner has asked for it."""
    async with visit.reading() as session:
        version, present = await in_force(session, visit.member.party_id)
        is_on = await advice.is_wanted(session, visit.member.party_id)
        names = await queries_orders.vendor_names(session)
    found = await _found(visit, present)
    view = RecommendationsPage(
        is_on=is_on,
        version=version,
        entries=tuple(_entry(each, names) for each in found),
        may_change=visit.member.may_change,
    )
    return await visit.page("recommendations.html", view, "policy")


async def _found(visit: Visit, present: Policy) -> list[Recommendation]:
    return await advice.recommended(
        visit.member.party_id,
        present,
        transaction=visit.platform.database.snapshot,
        clock=visit.platform.clock,
        offload=visit.platform.offload,
    )


def _entry(found: Recommendation, vendor_names: dict[str, str]) -> RecommendationEntry:
    return RecommendationEntry(
        key=found.change.key,
        words=wording.called(wording.said(found.change.words), vendor_names),
        saved_a_year=Money(found.saved_a_year_minor, found.currency),
        saved=Money(found.saved_minor, found.currency),
        needs=found.needs,
        changed=found.changed,
        first_on=found.first_on,
        last_on=found.last_on,
        late_before_ppm=found.late_before_ppm,
        late_after_ppm=found.late_after_ppm,
    )


@router.post("")
async def want(visit: VisitDep, form: CheckedForm) -> RedirectResponse:
    await advice.want(
        visit.admin,
        is_on=form.one("is_on") == "yes",
        transaction=visit.platform.transaction,
        clock=visit.platform.clock,
    )
    return back("/policy/recommendations", "saved")


@router.post("/decline")
async def decline(visit: VisitDep, form: CheckedForm) -> RedirectResponse:
    """For good."""
    recommended = await _recommended(visit, form.one("key"))
    await advice.decline(
        visit.admin,
        recommended.change.key,
        transaction=visit.platform.transaction,
        clock=visit.platform.clock,
        ids=visit.platform.ids,
    )
    return back("/policy/recommendations", "recommendation_declined")


@router.post("/take")
async def take(visit: VisitDep, form: CheckedForm) -> Response:
    """Saves the one change as the next version of the rules."""
    async with visit.reading() as session:
        version, _ = await in_force(session, visit.admin.party_id)
    if form.count("version") != version:
        raise Stale(version)
    await store_policy(visit, (await _recommended(visit, form.one("key"))).change.policy)
    return back("/policy", "saved")


async def _recommended(visit: Visit, key: str) -> Recommendation:
    """Raises NotFound for what is not recommended now."""
    async with visit.reading() as session:
        _, present = await in_force(session, visit.admin.party_id)
    found = await _found(visit, present)
    named = next((each for each in found if each.change.key == key), None)
    if named is None:
        raise NotFound("that recommendation")
    return named
