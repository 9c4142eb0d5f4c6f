"""Facts: what else a decision stands on besides needs, offers and the owner's policy.

Pure. Facts go into the record, so that the decision can be computed again from it alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from pydantic import AwareDatetime

from core.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliveries:
    """Counts of recorded deliveries against the vendor's promise."""

    delivered: int
    late: int  # of these, after the last promised day
    late_days: int  # beyond the promise, summed over the late ones

    def __post_init__(self) -> None:
        if not 0 <= self.late <= self.delivered or self.late_days < self.late:
            raise ValueError("0 <= late <= delivered and late_days >= late must hold")


# What is assumed of every vendor before its own deliveries weigh more: one in twenty, by two
# days. A caller hands it over in `Facts.prior`, so that it stands in the record.
PRIOR = Deliveries(delivered=20, late=1, late_days=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class LastPaid:
    """The stock's last order. `total`: tax and delivery in, for `quantity` units."""

    total: Money
    quantity: int

    def __post_init__(self) -> None:
        if self.total.minor <= 0 or self.quantity <= 0:
            raise ValueError("total and quantity must be above zero")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """Counts of a vendor's recorded orders, whoever placed them."""

    orders: int  # that were sent to the vendor
    failed: int  # of these, refused or cancelled by the vendor, or changed at checkout

    def __post_init__(self) -> None:
        if not 0 <= self.failed <= self.orders:
            raise ValueError("0 <= failed <= orders must hold")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    now_at: AwareDatetime
    today_on: date  # in the owner's time zone
    prior: Deliveries
    deliveries: Mapping[str, Deliveries]  # by vendor; none recorded: the prior alone
    last_paid: Mapping[str, LastPaid]  # by stock
    present_supplier: Mapping[str, str]  # vendor by stock: who delivered last
    bought_on: Mapping[str, date] = field(default_factory=dict)  # last order, by stock
    reliability: Mapping[str, Reliability] = field(default_factory=dict)  # by vendor

    def __post_init__(self) -> None:
        if self.now_at.tzinfo is None:
            raise ValueError("now_at must be an aware datetime")
        if self.prior.delivered < 1 or self.prior.late < 1:
            raise ValueError("prior: at least one delivery, one of them late")
