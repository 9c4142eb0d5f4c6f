"""Everything at home; adding what cannot report by itself, and saying what one does with it."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlmodel import select

from api.refusals import NotFound
from api.web import by_hand_form, queries_at_home, queries_stock
from api.web.by_hand_form import FIELDS, NotAdded
from api.web.filled import FilledForm
from api.web.kinds import Choices
from api.web.visit import CheckedForm, Visit, VisitDep, back, local_path, visiting_admin
from devices import by_hand
from devices.batch import Outcome
from devices.tables import SlotRow

router = APIRouter(include_in_schema=False)


@router.get("/at-home")
async def at_home(visit: VisitDep) -> HTMLResponse:
    async with visit.reading() as session:
        view = await queries_at_home.at_home_view(session, visit.member, visit.now)
    return await visit.page("at_home.html", view, "home")


@router.get("/devices/by-hand", dependencies=[Depends(visiting_admin)])
async def show_form(visit: VisitDep) -> HTMLResponse:
    choices = await _choices(visit)
    view = queries_at_home.add_view(choices, visit.language, {"is_full": "yes"}, {})
    return await visit.page("by_hand.html", view, "devices")


async def _choices(visit: Visit) -> Choices:
    async with visit.reading() as session:
        return await queries_at_home.consumables(session, visit.platform.pages)


@router.post("/devices/by-hand")
async def add(visit: VisitDep, form: CheckedForm) -> Response:
    admin, choices = visit.admin, await _choices(visit)
    try:
        device = by_hand_form.read(form, [*choices.sold, *choices.known])
    except NotAdded as refused:
        filled = {name: form.one(name)[:80] for name in (*FIELDS, "is_full")}
        view = queries_at_home.add_view(choices, visit.language, filled, refused.problems)
        return await visit.page("by_hand.html", view, "devices", status=422)
    platform = visit.platform
    added = await by_hand.add(
        admin.party_id,
        device,
        transaction=platform.transaction,
        clock=platform.clock,
        ids=platform.ids,
    )
    return back(f"/stocks/{await _stock_of(visit, added.device_id)}", "added_by_hand")


async def _stock_of(visit: VisitDep, device_id: str) -> UUID:
    async with visit.reading() as session:
        found = await session.exec(
            select(SlotRow.stock_id).where(SlotRow.device_id == device_id)
        )
        stock_id = found.one()
    if stock_id is None:
        raise NotFound(f"device {device_id}")
    return stock_id


@router.post("/stocks/{stock_id}/new-pack")
async def open_pack(visit: VisitDep, form: CheckedForm, stock_id: UUID) -> RedirectResponse:
    then = await _told(visit, form, stock_id, by_hand.open_pack)
    return back(then, "pack_opened")


@router.post("/stocks/{stock_id}/used")
async def use_once(visit: VisitDep, form: CheckedForm, stock_id: UUID) -> RedirectResponse:
    then = await _told(visit, form, stock_id, by_hand.use_once)
    return back(then, "used_once")


async def _told(
    visit: Visit, form: FilledForm, stock_id: UUID, act: Callable[..., Awaitable[Outcome]]
) -> str:
    """Returns the page to go on with."""
    async with visit.reading() as session:
        await queries_stock.find_stock(session, stock_id)
    await act(
        visit.admin.party_id,
        form.one("device_id"),
        form.one("slot"),
        transaction=visit.platform.transaction,
        clock=visit.platform.clock,
    )
    return local_path(form.one("then") or f"/stocks/{stock_id}")
