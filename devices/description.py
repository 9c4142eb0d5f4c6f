"""A device described in one file: its slots, where each is read, and what to buy for it.

Pure. Slots are shaped as Matter's Resource Monitoring (condition, indication, last change,
replacement list), bindings as in the Web of Things (where on an interface a value lies).
"""

import re
from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints, field_validator, model_validator

from core.gtin import normalised_gtin
from devices.models import (
    DataSheet,
    DeviceModel,
    Frozen,
    Measure,
    SlotName,
    SlotSpec,
    Unit,
    Version,
)

FORMAT: Final = 1
PLACEHOLDER: Final = re.compile(r"x{4}|0{6}", re.IGNORECASE)  # of samples, not of products
KEPT_DAYS: Final = 400
KEPT_WHERE: Final = "On this installation only; the maker sees nothing unless you share it."
KEPT_WHERE_DE: Final = (
    "Nur auf dieser Installation; der Hersteller sieht nichts, außer Sie teilen es mit ihm."
)

Oid = Annotated[str, StringConstraints(pattern=r"^1(\.\d{1,10}){2,40}$")]
Word = Annotated[str, Field(min_length=1, max_length=80)]
Positive = Annotated[float, Field(gt=0, le=1e12)]


class Titles(Frozen):
    """In English, and in German where that differs."""

    en: Word
    de: Annotated[str, Field(max_length=80)] = ""


class Product(Frozen):
    """What replaces the contents of a slot: a GTIN-14 with its check digit, or the maker's
    part number.
    """

    scheme: Literal["gtin14", "oem"]
    number: Annotated[str, Field(min_length=3, max_length=20)]

    @model_validator(mode="after")
    def _is_real(self) -> "Product":
        if PLACEHOLDER.search(self.number):
            raise ValueError(f"number: {self.number} is a placeholder; leave the product out")
        if self.scheme == "gtin14" and normalised_gtin(self.number) != self.number:
            right = normalised_gtin(self.number)
            fix = f"write it as {right}" if right else "its check digit is wrong"
            raise ValueError(f"number: {self.number} is no GTIN of 14 digits: {fix}")
        return self


class MqttPlace(Frozen):
    """`path`: into the JSON of the payload; none: the payload is the value."""

    topic: Annotated[str, Field(min_length=1, max_length=200)]
    path: Annotated[tuple[str | int, ...], Field(max_length=16)] = ()

    @field_validator("topic")
    @classmethod
    def _one_level(cls, topic: str) -> str:
        if "#" in topic or "\0" in topic:
            raise ValueError("topic: use + for one level; # takes more than one value")
        return topic


class IppPlace(Frozen):
    attribute: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,60}$")]
    index: Annotated[int, Field(ge=0, lt=64)] = 0


class Binding(Frozen):
    """Where a value lies; exactly one place. `reading`: a slot that the interface's own decoder
    names. `factor`: what the value is multiplied with.
    """

    reading: Word | None = None
    mqtt: MqttPlace | None = None
    oid: Oid | None = None
    ipp: IppPlace | None = None
    factor: Positive = 1.0

    @model_validator(mode="after")
    def _one_place(self) -> "Binding":
        places = [each for each in (self.reading, self.mqtt, self.oid, self.ipp) if each]
        if len(places) != 1:
            raise ValueError("give exactly one of reading, mqtt, oid and ipp")
        return self


class Condition(Binding):
    """How much is left of what is consumed, or in what is filled. `full`: the value, after the
    factor, that means a full slot; none: a level in percent, or an amount in the slot's unit.
    """

    full: Positive | None = None
    rises: bool = False  # the value grows as the resource wears, as a counter of hours does


class Indication(Binding):
    """A flag: the values that mean "low" and "empty" (or "full", of a container)."""

    low: Annotated[tuple[str, ...], Field(max_length=20)] = ()
    empty: Annotated[tuple[str, ...], Field(max_length=20)] = ()


class Dose(Frozen):
    """What one cycle takes, in the slot's unit, and where cycles are counted."""

    amount: Positive
    cycles: Binding


class OrderAdvice(Frozen):
    """At how much left the maker advises to order. The bridge then says "low", and the data
    sheet shows it; when to order follows from the use.
    """

    at_percent: Annotated[float, Field(gt=0, lt=100)]


