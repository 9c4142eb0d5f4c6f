"""The owner's policy: every wish, limit and credit a decision may use, as one frozen value.

Pure. What is not written here does not weigh: `decide` has no defaults of its own. An
impossible policy is refused with the field and the way to mend it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from core.canonical import Json, digest, dumps
from core.money import PPM
from vendor_policy.conditions import (
    Contest,
    CreditShare,
    CustomRule,
    OrderLimit,
    Substitute,
)
from vendor_policy.declarations import Currency, Frozen, Gtin, Minor, Name, Share, Unit

Preset = Literal["balanced", "cheapest", "fastest", "greenest", "loyal", "price_only"]
Role = Literal["admin", "approver"]
Names = Annotated[tuple[Name, ...], Field(max_length=200)]


class Credit(Frozen):
    """What a brand, a vendor or an attribute is worth to the owner, as a share of the price."""

    name: Name
    credit_ppm: CreditShare


class CategoryNames(Frozen):
    category: Name
    names: Annotated[tuple[Name, ...], Field(min_length=1, max_length=200)]


class PriceBand(Frozen):
    """What `per_quantity` units may cost, tax and delivery in, in the policy's currency."""

    category: Name
    unit: Unit
    per_quantity: Annotated[int, Field(strict=True, gt=0, le=10_000_000)]
    least_minor: Minor = 0
    most_minor: Annotated[int, Field(strict=True, gt=0, le=100_000_000)]

    @field_validator("most_minor")
    @classmethod
    def _possible(cls, most: int, info: ValidationInfo) -> int:
        least = info.data.get("least_minor", 0)
        if most < least:
            raise PydanticCustomError(
                "band_impossible",
                "{most} is below least_minor {least}: raise most_minor or lower least_minor",
                {"most": most, "least": least},
            )
        return most


