"""Messages that could not be taken: the owner's page of a device, the maker's of its tests."""

from typing import Annotated, Final

from fastapi import APIRouter, Path
from fastapi.responses import HTMLResponse, Response

from accounts.principal import Principal
from accounts.scoping import ALL_OWNERS
from api.deps import Platform
from api.web import queries_quarantine
from api.web.maker_visit import SIGN_IN, MakerForm, MakerVisitDep
from api.web.visit import CheckedForm, VisitDep, back
from devices import quarantine_answers
from devices.quarantine_answers import CannotBeReleased

router = APIRouter(include_in_schema=False)

OWNERS: Final = "/devices/{device_id}/quarantine"
MAKERS: Final = "/maker/quarantine"
QuarantineId = Annotated[int, Path(ge=1, le=2**31 - 1)]


@router.get(OWNERS)
async def quarantine(visit: VisitDep, device_id: str) -> HTMLResponse:
    async with visit.reading() as session:
        view = await queries_quarantine.of_device(session, device_id, visit.member, visit.now)
    return await visit.page("quarantine.html", view, "devices")


@router.post(OWNERS + "/{quarantine_id}/release")
async def release(
    visit: VisitDep, form: CheckedForm, device_id: str, quarantine_id: QuarantineId
) -> Response:
    await _release(visit.platform, visit.admin, quarantine_id)
    return back(f"/devices/{device_id}/quarantine", "quarantine_released")


@router.post(OWNERS + "/{quarantine_id}/discard")
async def discard(
    visit: VisitDep, form: CheckedForm, device_id: str, quarantine_id: QuarantineId
) -> Response:
    transaction = visit.platform.transaction
    await quarantine_answers.discard(quarantine_id, visit.admin, transaction=transaction)
    return back(f"/devices/{device_id}/quarantine", "quarantine_discarded")


@router.get(MAKERS)
async def of_tests(at: MakerVisitDep) -> Response:
    if at.maker is None:
        return back(SIGN_IN)
    async with at.visit.platform.database.snapshot(ALL_OWNERS) as session:
        view = await queries_quarantine.of_maker(session, at.maker)
    return await at.visit.page("maker_quarantine.html", view)


@router.post(MAKERS + "/{quarantine_id}/release")
async def release_test(
    at: MakerVisitDep, form: MakerForm, quarantine_id: QuarantineId
) -> Response:
    if at.maker is None:
        return back(SIGN_IN)
    await _release(at.visit.platform, at.maker, quarantine_id)
    return back(MAKERS)


@router.post(MAKERS + "/{quarantine_id}/discard")
async def discard_test(
    at: MakerVisitDep, form: MakerForm, quarantine_id: QuarantineId
) -> Response:
    if at.maker is None:
        return back(SIGN_IN)
    transaction = at.visit.platform.transaction
    await quarantine_answers.discard(quarantine_id, at.maker, transaction=transaction)
    return back(MAKERS)


async def _release(platform: Platform, by: Principal, quarantine_id: int) -> None:
    """No page offers what cannot be released; an old one changes nothing."""
    try:
        await quarantine_answers.release(
            quarantine_id, by, transaction=platform.transaction, clock=platform.clock
        )
    except CannotBeReleased:
        return
