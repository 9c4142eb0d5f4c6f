"""One stock: look, set, report by hand, allow automatic orders."""

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.refusals import Fault, Invalid
from api.web import queries_policy, queries_stock
from api.web.correction_form import read_correction
from api.web.mandate_form import MandateRefused, read_mandate
from api.web.stock_form import read_change
from api.web.visit import CheckedForm, VisitDep, back
from devices import by_hand, stock
from replenishment import automatic, correcting, sharing

router = APIRouter(include_in_schema=False)


@router.get("/stocks/{stock_id}")
async def show(visit: VisitDep, stock_id: UUID) -> HTMLResponse:
    async with visit.reading() as session:
        view = await queries_stock.stock_view(
            session, stock_id, visit.member, visit.now, visit.platform.forecaster
        )
    return await visit.page("stock.html", view, "home")


@router.post("/stocks/{stock_id}")
async def change(visit: VisitDep, form: CheckedForm, stock_id: UUID) -> RedirectResponse:
    wanted = read_change(form)
    async with visit.reading() as session:
        row = await queries_stock.find_stock(session, stock_id)
        if wanted.mode == "auto" and row.mandate_id is None:
            raise Invalid([Fault(field="mode", code="no_mandate", message="accept one first")])
    await stock.change(
        visit.admin.party_id,
        stock_id,
        wanted,
        transaction=visit.platform.transaction,
        clock=visit.platform.clock,
    )
    return back(f"/stocks/{stock_id}", "saved")


@router.post("/stocks/{stock_id}/by-hand")
async def report(visit: VisitDep, form: CheckedForm, stock_id: UUID) -> RedirectResponse:
    try:
        amount = float(form.one("amount").replace(",", "."))
    except ValueError:
        raise Invalid([Fault(field="amount", code="number", message="a number")]) from None
    async with visit.reading() as session:
        await queries_stock.find_stock(session, stock_id)
    await by_hand.report(
        visit.admin.party_id,
        form.one("device_id"),
        form.one("slot"),
        amount,
        transaction=visit.platform.transaction,
        clock=visit.platform.clock,
    )
    return back(f"/stocks/{stock_id}", "refilled")


@router.post("/stocks/{stock_id}/corrections")
async def say(visit: VisitDep, form: CheckedForm, stock_id: UUID) -> RedirectResponse:
    async with visit.reading() as session:
        await queries_stock.find_stock(session, stock_id)
    await correcting.say(
        read_correction(form, stock_id),
        visit.admin,
        transaction=visit.platform.transaction,
        clock=visit.platform.clock,
        ids=visit.platform.ids,
    )
    return back(f"/stocks/{stock_id}", "correction_said")


@router.post("/stocks/{stock_id}/corrections/{correction_id}/take-back")
async def take_back(
    visit: VisitDep, form: CheckedForm, stock_id: UUID, correction_id: UUID
) -> RedirectResponse:
    await correcting.take_back(
        correction_id,
        visit.admin,
        transaction=visit.platform.transaction,
        clock=visit.platform.clock,
    )
    return back(f"/stocks/{stock_id}", "correction_taken_back")


@router.post("/stocks/{stock_id}/join")
async def join(visit: VisitDep, form: CheckedForm, stock_id: UUID) -> RedirectResponse:
    async with visit.reading() as session:
        await queries_stock.find_stock(session, stock_id)
    await sharing.join(
        stock_id,
        _stock_id(form.one("joined_id")),
        visit.admin,
        transaction=visit.platform.transaction,
        clock=visit.platform.clock,
    )
    return back(f"/stocks/{stock_id}", "shared")


@router.post("/stocks/{stock_id}/part")
async def part(visit: VisitDep, form: CheckedForm, stock_id: UUID) -> RedirectResponse:
    device_id, _, slot = form.one("slot").partition("/")
    async with visit.reading() as session:
        await queries_stock.find_stock(session, stock_id)
    made = await sharing.part(
        device_id,
        slot,
        visit.admin,
        transaction=visit.platform.transaction,
        clock=visit.platform.clock,
        ids=visit.platform.ids,
    )
    return back(f"/stocks/{made.stock_id}", "parted")


def _stock_id(typed: str) -> UUID:
    try:
        return UUID(typed)
    except ValueError:
        raise Invalid([Fault(field="joined_id", code="stock", message="a stock")]) from None


@router.get("/stocks/{stock_id}/mandate")
async def show_mandate(visit: VisitDep, stock_id: UUID) -> HTMLResponse:
    async with visit.reading() as session:
        view = await queries_policy.mandate_view(session, stock_id, visit.admin, visit.now)
    return await visit.page("mandate.html", view, "home")


@router.post("/stocks/{stock_id}/mandate")
async def accept_mandate(visit: VisitDep, form: CheckedForm, stock_id: UUID) -> Response:
    try:
        mandate = read_mandate(
            form, now=visit.now, timezone=visit.timezone, member=visit.admin.name
        )
    except MandateRefused as refused:
        async with visit.reading() as session:
            view = await queries_policy.mandate_view(
                session,
                stock_id,
                visit.admin,
                visit.now,
                refused.problems,
                form.one("days_between"),
            )
        return await visit.page("mandate.html", view, "home", status=422)
    await automatic.accept(
        stock_id,
        mandate,
        visit.admin,
        transaction=visit.platform.transaction,
        clock=visit.platform.clock,
        ids=visit.platform.ids,
    )
    return back(f"/stocks/{stock_id}", "mandate_accepted")


@router.post("/mandates/{mandate_id}/revoke")
async def revoke_mandate(
    visit: VisitDep, form: CheckedForm, mandate_id: UUID
) -> RedirectResponse:
    await automatic.revoke(
        mandate_id,
        visit.admin,
        transaction=visit.platform.transaction,
        clock=visit.platform.clock,
    )
    return back("/", "mandate_revoked")
