"""Whether the API keys of programs that stay connected are still good."""

from collections.abc import Collection
from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from accounts.tables import ApiKeyRow


async def still_good(
    session: AsyncSession, key_hashes: Collection[str], *, wall: datetime
) -> set[str]:
    """wall: real time. The session of `snapshot(ALL_OWNERS)`."""
    found = await session.exec(
        select(ApiKeyRow.key_hash).where(
            col(ApiKeyRow.key_hash).in_(key_hashes),
            col(ApiKeyRow.revoked_at).is_(None),
            col(ApiKeyRow.expires_at) > wall,
        )
    )
    return set(found)
