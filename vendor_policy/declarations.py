"""What is registered with the platform: a vendor's declaration, a product's card.

Pure: frozen values, validated once at the edge; a problem names its field and the
way to mend it.
"""

from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)
from pydantic_core import PydanticCustomError

from core.gtin import normalised_gtin
from core.money import PPM

Unit = Literal["ml", "g", "pieces", "fill"]  # fill: one full slot
Name = Annotated[str, StringConstraints(min_length=1, max_length=120, strip_whitespace=True)]
Minor = Annotated[int, Field(strict=True, ge=0, le=100_000_000)]
Share = Annotated[int, Field(strict=True, ge=0, le=PPM)]  # parts per million
Days = Annotated[int, Field(strict=True, ge=0, le=60)]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]  # ISO 4217


def _gtin(text: str) -> str:
    found = normalised_gtin(text)
    if found is None:
        raise PydanticCustomError(
            "gtin_wrong", "not a GTIN of 8, 12, 13 or 14 digits with its right check digit"
        )
    return found


Gtin = Annotated[str, AfterValidator(_gtin)]  # 14 digits


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Remuneration(Frozen):
    """What is paid to anyone for listing or selling, as a share of the price or an amount an
    order. Zero must be said, as `share_ppm=0` or `amount_minor=0`.
    """

    payer: Name | None = None
    payee: Name | None = None
    share_ppm: Share | None = None
    amount_minor: Minor | None = None

    @property
    def is_paid(self) -> bool:
        return bool(self.share_ppm or self.amount_minor)

    @model_validator(mode="after")
    def _said(self) -> Self:
        if (self.share_ppm is None) == (self.amount_minor is None):
            raise PydanticCustomError(
                "remuneration_unsaid",
                "say exactly one of share_ppm and amount_minor; nothing paid is share_ppm 0",
            )
        if self.is_paid and not (self.payer and self.payee):
            raise PydanticCustomError(
                "remuneration_parties", "name payer and payee of what is paid"
            )
        return self


class Shipping(Frozen):
    """Tax in, in minor units of the declaration's currency."""

    flat_minor: Minor
    free_from_minor: Minor | None = None  # goods of one order worth this or more travel free

    def cost_minor(self, goods_minor: int) -> int:
        is_free = self.free_from_minor is not None and goods_minor >= self.free_from_minor
        return 0 if is_free else self.flat_minor


class DeliveryPromise(Frozen):
    """Days from the order to the door, both ends included."""

    earliest_days: Days
    latest_days: Days

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.latest_days < self.earliest_days:
            raise PydanticCustomError(
                "delivery_reversed",
                "latest_days {latest} is before earliest_days {earliest}; swap them",
                {"latest": self.latest_days, "earliest": self.earliest_days},
            )
        return self


class RegionTerms(Frozen):
    region: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]  # ISO 3166-1 alpha-2
    shipping: Shipping
    delivery: DeliveryPromise


class SkuTerms(Frozen):
    """What differs for one SKU; None means: as for every other."""

    sku: Name
    delivery: DeliveryPromise | None = None
    remuneration: Remuneration | None = None
    returns_days: Days | None = None


class VendorDeclaration(Frozen):
    """What a vendor states once for its whole catalogue."""

    currency: Currency
    remuneration: Remuneration
    regions: Annotated[tuple[RegionTerms, ...], Field(min_length=1, max_length=60)]
    returns_days: Days
    per_sku: tuple[SkuTerms, ...] = ()

    @model_validator(mode="after")
    def _once(self) -> Self:
        for field, names in (
            ("regions", [each.region for each in self.regions]),
            ("per_sku", [each.sku for each in self.per_sku]),
        ):
            if len(set(names)) != len(names):
                raise PydanticCustomError(
                    "stated_twice",
                    "{field} names something twice; keep one entry each",
                    {"field": field},
                )
        return self

    def terms(self, region: str) -> RegionTerms | None:
        return next((each for each in self.regions if each.region == region), None)

    def exception(self, sku: str) -> SkuTerms:
        return next((each for each in self.per_sku if each.sku == sku), SkuTerms(sku=sku))


class ProductCard(Frozen):
    """What a product is, whoever sells it; public and contestable."""

    gtin: Gtin
    title: Name
    brand: Name
    category: Name
    pack_quantity: Annotated[int, Field(strict=True, gt=0, le=10_000_000)]  # units in one pack
    unit: Unit
    fits: Annotated[tuple[Name, ...], Field(min_length=1, max_length=50)]  # specifications
    attributes: tuple[Name, ...] = ()
