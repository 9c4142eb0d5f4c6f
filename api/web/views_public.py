"""What the pages show that need no household: the meter, checking a proof, vendors. Pure."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from accounts.texts import Text
from core.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What was changed that must not matter, how often, and how often the winner with it."""

    words: Text
    runs: int
    changes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterPage:
    """`measured_at` and `checkpoint` None: nothing was measured, or logged, yet."""

    decisions: int
    unreadable: int
    lines: tuple[Measured, ...]
    measured_at: datetime | None
    checkpoint: str | None

    @property
    def changes(self) -> int:
        return sum(each.changes for each in self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyPage:
    """`key` None: the log is still empty."""

    key: str | None
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorSignIn:
    problem: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedAtDoor:
    sku: str
    title: str
    seen_at: datetime
    fields: tuple[tuple[str, Text], ...]  # with the reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    words: Text
    author: Text
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLine:
    """What became of one of the vendor's own offers; `short`: one pack was so much too dear."""

    statement_id: UUID
    decided_on: date
    sku: str
    title: str
    category: Text
    outcome: str
    words: Text
    price: Money | None
    short: Money | None
    reasons: tuple[Reason, ...]
    complaint: Text | None  # its state


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewMove:
    words: Text
    by: Text
    said: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """Something a person looks at, with every step. `review_id`: of the complaint or order."""

    review_id: UUID
    state: Text
    may_withdraw: bool
    moves: tuple[ReviewMove, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorPage:
    """`csrf_token`: of the vendor's own session."""

    csrf_token: str
    vendor: str
    counts: tuple[tuple[str, int], ...]  # by outcome
    outcome: str  # the only one shown; empty: all but the won
    refused: tuple[RefusedAtDoor, ...]
    statements: tuple[StatementLine, ...]
    most: int  # statements looked at, the newest


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementPage:
    csrf_token: str
    vendor: str
    statement: StatementLine
    complaint: Review | None
    words_most: int
    problem: Text | None = None
