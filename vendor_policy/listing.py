"""Whether everything that a vendor had listed was in a decision.

Pure. The meter sees only what came to the decision; an offer that was dropped before is found
by what its vendor holds in hand: the hash of the offer as it was seen.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from vendor_policy.record import DecisionRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingReceipt:
    """One SKU as it was listed. `offer_hash` None: it was refused at the door, and told so."""

    vendor: str
    sku: str
    offer_hash: str | None


def unseen(
    receipts: Iterable[ListingReceipt], made: DecisionRecord
) -> tuple[ListingReceipt, ...]:
    """Receipts, valid when it was decided, of which the record holds nothing."""
    refused = {(each.vendor, each.sku) for each in made.refused}
    return tuple(
        each
        for each in receipts
        if each.offer_hash not in made.offers and (each.vendor, each.sku) not in refused
    )
