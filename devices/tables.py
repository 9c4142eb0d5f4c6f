"""Storage of makers, models, devices, slots, stocks, readings and what was quarantined."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    UniqueConstraint,
    text,
)
from sqlmodel import Field, SQLModel

from accounts.scoping import OwnedRow
from core.database import UtcDateTime


class ManufacturerRow(SQLModel, table=True):
    __tablename__: ClassVar[str] = "manufacturer"

    manufacturer_id: UUID = Field(primary_key=True)
    name: str = Field(unique=True)


class DeviceModelRow(SQLModel, table=True):
    """One version of a model; never changed once stored."""

    __tablename__: ClassVar[str] = "device_model"
    __table_args__ = (UniqueConstraint("manufacturer_id", "name", "version"),)

    model_id: UUID = Field(primary_key=True)
    manufacturer_id: UUID = Field(foreign_key="manufacturer.manufacturer_id")
    name: str
    version: int
    description: dict[str, Any] = Field(sa_type=JSON)  # devices.models.DeviceModel
    created_at: datetime = Field(sa_type=UtcDateTime)


class DeviceRow(SQLModel, table=True):
    """One unit, as provisioned by its maker. Whose it is stands in `ownership`."""

    __tablename__: ClassVar[str] = "device"

    device_id: str = Field(primary_key=True)
    # None: a dumb appliance; its owner reports by hand
    model_id: UUID | None = Field(default=None, foreign_key="device_model.model_id", index=True)
    serial: str
    secret_hash: str  # keyed BLAKE2b of 256 random bits
    broker_password: str = ""  # the same secret for Mosquitto (devices.passwords)
    claim_hash: str | None = Field(
        default=None, index=True
    )  # of the claim code; cleared by the claim
    claim_expires_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    is_test: bool = False
    timezone: str = "UTC"  # the owner's, once claimed: where the days of use begin
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    # revoked, or given another secret: the door ends a connection that used the old one
    credentials_changed_at: datetime | None = Field(
        default=None, sa_type=UtcDateTime, index=True
    )
    boot_id: int = Field(default=-1, sa_type=BigInteger)  # the highest seen
    # of what changed no slot; `heard_at` is of anything
    last_heard_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    is_online: bool = False
    firmware: str | None = None
    created_at: datetime = Field(sa_type=UtcDateTime)


def heard_at(device: DeviceRow, of_slots: Iterable[datetime | None]) -> datetime | None:
    """When the device said anything. of_slots: `heard_at` of each."""
    heard = [each for each in (device.last_heard_at, *of_slots) if each]
    return max(heard, default=None)


class OwnershipRow(OwnedRow, table=True):
    """Binds a claimed device to its owner."""

    __tablename__: ClassVar[str] = "ownership"

    device_id: str = Field(primary_key=True, foreign_key="device.device_id")
    name: str  # the owner's word for it, e.g. "Washing machine"
    place: str = ""  # e.g. "Laundry room"
    claimed_at: datetime = Field(sa_type=UtcDateTime)


class ClaimTryRow(OwnedRow, table=True):
    """Wrong claim codes an owner has typed since `since_at`."""

    __tablename__: ClassVar[str] = "claim_try"
    __table_args__ = (UniqueConstraint("owner_id"),)

    claim_try_id: int | None = Field(default=None, primary_key=True)
    wrong: int
    since_at: datetime = Field(sa_type=UtcDateTime)


class BridgeCodeRow(OwnedRow, table=True):
    """An owner's one-time permission for a bridge to add one device in his name."""

    __tablename__: ClassVar[str] = "bridge_code"

    code_hash: str = Field(primary_key=True)
    expires_at: datetime = Field(sa_type=UtcDateTime)  # real time
    device_id: str | None = None  # set once it is used


class SlotRow(SQLModel, table=True):
    """One slot of one device, with what its readings were folded to."""

    __tablename__: ClassVar[str] = "slot"

    device_id: str = Field(primary_key=True, foreign_key="device.device_id")
    slot: str = Field(primary_key=True)
    stock_id: UUID | None = Field(default=None, foreign_key="stock.stock_id", index=True)
    spec: dict[str, Any] = Field(sa_type=JSON)  # devices.models.SlotSpec
    fold: dict[str, Any] | None = Field(default=None, sa_type=JSON)  # devices.levels state
    # two earlier states from which late messages are folded again (devices.checkpoints)
    checkpoint: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    condition: str = "unknown"  # devices.wire.SlotState; unknown until something is measured
    in_slot: float | None = None  # units usable (consumed) or free (filled)
    measured_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # of `in_slot`
    heard_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # of any message


