"""A whole purchase at a vendor, as the platform makes it, without the platform."""

from uuid import UUID

from replenishment.vendors.port import Pinned, PlaceResult, Prepared, ShipTo, Vendor


async def buy(vendor: Vendor, order_id: UUID, pinned: Pinned, ship_to: ShipTo) -> PlaceResult:
    prepared = await vendor.prepare(order_id, pinned, ship_to)
    if not isinstance(prepared, Prepared):
        return prepared
    return await vendor.place(order_id, prepared.checkout, pinned)
