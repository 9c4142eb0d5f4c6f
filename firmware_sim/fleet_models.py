"""The device models that a simulated fleet is made of.

Pure. The slots are those of the simulated household; how fast they empty is said here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from firmware_sim.appliances import APPLIANCES
from firmware_sim.device import SlotKind

NAMES: Final = {
    "washer-w7": "washer-0001",
    "printer-c200": "printer-0001",
    "coffee-b4": "coffee-0001",
    "water-f1": "water-0001",
}
USE_PER_DAY: Final = {
    "detergent": 45.0,
    "softener": 20.0,
    "black": 0.03,
    "cyan": 0.02,
    "magenta": 0.02,
    "yellow": 0.02,
    "beans": 55.0,
    "descaler": 15.0,  # hard water: a week or two for a bottle
    "filter": 0.025,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """`use_per_day`: units by slot, of the average device."""

    slots: tuple[SlotKind, ...]
    has_refill_event: bool
    use_per_day: Mapping[str, float]


def _model(appliance: str) -> Model:
    kind = next(each for each in APPLIANCES if each.device_id == appliance)
    return Model(
        slots=kind.slots,
        has_refill_event=kind.has_refill_event,
        use_per_day={each.slot: USE_PER_DAY[each.slot] for each in kind.slots},
    )


MODELS: Final = {name: _model(appliance) for name, appliance in NAMES.items()}
