"""What catalogues and orders of UCP shops are read as."""

from decimal import Decimal
from typing import Any

import pytest

from core.money import Money
from replenishment.vendors.port import (
    Acknowledged,
    CatalogueItem,
    Progress,
    Refused,
    Unknown,
    Unreadable,
)
from replenishment.vendors.ucp import MOST_PAGES
from replenishment.vendors.ucp_answers import Rating
from replenishment.vendors.ucp_judging import rating_ppm
from tests.ucp_script import ORDER, SEARCH, SESSION, SHOP, Script


@pytest.fixture
def shop() -> Script:
    return Script()


def product(sku: str = "beans", **variant: Any) -> dict[str, Any]:
    said = {
        "id": sku,
        "title": "1 kg",
        "price": {"amount": 1500, "currency": "EUR"},
        "barcodes": [{"type": "X", "value": "abc"}, {"type": "EAN", "value": "2001000000173"}],
        "availability": {"available": True},
        "rating": {"value": 4.4, "scale_max": 5, "count": 12},
    }
    categories = [{"value": "coffee-beans"}]
    return {"title": "Beans", "categories": categories, "variants": [said | variant]}


async def found(shop: Script, *products: Any) -> list[CatalogueItem]:
    shop.on(SEARCH, {"products": products})
    items = await shop.vendor.search("coffee-beans")
    assert isinstance(items, list)
    return items


async def test_an_item_keeps_what_the_shop_says(shop: Script) -> None:
    assert await found(shop, product()) == [
        CatalogueItem(
            sku="beans",
            title="Beans",
            gtin="02001000000173",
            price=Money(1500, "EUR"),
            in_stock=True,
            rating_ppm=880_000,
            rating_count=12,
        )
    ]


@pytest.mark.parametrize(
    "price",
    [
        None,
        1500,
        {"amount": 15.5, "currency": "EUR"},
        {"amount": 1500.0, "currency": "EUR"},
        {"amount": "1500", "currency": "EUR"},
        {"amount": True, "currency": "EUR"},
        {"amount": -1, "currency": "EUR"},
        {"amount": 1500, "currency": "euro"},
        {"amount": 1500},
    ],
)
async def test_a_price_that_is_none_is_not_said(shop: Script, price: Any) -> None:
    (item,) = await found(shop, product(price=price))
    assert item.price is None


@pytest.mark.parametrize(
    ("availability", "expected"),
    [
        (None, None),
        ({}, None),
        ({"available": "yes"}, None),
        ({"status": "in_stock"}, True),
        ({"status": "discontinued"}, False),
        ({"available": False, "status": "in_stock"}, False),
    ],
)
async def test_stock_is_known_or_not_said(
    shop: Script, availability: Any, expected: bool | None
) -> None:
    (item,) = await found(shop, product(availability=availability))
    assert item.in_stock is expected


@pytest.mark.parametrize(
    "rating",
    [
        {"value": 6, "scale_max": 5},
        {"value": "4", "scale_max": 5},
        {"value": -1, "scale_max": 5},
        {"value": 1, "scale_max": 0},
        {"value": True, "scale_max": 1},
    ],
)
async def test_a_rating_outside_its_scale_is_not_said(shop: Script, rating: Any) -> None:
    (item,) = await found(shop, product(rating=rating))
    assert item.rating_ppm is None


def test_a_rating_too_large_to_compute_with_is_not_said() -> None:
    endless = Decimal("9e999999")  # a valid JSON number
    assert rating_ppm(Rating(value=endless, scale_max=endless)) is None


async def test_products_of_other_categories_are_left_out(shop: Script) -> None:
    tea = product("tea") | {"categories": [{"value": "tea"}]}
    silent = product("silent") | {"categories": None}
    assert [each.sku for each in await found(shop, tea, silent)] == ["silent"]


@pytest.mark.parametrize(
    ("page", "field"),
    [
        ({}, "products"),
        ({"products": [product(), {"variants": []}]}, "products.1.title"),
        ({"products": [product(id=7)]}, "products.0.variants.0.id"),
        ({"products": [], "pagination": {"has_next_page": True}}, "pagination.cursor"),
        (["products"], "body"),
    ],
)
async def test_an_unreadable_page_names_the_field(shop: Script, page: Any, field: str) -> None:
    shop.on(SEARCH, page)
    answer = await shop.vendor.search("coffee-beans")
    assert isinstance(answer, Unreadable)
    assert answer.field == field


async def test_of_a_catalogue_without_end_nothing_counts(shop: Script) -> None:
    paging = {"has_next_page": True, "cursor": "again"}
    shop.on(SEARCH, {"products": [product()], "pagination": paging})
    found = await shop.vendor.search("coffee-beans")
    assert isinstance(found, Unreadable)
    assert found.field == "pagination"
    assert shop.calls().count(SEARCH) == MOST_PAGES


def order(*events: dict[str, Any], total: int = 2) -> dict[str, Any]:
    return {
        "id": "N/1",
        "permalink_url": f"{SHOP}/orders/1",
        "currency": "EUR",
        "line_items": [{"id": "li_1", "quantity": {"total": total, "fulfilled": 0}}],
        "fulfillment": {"events": list(events)},
        "totals": SESSION["totals"],
    }


def event(kind: str, day: int, quantity: int = 2) -> dict[str, Any]:
    at = f"2026-05-{day:02d}T10:00:00Z"
    return {
        "type": kind,
        "occurred_at": at,
        "line_items": [{"id": "li_1", "quantity": quantity}],
    }


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (order(), "placed"),
        (order(event("processing", 4)), "placed"),
        (order(event("in_transit", 5)), "shipped"),
        (order(event("shipped", 5), event("delivered", 6, quantity=1)), "shipped"),
        (
            order(event("delivered", 6, quantity=1), event("delivered", 7, quantity=1)),
            "delivered",
        ),
        (order(event("canceled", 5), total=0), "cancelled"),
    ],
)
async def test_progress_follows_the_events(
    shop: Script, answer: dict[str, Any], state: str
) -> None:
    shop.on("GET /api/orders/N%2F1", answer)
    progress = await shop.vendor.get_order(ORDER, "N/1")
    assert isinstance(progress, Progress)
    assert progress.state == state


@pytest.mark.parametrize(
    "at",
    ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "yesterday", [], None],
)
async def test_a_delivery_at_no_instant_is_a_delivery(shop: Script, at: Any) -> None:
    shop.on("GET /api/orders/N%2F1", order(event("delivered", 6) | {"occurred_at": at}))
    assert await shop.vendor.get_order(ORDER, "N/1") == Progress(state="delivered")


@pytest.mark.parametrize("answer", [{}, order() | {"id": "N-2"}, {"ucp": {"status": "error"}}])
async def test_an_order_that_is_not_shown_is_unknown(shop: Script, answer: Any) -> None:
    shop.on("GET /api/orders/N%2F1", answer)
    assert isinstance(await shop.vendor.get_order(ORDER, "N/1"), Unknown)


async def test_cancelling_points_to_the_page_at_the_shop(shop: Script) -> None:
    shop.on("GET /api/orders/N%2F1", order())
    outcome = await shop.vendor.cancel(ORDER, "N/1")
    assert outcome == Refused("not_supported", f"{SHOP}/orders/1")


async def test_an_order_cancelled_at_the_shop_is_acknowledged(shop: Script) -> None:
    shop.on("GET /api/orders/N%2F1", order(total=0))
    outcome = await shop.vendor.cancel(ORDER, "N/1")
    assert outcome == Acknowledged("N/1", Money(3490, "EUR"))
