"""Storage of the decision log. Leaves, nodes and checkpoints say nothing about anybody and stay
for good; entries hold what was committed to, belong to an owner and can be erased.
"""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import Index, LargeBinary, Text
from sqlmodel import Field, SQLModel

from accounts.scoping import OwnedRow
from core.database import UtcDateTime


class LeafRow(SQLModel, table=True):
    """A commitment; `leaf_index` None: not yet in the tree."""

    __tablename__: ClassVar[str] = "leaf"

    leaf_id: int | None = Field(default=None, primary_key=True)
    commitment: bytes = Field(sa_type=LargeBinary, index=True)
    leaf_index: int | None = Field(default=None, unique=True)


class TreeNodeRow(SQLModel, table=True):
    """The hash of one full subtree; see `vendor_policy.log.tree`."""

    __tablename__: ClassVar[str] = "tree_node"

    level: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    position: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    hash: bytes = Field(sa_type=LargeBinary)


class LogHeadRow(SQLModel, table=True):
    """The one log of this instance; locked while leaves are put into the tree."""

    __tablename__: ClassVar[str] = "log_head"

    origin: str = Field(primary_key=True)
    verifier_key: str
    size: int = 0


class LogCheckpointRow(SQLModel, table=True):
    __tablename__: ClassVar[str] = "log_checkpoint"

    size: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    note: str = Field(sa_type=Text)  # signed, C2SP tlog-checkpoint
    cosignatures: str = Field(default="", sa_type=Text)  # signature lines of witnesses
    signed_at: datetime = Field(sa_type=UtcDateTime)


class WitnessRow(SQLModel, table=True):
    """Another instance that co-signs this log. `size`: of the last checkpoint it signed."""

    __tablename__: ClassVar[str] = "witness"

    name: str = Field(primary_key=True)
    verifier_key: str
    url: str
    size: int = 0
    problem: str = ""  # of the last try; empty: it went well


class WitnessedLogRow(SQLModel, table=True):
    """A log of another instance, of which this one is a witness, as last seen."""

    __tablename__: ClassVar[str] = "witnessed_log"

    origin: str = Field(primary_key=True)
    verifier_key: str
    size: int
    root: bytes = Field(sa_type=LargeBinary)
    note: str = Field(sa_type=Text)


class LogEntryRow(OwnedRow, table=True):
    """What a leaf commits to and the salt that opens it; erased together."""

    __tablename__: ClassVar[str] = "log_entry"

    leaf_id: int = Field(primary_key=True, foreign_key="leaf.leaf_id")
    kind: str  # decision, listings or event
    record_id: UUID = Field(index=True)
    need_id: UUID = Field(index=True)
    body: bytes | None = Field(default=None, sa_type=LargeBinary)  # None: the decision record
    salt: bytes = Field(sa_type=LargeBinary)
    seed: bytes | None = Field(default=None, sa_type=LargeBinary)  # of its events' salts


class ListingRow(SQLModel, table=True):
    """What a vendor listed in a category, from one change to the next."""

    __tablename__: ClassVar[str] = "listing"
    __table_args__ = (Index(None, "category", "is_current"),)

    leaf_id: int = Field(primary_key=True, foreign_key="leaf.leaf_id")
    vendor_id: str = Field(foreign_key="vendor.vendor_id")
    category: str
    is_current: bool
    body: bytes = Field(sa_type=LargeBinary)
    salt: bytes = Field(sa_type=LargeBinary)
    seen_at: datetime = Field(sa_type=UtcDateTime)  # last, unchanged
    expires_at: datetime = Field(sa_type=UtcDateTime)
