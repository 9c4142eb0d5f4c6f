"""What a shop sells and how it delivers: one JSON table per shop, read once and checked."""

from importlib import resources
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Minor = Annotated[int, Field(ge=0)]  # cents, tax included


class UnknownAssortment(Exception):
    def __init__(self, name: str, known: list[str]) -> None:
        super().__init__(f"no assortment {name!r}; there are: {', '.join(known)}")


class Article(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    sku: str
    gtin: str
    title: str
    category: str
    price_minor: Annotated[
        int, Field(gt=0)
    ]  # list price; the day's price is prices.price_minor
    stock: Annotated[int, Field(ge=0)]  # pieces a week: the supplier replaces what was sold
    stars_tenths: Annotated[int, Field(ge=10, le=50)]
    reviews: Annotated[int, Field(ge=0)]


class Delivery(BaseModel):
    """One way to deliver; arrives `min_days` to `max_days` after the day of the order."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    option_id: str
    title: str
    price_minor: Minor
    free_from_minor: Minor | None
    min_days: Annotated[int, Field(ge=1)]
    max_days: Annotated[int, Field(ge=1)]

    def cost_minor(self, goods_minor: int) -> int:
        is_free = self.free_from_minor is not None and goods_minor >= self.free_from_minor
        return 0 if is_free else self.price_minor


class Assortment(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    order_prefix: str
    currency: str = "EUR"
    late_ppm: Annotated[int, Field(ge=0, le=1_000_000)]  # share of parcels after the promise
    deliveries: Annotated[tuple[Delivery, ...], Field(min_length=1)]  # the first is preselected
    articles: tuple[Article, ...]

    def article(self, sku: str) -> Article | None:
        return next((each for each in self.articles if each.sku == sku), None)

    def delivery(self, option_id: str) -> Delivery | None:
        return next((each for each in self.deliveries if each.option_id == option_id), None)


def names() -> list[str]:
    folder = resources.files("demo_shop") / "assortments"
    return sorted(each.name.removesuffix(".json") for each in folder.iterdir())


def load(name: str) -> Assortment:
    """Raises UnknownAssortment, which names the known ones."""
    if name not in names():
        raise UnknownAssortment(name, names())
    file = resources.files("demo_shop") / "assortments" / f"{name}.json"
    return Assortment.model_validate_json(file.read_text(encoding="utf-8"))
