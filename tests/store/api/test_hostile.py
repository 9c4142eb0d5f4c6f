"""No value that a client can send breaks a route: every route of the application is walked with
hostile values in its path, query, form and JSON, one at a time.

A new route with a form or a body fails until what it takes is named here.
"""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from fastapi.routing import APIRoute, iter_route_contexts

from devices.catalog import washer_w7
from tests.store.api.bodies import LATER_BODIES
from tests.store.api.forms import FORMS, Route
from tests.store.api.test_tenants import FOR_MAKERS, STREAMS, filled
from tests.store.api.world import PASSWORD, Home, World, act, csrf_of, routes_of
from vendor_policy import policy as policies

BEYOND_64_BIT = 2**63
TEXTS = (
    "a\0b",
    "",
    str(BEYOND_64_BIT),
    "9" * 5000,
    "x" * 20_000,
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
    "//[",
    "nan",
    "ßß",
)
VALUES = (
    "a\0b",
    "\ud800",  # half a surrogate pair
    "x" * 20_000,
    "9999-12-31",
    "9" * 5000,
    BEYOND_64_BIT,
    -(10**400),
    0,
    float("nan"),
    1e300,
    None,
    [],
    {"\ud800": 1},
)
READ_BY_HAND = ("said",)  # query parameters that no route declares


MODEL = washer_w7.MODEL.model_dump(mode="json") | {
    "name": "washer-x",
    "slots": [washer_w7.MODEL.slots[0].model_dump(mode="json")],
}
# What each route below /api takes, complete; `{stock_id}` is filled in.
BODIES: dict[Route, Any] = {
    ("POST", "/api/models"): MODEL,
    ("POST", "/api/devices"): {
        "model": "washer-w7",
        "version": 1,
        "serial": "S",
        "device_id": "device-new",
        "is_test": False,
    },
    ("POST", "/api/claims"): {"code": "AAAABBBBCCCC", "name": "N", "place": "P"},
    ("POST", "/api/claims/look-up"): {"code": "AAAABBBBCCCC"},
    ("POST", "/api/bridge-codes"): {},
    ("POST", "/api/bridges"): {"code": "X", "model": MODEL, "serial": "S", "name": "N"},
    ("POST", "/api/devices/by-hand"): {
        "name": "Cupboard",
        "place": "P",
        "title": "Rice",
        "category": "rice",
        "fits": ["rice"],
        "capacity": 2000,
        "unit": "g",
        "typical_use_per_day": 60,
    },
    ("POST", "/api/devices/{device_id}/release"): {},
    ("PATCH", "/api/stocks/{stock_id}"): {
        "mode": "ask",
        "least": 1,
        "most": 2,
        "has_no_most": False,
        "spares": 3,
        "service_level_ppm": 900_000,
        "products": ["02001000000012"],
        "also_fits": ["laundry-liquid"],
    },
    ("POST", "/api/stocks/{stock_id}/join"): {"joined_id": "{stock_id}"},
    ("POST", "/api/stocks/{stock_id}/by-hand"): {
        "device_id": "{device_id}",
        "slot": "detergent",
        "amount": 5,
    },
    ("POST", "/api/orders/{order_id}/approve"): {},
    ("POST", "/api/orders/{order_id}/cancel"): {},
    ("POST", "/api/orders/{order_id}/reject"): {"reason": "never"},
    ("POST", "/api/orders/{order_id}/choose"): {
        "offer_id": "unknown",
        "packs": 1,
        "accept_warning": True,
    },
    ("PUT", "/api/policy"): policies.to_json(policies.preset("greenest"))
    | {
        "brands_allowed": [{"category": "laundry-detergent", "names": ["Klarbach"]}],
        "brands_blocked": ["Other"],
        "products_blocked": ["02001000000012"],
        "vendors_blocked": ["billigblitz"],
        "price_bands": [
            {
                "category": "laundry-detergent",
                "unit": "ml",
                "per_quantity": 1000,
                "least_minor": 1,
                "most_minor": 100,
            }
        ],
        "ask_above_minor": 1,
    },
    ("POST", "/api/mandates"): {
        "stock_id": "{stock_id}",
        "products": ["02001000000012"],
        "vendors": ["haushaltshof"],
        "currency": "EUR",
        "order_most_minor": 2500,
        "unit_price": {"unit": "ml", "per_quantity": 1000, "most_minor": 900},
        "days_between": 14,
        "ends_on": "2027-01-31",
    },
    ("DELETE", "/api/mandates/{mandate_id}"): {},
    ("POST", "/api/kill-switch"): {"is_stopped": False},
    **LATER_BODIES,
}


