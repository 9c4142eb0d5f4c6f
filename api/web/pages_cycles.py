"""The runs of an appliance on a plug, explained; and the owner's word on them."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse

from api.refusals import parse
from api.web import queries_cycles
from api.web.visit import CheckedForm, VisitDep, back
from devices.cycles import corrections
from devices.cycles.corrections import CorrectCycle

router = APIRouter(include_in_schema=False)


@router.get("/devices/{device_id}/cycles")
async def cycles(visit: VisitDep, device_id: str) -> HTMLResponse:
    async with visit.reading() as session:
        view = await queries_cycles.cycles_view(session, device_id, visit.member)
    return await visit.page("cycles.html", view, "devices")


@router.post("/devices/{device_id}/cycles")
async def correct(visit: VisitDep, form: CheckedForm, device_id: str) -> RedirectResponse:
    """`said` empty: the owner takes back what was said."""
    names = ("said", "boot_id", "seq")
    given = {name: form.one(name) for name in names if form.one(name)}
    wanted = parse(CorrectCycle, {"said": None, **given})
    await corrections.correct(
        visit.admin.party_id,
        device_id,
        wanted,
        transaction=visit.platform.transaction,
        clock=visit.platform.clock,
        ids=visit.platform.ids,
    )
    return back(f"/devices/{device_id}/cycles", "cycle_corrected")
