"""A scripted UCP shop: answers by method and path, as honest shops do where nothing is said."""

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx

from core.money import Money
from replenishment.vendors.port import Pinned, PlaceResult, ShipTo, ToBuy
from replenishment.vendors.ucp import UcpVendor
from tests.buying import buy

SHOP = "https://shop.example"
ORDER = UUID("0b5c8c3e-6f0a-5b1e-9d53-5a2f6f0d1c01")
HOME = ShipTo(
    name="Ada Maria Beispiel",
    street="Hafenstraße 7",
    postal_code="20457",
    city="Hamburg",
    region="DE",
    email="ada@example.org",
)
PINNED = Pinned(lines=(ToBuy(sku="beans", packs=2),), total=Money(3490, "EUR"))
PROFILE = {
    "ucp": {
        "version": "2026-04-08",
        "services": {
            "dev.ucp.shopping": [
                {"version": "2026-04-08", "transport": "mcp", "endpoint": f"{SHOP}/mcp"},
                {"version": "2026-04-08", "transport": "rest", "endpoint": f"{SHOP}/api"},
            ]
        },
    }
}
INVOICE = {"type": "invoice"}
OPTION = {"id": "parcel", "title": "Parcel", "totals": [{"type": "total", "amount": 490}]}
SESSION: dict[str, Any] = {
    "ucp": {
        "version": "2026-04-08",
        "payment_handlers": {
            "com.example.card": [{"id": "card-1", "available_instruments": [{"type": "card"}]}],
            "com.example.bill": [
                {"id": "bill-1", "available_instruments": [{"type": "invoice"}]}
            ],
        },
    },
    "id": "chk/1",
    "status": "ready_for_complete",
    "currency": "EUR",
    "line_items": [{"id": "li_1", "item": {"id": "beans", "price": 1500}, "quantity": 2}],
    "totals": [
        {"type": "subtotal", "amount": 3000},
        {"type": "fulfillment", "amount": 490},
        {"type": "total", "amount": 3490},
    ],
    "continue_url": f"{SHOP}/checkouts/1",
    "newer_than_us": {"anything": 1.5},
}
DONE = SESSION | {"status": "completed", "order": {"id": "N-1"}}


class Script:
    """`seen`: every request, in order."""

    def __init__(self) -> None:
        self.seen: list[httpx.Request] = []
        self.answers: dict[str, Callable[[], httpx.Response]] = {}
        self.on("GET /.well-known/ucp", PROFILE)
        self.on("POST /api/checkout-sessions", SESSION, status=201)
        self.on("GET /api/checkout-sessions/chk%2F1", SESSION)
        self.on("PUT /api/checkout-sessions/chk%2F1", SESSION)
        self.on("POST /api/checkout-sessions/chk%2F1/complete", DONE)
        self.on("POST /api/checkout-sessions/chk%2F1/cancel", SESSION | {"status": "canceled"})
        client = httpx.AsyncClient(transport=httpx.MockTransport(self._answer))
        self.vendor = UcpVendor(SHOP, client=client, profile_url="https://us.example/ucp")

    def on(self, route: str, body: Any, *, status: int = 200) -> None:
        """The last of several answers stays."""
        self.answers[route] = lambda: httpx.Response(status, json=body)

    def in_turn(self, route: str, *bodies: Any) -> None:
        left = list(bodies)
        self.answers[route] = lambda: httpx.Response(
            200, json=left.pop(0) if len(left) > 1 else left[0]
        )

    async def buy(self) -> PlaceResult:
        return await buy(self.vendor, ORDER, PINNED, HOME)

    async def place(self) -> PlaceResult:
        """The second step, as after a crash between the two."""
        return await self.vendor.place(ORDER, "chk/1", PINNED)

    def calls(self) -> list[str]:
        return [route(each) for each in self.seen]

    def body(self, wanted: str) -> Any:
        return json.loads(next(each.content for each in self.seen if route(each) == wanted))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        return self.answers[route(request)]()


CANCEL = "POST /api/checkout-sessions/chk%2F1/cancel"
COMPLETE = "POST /api/checkout-sessions/chk%2F1/complete"
GET_SESSION = "GET /api/checkout-sessions/chk%2F1"
PUT_SESSION = "PUT /api/checkout-sessions/chk%2F1"
CREATE = "POST /api/checkout-sessions"
SEARCH = "POST /api/catalog/search"


def route(request: httpx.Request) -> str:
    return f"{request.method} {request.url.raw_path.decode()}"


def told(code: str, severity: str = "recoverable") -> list[dict[str, str]]:
    return [{"type": "error", "code": code, "content": "No.", "severity": severity}]
