"""An owner's hand on one device: another secret, locked out, gone for good; how long readings
are kept.
"""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from accounts.tables import OwnerRow
from accounts.texts import Text, text
from api.web import queries_devices
from api.web.views_devices import RetentionView, SecretView
from api.web.visit import CheckedForm, Visit, VisitDep, back
from devices import custody, retention
from devices.custody import DeviceRevoked
from devices.retention import LEAST_DAYS, MOST_DAYS, NotKeptSoLong
from replenishment import transfer

router = APIRouter(include_in_schema=False)


@router.get("/devices/{device_id}/access")
async def access(visit: VisitDep, device_id: str) -> HTMLResponse:
    return await _access(visit, device_id)


@router.post("/devices/{device_id}/secret")
async def rotate(visit: VisitDep, form: CheckedForm, device_id: str) -> HTMLResponse:
    """Shows the secret once: the answer to the act is the page itself."""
    platform = visit.platform
    try:
        secret = await custody.rotate_secret(
            device_id,
            visit.admin,
            key=platform.device_key,
            transaction=platform.transaction,
            clock=platform.clock,
            ids=platform.ids,
        )
    except DeviceRevoked:
        return await _access(visit, device_id, text("access.is_revoked"))
    async with visit.reading() as session:
        owned = await queries_devices.find_ownership(session, device_id)
    view = SecretView(device_name=owned.name, device_id=device_id, secret=secret)
    return await visit.page("secret.html", view, "devices")


@router.post("/devices/{device_id}/revoke")
async def revoke(visit: VisitDep, form: CheckedForm, device_id: str) -> Response:
    platform, admin = visit.platform, visit.admin
    if form.one("sure") != "yes":
        return await _access(visit, device_id, text("access.not_sure"))
    await custody.revoke(
        device_id, admin, transaction=platform.transaction, clock=platform.clock
    )
    return back("/devices", "device_revoked")


@router.post("/devices/{device_id}/deregister")
async def deregister(visit: VisitDep, form: CheckedForm, device_id: str) -> Response:
    platform, admin = visit.platform, visit.admin
    if form.one("sure") != "yes":
        return await _access(visit, device_id, text("access.not_sure"))
    await transfer.deregister(
        device_id, admin, transaction=platform.transaction, clock=platform.clock
    )
    return back("/devices", "device_deregistered")


async def _access(visit: Visit, device_id: str, problem: Text | None = None) -> HTMLResponse:
    async with visit.reading() as session:
        view = await queries_devices.access_view(session, device_id, visit.admin, problem)
    return await visit.page("access.html", view, "devices", status=422 if problem else 200)


@router.get("/retention")
async def show_retention(visit: VisitDep) -> HTMLResponse:
    async with visit.reading() as session:
        owner = await session.get_one(OwnerRow, visit.admin.party_id)
    return await _retention(visit, str(owner.readings_kept_days))


@router.post("/retention")
async def save_retention(visit: VisitDep, form: CheckedForm) -> Response:
    typed, transaction = form.one("days"), visit.platform.transaction
    try:
        days = int(typed[:9])
        await retention.keep_for(visit.admin.party_id, days, transaction=transaction)
    except (ValueError, NotKeptSoLong):
        problem = text("retention.wrong", least=str(LEAST_DAYS), most=str(MOST_DAYS))
        return await _retention(visit, typed[:9], problem)
    return back("/devices", "saved")


async def _retention(visit: Visit, days: str, problem: Text | None = None) -> HTMLResponse:
    view = RetentionView(days=days, least_days=LEAST_DAYS, most_days=MOST_DAYS, problem=problem)
    return await visit.page("retention.html", view, "devices", status=422 if problem else 200)
