"""Home Connect (Bosch, Siemens, Neff, Gaggenau): events of an appliance, no levels.

Pure. An event that goes off is no refill: it also goes off some hours after the appliance was
switched off, with the salt still missing. So "Off" leaves the state unknown.
"""

from collections.abc import Iterator
from typing import Final

from broker.bridges.payloads import at, instant, parsed, rows, text
from broker.bridges.reading import Reading, Source, raw_text
from devices.wire import SlotState

# Key of the event: slot, kind, and what its presence means.
EVENTS: Final = {
    "LaundryCare.Washer.Event.IDos1FillLevelPoor": ("i-dos-1", "detergent", SlotState.LOW),
    "LaundryCare.Washer.Event.IDos2FillLevelPoor": ("i-dos-2", "softener", SlotState.LOW),
    "Dishcare.Dishwasher.Event.SaltNearlyEmpty": ("salt", "salt", SlotState.LOW),
    "Dishcare.Dishwasher.Event.RinseAidNearlyEmpty": ("rinse-aid", "rinse-aid", SlotState.LOW),
    "ConsumerProducts.CoffeeMaker.Event.BeanContainerEmpty": (
        "beans",
        "coffee-beans",
        SlotState.EMPTY,
    ),
    "ConsumerProducts.CoffeeMaker.Event.DripTrayFull": ("drip-tray", "waste", SlotState.FULL),
}
PRESENCE: Final = "BSH.Common.EnumType.EventPresentState."
PRESENT: Final = frozenset({f"{PRESENCE}Present", f"{PRESENCE}Confirmed"})
PROGRAM: Final = "BSH.Common.Root.ActiveProgram"


def decode(payload: bytes) -> tuple[Reading, ...]:
    """Of one server-sent event, or of what it carries as its data."""
    told = parsed(payload)
    carried = at(told, "data")
    if isinstance(carried, str):
        carried = parsed(carried)
    message = carried if isinstance(carried, dict) else told
    device_id = text(at(message, "haId"))
    return tuple(
        reading for item in rows(at(message, "items")) for reading in _item(device_id, item)
    )


def _item(device_id: str, item: object) -> Iterator[Reading]:
    key, value = text(at(item, "key")), text(at(item, "value"))
    now = instant(at(item, "timestamp"))
    if key == PROGRAM and value:
        yield Reading(
            device_id=device_id,
            slot="program",
            kind="program",
            state=SlotState.OK,
            raw=raw_text(program=value),
            observed_at=now,
            source=Source.CYCLE,
        )
    if key in EVENTS:
        slot, kind, meaning = EVENTS[key]
        yield Reading(
            device_id=device_id,
            slot=slot,
            kind=kind,
            direction="filled" if kind == "waste" else "consumed",
            state=meaning if value in PRESENT else SlotState.UNKNOWN,
            raw=raw_text(value=value.removeprefix(PRESENCE)),
            observed_at=now,
            source=Source.FLAG,
        )