class Policy(Frozen):
    """Vendors are named by key. An empty list wishes nothing; None sets no limit."""

    preset: Preset  # where it started; every number below may have been changed since
    currency: Currency
    stock_out_minor_per_day: Minor  # what a day without costs the owner
    holding_ppm_per_year: Share  # what keeping more than needed costs, of its price
    loyalty_credit_ppm: Annotated[int, Field(strict=True, ge=0, le=PPM // 2)]
    failed_order_minor: Minor = 0  # what an order that the vendor lets fall costs the owner
    brands_allowed: tuple[CategoryNames, ...] = ()  # a category without entry: every brand
    brands_blocked: Names = ()
    products_blocked: Annotated[tuple[Gtin, ...], Field(max_length=200)] = ()
    brand_credits: tuple[Credit, ...] = ()
    vendors_allowed: Names = ()
    vendors_blocked: Names = ()
    vendor_credits: tuple[Credit, ...] = ()
    attributes_required: tuple[CategoryNames, ...] = ()
    attribute_credits: tuple[Credit, ...] = ()
    price_bands: tuple[PriceBand, ...] = ()
    substitutes: Annotated[tuple[Substitute, ...], Field(max_length=200)] = ()
    order_limits: Annotated[tuple[OrderLimit, ...], Field(max_length=200)] = ()
    custom_rules: Annotated[tuple[CustomRule, ...], Field(max_length=30)] = ()
    contested: Annotated[tuple[Contest, ...], Field(max_length=200)] = ()
    price_rise_most_ppm: Annotated[int, Field(strict=True, ge=0, le=100 * PPM)] | None = None
    late_most_ppm: Share | None = None  # None: lateness costs, but never excludes
    ask_above_minor: Minor | None = None  # ask when an order's total is above this
    ask_price_rise_ppm: Annotated[int, Field(strict=True, ge=0, le=100 * PPM)] | None = None
    may_approve: Annotated[tuple[Role, ...], Field(min_length=1)] = ("admin", "approver")

    @field_validator("brands_allowed", "attributes_required", "price_bands")
    @classmethod
    def _category_once(
        cls, entries: tuple[CategoryNames | PriceBand, ...]
    ) -> tuple[CategoryNames | PriceBand, ...]:
        _once([each.category for each in entries])
        return entries

    @field_validator("substitutes", "order_limits", "custom_rules")
    @classmethod
    def _entry_once(
        cls, entries: tuple[Substitute | OrderLimit | CustomRule, ...]
    ) -> tuple[Substitute | OrderLimit | CustomRule, ...]:
        _once([str(next(iter(each.model_dump().values()))) for each in entries])
        return entries

    @field_validator("brand_credits", "vendor_credits", "attribute_credits")
    @classmethod
    def _credit_once(cls, entries: tuple[Credit, ...]) -> tuple[Credit, ...]:
        _once([folded(each.name) for each in entries])
        return entries

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        allowed = [brand for entry in self.brands_allowed for brand in entry.names]
        _not_both("brands_blocked", allowed, self.brands_blocked)
        _not_both("vendors_blocked", self.vendors_allowed, self.vendors_blocked)
        highest = (
            max((each.credit_ppm for each in self.brand_credits), default=0)
            + max((each.credit_ppm for each in self.vendor_credits), default=0)
            + sum(each.credit_ppm for each in self.attribute_credits)
            + max((each.credit_ppm or 0 for each in self.substitutes), default=0)
            + self.loyalty_credit_ppm
        )
        if highest >= PPM:  # else the dearer of two equal offers would win
            raise PydanticCustomError(
                "credits_too_high",
                "brand_credits, vendor_credits, attribute_credits, substitutes and"
                " loyalty_credit_ppm may reach {highest} ppm together; lower them below"
                " 1000000",
                {"field": "loyalty_credit_ppm", "highest": highest},
            )
        return self

    def band(self, category: str) -> PriceBand | None:
        return next((each for each in self.price_bands if each.category == category), None)

    def names(self, entries: tuple[CategoryNames, ...], category: str) -> Names:
        """Of `brands_allowed` or `attributes_required`; none: nothing is wished."""
        return next((each.names for each in entries if each.category == category), ())

    def limit(self, category: str) -> OrderLimit:
        """The category's own entry, else the one for all, else no limit."""
        limits = {each.category: each for each in self.order_limits}
        return limits.get(category) or limits.get(None) or OrderLimit()

    def substitutes_of(self, products: Iterable[str]) -> Names:
        picked = frozenset(products)
        return tuple(
            gtin for each in self.substitutes if each.product in picked for gtin in each.instead
        )

    def worth_more(self, products: Iterable[str]) -> tuple[Substitute, ...]:
        """Entries of what was picked that credit it before its substitutes."""
        picked = frozenset(products)
        return tuple(
            each for each in self.substitutes if each.credit_ppm and each.product in picked
        )


@lru_cache(maxsize=4096)
def folded(name: str) -> str:
    """Brands and attributes are compared without case."""
    return name.strip().casefold()


def _once(names: list[str]) -> None:
    for at, name in enumerate(names):
        if name in names[:at]:
            raise PydanticCustomError(
                "named_twice", "`{name}` stands twice; keep one entry", {"name": name}
            )


def _not_both(field: str, allowed: Iterable[str], blocked: Names) -> None:
    kept = set(map(folded, allowed))
    for name in blocked:
        if folded(name) in kept:
            raise PydanticCustomError(
                "allowed_and_blocked",
                "{field}: `{name}` is also allowed; take it out of one of the two lists",
                {"field": field, "name": name},
            )


# Amounts in minor units, shares in ppm, each shown to the owner where it can be changed.
PRESETS: Mapping[Preset, Mapping[str, object]] = {
    "balanced": {
        "stock_out_minor_per_day": 200,
        "holding_ppm_per_year": 80_000,
        "loyalty_credit_ppm": 20_000,
        "failed_order_minor": 200,
    },
    "cheapest": {
        "stock_out_minor_per_day": 50,
        "holding_ppm_per_year": 80_000,
        "loyalty_credit_ppm": 0,
        "failed_order_minor": 50,
    },
    "fastest": {
        "stock_out_minor_per_day": 2_000,
        "holding_ppm_per_year": 80_000,
        "loyalty_credit_ppm": 0,
        "failed_order_minor": 500,
    },
    "greenest": {
        "stock_out_minor_per_day": 200,
        "holding_ppm_per_year": 80_000,
        "loyalty_credit_ppm": 0,
        "failed_order_minor": 200,
        "attribute_credits": (
            {"name": "eco-label", "credit_ppm": 200_000},
            {"name": "refilled", "credit_ppm": 150_000},
            {"name": "fair-trade", "credit_ppm": 100_000},
        ),
    },
    "loyal": {
        "stock_out_minor_per_day": 200,
        "holding_ppm_per_year": 80_000,
        "loyalty_credit_ppm": 80_000,
        "failed_order_minor": 200,
    },
    "price_only": {
        "stock_out_minor_per_day": 0,
        "holding_ppm_per_year": 0,
        "loyalty_credit_ppm": 0,
        "failed_order_minor": 0,
    },
}


def preset(name: Preset = "balanced", currency: str = "EUR") -> Policy:
    return Policy.model_validate({"preset": name, "currency": currency, **PRESETS[name]})


@dataclass(frozen=True, slots=True)
class Problem:
    """`code`: the text key below `policy.problem.`; `message`: English, for developers."""

    field: str  # e.g. "price_bands[0].most_minor"
    code: str
    message: str
    params: Mapping[str, Any]


def problems(error: ValidationError) -> tuple[Problem, ...]:
    return tuple(
        Problem(
            field=_path(each["loc"]) or each.get("ctx", {}).get("field", "policy"),
            code=each["type"],
            message=each["msg"],
            params=each.get("ctx", {}),
        )
        for each in error.errors(include_url=False)
    )


def _path(location: tuple[int | str, ...]) -> str:
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return "".join(parts).removeprefix(".")


def to_json(policy: Policy) -> dict[str, Json]:
    return policy.model_dump(mode="json")


def from_json(value: object) -> Policy:
    """Raises pydantic's ValidationError; `problems` lists its fields."""
    return Policy.model_validate(value)


def policy_hash(policy: Policy) -> str:
    return digest(dumps(to_json(policy)))
