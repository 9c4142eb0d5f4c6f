"""The vendors that can be called, by id: one client a vendor, made from its registration."""

from collections.abc import Callable
from time import monotonic
from typing import Final

import httpx
from sqlmodel import select

from accounts.scoping import ALL_OWNERS
from core.database import Transaction
from replenishment.vendors.port import Vendor
from replenishment.vendors.ucp import UcpVendor
from vendor_policy.tables import VendorRow

REMEMBERED_S: Final = 60.0  # until a changed address counts


class VendorUnknown(Exception):
    def __init__(self, vendor_id: str) -> None:
        super().__init__(f"vendor {vendor_id} is not registered")


class Shops:
    """`profile_url`: where shops can read who we are."""

    def __init__(
        self,
        *,
        transaction: Transaction,
        client: httpx.AsyncClient,
        profile_url: str,
        allow_loopback: bool,
        now_s: Callable[[], float] = monotonic,
    ) -> None:
        self._transaction = transaction
        self._client = client
        self._profile_url = profile_url
        self._allow_loopback = allow_loopback
        self._now_s = now_s
        self._vendors: dict[str, tuple[float, Vendor]] = {}  # by id, and since when

    async def vendor_of(self, vendor_id: str) -> Vendor:
        """Raises VendorUnknown."""
        known = self._vendors.get(vendor_id)
        if known is None or self._now_s() - known[0] > REMEMBERED_S:
            known = self._now_s(), self._connected(await self._base_url(vendor_id))
            self._vendors[vendor_id] = known
        return known[1]

    async def _base_url(self, vendor_id: str) -> str:
        async with self._transaction(ALL_OWNERS) as session:
            found = select(VendorRow.base_url).where(VendorRow.vendor_id == vendor_id)
            base_url = (await session.exec(found)).one_or_none()
        if base_url is None:
            raise VendorUnknown(vendor_id)
        return base_url

    def _connected(self, base_url: str) -> Vendor:
        return UcpVendor(
            base_url,
            client=self._client,
            profile_url=self._profile_url,
            allow_loopback=self._allow_loopback,
        )