def with_ids(value: Any, nora: Home) -> Any:
    return json.loads(filled(json.dumps(value), nora))


def queries(world: World) -> dict[Route, list[str]]:
    """The query parameters of each route, as it declares them."""
    found: dict[Route, list[str]] = {}
    for context in iter_route_contexts(world.app.routes):
        route = context.original_route
        if isinstance(route, APIRoute):
            names = [each.name for each in route.dependant.query_params]
            for method in route.methods:
                found[method, context.path] = names
    return found


def with_hostile_leaf(value: Any) -> Iterator[tuple[str, Any]]:
    """(where, the value with one leaf replaced), for each leaf and each hostile value."""
    match value:
        case dict():
            for key, item in value.items():
                for where, changed in with_hostile_leaf(item):
                    yield f"{key}.{where}", {**value, key: changed}
            for key in ("\0", "\ud800"):
                yield "(a key)", {**value, key: 1}
        case list() if value:
            for where, changed in with_hostile_leaf(value[0]):
                yield f"0.{where}", [changed, *value[1:]]
        case _:
            for hostile in VALUES:
                yield f"= {hostile!r:.40}", hostile


def harmless_first(routes: list[Route], named: dict[Route, Any]) -> list[Route]:
    """An act that needs no more than its address may end what the others need."""
    last = ("POST", "/sign-out")
    return sorted(routes, key=lambda each: (each == last, not named[each]))


def breaks(answer: httpx.Response) -> str:
    """What is wrong with an answer; empty: nothing."""
    if answer.status_code >= 500:
        return f"{answer.status_code}"
    if answer.status_code == 422 and answer.headers["content-type"].endswith("problem+json"):
        problem = answer.json()
        if not problem["detail"] or not problem["code"]:
            return "422 says nothing"
    return ""


def by_key(world: World, nora: Home, route: Route) -> httpx.AsyncClient:
    return world.client(bearer=world.maker_key if route in FOR_MAKERS else nora.key)


async def test_no_hostile_path_or_query_breaks_a_route(world: World, nora: Home):
    broken = []
    declared = queries(world)
    async with world.client(nora) as client:
        for method, path in routes_of(world.app):
            if (method, path) in STREAMS:
                continue
            token = {"X-CSRF-Token": await csrf_of(world, nora)}
            addresses = [
                re.sub(r"{\w+}", quote(hostile, safe=""), path)
                for hostile in TEXTS
                if "{" in path and hostile
            ]
            if method == "GET":
                names = [*declared.get((method, path), []), *READ_BY_HAND]
                addresses += [
                    f"{filled(path, nora)}?{name}={quote(hostile)}&offer_id={0:032x}"
                    for name in names
                    for hostile in TEXTS
                ]
                addresses.append(f"{filled(path, nora)}?said=%ff%00")
            for address in addresses:
                answer = await client.request(method, address, headers=token)
                if wrong := breaks(answer):
                    broken.append(f"{method} {address[:120]}: {wrong}")
    assert broken == []


async def test_no_hostile_json_breaks_a_route(world: World, nora: Home):
    routes = [
        each
        for each in routes_of(world.app)
        if each[1].startswith("/api") and each[0] not in ("GET", "HEAD")
    ]
    assert set(routes) == set(BODIES), "say in `BODIES` what each route takes"
    broken = []
    for route in harmless_first(routes, BODIES):
        method, path = route
        address = filled(path, nora)
        headers = {"Content-Type": "application/json", "If-Match": '"0"'}
        async with by_key(world, nora, route) as client:
            for where, body in with_hostile_leaf(with_ids(BODIES[route], nora)):
                content = json.dumps(body).encode()
                answer = await client.request(method, address, content=content, headers=headers)
                if wrong := breaks(answer):
                    broken.append(f"{method} {path} {where}: {wrong}")
            for content in (b"[" * 100_000, b"\xff\xfe", b"1" * 5000, b'"\\ud800"', b"NaN"):
                answer = await client.request(method, address, content=content, headers=headers)
                if wrong := breaks(answer):
                    broken.append(f"{method} {path} {content[:20]!r}: {wrong}")
    assert broken == []


