"""The owner's rules: read, change, see the versions; and the switch that stops everything."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.exc import IntegrityError

from accounts import notices
from accounts.texts import Text, text
from api.web import queries_policy
from api.web.policy_form import PolicyRefused, read_policy
from api.web.visit import CheckedForm, Visit, VisitDep, back
from replenishment import automatic
from vendor_policy import store

router = APIRouter(include_in_schema=False)


@router.get("/policy")
async def show(visit: VisitDep) -> HTMLResponse:
    return await _page(visit)


async def _page(visit: Visit, problems: tuple[Text, ...] = ()) -> HTMLResponse:
    async with visit.reading() as session:
        view = await queries_policy.policy_view(session, visit.member, problems)
    return await visit.page("policy.html", view, "policy", status=422 if problems else 200)


@router.post("/policy")
async def save(visit: VisitDep, form: CheckedForm) -> Response:
    admin = visit.admin
    async with visit.reading() as session:
        version, present = await queries_policy.in_force(session, admin.party_id)
        cards = await queries_policy.category_cards(session)
    if form.one("version") != str(version):
        return await _page(visit, (text("policy.changed_meanwhile"),))
    try:
        wanted = read_policy(form, present, cards)
    except PolicyRefused as refused:
        return await _page(visit, refused.problems)
    try:
        async with visit.platform.transaction(admin.party_id) as session:
            await store.save_policy(
                session,
                admin.party_id,
                wanted,
                author=admin.name,
                at=visit.now,
                ids=visit.platform.ids,
            )
            await notices.touch(session, admin.party_id, at=visit.now)
    except IntegrityError:  # another member saved the same version number a moment earlier
        return await _page(visit, (text("policy.changed_meanwhile"),))
    return back("/policy", "saved")


@router.post("/kill-switch")
async def kill_switch(visit: VisitDep, form: CheckedForm) -> RedirectResponse:
    transaction, clock = visit.platform.transaction, visit.platform.clock
    if form.one("is_stopped") == "false":
        await automatic.resume(visit.member, transaction=transaction, clock=clock)
        return back("/", "resumed")
    await automatic.stop(visit.member, transaction=transaction, clock=clock)
    return back("/", "stopped")
