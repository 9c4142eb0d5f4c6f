"""What the owner was told, as keys and values; the words are in the text catalogues."""

from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from sqlmodel import col, select

from accounts.tables import NoticeRow
from accounts.texts import stored_text
from api.deps import Owner, PlatformDep, Reading
from api.schemas import Output
from api.web import titles

router = APIRouter(prefix="/notices", tags=["notices"])

MOST = 100


class NoticeView(Output):
    """`words`: in the owner's language."""

    notice_id: UUID
    text_key: str
    params: dict[str, Any]
    words: str
    link: str
    created_at: datetime
    seen_at: datetime | None


@router.get("")
async def list_notices(
    platform: PlatformDep, session: Reading, owner: Owner
) -> list[NoticeView]:
    """The newest hundred, newest first."""
    words = platform.pages.words(owner.language, owner.timezone)
    names = await titles.by_name(session, owner.language)
    found = await session.exec(
        select(NoticeRow).order_by(col(NoticeRow.created_at).desc()).limit(MOST)
    )
    return [
        NoticeView(
            notice_id=each.notice_id,
            text_key=each.text_key,
            params=each.params,
            words=words.say(stored_text(each.text_key, titles.with_title(each.params, names))),
            link=each.link,
            created_at=each.created_at,
            seen_at=each.seen_at,
        )
        for each in found
    ]
