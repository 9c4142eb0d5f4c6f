"""Buying from UCP shops that answer in their own ways."""

import json
from datetime import date
from typing import Any
from uuid import uuid5

import pytest

from core.money import Money
from replenishment.vendors.port import (
    Abandoned,
    Acknowledged,
    Changed,
    NeedsOwner,
    Refused,
    Unknown,
    Unreadable,
)
from tests.ucp_script import (
    CANCEL,
    COMPLETE,
    CREATE,
    DONE,
    GET_SESSION,
    OPTION,
    ORDER,
    PINNED,
    PUT_SESSION,
    SESSION,
    SHOP,
    Script,
    route,
    told,
)


@pytest.fixture
def shop() -> Script:
    return Script()


async def test_keys_are_made_from_the_order_id(shop: Script) -> None:
    assert await shop.buy() == Acknowledged("N-1", PINNED.total)
    keys = {route(each): each.headers.get("Idempotency-Key") for each in shop.seen}
    assert keys[CREATE] == str(uuid5(ORDER, "create"))
    assert keys[COMPLETE] == str(ORDER)
    assert all(
        each.headers["UCP-Agent"] == 'profile="https://us.example/ucp"' for each in shop.seen
    )
    assert len({each.headers["Request-Id"] for each in shop.seen}) == len(shop.seen)


async def test_it_pays_by_the_handler_that_takes_invoices(shop: Script) -> None:
    await shop.buy()
    (instrument,) = shop.body(COMPLETE)["payment"]["instruments"]
    assert instrument["handler_id"] == "bill-1"


async def test_without_invoices_the_owner_pays_at_the_shop(shop: Script) -> None:
    shop.on(GET_SESSION, SESSION | {"ucp": {"version": "2026-04-08"}})
    assert await shop.buy() == NeedsOwner(f"{SHOP}/checkouts/1", "chk/1")
    assert COMPLETE not in shop.calls()


async def test_the_whole_address_is_sent(shop: Script) -> None:
    await shop.buy()
    (method,) = shop.body(PUT_SESSION)["fulfillment"]["methods"]
    (address,) = method["destinations"]
    assert address["first_name"] == "Ada Maria"
    assert address["last_name"] == "Beispiel"
    assert address["street_address"] == "Hafenstraße 7"
    assert address["address_country"] == "DE"
    assert method["selected_destination_id"] == address["id"]


async def test_the_cheapest_delivery_is_chosen(shop: Script) -> None:
    def offering(selected: str) -> dict[str, Any]:
        slow = OPTION | {"id": "slow", "latest_fulfillment_time": "2026-05-09T18:00:00Z"}
        soon = OPTION | {"id": "soon", "latest_fulfillment_time": "2026-05-07T18:00:00Z"}
        dear = OPTION | {"id": "dear", "totals": [{"type": "total", "amount": 990}]}
        group = {"id": "g", "options": [dear, slow, soon], "selected_option_id": selected}
        method = {"id": "m", "type": "shipping", "groups": [group]}
        return SESSION | {"fulfillment": {"methods": [method]}}

    shop.in_turn(PUT_SESSION, offering("dear"), offering("soon"))
    shop.on(COMPLETE, offering("soon") | {"status": "completed", "order": {"id": "N-1"}})
    assert await shop.buy() == Acknowledged("N-1", PINNED.total, date(2026, 5, 7))
    second = json.loads([each for each in shop.seen if route(each) == PUT_SESSION][1].content)
    (method,) = second["fulfillment"]["methods"]
    assert method["groups"] == [{"id": "g", "selected_option_id": "soon"}]


def totals(subtotal: int, delivery: int, total: int) -> dict[str, Any]:
    kinds = zip(("subtotal", "fulfillment", "total"), (subtotal, delivery, total), strict=True)
    return {"totals": [{"type": kind, "amount": amount} for kind, amount in kinds]}


@pytest.mark.parametrize(
    "changed",
    [
        totals(3000, 590, 3590),  # another total
        totals(3000, 490, 3390),  # adds up to more than it says
        totals(2900, 590, 3490),  # goods are not price times quantity
        totals(3000, 490, 3490) | {"currency": "CHF"},
        {"totals": SESSION["totals"] + SESSION["totals"]},
        {"line_items": [{"id": "l", "item": {"id": "beans", "price": 3000}, "quantity": 1}]},
        {"line_items": [{"id": "l", "item": {"id": "tea", "price": 1500}, "quantity": 2}]},
    ],
)
async def test_what_differs_from_the_pinned_is_not_bought(
    shop: Script, changed: dict[str, Any]
) -> None:
    shop.on(PUT_SESSION, SESSION | changed)
    assert isinstance(await shop.buy(), Changed)
    assert COMPLETE not in shop.calls()


