"""No owner reads or changes anything of another: every route of the application is walked with
another household's ids, with its neighbour's session and key, and without any.

A new route is walked by itself; one with an id of an unknown name fails until it is named here.
"""

import re
from typing import Any

import pytest

from tests.store.api.world import Home, World, csrf_of, routes_of, rows_of

# The ids in paths, and whose they are.
IDS = {
    "stock_id": "stock_id",
    "order_id": "order_id",
    "record_id": "record_id",
    "device_id": "device_id",
    "mandate_id": "mandate_id",
    "statement_id": "record_id",  # of nobody
    "model_id": "record_id",  # of nobody
    "complaint_id": "stock_id",  # of a vendor; no owner has one
    "correction_id": "correction_id",
    "quarantine_id": "quarantine_id",
    "model": "device_id",  # of a maker; no owner has one
    "claim_id": "device_id",
    "code": "device_id",  # a claim code is nobody's; this one opens nothing
}
WITHOUT_OWNER = {  # open to everyone
    ("GET", "/healthz"),
    ("GET", "/openapi.json"),
    ("GET", "/asyncapi.json"),
    ("GET", "/sign-in"),
    ("GET", "/sign-up"),
    ("GET", "/api/log/checkpoint"),
    ("GET", "/api/log/key"),
    ("GET", "/api/log/inclusion"),
    ("GET", "/api/log/consistency"),
    ("POST", "/witness/add-checkpoint"),
    ("GET", "/api/meter"),
    ("GET", "/meter"),
    ("GET", "/verify"),
    ("GET", "/vendor/sign-in"),
    ("GET", "/maker/sign-in"),
}
CODE_IS_PERMISSION = {("POST", "/api/bridges")}  # a bridge has nothing else
STREAMS = {("GET", "/events")}  # never ends; its one word holds no data
FOR_MAKERS = {
    ("POST", "/api/models"),
    ("POST", "/api/devices"),
    ("POST", "/api/models/{model}/claims"),
    ("GET", "/api/models/{model}/claims"),
    ("DELETE", "/api/models/{model}/claims/{claim_id}"),
    *(
        ("POST", f"/api/makers/devices/{{device_id}}/{act}")
        for act in ("secret", "claim-code", "revoke", "deregister")
    ),
    ("GET", "/api/makers/quarantine"),
    ("POST", "/api/makers/quarantine/{quarantine_id}/release"),
    ("POST", "/api/makers/quarantine/{quarantine_id}/discard"),
}
OF_VENDORS = ("/api/statements", "/api/complaints", "/api/operator/", "/vendor", "/maker")


TERMS = {
    "products": ["02001000000012"],
    "vendors": ["haushaltshof"],
    "ends_on": "2027-01-31",
}


WITHOUT_IDS: dict[tuple[str, str], dict[str, Any]] = {
    ("PUT", "/api/retention"): {"readings_kept_days": 100},
    ("POST", "/retention"): {"days": "100"},
    ("POST", "/devices/{device_id}/revoke"): {"sure": "yes"},
    ("POST", "/devices/{device_id}/deregister"): {"sure": "yes"},
}
SLOT_ACTS = (
    ("/api", "part"),
    ("/api", "new-pack"),
    ("/api", "used"),
    ("", "new-pack"),
    ("", "used"),
)


def bodies(nora: Home) -> dict[tuple[str, str], dict[str, Any]]:
    """Of acts that would succeed if the ids were the neighbour's own."""
    slot = {"device_id": nora.device_id, "slot": "detergent"}
    return {
        **{("POST", f"{root}/stocks/{{stock_id}}/{act}"): slot for root, act in SLOT_ACTS},
        ("PATCH", "/api/stocks/{stock_id}"): {"mode": "off"},
        ("POST", "/devices/{device_id}/cycles"): {"said": "missed"},
        ("POST", "/api/devices/{device_id}/cycles/corrections"): {"said": "missed"},
        **WITHOUT_IDS,
        ("POST", "/api/stocks/{stock_id}/join"): {"joined_id": str(nora.stock_id)},
        ("POST", "/api/stocks/{stock_id}/by-hand"): {
            "device_id": nora.device_id,
            "slot": "detergent",
            "amount": 5,
        },
        ("POST", "/api/orders/{order_id}/choose"): {"offer_id": f"{0:032x}"},
        ("POST", "/api/orders/{order_id}/contest"): {"words": "It was not needed."},
        ("POST", "/api/orders/{order_id}/make-rule"): {"name": "prefer_shop", "version": 1},
        ("POST", "/api/orders/{order_id}/reject"): {"reason": "not_now"},
        ("POST", "/api/mandates"): {
            "stock_id": str(nora.stock_id),
            "order_most_minor": 2500,
            **TERMS,
        },
        ("POST", "/stocks/{stock_id}/join"): {"joined_id": str(nora.stock_id)},
        ("POST", "/stocks/{stock_id}/part"): {"slot": f"{nora.device_id}/detergent"},
        ("POST", "/stocks/{stock_id}"): {"mode": "off", "spares": "1"},
        ("POST", "/stocks/{stock_id}/by-hand"): {
            "device_id": nora.device_id,
            "slot": "detergent",
            "amount": "5",
        },
        ("POST", "/stocks/{stock_id}/mandate"): {"cap": "25", **TERMS},
        ("POST", "/orders/{order_id}/choose"): {"offer_id": f"{0:032x}"},
        ("POST", "/orders/{order_id}/contest"): {"words": "Not mine"},
    }


