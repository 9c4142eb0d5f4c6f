"""Whose devices are, and when anything of an owner's changed, for many owners at once."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from accounts.tables import OwnerRow
from devices.tables import OwnershipRow


async def devices_of(session: AsyncSession, owner_ids: Collection[UUID]) -> dict[str, UUID]:
    """The owner by device id. The session of `snapshot(ALL_OWNERS)`."""
    found = await session.exec(
        select(OwnershipRow.device_id, OwnershipRow.owner_id).where(
            col(OwnershipRow.owner_id).in_(owner_ids)
        )
    )
    return dict(found.all())


async def changed_at(
    session: AsyncSession, owner_ids: Collection[UUID]
) -> dict[UUID, datetime]:
    found = await session.exec(
        select(OwnerRow.owner_id, OwnerRow.changed_at).where(
            col(OwnerRow.owner_id).in_(owner_ids)
        )
    )
    return dict(found.all())