async def test_a_discount_that_adds_up_may_be_bought(shop: Script) -> None:
    entries = [*SESSION["totals"][:2], {"type": "discount", "amount": -100}]
    entries += [{"type": "fee", "amount": 100}, {"type": "total", "amount": 3490}]
    shop.on(PUT_SESSION, SESSION | {"totals": entries})
    assert isinstance(await shop.buy(), Acknowledged)


async def test_another_total_on_the_completed_order_is_told(shop: Script) -> None:
    shop.on(COMPLETE, DONE | totals(3000, 590, 3590))
    assert await shop.buy() == Acknowledged("N-1", Money(3590, "EUR"))


@pytest.mark.parametrize("step", [GET_SESSION, PUT_SESSION, COMPLETE])
async def test_a_shop_that_needs_the_owner_hands_over(shop: Script, step: str) -> None:
    messages = told("schedule_delivery", "requires_buyer_input")
    shop.on(step, SESSION | {"status": "requires_escalation", "messages": messages})
    assert await shop.buy() == NeedsOwner(f"{SHOP}/checkouts/1", "chk/1")


@pytest.mark.parametrize(
    "url", [None, "javascript:alert(1)", "http://shop.example/", "https://10.0.0.1/"]
)
async def test_an_address_the_owner_cannot_use_is_refused(
    shop: Script, url: str | None
) -> None:
    shop.on(GET_SESSION, SESSION | {"status": "requires_escalation", "continue_url": url})
    assert isinstance(await shop.buy(), Refused)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("out_of_stock", "out_of_stock"),
        ("item_unavailable", "out_of_stock"),
        ("payment_failed", "declined"),
        ("address_undeliverable", "rejected"),
    ],
)
@pytest.mark.parametrize("step", [CREATE, PUT_SESSION, COMPLETE])
async def test_a_shop_that_will_not_sell_refuses_by_its_reason(
    shop: Script, step: str, code: str, expected: str
) -> None:
    if step == CREATE:
        error = {"version": "2026-04-08", "status": "error"}
        shop.on(step, {"ucp": error, "messages": told(code, "unrecoverable")})
    else:
        shop.on(step, SESSION | {"status": "incomplete", "messages": told(code)})
    outcome = await shop.buy()
    assert isinstance(outcome, Refused)
    assert outcome.code == expected


async def test_a_declined_payment_is_refused(shop: Script) -> None:
    shop.on(COMPLETE, {}, status=402)
    outcome = await shop.buy()
    assert isinstance(outcome, Refused)
    assert outcome.code == "declined"


async def test_a_session_the_shop_ended_is_refused(shop: Script) -> None:
    shop.on(GET_SESSION, SESSION | {"status": "canceled"})
    assert isinstance(await shop.buy(), Refused)
    assert COMPLETE not in shop.calls()


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 502, 503])
async def test_a_replay_without_the_stored_answer_is_decided_by_the_session(
    shop: Script, status: int
) -> None:
    shop.on(COMPLETE, {"code": "conflict"}, status=status)
    shop.in_turn(GET_SESSION, SESSION, DONE)
    assert await shop.buy() == Acknowledged("N-1", PINNED.total)


@pytest.mark.parametrize("status", [302, 408, 409, 425, 429, 500, 503])
@pytest.mark.parametrize("step", [CREATE, GET_SESSION, PUT_SESSION, COMPLETE])
async def test_an_undecided_status_stays_unknown(shop: Script, step: str, status: int) -> None:
    shop.on(step, {}, status=status)
    assert isinstance(await shop.buy(), Unknown)


@pytest.mark.parametrize("step", [CREATE, PUT_SESSION, COMPLETE])
async def test_a_request_the_shop_rejects_is_refused(shop: Script, step: str) -> None:
    shop.on(step, {"code": "invalid_request"}, status=400)
    assert isinstance(await shop.buy(), Refused)


def beans_at(price: Any) -> dict[str, Any]:
    return {"line_items": [{"id": "l", "item": {"id": "beans", "price": price}, "quantity": 2}]}


@pytest.mark.parametrize(
    "nonsense",
    [
        {"hello": "shop"},
        [],
        "ready",
        SESSION | {"totals": "free"},
        SESSION
        | {"line_items": [{"id": "l", "item": {"id": "beans", "price": 15.5}, "quantity": 2}]},
        SESSION
        | {"line_items": [{"id": "l", "item": {"id": "beans", "price": -1}, "quantity": 2}]},
    ],
)
@pytest.mark.parametrize("step", [GET_SESSION, PUT_SESSION])
async def test_nonsense_is_never_completed(shop: Script, step: str, nonsense: Any) -> None:
    shop.on(step, nonsense)
    assert isinstance(await shop.buy(), Unknown)
    assert COMPLETE not in shop.calls()


