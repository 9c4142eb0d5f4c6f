"""`nachschub market FILE`: registers vendors, with their declarations, and product cards.

Registering again replaces what was declared before; records keep what was seen at their time.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from accounts.scoping import ALL_OWNERS
from core.database import Transaction
from replenishment import offers_refresh
from runtime.startup import CannotStart
from vendor_policy import store
from vendor_policy.declarations import Name, ProductCard, VendorDeclaration


class VendorEntry(BaseModel):
    """A trader whose identity the operator has verified."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    vendor_id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{1,40}$")]
    name: Name
    address: Name
    register_number: Name
    contact: Name
    base_url: Name
    dialect: Annotated[str, StringConstraints(pattern=r"^ucp$")]
    categories: Annotated[tuple[Name, ...], Field(min_length=1)]
    declaration: VendorDeclaration


class Market(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    vendors: tuple[VendorEntry, ...] = ()
    cards: tuple[ProductCard, ...] = ()


def read(path: Path) -> Market:
    """Raises CannotStart naming file, field and fix."""
    try:
        return Market.model_validate_json(path.read_bytes())
    except OSError as error:
        raise CannotStart(f"{path}: {error.strerror}") from None
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(str(part) for part in problem["loc"])
        raise CannotStart(f"{path}: {where}: {problem['msg']}") from None


async def register(
    market: Market,
    *,
    transaction: Transaction,
    now: datetime,
    base_urls: Mapping[str, str] | None = None,
) -> None:
    """base_urls: by vendor id, instead of those in the market; for shops on free ports."""
    urls = base_urls or {}
    async with transaction(ALL_OWNERS) as session:
        for entry in market.vendors:
            vendor = store.Vendor(
                vendor_id=entry.vendor_id,
                name=entry.name,
                address=entry.address,
                register_number=entry.register_number,
                contact=entry.contact,
                base_url=urls.get(entry.vendor_id, entry.base_url),
                dialect=entry.dialect,
                categories=entry.categories,
                declaration=entry.declaration,
            )
            await store.register_vendor(session, vendor, verified_at=now)
        for card in market.cards:
            await store.put_card(session, card)
        await offers_refresh.schedule(session, at=now)