def more_bodies(nora: Home) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        ("POST", "/api/corrections"): {
            "stock_id": str(nora.stock_id),
            "kind": "change",
            "from_on": "2026-11-01",
            "factor_ppm": 2_000_000,
        },
        ("POST", "/api/stocks/{stock_id}/part"): {
            "device_id": nora.device_id,
            "slot": "detergent",
        },
        ("POST", "/stocks/{stock_id}/join"): {"joined_id": str(nora.stock_id)},
        ("POST", "/stocks/{stock_id}/part"): {"slot": f"{nora.device_id}/detergent"},
        **forms(nora),
    }


def forms(nora: Home) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        ("POST", "/stocks/{stock_id}/corrections"): {
            "kind": "ignore",
            "from_on": "2026-11-01",
            "until_on": "2026-11-02",
        },
    }


def filled(path: str, nora: Home) -> str:
    names = re.findall(r"{(\w+)(?::\w+)?}", path)
    unknown = [name for name in names if name not in IDS]
    assert not unknown, f"{path}: say in IDS whose {unknown} is"
    for name in names:
        path = path.replace(f"{{{name}}}", str(getattr(nora, IDS[name])))
    return path


def with_id(routes: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [
        each
        for each in routes
        if "{" in each[1] and not each[1].startswith(OF_VENDORS) and each not in FOR_MAKERS
    ]


def secrets_of(nora: Home) -> tuple[str, ...]:
    return (
        str(nora.order_id),
        str(nora.stock_id),
        str(nora.record_id),
        str(nora.mandate_id),
        str(nora.correction_id),
        nora.device_id,
        nora.email,
    )


async def ask(client: Any, method: str, path: str, body: dict[str, Any], csrf: str) -> Any:
    if path.startswith("/api"):
        headers = {"X-CSRF-Token": csrf}
        return await client.request(method, path, json=body, headers=headers)
    query = {"offer_id": f"{0:032x}"} if method == "GET" and path.endswith("/choose") else None
    data = {"csrf_token": csrf, **body} if method != "GET" else None
    return await client.request(method, path, data=data, params=query)


@pytest.mark.parametrize("credential", ["session", "key"])
async def test_a_neighbour_finds_nothing_under_another_households_ids(
    world: World, nora: Home, neighbour: Home, credential: str
):
    before = await rows_of(world, nora)
    csrf = await csrf_of(world, neighbour)
    client = (
        world.client(neighbour)
        if credential == "session"
        else world.client(bearer=neighbour.key)
    )
    routes = with_id(routes_of(world.app))
    async with client:
        for method, path in routes:
            if credential == "key" and not path.startswith("/api"):
                continue
            body = bodies(nora).get((method, path), {})
            answer = await ask(client, method, filled(path, nora), body, csrf)
            assert answer.status_code == 404, (method, path, answer.text[:300])
            assert not [each for each in secrets_of(nora)[-2:] if each in _words(answer, path)]
    assert len(routes) >= 25
    assert await rows_of(world, nora) == before


def _words(answer: Any, path: str) -> str:
    """A refusal may name the id that was asked for, nothing else."""
    return "" if "device_id" in path or "code" in path else str(answer.text)


async def test_the_same_requests_succeed_for_the_owner_so_that_the_walk_proves_something(
    world: World, nora: Home
):
    async with world.client(nora) as client:
        for method, path in with_id(routes_of(world.app)):
            if method == "GET" and "{code}" not in path:
                answer = await ask(client, method, filled(path, nora), {}, "")
                assert answer.status_code == 200, (method, path, answer.text[:300])


async def test_lists_and_acts_without_an_id_touch_only_ones_own(
    world: World, nora: Home, neighbour: Home
):
    before = await rows_of(world, nora)
    csrf = await csrf_of(world, neighbour)
    last = ("POST", "/sign-out")  # ends the session that the others need
    routes = [each for each in routes_of(world.app) if "{" not in each[1]]
    async with world.client(neighbour) as client:
        for method, path in sorted(routes, key=lambda each: each == last):
            if (method, path) in STREAMS:
                continue
            body = bodies(nora).get((method, path), {})
            answer = await ask(client, method, path, body, csrf)
            told = [each for each in secrets_of(nora) if each in answer.text]
            names_it = path in ("/api/mandates", "/api/corrections")
            allowed = [str(nora.stock_id)] if names_it else []
            assert [each for each in told if each not in allowed] == [], (method, path)
            assert answer.status_code < 500, (method, path)
    assert await rows_of(world, nora) == before


async def test_without_a_session_or_key_nothing_is_shown(world: World, nora: Home):
    before = await rows_of(world, nora)
    async with world.client() as client:
        for method, path in routes_of(world.app):
            if (method, path) in WITHOUT_OWNER | CODE_IS_PERMISSION:
                continue
            body = bodies(nora).get((method, path), {})
            answer = await ask(client, method, filled(path, nora), body, "")
            is_page = not path.startswith(("/api", "/events", "/metrics"))
            expected = (303 if method == "GET" else 403) if is_page else 401
            assert answer.status_code == expected, (method, path, answer.text[:300])
    assert await rows_of(world, nora) == before


async def test_a_makers_key_opens_no_household(world: World, nora: Home):
    before = await rows_of(world, nora)
    async with world.client(bearer=world.maker_key) as client:
        for method, path in routes_of(world.app):
            if (
                path.startswith("/api")
                and not path.startswith(OF_VENDORS)
                and (method, path) not in FOR_MAKERS | CODE_IS_PERMISSION | WITHOUT_OWNER
            ):
                body = bodies(nora).get((method, path), {})
                answer = await ask(client, method, filled(path, nora), body, "")
                assert answer.status_code == 403, (method, path, answer.text[:300])
    assert await rows_of(world, nora) == before


async def test_an_owners_key_opens_nothing_of_makers(world: World, nora: Home):
    async with world.client(bearer=nora.key) as client:
        for method, path in FOR_MAKERS:
            answer = await client.request(method, filled(path, nora), json={})
            assert answer.status_code == 403, (method, path)
