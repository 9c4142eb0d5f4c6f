"""What each product cost in each shop, as an owner's decisions saw it.

Pure. A point stands where the price differs from the one before it; the last sight closes a
series.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from vendor_policy.offers import Offer
from vendor_policy.time_machine import read_past


@dataclass(frozen=True, slots=True)
class PricePoint:
    seen_at: datetime
    price_minor: int  # of one pack, tax in, delivery out


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceSeries:
    """Of one SKU. `points`: oldest first."""

    gtin: str
    title: str
    vendor: str
    vendor_name: str
    sku: str
    pack_quantity: int
    unit: str
    currency: str
    points: tuple[PricePoint, ...]
    last_seen_at: datetime


def price_history(records: Iterable[bytes]) -> list[PriceSeries]:
    """By product, shop and SKU. records: in any order."""
    seen: dict[tuple[str, ...], dict[datetime, Offer]] = defaultdict(dict)
    for data in records:
        past = read_past(data)
        for offer in past.offers.values() if past else ():
            key = offer.gtin, offer.vendor, offer.sku, offer.price.currency
            seen[key][offer.seen_at] = offer
    return [_series(sights) for _, sights in sorted(seen.items())]


def _series(sights: dict[datetime, Offer]) -> PriceSeries:
    points: list[PricePoint] = []
    for seen_at, offer in sorted(sights.items()):
        if not points or points[-1].price_minor != offer.price.minor:
            points.append(PricePoint(seen_at, offer.price.minor))
    newest = sights[max(sights)]
    return PriceSeries(
        gtin=newest.gtin,
        title=newest.title,
        vendor=newest.vendor,
        vendor_name=newest.vendor_name,
        sku=newest.sku,
        pack_quantity=newest.pack_quantity,
        unit=newest.unit,
        currency=newest.price.currency,
        points=tuple(points),
        last_seen_at=newest.seen_at,
    )
