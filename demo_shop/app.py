"""The shop as an ASGI application: UCP REST under /ucp, its pages, and /demo on loopback."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from demo_shop import demo, pages, ucp
from demo_shop.answers import Answers
from demo_shop.assortment import Assortment
from demo_shop.catalogue import UnknownCursor
from demo_shop.knobs import Knobs
from demo_shop.shop import Shop
from demo_shop.store import KeyReused, Ledger


class ShopApp(FastAPI):
    """`shop` and `answers` are there for whoever runs the shop in its own process."""

    shop: Shop
    answers: Answers

    def next_event_at(self) -> datetime | None:
        """When the next parcel will be shipped or delivered; None when none is on its way."""
        return self.shop.next_event_at()

    def bound_to(self, public_url: str) -> None:
        """Tell the shop its address once the port is known."""
        self.answers.public_url = public_url.rstrip("/")

    def close(self) -> None:
        self.shop.ledger.close()


def create_shop(
    assortment: Assortment,
    database_path: Path | str,
    now: Callable[[], datetime],
    *,
    seed: int = 0,
    public_url: str = "http://127.0.0.1",
    knobs: Knobs | None = None,
) -> ShopApp:
    """`now` gives aware UTC instants; the ledger at `database_path` is opened or made."""
    app = ShopApp(title=assortment.name, openapi_url=None)
    shop = Shop(
        assortment=assortment,
        ledger=Ledger(database_path),
        now=now,
        seed=seed,
        knobs=knobs or Knobs(),
    )
    app.shop = shop
    app.answers = Answers(shop=shop, public_url=public_url.rstrip("/"))
    for router in (ucp.discovery, ucp.router, pages.router, demo.router):
        app.include_router(router)
    app.add_exception_handler(RequestValidationError, malformed)
    app.add_exception_handler(UnknownCursor, malformed)
    app.add_exception_handler(KeyReused, key_reused)
    app.middleware("http")(with_knobs(shop.knobs))
    return app


async def malformed(request: Request, error: Exception) -> Response:
    return JSONResponse({"code": "invalid_request", "content": str(error)}, status_code=400)


async def key_reused(request: Request, error: Exception) -> Response:
    content = "This Idempotency-Key already names another request."
    return JSONResponse({"code": "idempotency_conflict", "content": content}, status_code=409)


def with_knobs(
    knobs: Knobs,
) -> Callable[[Request, Callable[[Request], Awaitable[Response]]], Awaitable[Response]]:
    async def misbehave(
        request: Request, proceed: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        if not request.url.path.startswith("/ucp/"):
            return await proceed(request)
        if knobs.bites("fail_requests"):
            return Response(status_code=500)
        response = await proceed(request)
        if knobs.bites("talk_nonsense"):
            return JSONResponse({"willkommen": ["in", "unserem", "Shop"], "id": 7})
        return response

    return misbehave