@pytest.mark.parametrize(
    "half_sold", [DONE | {"order": None}, SESSION | {"status": "complete_in_progress"}]
)
async def test_what_may_be_sold_is_asked_about_and_not_completed(
    shop: Script, half_sold: Any
) -> None:
    shop.on(GET_SESSION, half_sold)
    assert isinstance(await shop.buy(), Unknown)
    assert COMPLETE not in shop.calls()


@pytest.mark.parametrize("status", [400, 404, 410, 422])
async def test_without_a_look_at_the_session_no_status_is_a_no(
    shop: Script, status: int
) -> None:
    """The purchase may have gone through before; both answers to it were lost."""
    shop.on(GET_SESSION, {}, status=status)
    assert isinstance(await shop.place(), Unknown)
    assert isinstance(await shop.vendor.abandon(ORDER, "chk/1"), Unknown)
    assert isinstance(await shop.vendor.look(ORDER, "chk/1"), Unknown)
    assert set(shop.calls()) <= {"GET /.well-known/ucp", GET_SESSION}


@pytest.mark.parametrize("status", [400, 402, 422])
async def test_a_no_to_completing_counts_only_while_the_session_is_unsold(
    shop: Script, status: int
) -> None:
    shop.on(COMPLETE, {}, status=status)
    shop.in_turn(GET_SESSION, SESSION, DONE)
    assert await shop.place() == Acknowledged("N-1", PINNED.total)


async def test_another_session_than_asked_for_says_nothing(shop: Script) -> None:
    shop.on(GET_SESSION, DONE | {"id": "chk/2"})
    assert isinstance(await shop.place(), Unknown)


async def test_a_session_left_behind_is_cancelled_at_the_shop(shop: Script) -> None:
    shop.in_turn(GET_SESSION, SESSION, SESSION | {"status": "canceled"})
    assert await shop.vendor.abandon(ORDER, "chk/1") == Abandoned()
    assert shop.calls()[-3:] == [GET_SESSION, CANCEL, GET_SESSION]


async def test_a_shop_that_cancels_no_sessions_shows_it_unsold(shop: Script) -> None:
    shop.on(CANCEL, {}, status=405)
    assert await shop.vendor.abandon(ORDER, "chk/1") == Abandoned()


async def test_what_is_sold_meanwhile_is_not_abandoned(shop: Script) -> None:
    shop.in_turn(GET_SESSION, SESSION, DONE)
    outcome = await shop.vendor.abandon(ORDER, "chk/1")
    assert outcome == Acknowledged("N-1", PINNED.total)


async def test_a_sold_session_is_not_cancelled(shop: Script) -> None:
    shop.on(GET_SESSION, DONE)
    outcome = await shop.vendor.abandon(ORDER, "chk/1")
    assert outcome == Acknowledged("N-1", PINNED.total)
    assert CANCEL not in shop.calls()


@pytest.mark.parametrize("nonsense", [{"hello": "shop"}, [], DONE | {"order": None}])
async def test_nonsense_after_completing_stays_unknown(shop: Script, nonsense: Any) -> None:
    shop.on(COMPLETE, nonsense)
    assert isinstance(await shop.buy(), Unknown)


@pytest.mark.parametrize(
    "endpoint", ["http://shop.example/api", "https://192.168.0.7/api", "https://127.0.0.1/api"]
)
async def test_an_endpoint_inside_our_network_is_not_called(
    shop: Script, endpoint: str
) -> None:
    service = {"transport": "rest", "endpoint": endpoint}
    profile = {"version": "2026-04-08", "services": {"dev.ucp.shopping": [service]}}
    shop.on("GET /.well-known/ucp", {"ucp": profile})
    assert isinstance(await shop.vendor.search("coffee-beans"), Unreadable)
    assert isinstance(await shop.buy(), Unknown)
    assert set(shop.calls()) == {"GET /.well-known/ucp"}


async def test_a_shop_without_rest_is_unreadable(shop: Script) -> None:
    shop.on("GET /.well-known/ucp", {"ucp": {"version": "2026-04-08", "services": {}}})
    answer = await shop.vendor.discover()
    assert isinstance(answer, Unreadable)
    assert answer.field == "ucp.services.dev.ucp.shopping"
