"""The shop's answers against the published JSON schemas, and its promises about keys."""

import json
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urljoin
from uuid import UUID, uuid5

import httpx
import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from demo_shop import assortment
from demo_shop.app import ShopApp, create_shop
from tests import shared_data

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
SPACE = UUID("7d7d2f70-0c6a-4f0e-9a3c-3a51c1f7c9aa")
AGENT = {"UCP-Agent": 'profile="https://platform.example/.well-known/ucp"'}
SCHEMAS = "https://ucp.dev/schemas/"
CHECKOUT = f"{SCHEMAS}shopping/fulfillment.json#/$defs/dev.ucp.shopping.checkout"
BEANS = "HH-4212"
HOME = {
    "id": "home",
    "street_address": "Hafenstraße 7",
    "postal_code": "20457",
    "address_locality": "Hamburg",
    "address_country": "DE",
}
ON_INVOICE = {
    "payment": {
        "instruments": [
            {"id": "i1", "handler_id": "invoice", "type": "invoice", "selected": True}
        ]
    }
}


@cache
def registry() -> Registry[Any]:
    folder = shared_data.find(os.environ, Path(__file__).resolve().parents[3])
    if folder is None:
        pytest.skip(shared_data.ABSENT)
    files = (folder / "commerce" / "ucp" / "2026-04-08").rglob("*.json")
    schemas = [json.loads(each.read_text(encoding="utf-8")) for each in files]
    by_address = {
        each["$id"]: Resource.from_contents(each) for each in schemas if "$id" in each
    }
    # the profile schema's own $id lies one folder deeper than its references count from
    for address in list(by_address):
        astray = address.replace(SCHEMAS, f"{SCHEMAS}schemas/", 1)
        by_address[astray] = by_address[address]
    return Registry().with_resources(by_address.items())


def assert_conforms(answer: Any, schema: str) -> None:
    address = urljoin(SCHEMAS, schema)
    validator = Draft202012Validator({"$ref": address}, registry=registry())
    assert [f"{each.json_path}: {each.message}" for each in validator.iter_errors(answer)] == []


class Shop:
    """A shop and a caller with the headers UCP asks for."""

    def __init__(self, app: ShopApp, client: httpx.AsyncClient) -> None:
        self.app = app
        self.client = client

    async def send(
        self, method: str, path: str, body: Any = None, key: str | None = None
    ) -> httpx.Response:
        headers = AGENT | ({"Idempotency-Key": str(uuid5(SPACE, key))} if key else {})
        return await self.client.request(method, f"/ucp/{path}", json=body, headers=headers)

    async def opened(self, quantity: int = 1, key: str = "create") -> Any:
        body = {"line_items": [{"item": {"id": BEANS}, "quantity": quantity}]}
        return (await self.send("POST", "checkout-sessions", body, key)).json()

    async def ready(self, quantity: int = 1, key: str = "create", option: str = "") -> Any:
        session = await self.opened(quantity, key)
        method = {"type": "shipping", "line_item_ids": ["li_1"], "destinations": [HOME]}
        if option:
            method["groups"] = [{"id": "parcel_1", "selected_option_id": option}]
        body = {
            "line_items": [{"item": {"id": BEANS}, "quantity": quantity}],
            "buyer": {"email": "ada@example.org"},
            "fulfillment": {"methods": [method]},
        }
        return (await self.send("PUT", f"checkout-sessions/{session['id']}", body)).json()

    async def sold(self, quantity: int = 1, key: str = "create") -> Any:
        session = await self.ready(quantity, key)
        path = f"checkout-sessions/{session['id']}/complete"
        return (await self.send("POST", path, ON_INVOICE, f"complete {key}")).json()


