"""What can be used up at home: products of the shops here, and what described appliances use.

Pure.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from api.web import wording
from api.web.views_at_home import Kind
from devices.models import DeviceModel, SlotSpec, Unit
from vendor_policy.declarations import ProductCard

PACK_LASTS_DAYS: Final = 30.0  # until its owner says otherwise

Supplies = Callable[[str], tuple[str, str]]  # a category in English and German


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumable:
    """`title`: in the list; `supply`: what it is called at home, in English and German.
    `lasts_days`: a pack, usually.
    """

    key: str
    title: str
    title_de: str
    supply: str
    supply_de: str
    category: str
    fits: tuple[str, ...]
    pack: int
    unit: Unit
    lasts_days: float

    def kind(self, language: str) -> Kind:
        title = (language == "de" and self.title_de) or self.title
        return Kind(key=self.key, title=title, pack=wording.quantity(self.pack, self.unit))


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """`sold`: by shops here; `known`: used by described appliances."""

    sold: Sequence[Consumable]
    known: Sequence[Consumable]


def of_cards(cards: Iterable[ProductCard], supplies: Supplies) -> list[Consumable]:
    """By category and title."""
    return [
        Consumable(
            key=f"gtin:{card.gtin}",
            title=f"{card.title}, {card.brand}",
            title_de=f"{card.title}, {card.brand}",
            supply=supplies(card.category)[0],
            supply_de=supplies(card.category)[1],
            category=card.category,
            fits=card.fits,
            pack=1 if card.unit == "fill" else card.pack_quantity,
            unit=card.unit,
            lasts_days=PACK_LASTS_DAYS,
        )
        for card in sorted(cards, key=lambda each: (each.category, each.title))
    ]


def of_models(models: Iterable[DeviceModel]) -> list[Consumable]:
    """What is consumed in them, each once however many models use it."""
    found: dict[object, Consumable] = {}
    for model in models:
        for spec in model.slots:
            if spec.direction == "consumed":
                found.setdefault((spec.category, spec.unit, spec.fits), _of_slot(model, spec))
    return list(found.values())


def _of_slot(model: DeviceModel, spec: SlotSpec) -> Consumable:
    return Consumable(
        key=f"slot:{model.name}/{spec.slot}",
        title=f"{model.title_in('en')}: {spec.title}",
        title_de=f"{model.title_in('de')}: {spec.title_in('de')}",
        supply=spec.title,
        supply_de=spec.title_in("de"),
        category=spec.category,
        fits=spec.fits,
        pack=spec.capacity,
        unit=spec.unit,
        lasts_days=spec.capacity / spec.typical_use_per_day,
    )


def named(key: str, known: Sequence[Consumable]) -> Consumable | None:
    return next((each for each in known if each.key == key), None)
