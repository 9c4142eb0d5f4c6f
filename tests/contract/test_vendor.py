"""What every vendor must keep to, asked of the fake and of the UCP client at a real shop."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol
from uuid import UUID

import pytest

from core.money import Money
from demo_shop import assortment
from demo_shop.app import ShopApp, create_shop
from replenishment.vendors import url_guard
from replenishment.vendors.port import (
    Abandoned,
    Acknowledged,
    CatalogueItem,
    Changed,
    Pinned,
    Prepared,
    Progress,
    Refused,
    ShipTo,
    ToBuy,
    Unknown,
    Unreadable,
    Vendor,
)
from replenishment.vendors.ucp import UcpVendor
from tests.buying import buy
from tests.fakes_vendor import FakeVendor
from tests.shop_server import served

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
ORDER = UUID("0b5c8c3e-6f0a-5b1e-9d53-5a2f6f0d1c01")
OTHER_ORDER = UUID("0b5c8c3e-6f0a-5b1e-9d53-5a2f6f0d1c02")
HOME = ShipTo(
    name="Ada Beispiel",
    street="Hafenstraße 7",
    postal_code="20457",
    city="Hamburg",
    region="DE",
    email="ada@example.org",
)


class Shop(Protocol):
    """A vendor, and what only its shop can do."""

    vendor: Vendor
    delivery: Money

    def ledger(self) -> list[str]:
        """Numbers of all orders the shop has, however they came about."""
        ...

    def turn(self, knob: str, value: object) -> None: ...

    def step_to_next_event(self) -> None: ...


class FakeShop:
    delivery = Money(390, "EUR")

    def __init__(self) -> None:
        beans = CatalogueItem(
            sku="K-1", title="Beans", gtin=None, price=Money(1549, "EUR"), in_stock=True
        )
        self.fake = FakeVendor({"coffee-beans": (beans,)}, delivery=self.delivery, now=NOON)
        self.vendor: Vendor = self.fake

    def ledger(self) -> list[str]:
        return [each.number for each in self.fake.orders.values()]

    def turn(self, knob: str, value: object) -> None:
        setattr(self.fake, knob, value)

    def step_to_next_event(self) -> None:
        at = self.fake.next_event_at()
        assert at is not None
        self.fake.now = at


class UcpShop:
    delivery = Money(390, "EUR")

    def __init__(self, folder: Path) -> None:
        self.at = NOON
        self.app: ShopApp = create_shop(
            assortment.load("haushaltshof"), folder / "shop.db", lambda: self.at
        )
        self.vendor: Vendor

    def ledger(self) -> list[str]:
        return [each.order_id for each in self.app.shop.ledger.orders()]

    def turn(self, knob: str, value: object) -> None:
        setattr(self.app.shop.knobs, knob, value)

    def step_to_next_event(self) -> None:
        at = self.app.next_event_at()
        assert at is not None
        self.at = at


@pytest.fixture(params=["fake", "ucp"])
async def shop(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Shop]:
    if request.param == "fake":
        yield FakeShop()
        return
    ucp = UcpShop(tmp_path)
    async with (
        served(ucp.app) as url,
        url_guard.shop_client(allow_loopback=True) as client,
    ):
        ucp.vendor = UcpVendor(
            url,
            client=client,
            profile_url="https://platform.example/.well-known/ucp",
            allow_loopback=True,
        )
        yield ucp


async def offered(shop: Shop) -> CatalogueItem:
    items = await shop.vendor.search("coffee-beans")
    assert not isinstance(items, Unknown | Unreadable)
    return items[0]


async def pinned(shop: Shop, packs: int = 1) -> Pinned:
    """What a decision on the shop's own catalogue pins."""
    item = await offered(shop)
    assert item.price is not None
    return Pinned(
        lines=(ToBuy(sku=item.sku, packs=packs),), total=item.price * packs + shop.delivery
    )


