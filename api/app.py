"""The web application: pages and REST over the same use cases; nothing global."""

from fastapi import Depends, FastAPI
from fastapi.responses import PlainTextResponse
from fastapi.staticfiles import StaticFiles

from api import (
    asyncapi,
    bridges,
    claims,
    contests,
    corrections,
    custody,
    cycles,
    decisions,
    events,
    gauges,
    log,
    maker_claims,
    makers,
    meter,
    metrics,
    notices,
    orders,
    policies,
    policy_versions,
    quarantine,
    recommendations,
    retention,
    stocks,
    suggestions,
    vendors,
    witness,
)
from api.deps import Platform
from api.errors import add_error_answers
from api.render import STATIC
from api.security import SecureAnswers
from api.storable import check_storable
from api.web import (
    pages_account,
    pages_at_home,
    pages_corrections,
    pages_custody,
    pages_cycles,
    pages_devices,
    pages_guide,
    pages_maker,
    pages_maker_devices,
    pages_orders,
    pages_policy,
    pages_public,
    pages_quarantine,
    pages_recommendations,
    pages_stock,
    pages_vendor,
)

PAGES = (
    pages_orders,
    pages_stock,
    pages_policy,
    pages_recommendations,
    pages_corrections,
    pages_cycles,
    pages_at_home,
    pages_guide,
    pages_devices,
    pages_quarantine,
    pages_custody,
    pages_account,
    pages_public,
    pages_vendor,
    pages_maker,
    pages_maker_devices,
)
REST = (
    custody,
    quarantine,
    retention,
    makers,
    maker_claims,
    claims,
    bridges,
    cycles,
    stocks,
    corrections,
    orders,
    contests,
    decisions,
    log,
    policies,
    policy_versions,
    suggestions,
    recommendations,
    meter,
    metrics,
    vendors,
    notices,
)


def create_app(platform: Platform) -> FastAPI:
    app = FastAPI(
        title="Nachschub",
        summary="Connected devices reorder their own consumables, and the owner decides.",
        version="1",
        docs_url=None,  # their pages need scripts from elsewhere
        redoc_url=None,
        openapi_url="/openapi.json",
        dependencies=[Depends(check_storable)],
    )
    app.state.platform = platform
    app.add_middleware(SecureAnswers)
    add_error_answers(app)
    for rest in REST:
        app.include_router(rest.router, prefix="/api")
    for page in (*PAGES, events, asyncapi, witness, gauges):
        app.include_router(page.router)
    app.add_api_route("/healthz", _healthz, include_in_schema=False)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    return app


async def _healthz() -> PlainTextResponse:
    return PlainTextResponse("ok\n")
