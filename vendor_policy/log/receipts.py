"""What a vendor with a listing receipt can hold against a decision. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from vendor_policy.log import bundles, stories
from vendor_policy.log.bundles import LoggedRecord, ProvenBundle
from vendor_policy.log.notes import VerifierKey, to_base64


@dataclass(frozen=True, slots=True)
class Considered:
    """Everything on the receipt is in the record."""


@dataclass(frozen=True, slots=True)
class NotConcerned:
    """Rightly not used. `why`: what was needed, or when."""

    why: str


@dataclass(frozen=True, slots=True)
class Dropped:
    """`sku` None: the listing as a whole."""

    sku: str | None
    why: str


def listing_receipt_check(
    receipt: bytes, bundle: bytes, trusted: tuple[VerifierKey, ...] = ()
) -> Considered | NotConcerned | Dropped:
    """Whether the decision saw what the receipt says was listed. Raises NotProven for a file
    that is not what the log signed.
    """
    held, key = bundles.receipt(receipt, trusted)
    proven = bundles.signatures_and_leaves(bundle, (key,))
    mine, about = held.listing.record, proven.bundle.listings
    needs = proven.bundle.decision.record["needs"]
    if mine["category"] not in {need["category"] for need in needs}:
        return NotConcerned("another category was needed")
    line = _line(proven, mine["vendor"], mine["category"])
    if line is None or line["commitment"] != to_base64(stories.committed(held.listing)):
        return _of_another(proven, held.listing, line)
    if datetime.fromisoformat(line["expires_at"]) <= datetime.fromisoformat(about.record["at"]):
        return NotConcerned(f"last seen at {line['seen_at']}, too long ago to decide on")
    for vendor, sku, why in stories.overlooked(proven):
        if vendor == mine["vendor"]:
            return Dropped(sku, why)
    return Considered()


def _line(proven: ProvenBundle, vendor: str, category: str) -> dict[str, Any] | None:
    lines = proven.bundle.listings.record["listings"]
    mine = (each for each in lines if (each["vendor"], each["category"]) == (vendor, category))
    return next(mine, None)


def _of_another(
    proven: ProvenBundle, held: LoggedRecord, line: dict[str, Any] | None
) -> NotConcerned | Dropped:
    """The decision went by another listing of this vendor, or by none."""
    if held.index > proven.bundle.listings.index:
        return NotConcerned("listed after the decision")
    used = line["commitment"] if line else None
    opened = (
        each for each in proven.bundle.listed if to_base64(stories.committed(each)) == used
    )
    newer = next(opened, None)
    if newer is not None and newer.index > held.index:
        return NotConcerned("a newer listing of this vendor counted")
    return Dropped(None, "was in the log before the decision and is not among its listings")
