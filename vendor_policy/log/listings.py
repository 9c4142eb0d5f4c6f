"""Listings: what a vendor offers in a category, logged when it changes, so that no offer can be
left out of a decision unnoticed.

Pure. A listing holds, by SKU, the hash of the offer or the facts it was refused for; moment of
sight and stock stand outside the hash, since they change without the vendor's doing.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from core.canonical import digest, dumps
from vendor_policy import offers
from vendor_policy.log import tree
from vendor_policy.log.notes import to_base64
from vendor_policy.offers import MissingFacts, Offer

LISTING: Final = "nachschub/listing/1"
LISTINGS: Final = "nachschub/listings/1"
OUTSIDE_THE_HASH: Final = frozenset({"offer_id", "seen_at", "expires_at", "in_stock"})

Entry = dict[str, Any]


def entries(seen: Iterable[Offer | MissingFacts]) -> list[Entry]:
    """Sorted by SKU: the order of the feed means nothing."""
    return sorted(map(_entry, seen), key=lambda each: str(each["sku"]))


def _entry(seen: Offer | MissingFacts) -> Entry:
    if isinstance(seen, MissingFacts):
        told = {"refused": list(seen.fields), "reasons": list(seen.reasons)}
        return {"sku": seen.sku, **told}
    return {
        "sku": seen.sku,
        "offer": listed_hash(offers.to_json(seen)),
        "in_stock": seen.in_stock,
    }


def listed_hash(offer: Mapping[str, Any]) -> str:
    """offer: as JSON, as it also stands in a decision record."""
    return digest(dumps({k: v for k, v in offer.items() if k not in OUTSIDE_THE_HASH}))


def listing(
    vendor_id: str, category: str, listed: Sequence[Entry], listed_at: datetime
) -> dict[str, Any]:
    return {
        "schema": LISTING,
        "vendor": vendor_id,
        "category": category,
        "listed_at": listed_at.isoformat(),
        "entries": listed,
    }


def listed(
    vendor_id: str, category: str, commitment: bytes, seen_at: datetime, expires_at: datetime
) -> dict[str, Any]:
    """One vendor's listing as it stood when something was decided. From `expires_at` on nothing
    of it is in a decision, until the vendor is looked at again.
    """
    return {
        "vendor": vendor_id,
        "category": category,
        "commitment": to_base64(commitment),
        "seen_at": seen_at.isoformat(),
        "expires_at": expires_at.isoformat(),
    }


def listings(
    record_hash: str, at: datetime, current: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Bound to a decision record. `root`: of a tree, so that a vendor can be shown its own line
    alone.
    """
    return {
        "schema": LISTINGS,
        "record": record_hash,
        "at": at.isoformat(),
        "listings": list(current),
        "root": root(current),
    }


def root(current: Sequence[Mapping[str, Any]]) -> str:
    leaves = [tree.leaf_hash(dumps(each)) for each in current]
    nodes = tree.appended(0, leaves, {})
    return to_base64(tree.subtree((0, len(leaves)), nodes))
