"""A vendor's pages: what became of its own offers and why, and its complaints."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from accounts.principal import Principal
from accounts.scoping import ALL_OWNERS
from accounts.texts import text
from api.web import queries_vendor
from api.web.vendor_visit import SIGN_IN, VENDORS, VendorForm, VendorVisitDep
from api.web.views_public import VendorSignIn
from api.web.visit import CheckedForm, VisitDep, back
from vendor_policy import complaints
from vendor_policy.complaint_states import ComplaintEvent
from vendor_policy.complaints import WORDS_MOST, Act
from vendor_policy.statements import Outcome

router = APIRouter(prefix="/vendor", include_in_schema=False)


@router.get("/sign-in")
async def show_sign_in(at: VendorVisitDep) -> Response:
    if at.vendor is not None:
        return back("/vendor")
    return await at.visit.page("vendor_sign_in.html", VendorSignIn())


@router.post("/sign-in")
async def do_sign_in(visit: VisitDep, form: CheckedForm) -> Response:
    sealed = await VENDORS.sign_in(visit, form.one("key"))
    if sealed is None:
        view = VendorSignIn(problem=text("vendor.key_wrong"))
        return await visit.page("vendor_sign_in.html", view, status=422)
    response = back("/vendor")
    VENDORS.set_cookie(visit, response, sealed)
    return response


@router.post("/sign-out")
async def do_sign_out(form: VendorForm) -> RedirectResponse:
    response = back(SIGN_IN)
    VENDORS.delete_cookie(response)
    return response


@router.get("")
async def overview(
    at: VendorVisitDep, outcome: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    if at.vendor is None:
        return back(SIGN_IN)
    known = outcome if outcome in set(Outcome) else ""
    async with at.visit.platform.database.snapshot(ALL_OWNERS) as session:
        view = await queries_vendor.vendor_page(session, at.vendor, known)
    return await at.visit.page("vendor.html", view)


@router.get("/statements/{statement_id}")
async def statement(at: VendorVisitDep, statement_id: UUID) -> Response:
    if at.vendor is None:
        return back(SIGN_IN)
    return await _statement(at, at.vendor, statement_id)


async def _statement(
    at: VendorVisitDep, vendor: Principal, statement_id: UUID, problem: str = ""
) -> HTMLResponse:
    said = text(problem) if problem else None
    async with at.visit.platform.database.snapshot(ALL_OWNERS) as session:
        view = await queries_vendor.statement_page(session, vendor, statement_id, said)
    return await at.visit.page("vendor_statement.html", view, status=422 if said else 200)


@router.post("/statements/{statement_id}/complain")
async def complain(at: VendorVisitDep, form: VendorForm, statement_id: UUID) -> Response:
    words = form.one("words")
    if at.vendor is None:
        return back(SIGN_IN)
    if not words or len(words) > WORDS_MOST:
        return await _statement(at, at.vendor, statement_id, "complaint.words_missing")
    await complaints.open_complaint(
        statement_id,
        Act(by=at.vendor, words=words, at=at.visit.now),
        transaction=at.visit.platform.transaction,
        ids=at.visit.platform.ids,
    )
    return back(f"/vendor/statements/{statement_id}")


@router.post("/complaints/{complaint_id}/withdraw")
async def withdraw(at: VendorVisitDep, form: VendorForm, complaint_id: UUID) -> Response:
    if at.vendor is None:
        return back(SIGN_IN)
    moved = await complaints.move(
        complaint_id,
        Act(by=at.vendor, words="", at=at.visit.now),
        ComplaintEvent.WITHDRAW,
        transaction=at.visit.platform.transaction,
    )
    return back(f"/vendor/statements/{moved.statement_id}")
