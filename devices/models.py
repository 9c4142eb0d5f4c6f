"""What a maker declares of a device model: its slots and its data sheet.

Pure: frozen descriptions, validated once at the edge (API, `nachschub provision`, catalogue).
"""

from enum import StrEnum
from typing import Annotated, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Unit = Literal["ml", "g", "pieces", "fill"]  # fill: one full slot, where only percent is known
Direction = Literal["consumed", "filled"]
SlotName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
DeviceId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{2,62}$")]


class Measure(StrEnum):
    """How a slot's contents are known."""

    LEVEL = "level"  # fraction of the capacity
    QUANTITY = "quantity"  # units in the slot
    USAGE = "usage"  # a counter of units used, over the slot's life
    STATE = "state"  # words only: ok, low, empty


Version = Annotated[int, Field(ge=1, le=1_000_000)]


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class SlotSpec(Frozen):
    """One place in a device that holds one consumable, measured and ordered on its own."""

    slot: SlotName
    title: Annotated[str, Field(min_length=1, max_length=80)]
    title_de: Annotated[str, Field(max_length=80)] = ""  # empty: `title` does for both
    category: SlotName  # of the consumable, e.g. "laundry-detergent"
    fits: Annotated[
        tuple[str, ...], Field(min_length=1, max_length=20)
    ]  # specifications a product must name one of
    capacity: Annotated[int, Field(gt=0, le=10_000_000)]  # in units
    unit: Unit
    direction: Direction = "consumed"
    measure: Measure
    typical_use_per_day: Annotated[
        float, Field(gt=0)
    ]  # units per day, before anything is learned
    most_per_day: Annotated[
        float, Field(gt=0)
    ]  # units per day; a faster fall is held as a jump
    # how much is left when the maker advises to order; shown, and never a rule
    order_at_percent: Annotated[float, Field(gt=0, lt=100)] | None = None
    dose: Annotated[float, Field(gt=0)] | None = None  # units of one use, counted by hand

    @model_validator(mode="after")
    def _full_slot(self) -> "SlotSpec":
        if self.unit == "fill" and self.capacity != 1:
            raise ValueError("capacity: a slot counted in `fill` holds exactly 1")
        if self.most_per_day < self.typical_use_per_day:
            raise ValueError("most_per_day: must not be below typical_use_per_day")
        return self

    def title_in(self, language: str) -> str:
        return (language == "de" and self.title_de) or self.title


class Gauge(Protocol):
    """What must be known of a slot to understand what it says: a SlotSpec, or those fields of
    it that the ingest has read.
    """

    @property
    def slot(self) -> str: ...
    @property
    def capacity(self) -> int: ...
    @property
    def unit(self) -> Unit: ...
    @property
    def direction(self) -> Direction: ...
    @property
    def measure(self) -> Measure: ...
    @property
    def most_per_day(self) -> float: ...


class DataSheet(Frozen):
    """What the owner reads before the claim (Data Act, art. 3(2))."""

    sends: Annotated[str, Field(min_length=10, max_length=500)]
    every_hours: Annotated[int, Field(gt=0, le=168)]  # the promised interval of readings
    kept_where: Annotated[str, Field(min_length=3, max_length=200)]
    kept_days: Annotated[int, Field(gt=0, le=3650)]
    sends_de: Annotated[str, Field(max_length=500)] = ""  # empty: `sends` does for both
    kept_where_de: Annotated[str, Field(max_length=200)] = ""

    def sends_in(self, language: str) -> str:
        return (language == "de" and self.sends_de) or self.sends

    def kept_where_in(self, language: str) -> str:
        return (language == "de" and self.kept_where_de) or self.kept_where


class DeviceModel(Frozen):
    name: Annotated[str, Field(min_length=1, max_length=80)]
    version: Version
    title: Annotated[str, Field(max_length=80)] = ""  # as people call it; empty: its name
    title_de: Annotated[str, Field(max_length=80)] = ""
    slots: Annotated[tuple[SlotSpec, ...], Field(min_length=1, max_length=32)]
    data_sheet: DataSheet

    @model_validator(mode="after")
    def _slots_once(self) -> "DeviceModel":
        names = [spec.slot for spec in self.slots]
        if len(set(names)) != len(names):
            raise ValueError("slots: every slot name once")
        return self

    def title_in(self, language: str) -> str:
        return (language == "de" and self.title_de) or self.title or self.name
