"""The first-run guide: the ways to add a device, and what is found on the owner's network.

Looking around is off unless the operator of this instance names interfaces or brokers.
"""

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse

from api.bridges import registry_of
from api.refusals import NotFound
from api.web.views import BridgeCodeView, GuideView
from api.web.visit import CheckedForm, VisitDep, visiting_admin
from devices import bridging
from devices.discovered import LONGEST, Found

router = APIRouter(include_in_schema=False)


@router.get("/guide", dependencies=[Depends(visiting_admin)])
async def guide(visit: VisitDep) -> HTMLResponse:
    view = GuideView(can_look=visit.platform.discover is not None)
    return await visit.page("guide.html", view, "devices")


@router.post("/guide/look")
async def look(visit: VisitDep, form: CheckedForm) -> HTMLResponse:
    """Takes some seconds: devices are given time to answer."""
    visiting_admin(visit)
    if visit.platform.discover is None:
        raise NotFound("place to look around in")
    told = await visit.platform.discover()
    return await visit.page("guide.html", GuideView(can_look=True, told=told), "devices")


@router.post("/devices/bridge-code")
async def allow_bridge(visit: VisitDep, form: CheckedForm) -> HTMLResponse:
    """Shows the code once: the answer to the act is the page itself."""
    code = await bridging.allow(visit.admin.party_id, registry_of(visit.platform))
    meant = Found(
        kind=form.one("kind")[:LONGEST] or "ipp",
        name="",
        address=form.one("address")[:LONGEST] or "ipp://PRINTER/ipp/print",
        options=tuple(each[:LONGEST] for each in form.many("option")[:5]),
    )
    command = meant.command(code, str(visit.request.base_url).rstrip("/"))
    view = BridgeCodeView(command=command, is_plug=meant.kind == "plug")
    return await visit.page("bridge_code.html", view, "devices")
