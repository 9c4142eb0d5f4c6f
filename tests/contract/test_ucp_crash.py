"""A purchase that is broken off at any call and begun again: one order in the shop's ledger."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from core.money import Money
from demo_shop import assortment
from demo_shop.app import ShopApp, create_shop
from replenishment.vendors.port import Acknowledged, Pinned, ShipTo, ToBuy, Unknown
from replenishment.vendors.ucp import UcpVendor
from tests.buying import buy

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
ORDER = UUID("0b5c8c3e-6f0a-5b1e-9d53-5a2f6f0d1c01")
HOME = ShipTo(
    name="Ada Beispiel",
    street="Hafenstraße 7",
    postal_code="20457",
    city="Hamburg",
    region="DE",
    email="ada@example.org",
)
CALLS = [
    "profile",
    "create",
    "get",
    "update",
    "look",
    "complete",
]  # of one undisturbed purchase


class Killed(Exception):
    """Stands for the end of the process."""


class Breaking(httpx.AsyncBaseTransport):
    """Breaks at one call: before the shop has it, or after."""

    def __init__(self, app: ShopApp, *, at: int, is_sent: bool, with_: Exception) -> None:
        self._shop = httpx.ASGITransport(app)
        self._at = at
        self._is_sent = is_sent
        self._with = with_
        self.count = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.count += 1
        if self.count != self._at:
            return await self._shop.handle_async_request(request)
        if self._is_sent:
            await self._shop.handle_async_request(request)
        raise self._with


@pytest.fixture
def app(tmp_path: Path) -> Iterator[ShopApp]:
    app = create_shop(assortment.load("haushaltshof"), tmp_path / "shop.db", lambda: NOON)
    yield app
    app.close()


def vendor(transport: httpx.AsyncBaseTransport) -> UcpVendor:
    return UcpVendor(
        "http://127.0.0.1",
        client=httpx.AsyncClient(transport=transport),
        profile_url="https://platform.example/.well-known/ucp",
        allow_loopback=True,
    )


def pinned(app: ShopApp) -> Pinned:
    article = app.shop.assortment.articles[0]
    total = Money(app.shop.price_minor(article) + 390, "EUR")
    return Pinned(lines=(ToBuy(sku=article.sku, packs=1),), total=total)


async def test_an_undisturbed_purchase_takes_six_calls(app: ShopApp) -> None:
    undisturbed = Breaking(app, at=0, is_sent=False, with_=Killed())
    assert isinstance(await buy(vendor(undisturbed), ORDER, pinned(app), HOME), Acknowledged)
    assert undisturbed.count == len(CALLS)


@pytest.mark.parametrize("is_sent", [False, True], ids=["before it", "after it"])
@pytest.mark.parametrize("at", range(1, len(CALLS) + 1), ids=CALLS)
async def test_killed_at_any_call_and_begun_again_it_buys_once(
    app: ShopApp, at: int, is_sent: bool
) -> None:
    dying = Breaking(app, at=at, is_sent=is_sent, with_=Killed())
    with pytest.raises(Killed):
        await buy(vendor(dying), ORDER, pinned(app), HOME)
    outcome = await buy(vendor(httpx.ASGITransport(app)), ORDER, pinned(app), HOME)
    assert isinstance(outcome, Acknowledged)
    assert [each.order_id for each in app.shop.ledger.orders()] == [outcome.vendor_order_number]


@pytest.mark.parametrize("error", [httpx.ReadTimeout("slow"), httpx.RemoteProtocolError("cut")])
@pytest.mark.parametrize("at", range(1, len(CALLS) + 1), ids=CALLS)
async def test_a_lost_answer_at_any_call_never_buys_twice(
    app: ShopApp, at: int, error: Exception
) -> None:
    losing = vendor(Breaking(app, at=at, is_sent=True, with_=error))
    first = await buy(losing, ORDER, pinned(app), HOME)
    assert isinstance(first, Acknowledged if CALLS[at - 1] == "complete" else Unknown)
    second = await buy(losing, ORDER, pinned(app), HOME)
    assert isinstance(second, Acknowledged)
    assert [each.order_id for each in app.shop.ledger.orders()] == [second.vendor_order_number]


async def test_a_lost_answer_whose_session_cannot_be_read_stays_unknown(app: ShopApp) -> None:
    app.shop.knobs.lose_answers = 1
    buying = Breaking(app, at=7, is_sent=True, with_=httpx.ReadTimeout("slow"))
    assert isinstance(await buy(vendor(buying), ORDER, pinned(app), HOME), Unknown)
    assert len(app.shop.ledger.orders()) == 1
    again = await buy(vendor(httpx.ASGITransport(app)), ORDER, pinned(app), HOME)
    assert isinstance(again, Acknowledged)
    assert len(app.shop.ledger.orders()) == 1


async def test_a_new_address_does_not_make_a_second_order(app: ShopApp) -> None:
    """The address is not part of the request that the key of the session names."""
    moved = replace(HOME, street="Neue Straße 1", postal_code="10115", city="Berlin")
    buying = vendor(httpx.ASGITransport(app))
    first = await buy(buying, ORDER, pinned(app), HOME)
    assert first == await buy(buying, ORDER, pinned(app), moved)
    assert len(app.shop.ledger.orders()) == 1
