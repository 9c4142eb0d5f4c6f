"""What the pages about one device show beside its levels: quarantine, access, retention.

Pure: frozen values without words.
"""

from dataclasses import dataclass
from datetime import datetime

from accounts.texts import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineFault:
    reason: Text
    field: str
    value: str
    fix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantinedMessage:
    """`raw`: the payload, or its beginning, in signs that can be shown."""

    quarantine_id: int
    device_id: str
    received_at: datetime
    faults: tuple[QuarantineFault, ...]
    raw: str
    payload_bytes: int
    may_be_released: bool
    is_released: bool  # about to be taken again


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineView:
    device_id: str
    device_name: str
    messages: tuple[QuarantinedMessage, ...]
    total: int  # also those of which no payload was kept
    kept_a_day: int
    may_change: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MakerQuarantine:
    csrf_token: str
    maker: str
    messages: tuple[QuarantinedMessage, ...]
    kept_a_day: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessView:
    device_id: str
    device_name: str
    is_revoked: bool
    problem: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretView:
    """`secret`: shown once."""

    device_name: str
    device_id: str
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionView:
    """`days`: as typed, if it was refused."""

    days: str
    least_days: int
    most_days: int
    problem: Text | None = None