async def test_no_hostile_form_breaks_a_page(world: World, nora: Home):
    routes = [
        each
        for each in routes_of(world.app)
        if each[0] == "POST" and not each[1].startswith(("/api", "/witness"))
    ]
    assert set(routes) == set(FORMS), "say in `FORMS` what the form of each act sends"
    broken = []
    csrf = await csrf_of(world, nora)
    async with world.client(nora) as client:
        for route in harmless_first(routes, FORMS):
            path, usual = filled(route[1], nora), with_ids(FORMS[route], nora)
            for name in [*usual, "csrf_token"]:
                for hostile in TEXTS:
                    form = {"csrf_token": csrf, **usual, name: hostile}
                    answer = await client.post(path, data=form)
                    if wrong := breaks(answer):
                        broken.append(f"{path} {name}={hostile!r:.40}: {wrong}")
    assert broken == []


@pytest.mark.parametrize(
    "charset", ["punycode", "idna", "unicode_escape", "utf-16", "utf-7", "no-such"]
)
async def test_a_form_in_an_alphabet_of_its_own_breaks_nothing(
    world: World, nora: Home, charset: str
):
    part = (
        b'--b\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n\\ud800\xff-\r\n--b--'
    )
    kind = f"multipart/form-data; boundary=b; charset={charset}"
    async with world.client(nora) as client:
        answer = await client.post("/address", content=part, headers={"Content-Type": kind})
    assert answer.status_code < 500


@pytest.mark.parametrize("base", ["/api/orders", "/orders"])
async def test_an_instant_without_a_form_in_utc_is_refused_by_name(
    world: World, nora: Home, base: str
):
    async with world.client(nora) as client:
        answer = await client.get(base, params={"before": "0001-01-01T00:00:00+23:59"})
        near = await client.get(base, params={"before": "2026-11-20T12:00:00+01:00"})
    assert (answer.status_code, near.status_code) == (422, 200)
    assert "before" in answer.text


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        (b'{"also_fits": ["a\\u0000b"]}', "body.also_fits.0"),
        (b'{"also_fits": ["\\ud800"]}', "body.also_fits.0"),
        (b'{"spares": 9223372036854775808}', "body.spares"),
        (b'{"service_level_ppm": NaN}', "body.service_level_ppm"),
        (b'{"\\ud800": 1}', r"body.\ud800"),
    ],
)
async def test_what_the_database_cannot_keep_is_refused_by_name(
    world: World, nora: Home, raw: bytes, field: str
):
    address = f"/api/stocks/{nora.stock_id}"
    async with world.client(bearer=nora.key) as client:
        headers = {"Content-Type": "application/json"}
        answer = await client.patch(address, content=raw, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


async def test_a_nul_in_a_form_is_refused_by_name(world: World, nora: Home):
    form = {"csrf_token": await csrf_of(world, nora), "recipient": "a\0b"}
    async with world.client(nora) as client:
        answer = await client.post("/address", data=form)
    assert answer.status_code == 422
    assert "recipient" in answer.text


async def test_a_name_or_password_longer_than_anyone_types_is_said_at_its_field(world: World):
    long = {"name": "N" * 81, "password": "p" * 1001}
    usual = {"name": "N", "email": "n@example.org", "password": PASSWORD}
    async with world.client() as client:
        for field, typed in long.items():
            form = {**usual, "timezone": "Europe/Berlin", field: typed}
            answer = await act(client, "/sign-up", "/sign-up", **form)
            assert answer.status_code == 422
            assert f'id="{field}-problem"' in answer.text
