"""ESPHome: sensors that publish a plain number to a topic of their own.

Pure. The number has no unit with it. Only a name that ends in its unit is understood here; a
sensor with Home Assistant discovery is read by that dialect, which knows the unit.
"""

from typing import Final

from broker.bridges.consumable_words import kind_of
from broker.bridges.mqtt.dialect import PlainDialect
from broker.bridges.payloads import text
from broker.bridges.quantities import quantity
from broker.bridges.reading import Direction, Reading, raw_text, slot_name
from devices.wire import SlotState

UNITS: Final = {
    "percent": "%",
    "pct": "%",
    "g": "g",
    "grams": "g",
    "kg": "kg",
    "ml": "ml",
    "l": "l",
    "liters": "l",
    "litres": "l",
    "cm": "cm",
    "mm": "mm",
    "minutes": "min",
    "hours": "h",
}


def decode(topic: str, payload: bytes) -> tuple[Reading, ...]:
    match topic.split("/"):
        case [*prefix, "sensor", name, "state"] if prefix:
            found = _reading(prefix[-1], name, payload)
            return (found,) if found else ()
    return ()


def _reading(device: str, name: str, payload: bytes) -> Reading | None:
    words, _, ending = name.rpartition("_")
    kind, unit = kind_of(name), UNITS.get(ending.lower(), "")
    if kind is None or not words or not unit:
        return None
    said = text(payload[:100].decode("utf-8", "replace"))
    direction: Direction = "filled" if kind == "waste" else "consumed"
    value = quantity(said, unit, direction)
    if value.state is SlotState.UNSUPPORTED:
        return None
    return Reading(
        device_id=text(device),
        slot=slot_name(words),
        kind="distance" if value.unit in {"cm", "mm"} else kind,
        title=text(words.replace("_", " ")),
        level_pct=value.level_pct,
        amount=value.amount,
        unit=value.unit,
        direction=direction,
        state=value.state,
        raw=raw_text(value=said, unit=unit),
        source=value.source,
    )


DIALECT: Final = PlainDialect(("+/sensor/+/state",), decode)
