"""The web application: pages and REST over the same use cases; nothing global."""

from fastapi import Depends, FastAPI
from fastapi.responses import PlainTextResponse
from fastapi.staticfiles import StaticFiles

from api import (
    asyncapi,
    bridges,
    claims,
    contests,
    decisions,
    events,
    log,
    makers,
    meter,
    notices,
    orders,
    policies,
    policy_versions,
    stocks,
    suggestions,
    vendors,
)
from api.deps import Platform
from api.errors import add_error_answers
from api.render import STATIC, read_pages
from api.security import SecureAnswers
from api.storable import check_storable
from api.web import (
    pages_account,
    pages_corrections,
    pages_devices,
    pages_orders,
    pages_policy,
    pages_public,
    pages_stock,
    pages_vendor,
)
from core.clock import Clock
from core.database import Database
from core.ids import Ids

PAGES = (
    pages_orders,
    pages_stock,
    pages_policy,
    pages_corrections,
    pages_devices,
    pages_account,
    pages_public,
    pages_vendor,
)
REST = (
    makers,
    claims,
    bridges,
    stocks,
    orders,
    contests,
    decisions,
    log,
    policies,
    policy_versions,
    suggestions,
    meter,
    vendors,
    notices,
)


def create_app(
    database: Database,
    *,
    clock: Clock,
    wall: Clock,
    ids: Ids,
    device_key: bytes,
    public_url: str = "",
) -> FastAPI:
    """wall: real time, of sign-in sessions. device_key: see `core.keys.load_key`.
    public_url: cookies are marked Secure when it is https.
    """
    app = FastAPI(
        title="Nachschub",
        summary="Connected devices reorder their own consumables, and the owner decides.",
        version="1",
        docs_url=None,  # their pages need scripts from elsewhere
        redoc_url=None,
        openapi_url="/openapi.json",
        dependencies=[Depends(check_storable)],
    )
    app.state.platform = Platform(
        database=database,
        clock=clock,
        wall=wall,
        ids=ids,
        device_key=device_key,
        is_https=public_url.startswith("https://"),
        pages=read_pages(),
    )
    app.add_middleware(SecureAnswers)
    add_error_answers(app)
    for rest in REST:
        app.include_router(rest.router, prefix="/api")
    for page in (*PAGES, events, asyncapi):
        app.include_router(page.router)
    app.add_api_route("/healthz", _healthz, include_in_schema=False)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    return app


async def _healthz() -> PlainTextResponse:
    return PlainTextResponse("ok\n")
