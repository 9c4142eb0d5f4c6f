"""Candidates: what `decide` may know of an offer, times a number of packs.

Pure. There is no remuneration, ownership, vendor name or feed position here, and
`candidate` is the only way to make one: what cannot be read cannot rank.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from core.money import Money
from vendor_policy.declarations import DeliveryPromise, Shipping, Unit
from vendor_policy.needs import Need
from vendor_policy.offers import Offer

PACK_COUNTS = 12  # numbers of packs tried of one offer, from the least that is enough


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    offer_id: str
    vendor: str  # opaque: compared with the owner's lists and with facts, nothing else
    gtin: str
    brand: str
    category: str
    fits: tuple[str, ...]
    pack_quantity: int
    unit: Unit
    packs: int
    price: Money  # one pack, tax in, delivery out
    shipping_minor: int  # of an order of these packs alone
    in_stock: bool
    expires_at: datetime
    delivery: DeliveryPromise
    attributes: tuple[str, ...]
    trader_verified: bool
    shipping: Shipping  # of an order with other goods in it
    need_id: str | None = None  # None: for whatever need is decided

    @property
    def quantity(self) -> int:
        return self.packs * self.pack_quantity

    @property
    def goods_minor(self) -> int:
        return self.packs * self.price.minor

    @property
    def total_minor(self) -> int:
        return self.packs * self.price.minor + self.shipping_minor

    @property
    def total(self) -> Money:
        """What is paid: tax and delivery in."""
        return Money(self.total_minor, self.price.currency)


def candidate(offer: Offer, packs: int, need_id: str | None = None) -> Candidate:
    return Candidate(
        offer_id=offer.offer_id,
        vendor=offer.vendor,
        gtin=offer.gtin,
        brand=offer.brand,
        category=offer.category,
        fits=offer.fits,
        pack_quantity=offer.pack_quantity,
        unit=offer.unit,
        packs=packs,
        price=offer.price,
        shipping_minor=offer.shipping.cost_minor(packs * offer.price.minor),
        in_stock=offer.in_stock,
        expires_at=offer.expires_at,
        delivery=offer.delivery,
        attributes=offer.attributes,
        trader_verified=offer.trader_verified,
        shipping=offer.shipping,
        need_id=need_id,
    )


def candidates(offers: Iterable[Offer], need: Need) -> tuple[Candidate, ...]:
    """Every offer with every number of packs within the need's range, at least one each: the
    rules, not a silent filter, say what does not do.
    """
    return tuple(
        candidate(offer, packs, need.need_id)
        for offer in offers
        for packs in pack_counts(offer, need)
    )


def pack_counts(offer: Offer, need: Need) -> range:
    if offer.unit != need.unit:
        return range(1, 2)
    least = -(-need.quantity_least // offer.pack_quantity)
    most = need.quantity_most // offer.pack_quantity
    return range(least, min(max(least, most), least + PACK_COUNTS - 1) + 1)
