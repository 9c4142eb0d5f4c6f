"""The parcel carrier, the knobs, and a ledger that outlives its process."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from demo_shop import assortment
from demo_shop.app import ShopApp, create_shop
from demo_shop.records import Destination, Wanted, Wish
from demo_shop.store import Ledger

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
TONER = Wish(
    items=(Wanted(line_id="li_1", sku="TW.TO.008", quantity=2),),
    destination=Destination(
        destination_id="home",
        street_address="Hafenstraße 7",
        postal_code="20457",
        address_locality="Hamburg",
        address_country="DE",
    ),
)


@pytest.fixture
def app(tmp_path: Path) -> ShopApp:
    app = create_shop(assortment.load("tintenwelt"), tmp_path / "shop.db", lambda: NOON)
    session = app.shop.open_session("key", TONER)
    app.shop.complete(session, ["invoice"])
    return app


@pytest.fixture
async def client(app: ShopApp) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield client
    app.close()


async def test_the_carrier_brings_a_parcel_once_it_is_delivered(tmp_path: Path) -> None:
    at = NOON
    app = create_shop(assortment.load("tintenwelt"), tmp_path / "shop.db", lambda: at)
    app.shop.complete(app.shop.open_session("key", TONER), ["invoice"])
    (order,) = app.shop.ledger.orders()
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        since = {"since": NOON.isoformat()}
        assert (await client.get("/demo/parcels", params=since)).json() == {"parcels": []}
        at = order.delivered_at
        (parcel,) = (await client.get("/demo/parcels", params=since)).json()["parcels"]
        assert parcel["order_id"] == order.order_id
        assert datetime.fromisoformat(parcel["delivered_at"]) == order.delivered_at
        assert parcel["lines"] == [{"sku": "TW.TO.008", "gtin": "2001000000081", "quantity": 2}]
        since = {"since": order.delivered_at.isoformat()}
        assert (await client.get("/demo/parcels", params=since)).json() == {"parcels": []}
    app.close()


async def test_knobs_turn_one_at_a_time(client: httpx.AsyncClient) -> None:
    await client.post("/demo/knobs", json={"lose_answers": 2})
    knobs = (await client.post("/demo/knobs", json={"out_of_stock": ["TW.TO.008"]})).json()
    assert knobs["lose_answers"] == 2
    assert knobs["out_of_stock"] == ["TW.TO.008"]


async def test_a_knob_that_is_not_there_is_named(client: httpx.AsyncClient) -> None:
    answer = await client.post("/demo/knobs", json={"lose_answer": 2})
    assert answer.status_code == 400
    assert "lose_answer" in answer.json()["content"]


async def test_strangers_do_not_turn_knobs(app: ShopApp) -> None:
    transport = httpx.ASGITransport(app, client=("203.0.113.9", 4711))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        assert (await client.get("/demo/knobs")).status_code == 403
    app.close()


async def test_the_ledger_survives_a_restart(app: ShopApp, tmp_path: Path) -> None:
    (before,) = app.shop.ledger.orders()
    app.close()
    ledger = Ledger(tmp_path / "shop.db")
    assert ledger.orders() == [before]
    assert ledger.next_change_after(NOON) == before.shipped_at
    assert ledger.next_change_after(before.shipped_at) == before.delivered_at
    assert ledger.next_change_after(before.delivered_at + timedelta(days=1)) is None
    ledger.close()


async def test_a_broken_transaction_leaves_no_trace(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "shop.db")
    app = create_shop(assortment.load("tintenwelt"), tmp_path / "shop.db", lambda: NOON)

    def sell_and_break_off() -> None:
        with app.shop.ledger.transaction():
            app.shop.complete(app.shop.open_session("key", TONER), ["invoice"])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sell_and_break_off()
    assert ledger.orders() == []
    ledger.close()
    app.close()
