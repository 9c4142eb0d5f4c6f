"""A vendor in memory that honours idempotency keys and can fail in the ways shops do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from core.money import Money
from replenishment.vendors.port import (
    Abandoned,
    AbandonResult,
    Acknowledged,
    CatalogueItem,
    Changed,
    Pinned,
    PlaceResult,
    Prepared,
    Progress,
    Refused,
    ShipTo,
    Unknown,
    Unreadable,
    Unsold,
)


@dataclass
class FakeOrder:
    number: str
    pinned: Pinned
    placed_at: datetime
    is_cancelled: bool = False


class FakeVendor:
    """`items` by category. Ships after `handling`, delivers after `transit`. Orders can be
    cancelled until they are shipped. `orders` is its ledger.
    """

    handling = timedelta(hours=20)
    transit = timedelta(days=2)

    def __init__(
        self,
        items: dict[str, tuple[CatalogueItem, ...]],
        *,
        delivery: Money,
        now: datetime = datetime(2026, 5, 4, 9, tzinfo=UTC),
    ) -> None:
        self.items = items
        self.delivery = delivery
        self.now = now
        self.orders: dict[UUID, FakeOrder] = {}
        self.checkouts: dict[str, bool] = {}  # whether it is still open
        self.lose_answers = 0
        self.hide_sales = 0
        self.refuse_repeats = False
        self.fail_requests = 0
        self.talk_nonsense = 0
        self.checkout_price_ppm = 0
        self.out_of_stock: set[str] = set()

    async def search(self, category: str) -> Sequence[CatalogueItem] | Unknown | Unreadable:
        if self._bites("fail_requests"):
            return Unknown("status 500")
        if self._bites("talk_nonsense"):
            return Unreadable("products", "missing")
        return self.items.get(category, ())

    async def prepare(
        self,
        idempotency_key: UUID,
        pinned: Pinned,
        ship_to: ShipTo,  # noqa: ARG002 - the port's
    ) -> Prepared | Unsold:
        if self._is_out_of_its_mind():
            return Unknown("status 500")
        checkout = f"C-{idempotency_key}"
        if checkout in self.checkouts:
            return (
                Refused("rejected", "status 422") if self.refuse_repeats else Prepared(checkout)
            )
        no = self._objection(pinned)
        if no is None:
            self.checkouts[checkout] = True
        return no or Prepared(checkout)

    async def place(self, idempotency_key: UUID, checkout: str, pinned: Pinned) -> PlaceResult:
        no = self._left(idempotency_key, checkout) or self._objection(pinned)
        if no is not None:
            return no
        number = f"V-{len(self.orders) + 1}"
        self.orders[idempotency_key] = FakeOrder(number, pinned, self.now)
        if self._bites("lose_answers"):
            return Unknown("timeout")
        return Acknowledged(number, pinned.total)

    async def look(self, idempotency_key: UUID, checkout: str) -> PlaceResult:
        return self._left(idempotency_key, checkout) or Unknown("the checkout is open")

    async def abandon(self, idempotency_key: UUID, checkout: str) -> AbandonResult:
        left = self._left(idempotency_key, checkout)
        if left is None:
            self.checkouts[checkout] = False
        return left if isinstance(left, Acknowledged | Unknown) else Abandoned()

    def _left(
        self, idempotency_key: UUID, checkout: str
    ) -> Acknowledged | Refused | Unknown | None:
        """What the shop shows of a checkout; None: it is open."""
        if self._is_out_of_its_mind():
            return Unknown("status 500")
        order = self.orders.get(idempotency_key)
        if order is not None and self._bites("hide_sales"):
            return Unknown("status 500")
        if order is not None:
            return Acknowledged(order.number, order.pinned.total)
        return None if self.checkouts[checkout] else Refused("rejected", "it is ended")

    def _is_out_of_its_mind(self) -> bool:
        return self._bites("fail_requests") or self._bites("talk_nonsense")

    async def get_order(
        self, idempotency_key: UUID, vendor_order_number: str
    ) -> Progress | Unknown:
        order = self.orders.get(idempotency_key)
        if order is None or order.number != vendor_order_number:
            return Unknown("not found")
        if order.is_cancelled:
            return Progress(state="cancelled")
        shipped_at = order.placed_at + self.handling
        delivered_at = shipped_at + self.transit
        if self.now >= delivered_at:
            return Progress(state="delivered", shipped_at=shipped_at, delivered_at=delivered_at)
        if self.now >= shipped_at:
            return Progress(state="shipped", shipped_at=shipped_at)
        return Progress(state="placed")

    async def cancel(
        self, idempotency_key: UUID, vendor_order_number: str
    ) -> Acknowledged | Refused | Unknown:
        progress = await self.get_order(idempotency_key, vendor_order_number)
        if isinstance(progress, Unknown):
            return progress
        if progress.state in ("shipped", "delivered"):
            return Refused("rejected", "it has left the shop")
        order = self.orders[idempotency_key]
        order.is_cancelled = True
        return Acknowledged(order.number, order.pinned.total)

    def next_event_at(self) -> datetime | None:
        shipped = [each.placed_at + self.handling for each in self.orders.values()]
        moments = shipped + [each + self.transit for each in shipped]
        return min((each for each in moments if each > self.now), default=None)

    def _objection(self, pinned: Pinned) -> Refused | Changed | None:
        prices = {each.sku: each.price for items in self.items.values() for each in items}
        total = self.delivery
        for line in pinned.lines:
            price = prices.get(line.sku)
            if price is None or line.sku in self.out_of_stock:
                return Refused("out_of_stock", f"{line.sku} is sold out")
            total += price * line.packs
        total += Money(total.minor * self.checkout_price_ppm // 1_000_000, total.currency)
        return (
            None if total == pinned.total else Changed("the total is not the pinned one", total)
        )

    def _bites(self, name: str) -> bool:
        left: int = getattr(self, name)
        setattr(self, name, max(0, left - 1))
        return left > 0
