"""Offers: everything seen of one vendor's SKU at one moment, every fact with its source.

Pure. An offer that lacks a mandatory fact is refused at the door, with the field named.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal, Protocol

from pydantic import AwareDatetime, Field, TypeAdapter

from core.canonical import digest
from core.gtin import normalised_gtin
from core.money import PPM, Money
from vendor_policy.declarations import (
    DeliveryPromise,
    ProductCard,
    Remuneration,
    Shipping,
    Unit,
    VendorDeclaration,
)

Source = Literal["catalogue", "declaration", "card", "register"]

# Who must say which fact. Written into every offer, and into the refusal of one that lacks it.
SOURCES: Mapping[str, Source] = {
    "sku": "catalogue",
    "title": "catalogue",
    "gtin": "catalogue",
    "price": "catalogue",
    "in_stock": "catalogue",
    "rating": "catalogue",
    "vendor_name": "register",
    "trader_verified": "register",
    "shipping": "declaration",
    "delivery": "declaration",
    "remuneration": "declaration",
    "returns_days": "declaration",
    "brand": "card",
    "category": "card",
    "fits": "card",
    "pack_quantity": "card",
    "unit": "card",
    "attributes": "card",
}


# What the vendor is told about a field; all but the first are about what it did say.
REASONS = (
    "not_said",
    "not_above_zero",
    "too_high",
    "other_currency",
    "wrong_check_digit",
    "markup",
    "too_long",
    "not_text",
    "other_product",
)


class SeenItem(Protocol):
    """A catalogue entry as a shop shows it; what the shop does not say is None."""

    @property
    def sku(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def gtin(self) -> str | None: ...
    @property
    def price(self) -> Money | None: ...
    @property
    def in_stock(self) -> bool | None: ...
    @property
    def rating_ppm(self) -> int | None: ...
    @property
    def rating_count(self) -> int | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Trader:
    """Who sells. `vendor`: an opaque key. `is_verified`: name, address and register number
    were checked by the platform.
    """

    vendor: str
    name: str
    is_verified: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """When an offer was seen, how long it counts, and where parcels go."""

    seen_at: datetime
    expires_at: datetime
    region: str  # ISO 3166-1 alpha-2


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    value_ppm: int  # of the best possible rating
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    offer_id: str  # names vendor, SKU and moment of sight
    vendor: str
    vendor_name: str
    sku: str
    gtin: str  # 14 digits
    title: str
    brand: str
    category: str
    fits: tuple[str, ...]
    pack_quantity: Annotated[int, Field(gt=0)]  # units in one pack
    unit: Unit
    price: Money  # one pack, tax in, delivery out
    in_stock: bool
    shipping: Shipping
    delivery: DeliveryPromise
    attributes: tuple[str, ...]
    rating: Rating | None
    trader_verified: bool
    remuneration: Remuneration
    returns_days: int
    seen_at: AwareDatetime
    expires_at: AwareDatetime
    sources: Mapping[str, Source]


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingFacts:
    """A catalogue entry refused at the door. `fields`: names in `SOURCES`; `reasons`: why each
    does not count as said, see `REASONS`.
    """

    vendor: str
    sku: str
    title: str
    fields: tuple[str, ...]
    reasons: tuple[str, ...] = ()


def assemble(
    item: SeenItem,
    *,
    trader: Trader,
    declaration: VendorDeclaration | None,
    card: ProductCard | None,
    sight: Sight,
) -> Offer | MissingFacts:
    """`card`: the one of the item's GTIN; another product's counts as none."""
    facts = {
        **_from_catalogue(item, declaration),
        **_from_declaration(item, declaration, sight.region),
        **_from_card(item, card),
    }
    missing = tuple(field for field in SOURCES if field in facts and facts[field] is None)
    if "gtin" in missing:  # without it no card can be found: the vendor must not mend ours
        missing = tuple(field for field in missing if SOURCES[field] != "card")
    if missing:
        return MissingFacts(
            vendor=trader.vendor,
            sku=_quotable(item.sku),
            title=_quotable(item.title),
            fields=missing,
            reasons=tuple(_reason(field, item, declaration, card) for field in missing),
        )
    return Offer(
        offer_id=offer_id(trader.vendor, item.sku, sight.seen_at),
        vendor=trader.vendor,
        vendor_name=trader.name,
        trader_verified=trader.is_verified,
        rating=_rating(item),
        seen_at=sight.seen_at,
        expires_at=sight.expires_at,
        sources=SOURCES,
        **facts,
    )


def offer_id(vendor: str, sku: str, seen_at: datetime) -> str:
    """128 bits as 32 hexadecimal characters."""
    return digest(f"{vendor}\n{sku}\n{seen_at.isoformat()}".encode())[:32]


TEXT_MOST = 300  # characters of a shop's text
RATINGS_MOST = 1_000_000_000
PRICE_MOST_MINOR = 100_000_000  # beyond it, it is no price of a household's refill


def _from_catalogue(item: SeenItem, declaration: VendorDeclaration | None) -> dict[str, Any]:
    """What a shop cannot mean counts as not said."""
    return {
        "sku": item.sku if _text_problem(item.sku) is None else None,
        "title": item.title if _text_problem(item.title) is None else None,
        "gtin": normalised_gtin(item.gtin) if item.gtin else None,
        "price": item.price if _price_problem(item.price, declaration) is None else None,
        "in_stock": item.in_stock,
    }


MARKUP = re.compile(r"<[a-z/!?]|javascript:|&#", re.IGNORECASE)


def _text_problem(text: str) -> str | None:
    if not text:
        return "not_said"
    if len(text) > TEXT_MOST:
        return "too_long"
    if _quotable(text) != text or not text.isprintable():
        return "not_text"
    return "markup" if MARKUP.search(text) else None


def _price_problem(price: Money | None, declaration: VendorDeclaration | None) -> str | None:
    if price is None:
        return "not_said"
    if price.minor <= 0:
        return "not_above_zero"
    if price.minor > PRICE_MOST_MINOR:
        return "too_high"
    is_declared = declaration is None or price.currency == declaration.currency
    return None if is_declared else "other_currency"


def _reason(
    field: str,
    item: SeenItem,
    declaration: VendorDeclaration | None,
    card: ProductCard | None,
) -> str:
    if field in {"sku", "title"}:
        return _text_problem(getattr(item, field)) or "not_said"
    if field == "price":
        return _price_problem(item.price, declaration) or "not_said"
    if field == "gtin" and item.gtin:
        return "wrong_check_digit"
    return "other_product" if card and SOURCES[field] == "card" else "not_said"


def _quotable(text: str) -> str:
    """Short enough, and free of what UTF-8 cannot carry."""
    return text[:TEXT_MOST].encode(errors="replace").decode()


def _from_declaration(
    item: SeenItem, declaration: VendorDeclaration | None, region: str
) -> dict[str, Any]:
    if declaration is None:
        return dict.fromkeys(("shipping", "delivery", "remuneration", "returns_days"))
    terms, special = declaration.terms(region), declaration.exception(item.sku)
    return {
        "shipping": terms.shipping if terms else None,
        "delivery": (special.delivery or terms.delivery) if terms else None,
        "remuneration": special.remuneration or declaration.remuneration,
        "returns_days": declaration.returns_days
        if special.returns_days is None
        else special.returns_days,
    }


def _from_card(item: SeenItem, card: ProductCard | None) -> dict[str, Any]:
    fields = ("brand", "category", "fits", "pack_quantity", "unit", "attributes")
    if card is None or item.gtin is None or normalised_gtin(item.gtin) != card.gtin:
        return dict.fromkeys(fields)
    return {field: getattr(card, field) for field in fields}


def _rating(item: SeenItem) -> Rating | None:
    if item.rating_ppm is None or item.rating_count is None:
        return None
    if not (0 <= item.rating_ppm <= PPM and 0 <= item.rating_count <= RATINGS_MOST):
        return None
    return Rating(value_ppm=item.rating_ppm, count=item.rating_count)


_OFFER: TypeAdapter[Offer] = TypeAdapter(Offer)


def to_json(offer: Offer) -> dict[str, Any]:
    json: dict[str, Any] = _OFFER.dump_python(offer, mode="json")
    return json


def from_json(value: object) -> Offer:
    """Raises pydantic's ValidationError, which names the field."""
    return _OFFER.validate_python(value)
