"""What a smart plug says of one appliance: power, that it is gone, or nothing.

Pure. Payloads are read by `mqtt/plugs.py`; here is which plug is meant, and when it is away.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from broker.bridges.mqtt import plugs
from broker.bridges.mqtt.dialect import Dialect
from broker.bridges.payloads import at, parsed


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


DIALECTS: Final[dict[PlugKind, Dialect]] = {
    PlugKind.SHELLY_GEN1: plugs.SHELLY_GEN1,
    PlugKind.SHELLY_GEN2: plugs.SHELLY_GEN2,
    PlugKind.TASMOTA: plugs.TASMOTA,
    PlugKind.ZIGBEE2MQTT: plugs.ZIGBEE2MQTT,
}
TOPICS: Final = {
    PlugKind.SHELLY_GEN1: ("shellies/{}/relay/0/power", "shellies/{}/online"),
    PlugKind.SHELLY_GEN2: ("{}/status/switch:0", "{}/events/rpc", "{}/online"),
    PlugKind.TASMOTA: ("tele/{}/SENSOR", "tele/{}/ENERGY", "tele/{}/LWT"),
    PlugKind.ZIGBEE2MQTT: ("zigbee2mqtt/{}", "zigbee2mqtt/{}/availability"),
}
PRESENCE: Final = ("/online", "/LWT", "/availability")  # how such topics end
GONE: Final = frozenset({b"false", b"offline", b"Offline"})


def topics(kind: PlugKind, name: str) -> tuple[str, ...]:
    return tuple(each.format(name) for each in TOPICS[kind])


def read(kind: PlugKind, topic: str, payload: bytes) -> Power | None:
    """None: it says nothing of power. Of a plug with several outlets the first counts."""
    if topic.endswith(PRESENCE):
        is_gone = payload in GONE or at(parsed(payload), "state") == "offline"
        return Power(None) if is_gone else None
    for reading in DIALECTS[kind].hear(topic, payload):
        if reading.slot == plugs.POWER and reading.amount is not None:
            seen_at = reading.observed_at
            return Power(reading.amount, seen_at.timestamp() if seen_at else None)
    return None
