"""Storage of vendors, offers as seen, product cards, policies, mandates, decision records."""

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import JSON, Index, LargeBinary, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from accounts.scoping import OwnedRow
from core.database import UtcDateTime


class VendorRow(SQLModel, table=True):
    __tablename__: ClassVar[str] = "vendor"

    vendor_id: str = Field(primary_key=True)  # a short name, e.g. "haushaltshof"
    name: str
    address: str
    register_number: str
    contact: str
    verified_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    base_url: str
    dialect: str  # a module of replenishment.vendors, e.g. "ucp"
    categories: list[str] = Field(sa_type=JSON)
    declaration: dict[str, Any] = Field(sa_type=JSON)  # vendor_policy.declarations
    declaration_hash: str


class ProductCardRow(SQLModel, table=True):
    """What a product is, by GTIN; ours, public and contestable."""

    __tablename__: ClassVar[str] = "product_card"

    gtin: str = Field(primary_key=True)  # 14 digits
    card: dict[str, Any] = Field(sa_type=JSON)  # vendor_policy.declarations.ProductCard


class MakerClaimRow(SQLModel, table=True):
    """What a manufacturer says about products for one of its models; public and contestable."""

    __tablename__: ClassVar[str] = "maker_claim"

    manufacturer_id: UUID = Field(primary_key=True)
    model: str = Field(primary_key=True)  # its name; of all its versions
    claim_id: str = Field(primary_key=True)
    claim: dict[str, Any] = Field(sa_type=JSON)  # vendor_policy.claims.Claim
    published_at: datetime = Field(sa_type=UtcDateTime)
    withdrawn_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class OfferRow(SQLModel, table=True):
    """The newest sight of one vendor's SKU; older sights live on in the records."""

    __tablename__: ClassVar[str] = "offer"
    __table_args__ = (Index(None, "category", "expires_at"),)

    vendor_id: str = Field(primary_key=True, foreign_key="vendor.vendor_id")
    sku: str = Field(primary_key=True)
    category: str
    offer: dict[str, Any] = Field(sa_type=JSON)  # vendor_policy.offers.Offer
    seen_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)


class RefusedOfferRow(SQLModel, table=True):
    """A catalogue item that lacked a mandatory fact; told to the vendor with the field."""

    __tablename__: ClassVar[str] = "refused_offer"

    vendor_id: str = Field(primary_key=True, foreign_key="vendor.vendor_id")
    sku: str = Field(primary_key=True)
    category: str
    title: str
    missing: list[list[str]] = Field(sa_type=JSON)  # field and reason
    seen_at: datetime = Field(sa_type=UtcDateTime)


class CatalogueSightRow(SQLModel, table=True):
    """How the last look at one vendor's category went."""

    __tablename__: ClassVar[str] = "catalogue_sight"

    vendor_id: str = Field(primary_key=True, foreign_key="vendor.vendor_id")
    category: str = Field(primary_key=True)
    tried_at: datetime = Field(sa_type=UtcDateTime)
    seen_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    problem: str = ""  # empty: it went well


class PolicyRow(OwnedRow, table=True):
    """One immutable version of an owner's policy; the highest version is in force."""

    __tablename__: ClassVar[str] = "policy"
    __table_args__ = (UniqueConstraint("owner_id", "version"),)

    policy_id: UUID = Field(primary_key=True)
    version: int
    body: dict[str, Any] = Field(sa_type=JSON)  # vendor_policy.policy.Policy
    policy_hash: str
    author: str  # the member who saved it
    created_at: datetime = Field(sa_type=UtcDateTime)


