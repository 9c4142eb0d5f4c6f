"""Storage of owners, members, their sessions, API keys and notices."""

from datetime import datetime
from typing import Any, ClassVar, Final
from uuid import UUID

from sqlalchemy import JSON
from sqlmodel import Field, SQLModel

from accounts.scoping import OwnedRow
from core.database import UtcDateTime

READINGS_KEPT_DAYS: Final = 400  # unless the owner says otherwise


class OwnerRow(SQLModel, table=True):
    """A household or a business."""

    __tablename__: ClassVar[str] = "owner"

    owner_id: UUID = Field(primary_key=True)
    name: str
    timezone: str  # IANA name
    language: str  # "en" or "de"
    region: str = "DE"  # ISO 3166-1 alpha-2, where parcels go
    recipient: str = ""  # name on the parcel; empty: no address yet, nothing can be ordered
    street: str = ""
    postal_code: str = ""
    city: str = ""
    readings_kept_days: int = READINGS_KEPT_DAYS
    shares_outcomes: bool = False  # how forecasts and orders turned out may be counted
    is_auto_stopped: bool = False  # the kill switch: no automatic order while set
    created_at: datetime = Field(sa_type=UtcDateTime)
    changed_at: datetime = Field(sa_type=UtcDateTime)  # pages that are open reload after it


class MemberRow(OwnedRow, table=True):
    __tablename__: ClassVar[str] = "member"

    member_id: UUID = Field(primary_key=True)
    email: str = Field(unique=True)
    password_hash: str  # argon2id
    role: str  # "admin", "approver" or "viewer"
    language: str
    failed_sign_ins: int = 0
    locked_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)


class SessionRow(SQLModel, table=True):
    """One signed-in browser. The cookie holds the token, this row its hash."""

    __tablename__: ClassVar[str] = "session"

    token_hash: str = Field(primary_key=True)
    member_id: UUID = Field(foreign_key="member.member_id", index=True)
    owner_id: UUID = Field(foreign_key="owner.owner_id")
    csrf_token: str
    expires_at: datetime = Field(sa_type=UtcDateTime)  # real time


class ApiKeyRow(SQLModel, table=True):
    __tablename__: ClassVar[str] = "api_key"

    key_hash: str = Field(primary_key=True)
    audience: str  # "owner", "maker", "vendor" or "operator"
    party_id: UUID  # owner_id or manufacturer_id; of a vendor, made of its key
    vendor_id: str = ""
    label: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class NoticeRow(OwnedRow, table=True):
    """Something the owner is told once; its words come from the text catalogues."""

    __tablename__: ClassVar[str] = "notice"

    notice_id: UUID = Field(primary_key=True)
    text_key: str
    params: dict[str, Any] = Field(sa_type=JSON)
    link: str = ""  # path of the page where it can be acted on
    created_at: datetime = Field(sa_type=UtcDateTime)
    seen_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