class ReadingRow(SQLModel, table=True):
    """What one message said of one slot. `verdict`: applied, held, glitch or history."""

    __tablename__: ClassVar[str] = "reading"

    # In this order, the key finds a slot's readings too: a second index would cost every
    # message as much as the first.
    device_id: str = Field(primary_key=True)
    slot: str = Field(primary_key=True)
    boot_id: int = Field(primary_key=True, sa_type=BigInteger)
    seq: int = Field(primary_key=True, sa_type=BigInteger)
    measured_at: datetime = Field(sa_type=UtcDateTime)
    received_at: datetime = Field(sa_type=UtcDateTime)
    has_clock: bool  # False: the device sent no time, `measured_at` is the time of receipt
    level: float | None = None  # fraction of the capacity
    quantity: float | None = None  # units of the slot
    used_total: float | None = None  # units
    state: str | None = None
    raw: str | None = None
    verdict: str


class DeviceEventRow(SQLModel, table=True):
    __tablename__: ClassVar[str] = "device_event"
    __table_args__ = (Index(None, "device_id", "measured_at"),)

    device_id: str = Field(primary_key=True)
    boot_id: int = Field(primary_key=True, sa_type=BigInteger)
    seq: int = Field(primary_key=True, sa_type=BigInteger)
    event: str
    slot: str | None = None
    detail: str | None = None
    measured_at: datetime = Field(sa_type=UtcDateTime)
    received_at: datetime = Field(sa_type=UtcDateTime)


class RefillRow(SQLModel, table=True):
    """A confirmed refill, named by the message that confirmed it."""

    __tablename__: ClassVar[str] = "refill"

    device_id: str = Field(primary_key=True)
    slot: str = Field(primary_key=True)
    boot_id: int = Field(primary_key=True, sa_type=BigInteger)
    seq: int = Field(primary_key=True, sa_type=BigInteger)
    refilled_at: datetime = Field(sa_type=UtcDateTime)  # the first sign of it
    amount: float  # units in the slot afterwards
    filled: float  # units that went in
    from_spares: int  # units of them that were at home; the rest was bought elsewhere


class DayUseRow(SQLModel, table=True):
    """Use of one slot on one of its owner's local days; a gap of n days is one row with n."""

    __tablename__: ClassVar[str] = "day_use"

    device_id: str = Field(primary_key=True)
    slot: str = Field(primary_key=True)
    day_on: date = Field(primary_key=True)  # the last day of the exposure
    used: float  # units
    exposure_days: int = 1


class QuarantineRow(SQLModel, table=True):
    """A payload, or the part of it, that was not taken; at most 100 a device and day."""

    __tablename__: ClassVar[str] = "quarantine"
    __table_args__ = (
        Index(None, "device_id", "received_at"),
        # A number is never used again: work that names it means this row.
        {"sqlite_autoincrement": True},
    )

    quarantine_id: int | None = Field(default=None, primary_key=True)
    device_id: str  # as claimed by the topic; may be unknown
    topic: str
    payload: bytes = Field(sa_type=LargeBinary)  # the first 16 KiB
    code: str
    field: str
    value: str
    fix: str
    received_at: datetime = Field(sa_type=UtcDateTime)
    released_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # to be taken again


class QuarantineCountRow(SQLModel, table=True):
    """All that was quarantined, also beyond the payloads that are kept."""

    __tablename__: ClassVar[str] = "quarantine_count"

    device_id: str = Field(primary_key=True)
    day_on: date = Field(primary_key=True)  # UTC
    messages: int


