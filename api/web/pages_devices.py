"""Devices: the list, the data sheet before the claim, the claim, the way out; notices."""

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlmodel import col, select

from accounts.tables import NoticeRow
from accounts.texts import text
from api.web import queries_devices, queries_home
from api.web.views import ClaimView, ReleasedView
from api.web.visit import CheckedForm, Visit, VisitDep, back, visiting_admin
from devices import ownership
from devices.ownership import Claim, ClaimCodeUnknown, TooManyTries
from replenishment import transfer

router = APIRouter(include_in_schema=False)


@router.get("/devices")
async def devices(visit: VisitDep) -> HTMLResponse:
    async with visit.reading() as session:
        view = await queries_home.devices_view(session, visit.member, visit.now)
    return await visit.page("devices.html", view, "devices")


@router.get("/devices/{device_id}/release")
async def confirm_release(visit: VisitDep, device_id: str) -> HTMLResponse:
    """What giving the device away means, before it happens."""
    async with visit.reading() as session:
        view = await queries_devices.release_view(session, device_id, visit.admin, visit.now)
    return await visit.page("release.html", view, "devices")


@router.post("/devices/{device_id}/release")
async def release(visit: VisitDep, form: CheckedForm, device_id: str) -> HTMLResponse:
    """Shows the next owner's code once: the answer to the act is the page itself."""
    platform, admin = visit.platform, visit.admin
    async with visit.reading() as session:
        before = await queries_devices.release_view(session, device_id, admin, visit.now)
    code = await transfer.give_away(
        device_id,
        admin,
        key=platform.device_key,
        transaction=platform.transaction,
        clock=platform.clock,
        ids=platform.ids,
    )
    view = ReleasedView(device_name=before.device_name, code="" if before.is_by_hand else code)
    return await visit.page("released.html", view, "devices")


@router.get("/claims", dependencies=[Depends(visiting_admin)])
async def claim_code(visit: VisitDep) -> HTMLResponse:
    return await visit.page("claim.html", ClaimView(), "devices")


@router.post("/claims/data-sheet")
async def data_sheet(visit: VisitDep, form: CheckedForm) -> HTMLResponse:
    """Asked for with POST: a code in an address would be written into access logs."""
    platform, admin, code = visit.platform, visit.admin, form.one("code")
    try:
        found = await ownership.look_up(
            admin.party_id,
            code,
            key=platform.device_key,
            transaction=platform.transaction,
            clock=platform.clock,
        )
    except (ClaimCodeUnknown, TooManyTries) as refused:
        return await _refused(visit, code, refused)
    sheet = queries_devices.data_sheet(code, found, visit.language)
    return await visit.page("data_sheet.html", sheet, "devices")


@router.post("/claims")
async def claim(visit: VisitDep, form: CheckedForm) -> Response:
    platform, code = visit.platform, form.one("code")
    wanted = Claim(
        owner_id=visit.admin.party_id,
        code=code,
        name=form.one("name")[:80],
        place=form.one("place")[:80],
    )
    try:
        await ownership.claim(
            wanted,
            key=platform.device_key,
            transaction=platform.transaction,
            clock=platform.clock,
            ids=platform.ids,
        )
    except (ClaimCodeUnknown, TooManyTries) as refused:
        return await _refused(visit, code, refused)
    return back("/", "claimed")


async def _refused(
    visit: Visit, code: str, refused: ClaimCodeUnknown | TooManyTries
) -> HTMLResponse:
    problem = text("claim.unknown")
    if isinstance(refused, TooManyTries):
        problem = text("claim.too_many", at=refused.retry_at)
    view = ClaimView(code=code[:40], problem=problem)
    return await visit.page("claim.html", view, "devices", status=422)


@router.get("/notices")
async def notices(visit: VisitDep) -> HTMLResponse:
    async with visit.reading() as session:
        view = await queries_devices.notices_view(session, visit.language)
    return await visit.page("notices.html", view, "notices")


@router.post("/notices/seen")
async def notices_seen(visit: VisitDep, form: CheckedForm) -> RedirectResponse:
    async with visit.platform.transaction(visit.member.party_id) as session:
        unseen = select(NoticeRow).where(col(NoticeRow.seen_at).is_(None))
        for notice in await session.exec(unseen):
            notice.seen_at = visit.now
    return back("/notices")
