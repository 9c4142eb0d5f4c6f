"""Home Assistant's MQTT discovery, heard from the other side: sensors that announce themselves.

Pure. Adopts any sensor that speaks of a consumable. A template is looked at, never run: only a
plain `value` or a path into `value_json` is understood, anything else gives no reading. An
empty retained config takes the sensor away again.
"""

import re
from dataclasses import dataclass
from typing import Final

from broker.bridges.consumable_words import kind_of
from broker.bridges.mqtt.dialect import MOST_REMEMBERED
from broker.bridges.payloads import at, parsed, rows, table, text
from broker.bridges.quantities import quantity
from broker.bridges.reading import Direction, Reading, Source, raw_text, slot_name
from devices.wire import SlotState

PREFIX: Final = "homeassistant"
COMPONENTS: Final = frozenset({"sensor", "binary_sensor"})
SHORT: Final = {
    "stat_t": "state_topic",
    "unit_of_meas": "unit_of_measurement",
    "val_tpl": "value_template",
    "dev": "device",
    "ids": "identifiers",
    "uniq_id": "unique_id",
    "obj_id": "object_id",
    "pl_on": "payload_on",
    "dev_cla": "device_class",
}
# "{{ value_json.a['b'].c | float }}"; the filters behind | are ignored.
TEMPLATE: Final = re.compile(
    r"\{\{\s*value(_json)?([\w.\[\]'\"]{0,120})\s*(\|[^{}]{0,80})?\}\}"
)
STEP: Final = re.compile(r"\.(\w+)|\[['\"]?(\w+)['\"]?\]")
NO_STATE: Final = frozenset({"unavailable", "unknown", "none", "nan", ""})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensor:
    """One announced sensor. `path` None: its template is not understood."""

    device_id: str
    slot: str
    title: str
    kind: str
    unit: str
    state_topic: str
    path: tuple[str | int, ...] | None
    says_on: str | None  # of a flag: the payload that means "replace"


class HomeAssistantDialect:
    def __init__(self, prefix: str = PREFIX) -> None:
        self._prefix = prefix
        self._sensors: dict[str, Sensor] = {}  # by config topic

    @property
    def topics(self) -> tuple[str, ...]:
        announced = {each.state_topic for each in self._sensors.values()}
        configs = (f"{self._prefix}/+/+/config", f"{self._prefix}/+/+/+/config")
        return (*configs, *sorted(announced))

    @property
    def sensors(self) -> tuple[Sensor, ...]:
        return tuple(self._sensors.values())

    def hear(self, topic: str, payload: bytes) -> tuple[Reading, ...]:
        if topic.startswith(f"{self._prefix}/") and topic.endswith("/config"):
            return self._announced(topic, payload)
        return tuple(
            _reading(each, payload)
            for each in self._sensors.values()
            if each.state_topic == topic
        )

    def _announced(self, topic: str, payload: bytes) -> tuple[Reading, ...]:
        """A sensor that is taken away leaves a last word: not fitted."""
        before = self._sensors.pop(topic, None)
        sensor = _sensor(topic, payload) if payload else None
        if sensor and len(self._sensors) < MOST_REMEMBERED:
            self._sensors[topic] = sensor
        return (_gone(before),) if before and not payload else ()


def _sensor(topic: str, payload: bytes) -> Sensor | None:
    """None: no sensor, or of nothing that is used up."""
    parts = topic.split("/")
    component = parts[1] if len(parts) in {4, 5} else ""
    config = {SHORT.get(key, key): value for key, value in table(parsed(payload)).items()}
    state_topic = text(config.get("state_topic")).replace("~", text(config.get("~")))
    title = text(config.get("name")) or text(config.get("object_id")) or parts[-2]
    kind = kind_of(f"{parts[-2]} {title}")
    if component not in COMPONENTS or kind is None or not _is_plain(state_topic):
        return None
    is_flag = component == "binary_sensor"
    return Sensor(
        device_id=_device_id(config.get("device")) or parts[2],
        slot=slot_name(title),
        title=title,
        kind=kind,
        unit=text(config.get("unit_of_measurement")),
        state_topic=state_topic,
        path=_path(text(config.get("value_template"))),
        says_on=(text(config.get("payload_on")) or "ON") if is_flag else None,
    )


def _is_plain(topic: str) -> bool:
    """One topic, as a broker takes it in a subscription."""
    return bool(topic) and not set(topic) & {"+", "#", "\0"}


def _device_id(device: object) -> str:
    named = {SHORT.get(key, key): value for key, value in table(device).items()}
    identifiers = named.get("identifiers")
    first = next(iter(rows(identifiers)), None)
    return text(first) or text(identifiers) or text(named.get("name"))


def _path(template: str) -> tuple[str | int, ...] | None:
    """Steps into the JSON; none for the payload itself."""
    if not template:
        return ()
    found = TEMPLATE.fullmatch(template.strip())
    if not found:
        return None
    is_json, steps, _ = found.groups()
    path = tuple(name or key for name, key in STEP.findall(steps))
    if bool(is_json) != bool(path) or STEP.sub("", steps):
        return None
    return tuple(int(step) if step.isdecimal() else step for step in path)


def _reading(sensor: Sensor, payload: bytes) -> Reading:
    said = _said(sensor, payload)
    direction: Direction = "filled" if sensor.kind == "waste" else "consumed"
    raw = raw_text(value=said, unit=sensor.unit or None)
    if sensor.says_on is not None:
        return Reading(
            device_id=sensor.device_id,
            slot=sensor.slot,
            kind=sensor.kind,
            title=sensor.title,
            direction=direction,
            state=_flag(sensor, said),
            raw=raw,
            source=Source.FLAG,
        )
    value = quantity(said, sensor.unit, direction)
    is_known = sensor.path is not None and said.lower() not in NO_STATE
    return Reading(
        device_id=sensor.device_id,
        slot=sensor.slot,
        kind=sensor.kind,
        title=sensor.title,
        level_pct=value.level_pct,
        amount=value.amount,
        unit=value.unit,
        direction=direction,
        state=value.state if is_known else SlotState.UNKNOWN,
        raw=raw,
        source=value.source,
    )


def _gone(sensor: Sensor) -> Reading:
    return Reading(
        device_id=sensor.device_id,
        slot=sensor.slot,
        kind=sensor.kind,
        title=sensor.title,
        state=SlotState.NOT_FITTED,
    )


def _said(sensor: Sensor, payload: bytes) -> str:
    if not sensor.path:
        return "" if sensor.path is None else text(payload[:1000].decode("utf-8", "replace"))
    return text(at(parsed(payload), *sensor.path))


def _flag(sensor: Sensor, said: str) -> SlotState:
    if not said or said.lower() in NO_STATE:
        return SlotState.UNKNOWN
    return SlotState.LOW if said == sensor.says_on else SlotState.OK
