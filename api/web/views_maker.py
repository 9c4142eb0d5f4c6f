"""What a maker's pages show. Pure."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from accounts.texts import Text
from core.money import Money
from devices.model_diff import ModelChange


@dataclass(frozen=True, slots=True, kw_only=True)
class MakerSignIn:
    problem: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelLine:
    """The newest version of one model; devices of all versions."""

    model_id: UUID
    title: str
    name: str
    version: int
    made: int
    claimed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fee:
    """What a shop has declared to pay the maker, for an order or as a share of the price."""

    vendor: str
    amount: Money | None
    share_ppm: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TestOrder:
    """Of a test device: no shop heard of it."""

    __test__ = False  # not a class of tests

    order_id: UUID
    stock: str
    state: Text
    total: Money
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MakerPage:
    """`csrf_token`: of the maker's own session."""

    csrf_token: str
    maker: str
    models: tuple[ModelLine, ...]
    unclaimed: int
    claimed: int
    test_orders: tuple[TestOrder, ...]
    fees: tuple[Fee, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotLine:
    slot: str
    title: str
    capacity: Text
    measure: Text
    fits: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    model_id: UUID
    version: int
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPage:
    """`changes`: since `before`, the version that is compared; None: the first."""

    csrf_token: str
    maker: str
    title: str
    name: str
    version: int
    sends: str
    every_hours: int
    kept_where: str
    kept_days: int
    slots: tuple[SlotLine, ...]
    versions: tuple[Version, ...]
    before: int | None
    changes: tuple[ModelChange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFormPage:
    """`description`: JSON, as typed or of the version it starts from."""

    csrf_token: str
    maker: str
    description: str
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceLine:
    """A device that nobody owns, or a test device; others belong to their owners."""

    device_id: str
    serial: str
    model: str
    is_test: bool
    is_claimed: bool
    is_revoked: bool
    is_online: bool
    firmware: str
    last_heard_at: datetime | None
    quarantined: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MakerDevices:
    csrf_token: str
    maker: str
    models: tuple[str, ...]  # names
    devices: tuple[DeviceLine, ...]
    most: int  # shown, the newest
    claimed: int
    serials_most: int
    problem: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownDevice:
    """`secret` or `claim_code` empty: it was not made anew. `qr`: inline SVG of the code."""

    device_id: str
    serial: str
    secret: str = ""
    claim_code: str = ""
    qr: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownDevices:
    csrf_token: str
    maker: str
    devices: tuple[ShownDevice, ...]