async def acknowledged(shop: Shop, order: UUID = ORDER) -> Acknowledged:
    outcome = await buy(shop.vendor, order, await pinned(shop), HOME)
    assert isinstance(outcome, Acknowledged)
    return outcome


class TestVendor:
    async def test_the_catalogue_names_price_and_stock(self, shop: Shop) -> None:
        item = await offered(shop)
        assert item.price is not None
        assert item.price.minor > 0
        assert item.in_stock is True

    async def test_a_category_nobody_sells_is_empty(self, shop: Shop) -> None:
        assert list(await shop.vendor.search("dragon-food")) == []

    async def test_a_failing_catalogue_is_no_answer(self, shop: Shop) -> None:
        shop.turn("fail_requests", 1)
        assert isinstance(await shop.vendor.search("coffee-beans"), Unknown)

    async def test_a_nonsense_catalogue_is_unreadable_by_field(self, shop: Shop) -> None:
        shop.turn("talk_nonsense", 1)
        answer = await shop.vendor.search("coffee-beans")
        assert isinstance(answer, Unreadable)
        assert answer.field == "products"

    async def test_an_order_costs_what_was_pinned(self, shop: Shop) -> None:
        wanted = await pinned(shop, packs=2)
        outcome = await buy(shop.vendor, ORDER, wanted, HOME)
        assert isinstance(outcome, Acknowledged)
        assert outcome.total == wanted.total
        assert shop.ledger() == [outcome.vendor_order_number]

    async def test_a_repeated_order_is_the_same_order(self, shop: Shop) -> None:
        first, second = await acknowledged(shop), await acknowledged(shop)
        assert first == second
        assert shop.ledger() == [first.vendor_order_number]

    async def test_another_key_is_another_order(self, shop: Shop) -> None:
        first, second = await acknowledged(shop), await acknowledged(shop, OTHER_ORDER)
        assert sorted(shop.ledger()) == sorted(
            [first.vendor_order_number, second.vendor_order_number]
        )

    async def test_a_lost_answer_does_not_buy_twice(self, shop: Shop) -> None:
        shop.turn("lose_answers", 1)
        await buy(shop.vendor, ORDER, await pinned(shop), HOME)
        again = await acknowledged(shop)
        assert shop.ledger() == [again.vendor_order_number]

    async def test_a_purchase_nobody_answers_for_is_never_refused(self, shop: Shop) -> None:
        """Bought, but the answer and the look at it are lost, and then the shop has forgotten
        the key of the checkout.
        """
        wanted = await pinned(shop)
        prepared = await shop.vendor.prepare(ORDER, wanted, HOME)
        assert isinstance(prepared, Prepared)
        shop.turn("lose_answers", 1)
        shop.turn("refuse_repeats", True)
        for _ in range(2):
            shop.turn("hide_sales", 1)
            outcome = await shop.vendor.place(ORDER, prepared.checkout, wanted)
            assert isinstance(outcome, Unknown)
        outcome = await shop.vendor.place(ORDER, prepared.checkout, wanted)
        assert isinstance(outcome, Acknowledged)
        assert shop.ledger() == [outcome.vendor_order_number]

    async def test_what_is_only_prepared_is_not_bought(self, shop: Shop) -> None:
        first = await shop.vendor.prepare(ORDER, await pinned(shop), HOME)
        assert isinstance(first, Prepared)
        assert await shop.vendor.prepare(ORDER, await pinned(shop), HOME) == first
        assert isinstance(await shop.vendor.look(ORDER, first.checkout), Unknown)
        assert shop.ledger() == []

    async def test_what_was_abandoned_cannot_be_bought(self, shop: Shop) -> None:
        wanted = await pinned(shop)
        prepared = await shop.vendor.prepare(ORDER, wanted, HOME)
        assert isinstance(prepared, Prepared)
        for _ in range(2):
            assert await shop.vendor.abandon(ORDER, prepared.checkout) == Abandoned()
        outcome = await shop.vendor.place(ORDER, prepared.checkout, wanted)
        assert isinstance(outcome, Refused)
        assert shop.ledger() == []

    async def test_what_was_bought_cannot_be_abandoned(self, shop: Shop) -> None:
        wanted = await pinned(shop)
        prepared = await shop.vendor.prepare(ORDER, wanted, HOME)
        assert isinstance(prepared, Prepared)
        bought = await shop.vendor.place(ORDER, prepared.checkout, wanted)
        assert await shop.vendor.look(ORDER, prepared.checkout) == bought
        assert await shop.vendor.abandon(ORDER, prepared.checkout) == bought
        shop.turn("hide_sales", 1)
        assert isinstance(await shop.vendor.abandon(ORDER, prepared.checkout), Unknown)

    async def test_another_price_at_the_checkout_buys_nothing(self, shop: Shop) -> None:
        wanted = await pinned(shop)
        shop.turn("checkout_price_ppm", 50_000)
        outcome = await buy(shop.vendor, ORDER, wanted, HOME)
        assert isinstance(outcome, Changed)
        assert outcome.total is not None
        assert wanted.total < outcome.total
        assert shop.ledger() == []

    async def test_what_is_sold_out_is_refused(self, shop: Shop) -> None:
        wanted = await pinned(shop)
        shop.turn("out_of_stock", frozenset({wanted.lines[0].sku}))
        outcome = await buy(shop.vendor, ORDER, wanted, HOME)
        assert isinstance(outcome, Refused)
        assert outcome.code == "out_of_stock"
        assert shop.ledger() == []

    @pytest.mark.parametrize("knob", ["fail_requests", "talk_nonsense"])
    @pytest.mark.parametrize("times", [1, 2, 3, 5])
    async def test_a_shop_out_of_its_mind_sells_once_when_it_is_back(
        self, shop: Shop, knob: str, times: int
    ) -> None:
        wanted = await pinned(shop)
        shop.turn(knob, times)
        outcome = await buy(shop.vendor, ORDER, wanted, HOME)
        assert isinstance(outcome, Unknown | Acknowledged)
        shop.turn(knob, 0)
        outcome = await buy(shop.vendor, ORDER, wanted, HOME)
        assert isinstance(outcome, Acknowledged)
        assert shop.ledger() == [outcome.vendor_order_number]

    async def test_an_order_is_placed_then_shipped_then_delivered(self, shop: Shop) -> None:
        number = (await acknowledged(shop)).vendor_order_number
        seen: list[Progress] = []
        for _ in range(3):
            if seen:
                shop.step_to_next_event()
            progress = await shop.vendor.get_order(ORDER, number)
            assert isinstance(progress, Progress)
            seen.append(progress)
        assert [each.state for each in seen] == ["placed", "shipped", "delivered"]
        shipped_at, delivered_at = seen[2].shipped_at, seen[2].delivered_at
        assert shipped_at is not None
        assert delivered_at is not None
        assert NOON < shipped_at < delivered_at
        assert seen[1].shipped_at == shipped_at

    async def test_an_order_nobody_placed_is_unknown(self, shop: Shop) -> None:
        assert isinstance(await shop.vendor.get_order(ORDER, "V-404"), Unknown)

    async def test_a_cancelled_order_is_cancelled_and_a_refused_one_goes_on(
        self, shop: Shop
    ) -> None:
        number = (await acknowledged(shop)).vendor_order_number
        outcome = await shop.vendor.cancel(ORDER, number)
        progress = await shop.vendor.get_order(ORDER, number)
        assert isinstance(progress, Progress)
        if isinstance(outcome, Acknowledged):
            assert progress.state == "cancelled"
        else:
            assert isinstance(outcome, Refused)
            assert progress.state == "placed"

    async def test_what_has_left_cannot_be_cancelled(self, shop: Shop) -> None:
        number = (await acknowledged(shop)).vendor_order_number
        shop.step_to_next_event()
        assert isinstance(await shop.vendor.cancel(ORDER, number), Refused)
