"""Where an owner's parcels go."""

from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from accounts.tables import MemberRow, OwnerRow
from replenishment.vendors.port import ShipTo


class AddressMissing(Exception):
    """Nothing can be ordered before the owner has said where parcels go."""

    def __init__(self, owner_id: UUID) -> None:
        super().__init__(f"owner {owner_id} has no delivery address")
        self.owner_id = owner_id


def is_complete(owner: OwnerRow) -> bool:
    return all((owner.recipient, owner.street, owner.postal_code, owner.city))


async def ship_to(session: AsyncSession, owner: OwnerRow) -> ShipTo:
    """With the e-mail address of the first admin. Raises AddressMissing."""
    if not is_complete(owner):
        raise AddressMissing(owner.owner_id)
    found = await session.exec(
        select(MemberRow.email)
        .where(MemberRow.owner_id == owner.owner_id, MemberRow.role == "admin")
        .order_by(col(MemberRow.created_at), col(MemberRow.email))
        .limit(1)
    )
    return ShipTo(
        name=owner.recipient,
        street=owner.street,
        postal_code=owner.postal_code,
        city=owner.city,
        region=owner.region,
        email=found.one(),
    )