class Hands:
    """A clock for a shop, moved by the test."""

    def __init__(self) -> None:
        self.at = NOON

    def now(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
async def shop(clock: Hands) -> AsyncIterator[Shop]:
    app = create_shop(assortment.load("haushaltshof"), ":memory:", clock.now)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield Shop(app, client)
    app.close()


async def test_the_profile_conforms(shop: Shop) -> None:
    profile = (await shop.client.get("/.well-known/ucp")).json()
    assert_conforms(profile, "discovery/profile.json#/$defs/business_profile")


async def test_what_lacks_a_required_field_does_not_conform(shop: Shop) -> None:
    session = await shop.ready()
    del session["status"]
    with pytest.raises(AssertionError, match="'status' is a required property"):
        assert_conforms(session, CHECKOUT)


async def test_search_conforms_and_pages_show_every_article_once(shop: Shop) -> None:
    shown: list[str] = []
    paging: dict[str, Any] = {"limit": 7}
    while True:
        page = (await shop.send("POST", "catalog/search", {"pagination": paging})).json()
        assert_conforms(page, "shopping/catalog_search.json#/$defs/search_response")
        shown += [each["variants"][0]["sku"] for each in page["products"]]
        if not page["pagination"]["has_next_page"]:
            break
        paging = {"limit": 7, "cursor": page["pagination"]["cursor"]}
    assert shown == [each.sku for each in shop.app.shop.assortment.articles]


async def test_search_finds_by_category_words_and_price(shop: Shop) -> None:
    wanted = {"filters": {"categories": ["coffee-beans"], "price": {"max": 2000}}}
    found = (await shop.send("POST", "catalog/search", wanted)).json()
    assert len(found["products"]) == 2
    wanted = {"query": "espresso 500", "filters": {"categories": ["coffee-beans"]}}
    found = (await shop.send("POST", "catalog/search", wanted)).json()
    assert [each["title"] for each in found["products"]] == ["Bergkaffee Espresso 500 g"]


async def test_a_cursor_of_another_shop_is_a_bad_request(shop: Shop) -> None:
    answer = await shop.send("POST", "catalog/search", {"pagination": {"cursor": "TW.1"}})
    assert answer.status_code == 400
    assert "TW.1" in answer.json()["content"]


async def test_lookup_conforms_and_says_which_id_found_what(shop: Shop) -> None:
    ids = [BEANS, f"p-{BEANS}", "2001000000173", "nobody-sells-this"]
    answer = (await shop.send("POST", "catalog/lookup", {"ids": ids})).json()
    assert_conforms(answer, "shopping/catalog_lookup.json#/$defs/lookup_response")
    (product,) = answer["products"]
    assert [each["id"] for each in product["variants"][0]["inputs"]] == ids[:3]


async def test_a_session_conforms_from_open_to_completed(shop: Shop) -> None:
    opened, ready, sold = await shop.opened(), await shop.ready(), await shop.sold()
    for session in (opened, ready, sold):
        assert_conforms(session, CHECKOUT)
    assert [each["status"] for each in (opened, ready, sold)] == [
        "incomplete",
        "ready_for_complete",
        "completed",
    ]
    assert opened["id"] == ready["id"] == sold["id"]


async def test_the_total_is_goods_and_the_chosen_delivery(shop: Shop) -> None:
    amounts = {}
    for option in ("standard", "express"):
        session = await shop.ready(option=option)
        amounts[option] = {each["type"]: each["amount"] for each in session["totals"]}
        assert session["fulfillment"]["methods"][0]["groups"][0]["selected_option_id"] == option
    goods = amounts["standard"]["subtotal"]
    assert amounts["standard"] == {"subtotal": goods, "fulfillment": 390, "total": goods + 390}
    assert amounts["express"] == {"subtotal": goods, "fulfillment": 890, "total": goods + 890}


async def test_delivery_is_free_from_the_stated_amount(shop: Shop) -> None:
    session = await shop.ready(quantity=3)
    assert {each["type"]: each["amount"] for each in session["totals"]}["fulfillment"] == 0


async def test_an_update_replaces_the_session_whole(shop: Shop) -> None:
    ready = await shop.ready()
    body = {"line_items": [{"item": {"id": BEANS}, "quantity": 2}]}
    bare = (await shop.send("PUT", f"checkout-sessions/{ready['id']}", body)).json()
    assert bare["status"] == "incomplete"
    assert "buyer" not in bare
    assert bare["line_items"][0]["quantity"] == 2


async def test_an_address_without_a_street_is_named(shop: Shop) -> None:
    session = await shop.opened()
    address = {name: value for name, value in HOME.items() if name != "street_address"}
    method = {"type": "shipping", "line_item_ids": ["li_1"], "destinations": [address]}
    body = {
        "line_items": [{"item": {"id": BEANS}, "quantity": 1}],
        "fulfillment": {"methods": [method]},
    }
    answer = (await shop.send("PUT", f"checkout-sessions/{session['id']}", body)).json()
    assert_conforms(answer, CHECKOUT)
    (message,) = answer["messages"]
    assert message["code"] == "address_undeliverable"
    assert message["path"] == "$.fulfillment.methods[0].destinations[0].street_address"


async def test_nothing_to_sell_is_an_error_that_conforms(shop: Shop) -> None:
    shop.app.shop.knobs.out_of_stock = frozenset({BEANS})
    answer = await shop.opened()
    assert_conforms(answer, "shopping/types/error_response.json")
    assert answer["messages"][0]["code"] == "out_of_stock"


@pytest.mark.parametrize("path", ["orders/HH-0", "checkout-sessions/chk_0"])
async def test_what_is_not_there_is_an_error_that_conforms(shop: Shop, path: str) -> None:
    answer = await shop.send("GET", path)
    assert answer.status_code == 200
    assert_conforms(answer.json(), "shopping/types/error_response.json")


async def test_an_order_conforms_in_every_state(shop: Shop, clock: Hands) -> None:
    sold = await shop.sold()
    events = []
    for _ in range(3):
        order = (await shop.send("GET", f"orders/{sold['order']['id']}")).json()
        assert_conforms(order, "shopping/order.json")
        events.append([each["type"] for each in order["fulfillment"]["events"]])
        clock.at = shop.app.next_event_at() or clock.at
    assert events == [[], ["shipped"], ["shipped", "delivered"]]
    assert shop.app.next_event_at() is None


async def test_an_order_cancelled_on_its_page_conforms(shop: Shop) -> None:
    sold = await shop.sold()
    page = await shop.client.post(
        f"/orders/{sold['order']['id']}/cancel", follow_redirects=True
    )
    assert "Storniert" in page.text
    order = (await shop.send("GET", f"orders/{sold['order']['id']}")).json()
    assert_conforms(order, "shopping/order.json")
    assert order["line_items"][0]["status"] == "removed"
    assert shop.app.next_event_at() is None


async def test_an_order_that_has_left_is_not_cancelled(shop: Shop, clock: Hands) -> None:
    sold = await shop.sold()
    clock.at = shop.app.next_event_at() or clock.at
    answer = await shop.client.post(f"/orders/{sold['order']['id']}/cancel")
    assert answer.status_code == 409


async def test_the_same_key_and_body_get_the_stored_answer(shop: Shop) -> None:
    first = await shop.ready()
    again = await shop.opened()
    assert again["status"] == "incomplete"  # as it was answered the first time
    assert again["id"] == first["id"]
    assert await shop.sold() == await shop.sold()
    assert len(shop.app.shop.ledger.orders()) == 1


async def test_the_same_key_with_another_body_is_a_conflict(shop: Shop) -> None:
    await shop.opened(quantity=1)
    body = {"line_items": [{"item": {"id": BEANS}, "quantity": 2}]}
    answer = await shop.send("POST", "checkout-sessions", body, "create")
    assert answer.status_code == 409


async def test_a_completed_session_sells_once_under_any_key(shop: Shop) -> None:
    sold = await shop.sold()
    path = f"checkout-sessions/{sold['id']}/complete"
    again = (await shop.send("POST", path, ON_INVOICE, "another key")).json()
    assert again["order"] == sold["order"]
    assert len(shop.app.shop.ledger.orders()) == 1


async def test_another_way_to_pay_is_refused(shop: Shop) -> None:
    session = await shop.ready()
    card = {"payment": {"instruments": [{"id": "i1", "handler_id": "card", "type": "card"}]}}
    path = f"checkout-sessions/{session['id']}/complete"
    answer = (await shop.send("POST", path, card, "complete")).json()
    assert_conforms(answer, CHECKOUT)
    assert answer["messages"][0]["code"] == "payment_failed"
    assert shop.app.shop.ledger.orders() == []


async def test_a_session_ends_after_six_hours(shop: Shop, clock: Hands) -> None:
    session = await shop.ready()
    clock.at += timedelta(hours=6)
    path = f"checkout-sessions/{session['id']}"
    assert (await shop.send("GET", path)).json()["status"] == "canceled"
    answer = await shop.send("POST", f"{path}/complete", ON_INVOICE, "complete")
    assert answer.json()["status"] == "canceled"


async def test_a_cancelled_session_sells_nothing(shop: Shop) -> None:
    session = await shop.ready()
    path = f"checkout-sessions/{session['id']}"
    canceled = (await shop.send("POST", f"{path}/cancel", key="cancel")).json()
    assert_conforms(canceled, CHECKOUT)
    await shop.send("POST", f"{path}/complete", ON_INVOICE, "complete")
    assert shop.app.shop.ledger.orders() == []


async def test_a_request_without_agent_or_key_is_a_bad_request(shop: Shop) -> None:
    body = {"line_items": [{"item": {"id": BEANS}, "quantity": 1}]}
    assert (await shop.send("POST", "checkout-sessions", body)).status_code == 400
    answer = await shop.client.post("/ucp/catalog/search", json={})
    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid_request"


async def test_what_was_sold_this_week_is_missing_from_stock(shop: Shop, clock: Hands) -> None:
    article = shop.app.shop.assortment.article(BEANS)
    assert article is not None
    await shop.sold(quantity=article.stock)
    assert shop.app.shop.pieces_left(article) == 0
    assert (await shop.opened(key="next"))["ucp"]["status"] == "error"
    clock.at += timedelta(days=8)
    assert shop.app.shop.pieces_left(article) == article.stock