class StockRow(OwnedRow, table=True):
    """What is bought and counted together: one consumable over one or more slots."""

    __tablename__: ClassVar[str] = "stock"
    __table_args__ = (Index(None, "next_review_at"),)

    stock_id: UUID = Field(primary_key=True)
    name: str  # e.g. "Detergent"
    category: str
    unit: str
    fits: list[str] = Field(sa_type=JSON)  # specifications; the owner may add some
    products: list[str] = Field(
        default_factory=list, sa_type=JSON
    )  # GTINs the owner picked; empty: any that fits
    spares: int = 0  # units at home, not in a slot
    least: int = 0  # units the owner never wants to fall below
    target: int | None = None  # units that an order fills up to; None: what is economic
    most: int | None = None  # units the owner has room for
    keeps_days: int | None = None  # how long it stays good at home
    mode: str = "ask"  # "off", "notify", "ask" or "auto"
    service_level_ppm: int = 950_000  # chance of no stock-out in one cycle
    # what a day without costs, in the policy's currency; set: the service level follows from it
    stock_out_minor_per_day: int | None = None
    mandate_id: UUID | None = None
    needs_so_far: int = 0
    review_level: float | None = (
        None  # units on hand at or below which ingest asks for a review
    )
    next_review_at: datetime = Field(sa_type=UtcDateTime)
    forecast: dict[str, Any] | None = Field(
        default=None, sa_type=JSON
    )  # as last reviewed, for pages
    is_stale_told: bool = False  # the owner was asked whether the device is still there
    is_full_told: bool = False  # the owner knows that a container is full


class CommandRow(SQLModel, table=True):
    """Something to tell a device; delivered by the process that owns the door."""

    __tablename__: ClassVar[str] = "command"

    command_id: int | None = Field(default=None, primary_key=True)
    device_id: str = Field(foreign_key="device.device_id", index=True)
    payload: dict[str, Any] = Field(sa_type=JSON)
    created_at: datetime = Field(sa_type=UtcDateTime, index=True)
    sent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # for the first time
    # acknowledged by the device; behind a broker: given to the broker
    delivered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class MqttSessionRow(SQLModel, table=True):
    """What a device that connects without `clean session` left behind at the gateway."""

    __tablename__: ClassVar[str] = "mqtt_session"

    device_id: str = Field(primary_key=True, foreign_key="device.device_id")
    filters: dict[str, int] = Field(sa_type=JSON)  # topic filter: granted qos


class CycleCorrectionRow(OwnedRow, table=True):
    """What the owner says of one cycle that a plug reported, or of one that it missed."""

    __tablename__: ClassVar[str] = "cycle_correction"
    __table_args__ = (Index(None, "device_id"),)

    cycle_correction_id: UUID = Field(primary_key=True)
    device_id: str = Field(foreign_key="device.device_id")
    boot_id: int | None = Field(default=None, sa_type=BigInteger)  # of the event; None: missed
    seq: int | None = Field(default=None, sa_type=BigInteger)
    said: str  # devices.cycles.learning.Said
    said_at: datetime = Field(sa_type=UtcDateTime)


class MirrorRow(SQLModel, table=True):
    """How far the mirror of the readings is: one row, or none where there is no mirror."""

    __tablename__: ClassVar[str] = "mirror"

    mirror_id: int = Field(primary_key=True)
    target: str  # server, organisation and bucket
    # the key of the stored reading up to which the walk has come; None: it is over
    after: list[Any] | None = Field(sa_type=JSON(none_as_null=True))
    written: int = Field(default=0, sa_type=BigInteger)  # points
    refused: int = Field(default=0, sa_type=BigInteger)  # points that the server will not have
    refused_why: str = ""  # the last time
    written_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    failing_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    problem: str = ""  # of the last try; empty: it went well


class MirrorNoteRow(SQLModel, table=True):
    """A reading that the mirror is to be given; written by a trigger of `reading`."""

    __tablename__: ClassVar[str] = "mirror_note"
    __table_args__ = (
        Index(
            "ix_mirror_note_waiting",
            "mirror_note_id",
            sqlite_where=text("given_at IS NULL"),
            postgresql_where=text("given_at IS NULL"),
        ),
        Index(
            "ix_mirror_note_given",
            "given_at",
            sqlite_where=text("given_at IS NOT NULL"),
            postgresql_where=text("given_at IS NOT NULL"),
        ),
        # A number is never used again: who crosses it off means the note that was there.
        {"sqlite_autoincrement": True},
    )

    mirror_note_id: int | None = Field(
        default=None,
        sa_column=Column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    )
    device_id: str
    boot_id: int = Field(sa_type=BigInteger)
    seq: int = Field(sa_type=BigInteger)
    slot: str
    given_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # real time
