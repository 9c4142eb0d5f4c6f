"""Power as smart plugs send it over MQTT: Shelly, Tasmota, zigbee2mqtt.

Pure. Whatever arrives gives a power, "unavailable" or nothing; never an exception.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final


class PlugKind(StrEnum):
    SHELLY_GEN1 = "shelly1"
    SHELLY_GEN2 = "shelly2"
    TASMOTA = "tasmota"
    ZIGBEE2MQTT = "zigbee2mqtt"


@dataclass(frozen=True, slots=True)
class Power:
    """`watts` None: the plug is unavailable. `at_s`: its own clock, seconds since 1970."""

    watts: float | None
    at_s: float | None = None


GONE: Final = {"false", "offline", '{"state":"offline"}', "Offline"}
TOPICS: Final = {
    PlugKind.SHELLY_GEN1: ("shellies/{}/relay/0/power", "shellies/{}/online"),
    PlugKind.SHELLY_GEN2: ("{}/status/switch:0", "{}/events/rpc", "{}/online"),
    PlugKind.TASMOTA: ("tele/{}/SENSOR", "tele/{}/ENERGY", "tele/{}/LWT"),
    PlugKind.ZIGBEE2MQTT: ("zigbee2mqtt/{}", "zigbee2mqtt/{}/availability"),
}


def topics(kind: PlugKind, name: str) -> tuple[str, ...]:
    return tuple(each.format(name) for each in TOPICS[kind])


def read(topic: str, payload: bytes) -> Power | None:
    """None: it says nothing of power."""
    try:
        text = payload.decode()
        if topic.endswith(("/online", "/LWT", "/availability")):
            return Power(None) if text.replace(" ", "") in GONE else None
        said = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if _is_number(said):
        return Power(float(said)) if topic.endswith("/power") else None
    return _of_json(topic, said) if isinstance(said, dict) else None


def _of_json(topic: str, said: Mapping[str, Any]) -> Power | None:
    if topic.endswith("/events/rpc"):
        params = _part(said, "params")
        return _power(_part(params, "switch:0"), "apower", params.get("ts"))
    if topic.endswith("/status/switch:0"):
        return _power(said, "apower")
    if topic.startswith("tele/"):
        return _power(_part(said, "ENERGY") or said, "Power")
    return _power(said, "power")


def _power(said: Mapping[str, Any], name: str, at_s: object = None) -> Power | None:
    watts = said.get(name)
    if not _is_number(watts):
        return None
    return Power(float(watts), float(at_s) if _is_number(at_s) else None)  # type: ignore[arg-type]


def _part(said: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = said.get(name)
    return part if isinstance(part, dict) else {}


def _is_number(said: object) -> bool:
    # An integer of a thousand digits is a number to JSON, and no float.
    return isinstance(said, int | float) and not isinstance(said, bool) and abs(said) < 1e15
