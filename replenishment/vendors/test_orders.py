"""Orders of test devices: they live like any other, but no shop hears of them.

Pure. Placed at once, delivered at the first look; nothing is bought, nothing is shipped.
"""

from collections.abc import Sequence
from uuid import UUID

from replenishment.vendors.port import (
    Abandoned,
    AbandonResult,
    Acknowledged,
    CatalogueItem,
    Pinned,
    PlaceResult,
    Prepared,
    Progress,
    Refused,
    ShipTo,
    Unknown,
    Unsold,
)


class TestOrders:
    """A vendor by the port, without a shop behind it."""

    __test__ = False  # not a class of tests

    # ruff: noqa: ARG002 - the port's signatures

    async def search(self, category: str) -> Sequence[CatalogueItem]:
        return ()

    async def prepare(
        self, idempotency_key: UUID, pinned: Pinned, ship_to: ShipTo
    ) -> Prepared | Unsold:
        return Prepared(f"TEST-{idempotency_key.hex[:8].upper()}")

    async def place(self, idempotency_key: UUID, checkout: str, pinned: Pinned) -> PlaceResult:
        return Acknowledged(checkout, pinned.total)

    async def look(self, idempotency_key: UUID, checkout: str) -> PlaceResult:
        return Unknown("a test order needs no owner")

    async def abandon(self, idempotency_key: UUID, checkout: str) -> AbandonResult:
        return Abandoned()

    async def get_order(
        self, idempotency_key: UUID, vendor_order_number: str
    ) -> Progress | Unknown:
        return Progress(state="delivered")

    async def cancel(
        self, idempotency_key: UUID, vendor_order_number: str
    ) -> Acknowledged | Refused | Unknown:
        return Refused("delivered", "a test order is delivered at once")
