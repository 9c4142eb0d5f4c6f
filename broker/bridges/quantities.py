"""A value with its unit, as a level, an amount or a time that is left.

Pure. The same for every interface that names a unit beside a number.
"""

from dataclasses import dataclass
from typing import Final

from broker.bridges.payloads import natural, percent
from broker.bridges.reading import Direction, Source, state_of
from devices.wire import SlotState

AMOUNTS: Final = {
    "g": ("g", 1.0),
    "kg": ("g", 1000.0),
    "ml": ("ml", 1.0),
    "mL": ("ml", 1.0),
    "cc": ("ml", 1.0),
    "l": ("ml", 1000.0),
    "L": ("ml", 1000.0),
    "cm": ("cm", 1.0),
    "mm": ("mm", 1.0),
    "pcs": ("pieces", 1.0),
}
TIMES: Final = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}  # in seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """As in `Reading`."""

    level_pct: float | None = None
    amount: float | None = None
    unit: str = ""
    state: SlotState = SlotState.UNKNOWN
    source: Source = Source.LEVEL


def quantity(value: object, unit: str, direction: Direction = "consumed") -> Quantity:
    """Of a unit that says nothing of a supply, the state is `unsupported`."""
    if unit == "%":
        level_pct = percent(value)
        return Quantity(level_pct=level_pct, state=state_of(level_pct, direction))
    found = natural(value)
    if unit in AMOUNTS:
        named, factor = AMOUNTS[unit]
        amount = None if found is None else found * factor
        return Quantity(amount=amount, unit=named, state=_of_amount(amount))
    if unit in TIMES:
        seconds = None if found is None else found * TIMES[unit]
        state, source = _of_amount(seconds), Source.RESIDUAL_TIME
        return Quantity(amount=seconds, unit="s", state=state, source=source)
    return Quantity(state=SlotState.UNSUPPORTED)


def _of_amount(amount: float | None) -> SlotState:
    if amount is None:
        return SlotState.UNKNOWN
    return SlotState.OK if amount > 0 else SlotState.EMPTY
