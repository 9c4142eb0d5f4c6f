"""Pages for everyone: the anti-gatekeeper meter, and how a proof is checked."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from accounts.texts import text
from api import meter
from api.web.views_public import Measured, MeterPage, VerifyPage
from api.web.visit import VisitDep
from vendor_policy.log import exports

router = APIRouter(include_in_schema=False)


@router.get("/meter")
async def show_meter(visit: VisitDep) -> HTMLResponse:
    found = await meter.get_meter(visit.platform)
    again = Measured(
        words=text("meter.again"), runs=found.decisions, changes=found.replay_changes
    )
    swaps = (
        Measured(words=text(f"meter.swap.{each.swap}"), runs=each.runs, changes=each.changes)
        for each in found.swaps
    )
    view = MeterPage(
        decisions=found.decisions,
        unreadable=found.unreadable,
        lines=(again, *swaps),
        measured_at=found.newest.measured_at if found.newest else None,
        checkpoint=found.newest.checkpoint if found.newest else None,
    )
    return await visit.page("meter.html", view)


@router.get("/verify")
async def show_verify(visit: VisitDep) -> HTMLResponse:
    async with visit.platform.database.snapshot(None) as session:
        try:
            log = await exports.log_view(session)
        except exports.NotLoggedYet:
            return await visit.page("verify.html", VerifyPage(key=None, size=0))
    view = VerifyPage(key=log.head.verifier_key, size=log.size)
    return await visit.page("verify.html", view)