class DescribedSlot(Frozen):
    title: Titles
    category: SlotName
    direction: Literal["consumed", "filled"] = "consumed"
    unit: Unit = "fill"
    capacity: Annotated[int, Field(gt=0, le=10_000_000)] = 1
    typical_use_per_day: Positive
    most_per_day: Positive
    condition: Condition | None = None
    indication: Indication | None = None
    last_changed: Binding | None = None
    dose_per_cycle: Dose | None = None
    fits: Annotated[tuple[Word, ...], Field(max_length=10)] = ()
    replacements: Annotated[tuple[Product, ...], Field(max_length=5)] = ()
    order: OrderAdvice | None = None

    @model_validator(mode="after")
    def _is_measured(self) -> "DescribedSlot":
        if not (self.condition or self.indication or self.dose_per_cycle):
            raise ValueError("give a condition, an indication or a dose_per_cycle")
        if self.condition and self.dose_per_cycle:
            raise ValueError("dose_per_cycle: a slot with a condition is measured already")
        if self.dose_per_cycle and self.unit == "fill":
            raise ValueError("dose_per_cycle: needs a unit of ml, g or pieces")
        return self

    @property
    def measure(self) -> Measure:
        """A container and a slot known by words are followed by their words alone."""
        is_container = self.direction == "filled" and not self.category.endswith("filter")
        if is_container or (self.condition is None and self.dose_per_cycle is None):
            return Measure.STATE
        if self.dose_per_cycle:
            return Measure.USAGE
        is_amount = self.condition is not None and self.condition.full is None
        return Measure.QUANTITY if is_amount and self.unit != "fill" else Measure.LEVEL

    @property
    def low_at_percent(self) -> float | None:
        return self.order.at_percent if self.order else None

    @property
    def all_fits(self) -> tuple[str, ...]:
        numbers = tuple(each.number for each in self.replacements)
        return (*self.fits, *numbers) or (self.title.en,)


class Recognised(Frozen):
    """How a bridge knows the device: its interface, and a part of the name that it gives itself
    there. An empty name is never recognised; the owner picks the description.
    """

    interface: SlotName
    name: Annotated[str, Field(max_length=80)] = ""


class Description(Frozen):
    """`samples`: what a device measures that is no slot, as the watts of a plug."""

    format: Literal[1]
    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{1,62}$")]
    version: Version = 1
    maker: Word
    title: Titles
    simulated: bool = False
    recordings: Annotated[tuple[str, ...], Field(max_length=20)] = ()
    recognised: Annotated[tuple[Recognised, ...], Field(max_length=10)] = ()
    every_hours: Annotated[int, Field(gt=0, le=168)] = 6
    sends: Annotated[str, Field(min_length=10, max_length=500)]
    sends_de: Annotated[str, Field(max_length=500)] = ""
    slots: Annotated[dict[SlotName, DescribedSlot], Field(default_factory=dict, max_length=32)]
    samples: Annotated[dict[SlotName, Binding], Field(default_factory=dict, max_length=32)]

    @property
    def bindings(self) -> tuple[Binding, ...]:
        slots = self.slots.values()
        doses = [slot.dose_per_cycle.cycles for slot in slots if slot.dose_per_cycle]
        places = [
            place
            for slot in slots
            for place in (slot.condition, slot.indication, slot.last_changed)
            if place
        ]
        return (*places, *doses, *self.samples.values())

    @model_validator(mode="after")
    def _has_something(self) -> "Description":
        if not self.slots and not self.samples:
            raise ValueError("slots: describe at least one slot, or give samples")
        if not self.simulated and not self.recordings:
            raise ValueError("recordings: name what backs it, or say `simulated: true`")
        return self


def model_of(description: Description) -> DeviceModel | None:
    """None: it has no slot, as a plug."""
    if not description.slots:
        return None
    return DeviceModel(
        name=description.name,
        version=description.version,
        title=description.title.en,
        title_de=description.title.de,
        slots=tuple(_spec(name, slot) for name, slot in description.slots.items()),
        data_sheet=DataSheet(
            sends=description.sends,
            sends_de=description.sends_de,
            every_hours=description.every_hours,
            kept_where=KEPT_WHERE,
            kept_where_de=KEPT_WHERE_DE,
            kept_days=KEPT_DAYS,
        ),
    )


def _spec(name: str, slot: DescribedSlot) -> SlotSpec:
    return SlotSpec(
        slot=name,
        title=slot.title.en,
        title_de=slot.title.de,
        category=slot.category,
        fits=slot.all_fits,
        capacity=slot.capacity,
        unit=slot.unit,
        direction=slot.direction,
        measure=slot.measure,
        typical_use_per_day=slot.typical_use_per_day,
        most_per_day=slot.most_per_day,
        order_at_percent=slot.low_at_percent,
    )
