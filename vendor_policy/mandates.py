"""Mandates: what an owner allowed in advance, and whether it covers what would be bought.

Pure. A mandate is never changed, only revoked; who may accept one is the caller's to check.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Final, Literal, Self

from pydantic import AwareDatetime, Field, model_validator
from pydantic_core import PydanticCustomError

from vendor_policy.candidates import Candidate
from vendor_policy.declarations import Currency, Frozen, Gtin, Name, Unit

AmountMinor = Annotated[int, Field(strict=True, gt=0, le=100_000_000)]
LONGEST_GAP_DAYS: Final = 365


class UnitPriceCap(Frozen):
    """What `per_quantity` units may cost, tax and delivery in, in the mandate's currency."""

    unit: Unit
    per_quantity: Annotated[int, Field(strict=True, gt=0, le=10_000_000)]
    most_minor: AmountMinor


class Mandate(Frozen):
    """`products` and `vendors` are those the owner saw when accepting; last day included."""

    products: Annotated[tuple[Gtin, ...], Field(min_length=1, max_length=200)]
    vendors: Annotated[tuple[Name, ...], Field(min_length=1, max_length=50)]
    currency: Currency
    order_most_minor: AmountMinor  # cap of one order, tax and delivery in
    unit_price: UnitPriceCap | None = None
    days_between: (  # least gap of two orders by mandate; None: as often as needed
        Annotated[int, Field(strict=True, ge=1, le=LONGEST_GAP_DAYS)] | None
    ) = None
    ends_on: date
    accepted_at: AwareDatetime
    accepted_by: Name

    @model_validator(mode="after")
    def _not_over(self) -> Self:
        if self.ends_on < self.accepted_at.date():
            raise PydanticCustomError(
                "ends_before_accepted",
                "ends_on {ends_on} is already over; choose a later day",
                {"field": "ends_on", "ends_on": self.ends_on.isoformat()},
            )
        return self


@dataclass(frozen=True, slots=True)
class Covered:
    """May be ordered without asking."""


@dataclass(frozen=True, slots=True)
class NotCovered:
    """`reason`: text key below `mandate.`; `field` of the mandate."""

    reason: Literal[
        "ended",
        "other_product",
        "other_vendor",
        "other_currency",
        "above_cap",
        "unit_too_dear",
        "too_soon",
    ]
    field: str


def covers(
    mandate: Mandate, candidate: Candidate, on: date, last_on: date | None
) -> Covered | NotCovered:
    """`on`: today; `last_on`: when a mandate last bought for the stock; both in the owner's
    time zone. Names the first limit that is passed.
    """
    total = candidate.total
    limits = (
        (on > mandate.ends_on, NotCovered("ended", "ends_on")),
        (candidate.gtin not in mandate.products, NotCovered("other_product", "products")),
        (candidate.vendor not in mandate.vendors, NotCovered("other_vendor", "vendors")),
        (total.currency != mandate.currency, NotCovered("other_currency", "currency")),
        (total.minor > mandate.order_most_minor, NotCovered("above_cap", "order_most_minor")),
        (_too_dear(mandate, candidate), NotCovered("unit_too_dear", "unit_price")),
        (_too_soon(mandate, on, last_on), NotCovered("too_soon", "days_between")),
    )
    return next((limit for is_passed, limit in limits if is_passed), Covered())


def _too_dear(mandate: Mandate, candidate: Candidate) -> bool:
    cap = mandate.unit_price
    if cap is None:
        return False
    if cap.unit != candidate.unit:
        return True
    paid = candidate.total.minor * cap.per_quantity
    return paid > cap.most_minor * candidate.quantity


def _too_soon(mandate: Mandate, on: date, last_on: date | None) -> bool:
    if mandate.days_between is None or last_on is None:
        return False
    return on < last_on + timedelta(days=mandate.days_between)
