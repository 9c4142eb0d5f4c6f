"""What the shop remembers: checkout sessions and orders, as they stand in its ledger."""

from datetime import datetime
from enum import StrEnum

from pydantic import AwareDatetime, BaseModel, ConfigDict


class Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SessionStatus(StrEnum):
    """The values of UCP's checkout status that this shop can reach."""

    INCOMPLETE = "incomplete"
    READY = "ready_for_complete"
    COMPLETED = "completed"
    CANCELED = "canceled"


class Line(Record):
    line_id: str
    sku: str
    gtin: str
    title: str
    quantity: int
    price_minor: int  # one piece, tax included, fixed when the session was last written

    @property
    def total_minor(self) -> int:
        return self.price_minor * self.quantity


class Problem(Record):
    """Why a session cannot be completed; `path` is a JSONPath into the checkout."""

    code: str
    content: str
    path: str


class Destination(Record):
    destination_id: str
    street_address: str
    postal_code: str
    address_locality: str
    address_country: str
    first_name: str | None = None
    last_name: str | None = None


class Buyer(Record):
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None


class Wanted(Record):
    line_id: str
    sku: str
    quantity: int


class Wish(Record):
    """All a buyer says about a session; an update replaces it whole."""

    items: tuple[Wanted, ...]
    buyer: Buyer | None = None
    destination: Destination | None = None
    option_id: str | None = None
    problems: tuple[Problem, ...] = ()  # found while reading


class Session(Record):
    session_id: str
    created_at: AwareDatetime
    expires_at: AwareDatetime
    lines: tuple[Line, ...]
    problems: tuple[Problem, ...] = ()
    buyer: Buyer | None = None
    destination: Destination | None = None
    option_id: str  # of the delivery; the shop preselects its first
    delivery_minor: int  # 0 until there is a destination
    is_canceled: bool = False
    order_id: str | None = None

    @property
    def goods_minor(self) -> int:
        return sum(line.total_minor for line in self.lines)

    @property
    def total_minor(self) -> int:
        return self.goods_minor + self.delivery_minor

    def status(self, now: datetime) -> SessionStatus:
        if self.order_id is not None:
            return SessionStatus.COMPLETED
        if self.is_canceled or now >= self.expires_at:
            return SessionStatus.CANCELED
        if self.problems or self.destination is None:
            return SessionStatus.INCOMPLETE
        return SessionStatus.READY


class Order(Record):
    """A completed session and the parcel it became."""

    order_id: str
    session: Session
    placed_at: AwareDatetime
    shipped_at: AwareDatetime
    delivered_at: AwareDatetime
    promised_by: AwareDatetime
    canceled_at: AwareDatetime | None = None

    def has_shipped(self, now: datetime) -> bool:
        return self.canceled_at is None and self.shipped_at <= now

    def is_delivered(self, now: datetime) -> bool:
        return self.canceled_at is None and self.delivered_at <= now
