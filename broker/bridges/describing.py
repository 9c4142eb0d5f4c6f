"""A device model made of what a device reports, for a device that no catalogue knows.

Pure. A waste container is followed by its words only: real printers report its level in both
directions, so a level alone never leads to an order.
"""

from collections.abc import Sequence
from typing import Final

from broker.bridges.reading import MOST_SLOTS, Reading, Source, numbered
from broker.bridges.supply_names import part_numbers
from devices.models import DataSheet, DeviceModel, Measure, SlotSpec, Unit
from devices.wire import SlotState

EVERY_HOURS: Final = 6
# fills; a household's device, before anything is learned
USE_PER_DAY: Final = {"black": 0.02}
USE_PER_DAY_ELSE: Final = 0.012
MOST_PER_DAY: Final = 0.5
PRINTING: Final = ("toner", "ink")
# Nobody orders these by slot: power is for counting cycles, paper lies in trays, not in stock.
NOT_FOLLOWED: Final = frozenset(
    {"power", "energy", "cycles", "program", "paper", "distance", "pages", "cleaning", "sensor"}
)
ABSENT: Final = frozenset({SlotState.NOT_FITTED, SlotState.UNSUPPORTED})


class NothingReported(Exception):
    def __init__(self) -> None:
        super().__init__("the device reports no supplies, so there is nothing to follow")


def followed(readings: Sequence[Reading]) -> tuple[Reading, ...]:
    """Those that may lead to a slot with a stock."""
    return tuple(
        each for each in readings if each.kind not in NOT_FOLLOWED and each.state not in ABSENT
    )


def describe(name: str, readings: Sequence[Reading]) -> DeviceModel:
    """Raises NothingReported."""
    found = numbered(followed(readings))[:MOST_SLOTS]
    if not found:
        raise NothingReported
    return DeviceModel(
        name=name[:80] or "Bridged device",
        version=1,
        slots=tuple(_spec(each) for each in found),
        data_sheet=DataSheet(
            sends="The level of each supply and container, as the device reports it.",
            every_hours=EVERY_HOURS,
            kept_where="on this instance",
            kept_days=400,
        ),
    )


def category(kind: str) -> str:
    if kind.startswith("waste"):
        return "printer-waste"
    for consumable in PRINTING:
        if consumable in kind:
            return f"printer-{consumable}"
    return kind if kind in HOUSEHOLD else f"printer-{kind}"


HOUSEHOLD: Final = frozenset(
    {
        "detergent",
        "softener",
        "rinse-aid",
        "salt",
        "tabs",
        "water-filter",
        "air-filter",
        "dust-filter",
        "filter",
        "brush",
        "mop",
        "sensor",
        "filament",
        "pet-food",
        "tank",
        "coffee-beans",
        "descaler",
        "dust-bag",
    }
)


def _spec(reading: Reading) -> SlotSpec:
    title = reading.title[:80] or reading.slot
    numbers = tuple(each.number for each in reading.replacements) or part_numbers(title)
    unit, capacity = _unit(reading)
    return SlotSpec(
        slot=reading.slot,
        title=title,
        category=category(reading.kind),
        fits=numbers or (title,),
        capacity=capacity,
        unit=unit,
        direction=reading.direction,
        measure=_measure(reading),
        typical_use_per_day=USE_PER_DAY.get(reading.slot, USE_PER_DAY_ELSE) * capacity,
        most_per_day=MOST_PER_DAY * capacity,
    )


def _measure(reading: Reading) -> Measure:
    is_container = reading.direction == "filled" and not reading.kind.endswith("filter")
    has_full = reading.level_pct is not None or reading.amount is None
    if is_container or not has_full or reading.source in {Source.FLAG, Source.RESIDUAL_TIME}:
        return Measure.STATE  # how much a full one holds is not told
    return Measure.LEVEL


def _unit(reading: Reading) -> tuple[Unit, int]:
    """Where the amount of a full slot follows from a level and an amount, in its unit."""
    amount, level_pct = reading.amount, reading.level_pct
    if amount and level_pct and reading.unit in {"ml", "g"}:
        return ("ml" if reading.unit == "ml" else "g"), max(1, round(100 * amount / level_pct))
    return "fill", 1
