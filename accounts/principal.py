"""Who is asking: resolved once from a session cookie or an API key, then passed along."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID, uuid5

from sqlmodel.ext.asyncio.session import AsyncSession

from accounts.tables import ApiKeyRow, MemberRow, OwnerRow, SessionRow
from accounts.tokens import token_hash
from core.ids import Ids

API_KEY_LIFE = timedelta(days=365)
VENDOR_PARTIES: Final = UUID("0d3d2b43-6d2e-4e5f-9f0c-5b8a3c1e7f42")


class Audience(StrEnum):
    OWNER = "owner"
    MAKER = "maker"
    VENDOR = "vendor"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """`party_id`: the owner, manufacturer or vendor. `name`: for histories, e.g. an e-mail
    address. `vendor_id`: the key of a vendor; empty for everybody else.
    """

    audience: Audience
    party_id: UUID
    name: str
    role: str = "admin"
    language: str = "en"
    timezone: str = "UTC"
    csrf_token: str | None = None  # of a browser session; None for API keys
    vendor_id: str = ""
    changed_at: datetime | None = None  # of the household, as it was when the visit began

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
        changed_at=owner.changed_at,
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
        vendor_id=row.vendor_id,
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
    session.add(_key_row(key, audience, party_id, label, wall))
    return key


def issue_vendor_key(
    session: AsyncSession, vendor_id: str, *, label: str, ids: Ids, wall: datetime
) -> str:
    """The key, shown once. vendor_id: as registered; it sees what concerns that vendor."""
    key = ids.secret()
    party_id = uuid5(VENDOR_PARTIES, vendor_id)
    row = _key_row(key, Audience.VENDOR, party_id, label, wall)
    row.vendor_id = vendor_id
    session.add(row)
    return key


def _key_row(
    key: str, audience: Audience, party_id: UUID, label: str, wall: datetime
) -> ApiKeyRow:
    return ApiKeyRow(
        key_hash=token_hash(key),
        audience=audience,
        party_id=party_id,
        label=label,
        created_at=wall,
        expires_at=wall + API_KEY_LIFE,
    )
