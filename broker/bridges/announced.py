"""Who announces himself on a household's MQTT broker: things with supplies, and smart plugs.

Pure. Heard are retained discovery topics (Home Assistant, Homie, Valetudo, zigbee2mqtt and
Tasmota) and the power that Shelly plugs tell. Whatever arrives is looked at, never run; what
names no consumable and no power is left alone.
"""

from collections.abc import Iterator
from typing import Final

from broker.bridges import plug_payloads
from broker.bridges.mqtt import zigbee2mqtt
from broker.bridges.mqtt.dialect import MOST_REMEMBERED
from broker.bridges.mqtt.home_assistant import HomeAssistantDialect
from broker.bridges.mqtt.homie import HomieDialect, valetudo
from broker.bridges.payloads import at, parsed, rows, table, text
from broker.bridges.plug_payloads import PlugKind
from devices.discovered import LONGEST, MOST_FOUND, Found

USUAL_APPLIANCE: Final = "washer"  # until its owner says what hangs on the plug
CONSUMABLES: Final = {
    *zigbee2mqtt.LEVELS,
    *zigbee2mqtt.AMOUNTS,
    *zigbee2mqtt.FLAGS,
    "filter_age",
}
TOPICS: Final = (
    *HomeAssistantDialect().topics,
    *HomieDialect().topics,
    *valetudo().topics,
    "zigbee2mqtt/bridge/devices",
    "tasmota/discovery/+/config",
    "tasmota/discovery/+/sensors",
    "shellies/+/relay/0/power",
    "+/status/switch:0",
)


class Announcements:
    def __init__(self, address: str) -> None:
        """address: of the broker, as a bridge is given it."""
        self._address = address
        self._found: dict[tuple[str, str], Found] = {}
        self._home_assistant = HomeAssistantDialect()
        self._homie = {"homie": HomieDialect(), "valetudo": valetudo()}
        self._tasmota: dict[str, dict[str, object]] = {}  # what each told, by its number

    def hear(self, topic: str, payload: bytes) -> None:
        """Never raises, whatever the payload."""
        match topic.split("/"):
            case ["zigbee2mqtt", "bridge", "devices"]:
                for each in rows(parsed(payload)):
                    self._zigbee(each)
            case ["tasmota", "discovery", number, "config" | "sensors"]:
                self._hear_tasmota(number, table(parsed(payload)))
            case ["shellies", device, "relay", "0", "power"]:
                self._plug(PlugKind.SHELLY_GEN1, device, topic, payload)
            case [device, "status", "switch:0"]:
                self._plug(PlugKind.SHELLY_GEN2, device, topic, payload)
            case [("homie" | "valetudo") as base, *_]:
                for reading in self._homie[base].hear(topic, payload):
                    self._add(base, reading.device_id, reading.device_id)
            case _:
                self._home_assistant.hear(topic, payload)

    @property
    def found(self) -> tuple[Found, ...]:
        every = [*self._found.values(), *self._of_home_assistant()]
        return tuple(sorted(every, key=lambda each: (each.kind, each.name)))[:MOST_FOUND]

    def _of_home_assistant(self) -> Iterator[Found]:
        titles: dict[str, list[str]] = {}
        for each in self._home_assistant.sensors:
            titles.setdefault(each.device_id, []).append(each.title)
        for device, said in titles.items():
            name = f"{device}: {', '.join(said)}"[:LONGEST]
            yield self._one("home-assistant", device, name)

    def _zigbee(self, told: object) -> None:
        name, address = text(at(told, "friendly_name")), text(at(told, "ieee_address"))
        properties = set(_properties(at(told, "definition", "exposes")))
        if address and properties & CONSUMABLES:
            self._add("zigbee2mqtt", address, name or address)
        if name and "power" in properties:
            self._add_plug(PlugKind.ZIGBEE2MQTT, name, name)

    def _hear_tasmota(self, number: str, told: dict[str, object]) -> None:
        if number in self._tasmota or len(self._tasmota) < MOST_REMEMBERED:
            known = self._tasmota.setdefault(number, {})
            known.update({key: told[key] for key in ("t", "dn", "sn") if key in told})
            name = text(known.get("t"))
            if name and at(known.get("sn"), "ENERGY") is not None:
                self._add_plug(PlugKind.TASMOTA, name, text(known.get("dn")) or name)

    def _plug(self, kind: PlugKind, device: str, topic: str, payload: bytes) -> None:
        power = plug_payloads.read(kind, topic, payload)
        if power is not None and power.watts is not None:
            self._add_plug(kind, text(device), text(device))

    def _add_plug(self, kind: PlugKind, device: str, name: str) -> None:
        options = (f"plug={kind}", f"appliance={USUAL_APPLIANCE}")
        self._add("plug", device, name, *options)

    def _add(self, kind: str, device: str, name: str, *options: str) -> None:
        if len(self._found) < MOST_FOUND:
            self._found[kind, device] = self._one(kind, device, name, *options)

    def _one(self, kind: str, device: str, name: str, *options: str) -> Found:
        named = (f"device={device[:LONGEST]}", *options)
        return Found(kind=kind, name=name[:LONGEST], address=self._address, options=named)


def _properties(exposes: object, deeper: int = 2) -> Iterator[str]:
    """The names of all properties, also within a group such as a switch."""
    for each in rows(exposes):
        yield text(at(each, "property"))
        if deeper:
            yield from _properties(at(each, "features"), deeper - 1)
