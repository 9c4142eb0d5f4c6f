"""What the platform asks of a shop, in no shop's dialect; answers are values.

`Unknown` means: no answer. The vendor may have the order: ask again under the same key.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from core.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueItem:
    """One SKU as the shop's catalogue shows it; what the shop does not say is None."""

    sku: str
    title: str
    gtin: str | None
    price: Money | None  # tax included, delivery not
    in_stock: bool | None
    rating_ppm: int | None = None  # of the best possible rating
    rating_count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToBuy:
    sku: str
    packs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipTo:
    """Where the parcel goes. `region`: ISO 3166-1 alpha-2."""

    name: str
    street: str
    postal_code: str
    city: str
    region: str
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinned:
    """What the record says will be bought; a shop that answers otherwise is not completed."""

    lines: tuple[ToBuy, ...]
    total: Money  # tax and delivery included


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The shop has the order, under its own number, and charges `total` (compare: a shop may
    still charge another than it showed). `expected_on`: the last day it promised, when it said.
    """

    vendor_order_number: str
    total: Money
    expected_on: date | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The shop will not sell; nothing was bought."""

    code: str  # "out_of_stock", "declined", "rejected"; of a cancel also "not_supported"
    detail: str  # the shop's words, or where to go; data, never acted on


@dataclass(frozen=True, slots=True)
class Changed:
    """The shop's total, price or pack is not the pinned one; nothing was bought."""

    detail: str
    total: Money | None


@dataclass(frozen=True, slots=True)
class NeedsOwner:
    """The owner must finish `checkout` at the shop (a normal outcome); nothing was bought."""

    continue_url: str
    checkout: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """No answer. The vendor may have the order: ask again under the same key."""

    detail: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """Only the purchase is left; `checkout`: the shop's name for what it would sell."""

    checkout: str


@dataclass(frozen=True, slots=True)
class Abandoned:
    """The shop shows that nothing was bought, and nobody will buy it any more."""


Unsold = Refused | Changed | NeedsOwner | Unknown
PlaceResult = Acknowledged | Unsold
AbandonResult = Acknowledged | Abandoned | Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far the shop says an order is. `state`: placed, shipped, delivered or cancelled.
    The instants are the shop's: they may lie before the purchase or ahead of us.
    """

    state: str
    expected_on: date | None = None
    shipped_at: datetime | None = None
    delivered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """The shop answered, but not in its dialect; `field` names what was wrong."""

    field: str
    detail: str


class Vendor(Protocol):
    async def search(self, category: str) -> Sequence[CatalogueItem] | Unknown | Unreadable:
        """All items of a category, following pages up to a limit."""
        ...

    async def prepare(
        self, idempotency_key: UUID, pinned: Pinned, ship_to: ShipTo
    ) -> Prepared | Unsold:
        """Everything but the purchase: buys nothing, however often it is asked. One checkout a
        key, as long as the shop remembers keys.
        """
        ...

    async def place(self, idempotency_key: UUID, checkout: str, pinned: Pinned) -> PlaceResult:
        """Buys the checkout, unless the shop shows that it was bought before. It says that
        nothing was bought only when the shop shows the checkout unsold.

        Buys once per key, whatever is repeated, for as long as the shop remembers keys: UCP
        asks for 24 hours. An order that is still without an answer after that is for a person.
        """
        ...

    async def look(self, idempotency_key: UUID, checkout: str) -> PlaceResult:
        """What became of a checkout that the owner was to finish; Unknown while it is open."""
        ...

    async def abandon(self, idempotency_key: UUID, checkout: str) -> AbandonResult:
        """Ends a checkout that is not sold yet, and says whether it was."""
        ...

    async def get_order(
        self, idempotency_key: UUID, vendor_order_number: str
    ) -> Progress | Unknown: ...

    async def cancel(
        self, idempotency_key: UUID, vendor_order_number: str
    ) -> Acknowledged | Refused | Unknown:
        """Refused as "not_supported": the owner can cancel only at the shop, at `detail`."""
        ...
