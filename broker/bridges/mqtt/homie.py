"""Homie 3 and 4: devices that describe their properties in topics of their own.

Pure. Also Valetudo, which speaks Homie with one twist: a consumable without `$unit` counts
seconds that are left, one with `$unit` % is a level. Its Home Assistant topics count minutes
and are left to that dialect.
"""

from collections.abc import Mapping
from typing import Final

from broker.bridges.consumable_words import kind_of
from broker.bridges.mqtt.dialect import MOST_REMEMBERED
from broker.bridges.payloads import text
from broker.bridges.quantities import quantity
from broker.bridges.reading import Direction, Reading, raw_text, slot_name
from devices.wire import SlotState

VALETUDO_NODE: Final = "ConsumableMonitoringCapability"
# Its slots are named part-place; these are the words of Valetudo's documentation.
VALETUDO_KINDS: Final = {
    "brush": "brush",
    "filter": "filter",
    "mop": "mop",
    "cleaning": "sensor",
    "sensor": "sensor",
    "dustbag": "dust-bag",
    "detergent": "detergent",
    "bin": "waste",
}


class HomieDialect:
    """`base`: first part of the topics, `homie` unless the device was set otherwise."""

    def __init__(self, base: str = "homie") -> None:
        self.topics = (f"{base}/+/+/+", f"{base}/+/+/+/+")
        self._base = base
        self._told: dict[tuple[str, str, str], dict[str, str]] = {}

    def hear(self, topic: str, payload: bytes) -> tuple[Reading, ...]:
        said = text(payload[:1000].decode("utf-8", "replace"))
        match topic.split("/"):
            case [self._base, device, node, name, attribute] if attribute.startswith("$"):
                self._remember((device, node, name), attribute, said)
            case [self._base, device, node, name] if not name.startswith("$"):
                told = self._told.get((device, node, name), {})
                found = _reading(device, node, name, said, told)
                return (found,) if found else ()
        return ()

    def _remember(self, where: tuple[str, str, str], attribute: str, said: str) -> None:
        has_room = where in self._told or len(self._told) < MOST_REMEMBERED
        if has_room and attribute in {"$unit", "$name"}:
            self._told.setdefault(where, {})[attribute] = said


def valetudo() -> HomieDialect:
    return HomieDialect("valetudo")


def _reading(
    device: str, node: str, name: str, said: str, told: Mapping[str, str]
) -> Reading | None:
    title = told.get("$name", "") or name
    is_time = node == VALETUDO_NODE
    of_valetudo = VALETUDO_KINDS.get(name.partition("-")[0])
    kind = of_valetudo if is_time else kind_of(f"{node} {name} {title}")
    if kind is None:
        return None
    unit = told.get("$unit") or ("s" if is_time else "")
    direction: Direction = "filled" if kind == "waste" else "consumed"
    value = quantity(said, unit, direction)
    if value.state is SlotState.UNSUPPORTED:
        return None
    return Reading(
        device_id=text(device),
        slot=slot_name(name),
        kind=kind,
        title=title,
        level_pct=value.level_pct,
        amount=value.amount,
        unit=value.unit,
        direction=direction,
        state=value.state,
        raw=raw_text(value=said, unit=unit),
        source=value.source,
    )