class MandateRow(OwnedRow, table=True):
    """What the owner allowed in advance; never changed, only revoked."""

    __tablename__: ClassVar[str] = "mandate"

    mandate_id: UUID = Field(primary_key=True)
    stock_id: UUID = Field(index=True)
    body: dict[str, Any] = Field(sa_type=JSON)  # vendor_policy.mandates.Mandate
    mandate_hash: str
    ends_on: date
    accepted_at: datetime = Field(sa_type=UtcDateTime)
    accepted_by: str
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class DecisionRow(OwnedRow, table=True):
    """One decision record: canonical JSON, exactly the bytes that were hashed."""

    __tablename__: ClassVar[str] = "decision"

    record_id: UUID = Field(primary_key=True)
    stock_id: UUID = Field(index=True)
    need_id: UUID = Field(index=True)
    record: bytes = Field(sa_type=LargeBinary)
    record_hash: str
    decided_at: datetime = Field(sa_type=UtcDateTime)


class VendorStatementRow(SQLModel, table=True):
    """What one vendor is told of one decision about one of its offers; holds nothing of the
    owner.
    """

    __tablename__: ClassVar[str] = "vendor_statement"
    __table_args__ = (Index(None, "vendor_id", "decided_on"),)

    statement_id: UUID = Field(primary_key=True)  # uuid5(record, offer)
    record_id: UUID  # for the operator alone; the record may be erased
    vendor_id: str = Field(foreign_key="vendor.vendor_id")
    decided_on: date
    category: str
    sku: str
    title: str
    outcome: str
    price_minor: int | None = None  # of one pack
    currency: str
    reasons: list[dict[str, Any]] = Field(sa_type=JSON)  # vendor_policy.statements.StatedReason
    short_minor: int | None = None


class ComplaintRow(SQLModel, table=True):
    """Of a vendor, about one statement; its state is that of its newest event."""

    __tablename__: ClassVar[str] = "complaint"

    complaint_id: UUID = Field(primary_key=True)
    statement_id: UUID = Field(foreign_key="vendor_statement.statement_id", unique=True)
    vendor_id: str = Field(foreign_key="vendor.vendor_id", index=True)


class ComplaintEventRow(SQLModel, table=True):
    """Only ever inserted; two of the same number cannot be."""

    __tablename__: ClassVar[str] = "complaint_event"

    complaint_id: UUID = Field(primary_key=True, foreign_key="complaint.complaint_id")
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    event: str
    state: str  # after it
    by: str
    words: str = Field(default="", sa_type=Text)
    at: datetime = Field(sa_type=UtcDateTime)


class MeterRunRow(SQLModel, table=True):
    """One run of the meter over what was decided in a span; published as it is."""

    __tablename__: ClassVar[str] = "meter_run"

    meter_run_id: int | None = Field(default=None, primary_key=True)
    measured_at: datetime = Field(sa_type=UtcDateTime)
    decisions: int
    unreadable: int
    replay_changes: int
    runs: dict[str, int] = Field(sa_type=JSON)
    changes: dict[str, int] = Field(sa_type=JSON)
    checkpoint: str | None = Field(default=None, sa_type=Text)  # signed note of the log


class DecisionCursorRow(SQLModel, table=True):
    """How far a recurring job has gone, in the order of `(decided_at, record_id)`."""

    __tablename__: ClassVar[str] = "decision_cursor"

    job: str = Field(primary_key=True)  # kind of its outbox row
    decided_at: datetime = Field(sa_type=UtcDateTime)
    record_id: UUID


class RecommendationSettingRow(OwnedRow, table=True):
    """Whether an owner asked for recommendations; none without this row."""

    __tablename__: ClassVar[str] = "recommendation_setting"

    setting_id: UUID = Field(primary_key=True)  # the owner's id: one row each
    is_on: bool
    changed_at: datetime = Field(sa_type=UtcDateTime)


class DeclinedRecommendationRow(OwnedRow, table=True):
    """A recommendation that the owner said no to; it is never made again."""

    __tablename__: ClassVar[str] = "declined_recommendation"
    __table_args__ = (UniqueConstraint("owner_id", "key"),)

    declined_id: UUID = Field(primary_key=True)
    key: str  # vendor_policy.recommendations.Change
    declined_at: datetime = Field(sa_type=UtcDateTime)
    declined_by: str
