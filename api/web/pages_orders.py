"""Home, asks, orders, and why: what an owner reads before saying yes or no."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, RedirectResponse

from api.deps import check_rejection
from api.refusals import Fault, Invalid
from api.schemas import Instant
from api.web import queries_decision, queries_home, queries_orders
from api.web.visit import CheckedForm, VisitDep, back
from replenishment import approvals
from replenishment.approvals import Rejection, Word
from replenishment.order_states import OrderState
from replenishment.overrides import Choice

router = APIRouter(include_in_schema=False)

PACKS_DIGITS = 4


@router.get("/")
async def home(visit: VisitDep) -> HTMLResponse:
    async with visit.reading() as session:
        view = await queries_home.home_view(session, visit.member, visit.now)
    return await visit.page("home.html", view, "home")


@router.get("/approvals")
async def asks(visit: VisitDep) -> HTMLResponse:
    async with visit.reading() as session:
        view = await queries_home.approvals_view(session, visit.member, visit.now)
    return await visit.page("approvals.html", view, "approvals")


@router.get("/orders")
async def orders(visit: VisitDep, before: Instant | None = None) -> HTMLResponse:
    async with visit.reading() as session:
        view = await queries_orders.orders_view(session, visit.member, before)
    return await visit.page("orders.html", view, "orders")


@router.get("/orders/{order_id}")
async def order(visit: VisitDep, order_id: UUID) -> HTMLResponse:
    async with visit.reading() as session:
        view = await queries_orders.order_view(session, order_id, visit.member)
    return await visit.page("order.html", view, "orders")


@router.get("/decisions/{record_id}")
async def decision(visit: VisitDep, record_id: UUID) -> HTMLResponse:
    async with visit.reading() as session:
        view = await queries_decision.decision_view(session, record_id, visit.member)
    return await visit.page("decision.html", view, "orders")


@router.post("/orders/{order_id}/approve")
async def approve(visit: VisitDep, form: CheckedForm, order_id: UUID) -> RedirectResponse:
    await approvals.approve(
        order_id,
        Word(principal=visit.member),
        transaction=visit.platform.transaction,
        clock=visit.platform.clock,
        ids=visit.platform.ids,
    )
    return back(f"/orders/{order_id}", "approved")


@router.get("/orders/{order_id}/choose")
async def override(
    visit: VisitDep,
    order_id: UUID,
    offer_id: str,
    packs: Annotated[int, Query(gt=0, le=10_000)] | None = None,
) -> HTMLResponse:
    async with visit.reading() as session:
        view = await queries_decision.override_view(session, order_id, offer_id, packs)
    return await visit.page("override.html", view, "orders")


@router.post("/orders/{order_id}/choose")
async def choose(visit: VisitDep, form: CheckedForm, order_id: UUID) -> RedirectResponse:
    packs = form.one("packs")
    if packs and not (packs.isdecimal() and len(packs) <= PACKS_DIGITS):
        raise Invalid([Fault(field="packs", code="number", message="a whole number")])
    choice = Choice(
        offer_id=form.one("offer_id"),
        packs=int(packs) if packs else None,
        accepts_warning=form.one("accept_warning") == "true",
    )
    chosen = await approvals.choose(
        order_id,
        choice,
        Word(principal=visit.member),
        transaction=visit.platform.transaction,
        clock=visit.platform.clock,
        ids=visit.platform.ids,
    )
    return back(f"/orders/{chosen.order_id}", "chosen")


@router.post("/orders/{order_id}/reject")
async def reject(visit: VisitDep, form: CheckedForm, order_id: UUID) -> RedirectResponse:
    never = form.one("reason") == Rejection.NEVER_THIS
    rejection = Rejection.NEVER_THIS if never else Rejection.NOT_NOW
    check_rejection(visit.member, rejection)
    await approvals.reject(
        order_id,
        rejection,
        Word(principal=visit.member),
        transaction=visit.platform.transaction,
        clock=visit.platform.clock,
        ids=visit.platform.ids,
    )
    return back("/", "rejected")


@router.post("/orders/{order_id}/cancel")
async def cancel(visit: VisitDep, form: CheckedForm, order_id: UUID) -> RedirectResponse:
    state = await approvals.cancel(
        order_id,
        Word(principal=visit.member),
        transaction=visit.platform.transaction,
        clock=visit.platform.clock,
        ids=visit.platform.ids,
    )
    if state is OrderState.STOPPING:
        return back(f"/orders/{order_id}", "taken_back")
    return back(f"/orders/{order_id}", "cancelled")
