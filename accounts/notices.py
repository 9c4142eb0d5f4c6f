"""What an owner is told: a row in the same transaction as its cause.

Writes through the session it is given; the words come from the text catalogues.
"""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from accounts.tables import NoticeRow, OwnerRow
from core.ids import Ids


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """`params` fill the text of `text_key`; `link` is the path where the owner can act."""

    text_key: str
    params: dict[str, str | int] = field(default_factory=dict)
    link: str = ""


async def tell(
    session: AsyncSession, owner_id: UUID, notice: Notice, *, at: datetime, ids: Ids
) -> None:
    session.add(
        NoticeRow(
            notice_id=ids.uuid(),
            owner_id=owner_id,
            text_key=notice.text_key,
            params=notice.params,
            link=notice.link,
            created_at=at,
        )
    )
    await touch(session, owner_id, at=at)


async def touch(session: AsyncSession, owner_id: UUID, *, at: datetime) -> None:
    """Makes the owner's open pages reload."""
    owner = await session.get_one(OwnerRow, owner_id)
    owner.changed_at = max(owner.changed_at, at)
