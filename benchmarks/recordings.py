"""Recordings of real devices, each with the decoder that reads it.

A folder is laid out as `shared/data/devices` is: the first part of a path names the interface.
A file of several messages is heard one by one; what counts is the last word on each slot.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from broker.bridges import brother, ipp_attributes, ipp_supplies, printer_mib, syncthru
from broker.bridges.clouds import (
    electrolux,
    home_connect,
    hon,
    lg,
    matter,
    miele,
    roborock,
    smartthings,
)
from broker.bridges.mqtt import dyson, esphome, homie, plugs
from broker.bridges.mqtt.bambu import BambuDialect
from broker.bridges.mqtt.dialect import Dialect
from broker.bridges.mqtt.home_assistant import HomeAssistantDialect
from broker.bridges.mqtt.zigbee2mqtt import Zigbee2mqttDialect
from broker.bridges.payloads import at, number, parsed, rows, table, text
from broker.bridges.reading import Reading

Readings = tuple[Reading, ...]
Message = tuple[str, bytes]  # topic and payload
SNMP_HEX = "4x"
SNMP_NUMBERS = frozenset({"2", "65", "66", "67", "70"})
NO_PAYLOAD = frozenset({"filaments.json", "exposes_consumables.json"})  # names and definitions
WITH_EXPECTED = "expected"


@dataclass(frozen=True, slots=True)
class Recording:
    path: str  # within the folder
    decoder: str
    content: bytes


def found(folder: Path) -> Iterator[Recording]:
    """All that a decoder is for, by path; power traces are the business of `plugs`."""
    for file in sorted(folder.rglob("*")):
        path = file.relative_to(folder)
        names = decoders_of(PurePosixPath(path.as_posix())) if file.is_file() else ()
        for name in names:
            yield Recording(path.as_posix(), name, file.read_bytes())


def decoders_of(path: PurePosixPath) -> tuple[str, ...]:
    if path.name in NO_PAYLOAD or WITH_EXPECTED in path.parts:
        return ()
    name = path.parts[1] if path.parts[0] == "mqtt" and len(path.parts) > 1 else path.parts[0]
    if name == "shelly":
        name = "shelly-gen1" if path.name.startswith("gen1") else "shelly-gen2"
    names = (name, "home-assistant") if name == "valetudo" else (name,)
    return tuple(each for each in names if each in DECODERS)


def last_words(readings: Iterable[Reading]) -> Readings:
    """Of each slot of each device."""
    return tuple({(each.device_id, each.slot): each for each in readings}.values())


def _ipp(content: bytes) -> Readings:
    return ipp_supplies.supplies(ipp_attributes.decoded(content).attributes)


def walk_of(content: bytes) -> dict[str, int | bytes | str]:
    """An snmprec file: OID, type and value, separated by |."""
    walk: dict[str, int | bytes | str] = {}
    for line in content.decode("utf-8", "surrogateescape").splitlines():
        oid, _, rest = line.partition("|")
        kind, _, value = rest.partition("|")
        if kind in SNMP_NUMBERS:
            found = number(value)
            walk[oid] = value if found is None else int(found)
        elif kind == SNMP_HEX:
            walk[oid] = _from_hex(value)
        else:
            walk[oid] = value.encode("utf-8", "surrogateescape")
    return walk


def _from_hex(value: str) -> bytes:
    try:
        return bytes.fromhex(value)
    except ValueError:
        return value.encode("utf-8", "replace")


def _snmp(content: bytes) -> Readings:
    return printer_mib.supplies(walk_of(content))


def brother_walk(content: bytes) -> dict[str, int | bytes | str]:
    """Octet strings are cut into their records of 7 bytes."""
    walk: dict[str, int | bytes | str] = {}
    for oid, value in table(parsed(content)).items():
        if isinstance(value, list):
            walk[oid] = _from_hex("".join(text(each) for each in value)) + b"\xff"
        else:
            said = text(value)
            walk[oid] = int(said) if said.isdecimal() and said.isascii() else said.encode()
    return walk


def _brother(content: bytes) -> Readings:
    return brother.supplies(brother_walk(content))


def _heard(
    open_dialect: Callable[[], Dialect], split: Callable[[bytes], Iterable[Message]]
) -> Callable[[bytes], Readings]:
    def decode(content: bytes) -> Readings:
        dialect = open_dialect()
        return last_words(
            reading
            for topic, payload in split(content)
            for reading in dialect.hear(topic, payload)
        )

    return decode


def _columns(content: bytes) -> Iterator[Message]:
    """Time, whether retained, topic and payload, as `mosquitto_sub -F` writes them."""
    for line in content.split(b"\n"):
        parts = line.split(b"\t", 3)
        if len(parts) == 4:
            yield parts[2].decode("utf-8", "replace"), parts[3]


def _bambu(content: bytes) -> Iterator[Message]:
    for push in table(parsed(content)).values():
        yield "device/recorded/report", json.dumps(push).encode()


def _dyson(content: bytes) -> Iterator[Message]:
    for message in rows(parsed(content)):
        yield "475/recorded/status/current", json.dumps(message).encode()


def _shelly_gen1(content: bytes) -> Iterator[Message]:
    """Recorded over HTTP; on MQTT each number has its topic."""
    status = at(parsed(content), "status")
    for n, meter in enumerate(rows(at(status, "meters"))):
        for topic, key in (("power", "power"), ("energy", "total")):
            payload = text(at(meter, key)).encode()
            yield f"shellies/recorded/relay/{n}/{topic}", payload


def _shelly_gen2(content: bytes) -> Iterator[Message]:
    for component, told in table(at(parsed(content), "status")).items():
        yield f"recorded/status/{component}", json.dumps(told).encode()


def _tasmota(content: bytes) -> Iterator[Message]:
    """`topic = payload`, or the payload alone."""
    for line in content.splitlines():
        topic, sign, payload = line.partition(b" = ")
        if sign:
            yield topic.decode("utf-8", "replace"), payload
        elif line:
            yield "tele/recorded/SENSOR", line


def _lines(content: bytes) -> Iterator[Message]:
    """One JSON object a line, with topic and payload."""
    for line in content.splitlines():
        told = parsed(line)
        yield text(at(told, "topic")), json.dumps(at(told, "payload")).encode()


def _each_line(decode: Callable[[bytes], Readings]) -> Callable[[bytes], Readings]:
    def all_of(content: bytes) -> Readings:
        return last_words(r for line in content.splitlines() for r in decode(line))

    return all_of


DECODERS: dict[str, Callable[[bytes], Readings]] = {
    "ipp": _ipp,
    "snmp": _snmp,
    "brother": _brother,
    "syncthru": syncthru.decode,
    "valetudo": _heard(homie.valetudo, _columns),
    "homie": _heard(homie.HomieDialect, _columns),
    "home-assistant": _heard(HomeAssistantDialect, _columns),
    "esphome": _heard(lambda: esphome.DIALECT, _columns),
    "bambu": _heard(BambuDialect, _bambu),
    "dyson": _heard(lambda: dyson.DIALECT, _dyson),
    "shelly-gen1": _heard(lambda: plugs.SHELLY_GEN1, _shelly_gen1),
    "shelly-gen2": _heard(lambda: plugs.SHELLY_GEN2, _shelly_gen2),
    "tasmota": _heard(lambda: plugs.TASMOTA, _tasmota),
    "zigbee2mqtt": _heard(Zigbee2mqttDialect, _lines),
    "smartthings": smartthings.decode,
    "electrolux": electrolux.decode,
    "hon": hon.decode,
    "miele": miele.decode,
    "homeconnect": _each_line(home_connect.decode),
    "lg_thinq": lg.decode,
    "roborock": roborock.decode,
    "matter": matter.decode,
}
