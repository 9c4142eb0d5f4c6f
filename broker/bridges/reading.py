"""The one record that every interface of a real device is decoded to.

Pure. An absent level is absent: nothing is ever filled in, and what the device really said
travels as `raw`.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal

from devices.wire import SlotReading, SlotState

Direction = Literal["consumed", "filled"]
LONGEST_RAW: Final = 200  # characters
LONGEST_SLOT: Final = 60
MOST_SLOTS: Final = 32  # of one message on the wire
WASTE: Final = "waste"  # a kind that begins so is a container that fills
MEASURED_IN: Final = frozenset({"ml", "g", "pieces"})  # units that the wire knows


class Source(StrEnum):
    """How a reading came about."""

    LEVEL = "level"  # measured
    FLAG = "flag"  # a threshold was passed
    COUNTER = "counter"  # use so far
    CYCLE = "cycle"  # power or a run, from which use is inferred
    RESIDUAL_TIME = "residual_time"


class Scheme(StrEnum):
    """Of a product number, as Matter names them."""

    UPC = "upc"
    GTIN8 = "gtin8"
    EAN = "ean"
    GTIN14 = "gtin14"
    OEM = "oem"


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """What the device says is to be bought."""

    scheme: Scheme
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a device said of one slot.

    device_id: as the device names itself. level_pct: 0 to 100, left of what is consumed, used
    of what is filled. amount: in `unit`. observed_at: by the device's clock; None: it has none.
    changed_at: when the resource was last replaced; None: the device does not say.
    """

    slot: str
    kind: str  # toner, waste-toner, detergent, filter, brush, filament, power, ...
    device_id: str = ""
    title: str = ""
    level_pct: float | None = None
    amount: float | None = None
    unit: str = ""
    direction: Direction = "consumed"
    state: SlotState = SlotState.UNKNOWN
    raw: str = ""
    observed_at: datetime | None = None
    changed_at: datetime | None = None
    source: Source = Source.LEVEL
    replacements: tuple[Replacement, ...] = ()


def state_of(
    level_pct: float | None, direction: Direction = "consumed", low_at: float | None = None
) -> SlotState:
    """low_at: the device's own threshold in percent."""
    if level_pct is None:
        return SlotState.UNKNOWN
    if direction == "filled":
        return SlotState.FULL if level_pct >= 100 else SlotState.OK
    if level_pct <= 0:
        return SlotState.EMPTY
    return SlotState.LOW if low_at is not None and level_pct <= low_at else SlotState.OK


def slot_name(words: str, otherwise: str = "slot") -> str:
    """As the wire takes it: small letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")[:LONGEST_SLOT] or otherwise


def raw_text(**said: object) -> str:
    """`level=-3 max=100`, as it was said."""
    shown = " ".join(f"{name}={value}" for name, value in said.items() if value is not None)
    return shown[:LONGEST_RAW].encode("utf-8", "replace").decode()


def numbered(readings: Iterable[Reading]) -> tuple[Reading, ...]:
    """Every slot once: a second black is `black-2`."""
    seen: Counter[str] = Counter()
    named = []
    for each in readings:
        seen[each.slot] += 1
        again = seen[each.slot]
        named.append(each if again == 1 else replace(each, slot=f"{each.slot}-{again}"))
    return tuple(named)


def on_wire(reading: Reading) -> SlotReading:
    """A state goes along where the level alone does not say it, and of every container."""
    level = None if reading.level_pct is None else reading.level_pct / 100
    amounts = {}
    if reading.amount is not None and reading.unit in MEASURED_IN:
        way = "used_total" if reading.source is Source.COUNTER else "quantity"
        amounts[f"{way}_{reading.unit}"] = reading.amount
    says_all = level is not None and reading.state in _PLAIN
    is_filled = reading.direction == "filled"
    return SlotReading(
        level=level,
        state=None if says_all and not is_filled else reading.state,
        raw=reading.raw[:LONGEST_RAW] or None,
        **amounts,
    )


_PLAIN: Final = frozenset({SlotState.OK, SlotState.EMPTY, SlotState.FULL})


def slots(readings: Iterable[Reading]) -> dict[str, SlotReading]:
    """At most as many as one message holds."""
    found = {each.slot: on_wire(each) for each in readings}
    return dict(list(found.items())[:MOST_SLOTS])
