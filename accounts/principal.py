"""Who is asking: resolved once from a session cookie or an API key, then passed along."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from accounts.tables import ApiKeyRow, MemberRow, OwnerRow, SessionRow
from accounts.tokens import token_hash
from core.ids import Ids

API_KEY_LIFE = timedelta(days=365)


class Audience(StrEnum):
    OWNER = "owner"
    MAKER = "maker"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """`party_id`: the owner or manufacturer. `name`: for histories, e.g. an e-mail address."""

    audience: Audience
    party_id: UUID
    name: str
    role: str = "admin"
    language: str = "en"
    timezone: str = "UTC"
    csrf_token: str | None = None  # of a browser session; None for API keys

    @property
    def may_approve(self) -> bool:
        return self.audience is Audience.OWNER and self.role in ("admin", "approver")

    @property
    def may_change(self) -> bool:
        return self.role == "admin"


async def of_session(session: AsyncSession, token: str, *, wall: datetime) -> Principal | None:
    """wall: real time. The session of `transaction(ALL_OWNERS)` or `snapshot(ALL_OWNERS)`."""
    row = await session.get(SessionRow, token_hash(token))
    if row is None or row.expires_at <= wall:
        return None
    member = await session.get_one(MemberRow, row.member_id)
    owner = await session.get_one(OwnerRow, row.owner_id)
    return Principal(
        audience=Audience.OWNER,
        party_id=owner.owner_id,
        name=member.email,
        role=member.role,
        language=member.language,
        timezone=owner.timezone,
        csrf_token=row.csrf_token,
    )


async def of_api_key(session: AsyncSession, key: str, *, wall: datetime) -> Principal | None:
    row = await session.get(ApiKeyRow, token_hash(key))
    if row is None or row.revoked_at is not None or row.expires_at <= wall:
        return None
    owner = await session.get(OwnerRow, row.party_id) if row.audience == "owner" else None
    return Principal(
        audience=Audience(row.audience),
        party_id=row.party_id,
        name=f"key:{row.label}",
        language=owner.language if owner else "en",
        timezone=owner.timezone if owner else "UTC",
    )


def issue_api_key(
    session: AsyncSession,
    audience: Audience,
    party_id: UUID,
    *,
    label: str,
    ids: Ids,
    wall: datetime,
) -> str:
    """The key, shown once."""
    key = ids.secret()
    session.add(
        ApiKeyRow(
            key_hash=token_hash(key),
            audience=audience,
            party_id=party_id,
            label=label,
            created_at=wall,
            expires_at=wall + API_KEY_LIFE,
        )
    )
    return key
