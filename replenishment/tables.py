"""Storage of needs, orders, their lines and their history, and of the owner's corrections."""

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import JSON, Index, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from accounts.scoping import OwnedRow
from core.database import UtcDateTime
from replenishment.order_states import LIVE, OrderState

_IS_LIVE = text("state IN ({})".format(", ".join(f"'{state}'" for state in sorted(LIVE))))
_IS_OPEN = text("closed_at IS NULL")


class NeedRow(OwnedRow, table=True):
    """A stock that should be filled up; at most one open need a stock."""

    __tablename__: ClassVar[str] = "need"
    __table_args__ = (
        Index(
            "uq_need_open",
            "stock_id",
            unique=True,
            sqlite_where=_IS_OPEN,
            postgresql_where=_IS_OPEN,
        ),
    )

    need_id: UUID = Field(primary_key=True)  # uuid5(stock, n)
    stock_id: UUID = Field(foreign_key="stock.stock_id", index=True)
    body: dict[str, Any] = Field(sa_type=JSON)  # vendor_policy Need, as last reviewed
    attempts: int = 0
    risk_ppm: int = 0  # of running out before a delivery, when last asked
    quiet_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    quiet_reason: str = ""  # "expired", "rejected" or ""
    quiet_facts: dict[str, Any] = Field(
        default_factory=dict, sa_type=JSON
    )  # what a new ask must differ from
    correlation: str = ""  # of the first message that was about it
    opened_at: datetime = Field(sa_type=UtcDateTime)
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class OrderRow(OwnedRow, table=True):
    __tablename__: ClassVar[str] = "order"
    __table_args__ = (
        UniqueConstraint("need_id", "attempt"),
        Index(
            "uq_order_live",
            "stock_id",
            unique=True,
            sqlite_where=_IS_LIVE,
            postgresql_where=_IS_LIVE,
        ),
    )

    order_id: UUID = Field(
        primary_key=True
    )  # uuid5(need, attempt); the vendor's idempotency key
    need_id: UUID = Field(foreign_key="need.need_id")
    attempt: int
    stock_id: UUID = Field(foreign_key="stock.stock_id", index=True)
    record_id: UUID = Field(foreign_key="decision.record_id")
    state: str = OrderState.PROPOSED
    vendor_id: str = Field(foreign_key="vendor.vendor_id")
    total_minor: int  # tax and delivery included
    currency: str
    mandate_id: UUID | None = None  # set when it was approved by a mandate
    is_override: bool = False  # the owner chose another offer than the policy
    is_test: bool = False
    correlation: str = ""  # (device_id, boot_id, seq) of the message that led here
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # of the ask
    vendor_order_number: str | None = None
    checkout: str | None = None  # the shop's name for what it would sell; committed before
    continue_url: str | None = None
    expected_on: date | None = None
    placed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    shipped_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    delivered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class OrderLineRow(OwnedRow, table=True):
    """Pinned before anything is sent: product, packs and price."""

    __tablename__: ClassVar[str] = "order_line"

    order_id: UUID = Field(primary_key=True, foreign_key="order.order_id")
    line: int = Field(primary_key=True)
    stock_id: UUID
    offer_id: str
    sku: str
    gtin: str
    title: str
    packs: int
    pack_quantity: int  # units in one pack
    unit: str
    price_minor: int  # of one pack, tax included


class OrderEventRow(OwnedRow, table=True):
    """One move of one order: who, when, why."""

    __tablename__: ClassVar[str] = "order_event"

    order_event_id: int | None = Field(default=None, primary_key=True)
    order_id: UUID = Field(foreign_key="order.order_id", index=True)
    event: str
    before: str
    after: str
    at: datetime = Field(sa_type=UtcDateTime)
    by: str = ""  # a member, "mandate:<id>", "vendor" or "platform"
    remark: str = ""


class OrderContestRow(OwnedRow, table=True):
    """The owner says that an automatic order should not have been, and wants a person to look;
    its state is that of its newest event.
    """

    __tablename__: ClassVar[str] = "order_contest"

    order_id: UUID = Field(primary_key=True, foreign_key="order.order_id")
    order_state: str  # of the order when it was contested


class ContestEventRow(OwnedRow, table=True):
    """Only ever inserted; two of the same number cannot be."""

    __tablename__: ClassVar[str] = "contest_event"

    order_id: UUID = Field(primary_key=True, foreign_key="order_contest.order_id")
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    event: str
    state: str  # after it
    by: str
    words: str = Field(default="", sa_type=Text)
    at: datetime = Field(sa_type=UtcDateTime)


class TrialRow(OwnedRow, table=True):
    """A forecast of a consenting owner's stock, kept until it is known when it came true: at a
    chance between `before_ppm` and `after_ppm` by its own words.
    """

    __tablename__: ClassVar[str] = "trial"
    __table_args__ = (Index(None, "resolved_on"),)

    stock_id: UUID = Field(primary_key=True, foreign_key="stock.stock_id")
    made_on: date = Field(primary_key=True)  # in the morning, where the owner lives
    formulas: int  # replenishment.demand.calibration.FORMULAS
    family: str
    family_group: str
    bucket: int  # of cover
    places: list[str] = Field(sa_type=JSON)  # the slots it was about
    left: float  # units
    watched_days: int
    chances_ppm: list[int] = Field(sa_type=JSON)  # of having run out after 0, 1, 2 ... days
    resolved_on: date | None = None
    before_ppm: int | None = None
    after_ppm: int | None = None


class OrderCycleRow(OwnedRow, table=True):
    """An order of a consenting owner that was made in time, and whether the stock ran out
    before it came.
    """

    __tablename__: ClassVar[str] = "order_cycle"
    __table_args__ = (Index(None, "ended_at"),)

    order_id: UUID = Field(primary_key=True, foreign_key="order.order_id")
    stock_id: UUID = Field(foreign_key="stock.stock_id", index=True)
    family: str
    family_group: str
    service_level_ppm: int  # as promised
    spares: int  # at home when it was made
    empty_below: float  # units in the slots with which nothing can be done
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    is_stock_out: bool | None = None


class CalibrationRow(SQLModel, table=True):
    """What outcomes of this installation correct; only ever inserted, the newest holds."""

    __tablename__: ClassVar[str] = "calibration"

    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    body: dict[str, Any] = Field(sa_type=JSON)  # replenishment.demand.calibration.Calibration
    forecasts: int  # counted
    cycles: int
    made_at: datetime = Field(sa_type=UtcDateTime)


class CorrectionRow(OwnedRow, table=True):
    """What the owner said about use; never changed. `stock_id` None: the whole household."""

    __tablename__: ClassVar[str] = "correction"

    correction_id: UUID = Field(primary_key=True)
    stock_id: UUID | None = Field(default=None, foreign_key="stock.stock_id", index=True)
    kind: str  # replenishment.corrections.CorrectionKind
    from_on: date
    until_on: date | None = None  # the last day; None: a change that lasts
    factor_ppm: int
    remark: str = ""
    by: str
    created_at: datetime = Field(sa_type=UtcDateTime)


class CorrectionRemovalRow(OwnedRow, table=True):
    """Takes a correction back."""

    __tablename__: ClassVar[str] = "correction_removal"

    correction_id: UUID = Field(primary_key=True, foreign_key="correction.correction_id")
    by: str
    removed_at: datetime = Field(sa_type=UtcDateTime)
