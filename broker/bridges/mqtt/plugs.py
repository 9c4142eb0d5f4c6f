"""Power and energy of smart plugs: Shelly of both generations, Tasmota and zigbee2mqtt.

Pure. Samples for counting cycles; no plug knows a supply. Energy is in watt-hours here;
Shelly's first generation counts it in watt-minutes, Tasmota in kilowatt-hours.
"""

import re
from collections.abc import Iterator
from typing import Final

from broker.bridges.mqtt.dialect import PlainDialect, level
from broker.bridges.payloads import at, instant, natural, number, parsed, rows, table, text
from broker.bridges.reading import Reading, Source, raw_text, slot_name
from devices.wire import SlotState

SWITCH: Final = re.compile(r"(switch|pm1|em1):(\d{1,2})", re.ASCII)
MINUTES_PER_HOUR: Final = 60
PER_KILO: Final = 1000
POWER: Final = "power"  # the slot of a plug's first outlet
UNIT_OF: Final = {"Distance": {"SR04": "cm", "VL53L0X": "mm"}}  # Tasmota's sensors


def shelly_gen1(topic: str, payload: bytes) -> tuple[Reading, ...]:
    """`shellies/<id>/relay/<n>/power` in W, `.../energy` in watt-minutes."""
    match topic.split("/"):
        case ["shellies", device, "relay", channel, ("power" | "energy") as what]:
            said = payload[:100].decode("utf-8", "replace")
            value = number(said) if what == POWER else natural(said)
            if what == "energy" and value is not None:
                value /= MINUTES_PER_HOUR
            return (_sample(text(device), what, channel, value, raw_text(**{what: said})),)
    return ()


def shelly_gen2(topic: str, payload: bytes) -> tuple[Reading, ...]:
    """`<id>/status/switch:<n>`, and the same within `<id>/events/rpc`."""
    message = parsed(payload)
    match topic.split("/"):
        case [device, "status", component] if SWITCH.fullmatch(component):
            return tuple(_of_switch(text(device), component, message, None))
        case [device, "events", "rpc"]:
            told, ts = table(at(message, "params")), at(message, "params", "ts")
            return tuple(
                reading
                for component in [*told][:64]
                if SWITCH.fullmatch(component)
                for reading in _of_switch(text(device), component, told[component], ts)
            )
    return ()


def tasmota(topic: str, payload: bytes) -> tuple[Reading, ...]:
    """`tele/<topic>/SENSOR`, in older versions `.../ENERGY`. Its time names no zone."""
    message = table(parsed(payload))
    device = text(level(topic, -2))
    energy = message if level(topic, -1) == "ENERGY" else table(message.get("ENERGY"))
    return (*_of_tasmota(device, energy), *_distances(device, message))


def zigbee2mqtt(topic: str, payload: bytes) -> tuple[Reading, ...]:
    """`zigbee2mqtt/<name>`."""
    watts = number(at(parsed(payload), "power"))
    if watts is None:
        return ()
    device = text(topic.partition("/")[2])
    return (_sample(device, POWER, "0", watts, raw_text(power=watts)),)


def _of_switch(device: str, component: str, told: object, ts: object) -> Iterator[Reading]:
    channel = component.partition(":")[2]
    watts, total = number(at(told, "apower")), natural(at(told, "aenergy", "total"))
    seconds = ts if ts is not None else None
    if watts is not None:
        yield _sample(device, POWER, channel, watts, raw_text(apower=watts), seconds)
    if total is not None:
        minute = at(told, "aenergy", "minute_ts") if ts is None else ts
        yield _sample(device, "energy", channel, total, raw_text(total=total), minute)


def _of_tasmota(device: str, energy: dict[str, object]) -> Iterator[Reading]:
    """A device with several channels sends lists."""
    for what, key, factor in ((POWER, "Power", 1), ("energy", "Total", PER_KILO)):
        said = energy.get(key)
        for channel, each in enumerate(rows(said) if isinstance(said, list) else [said]):
            value = number(each) if what == POWER else natural(each)
            if value is not None:
                raw = raw_text(**{key: text(each)})
                yield _sample(device, what, str(channel), value * factor, raw)


def _distances(device: str, message: dict[str, object]) -> Iterator[Reading]:
    """How far away a surface is; a level only for a tank whose depth a description knows."""
    for sensor, unit in UNIT_OF["Distance"].items():
        value = natural(at(message, sensor, "Distance"))
        if value is not None:
            yield Reading(
                device_id=device,
                slot=slot_name(sensor),
                kind="distance",
                amount=value,
                unit=unit,
                state=SlotState.OK,
                raw=raw_text(Distance=value),
            )


def _sample(
    device: str, what: str, channel: str, value: float | None, raw: str, ts: object = None
) -> Reading:
    return Reading(
        device_id=device,
        slot=what if channel == "0" else slot_name(f"{what} {channel}"),
        kind=what,
        amount=value,
        unit="W" if what == POWER else "Wh",
        state=SlotState.UNKNOWN if value is None else SlotState.OK,
        raw=raw,
        observed_at=instant(ts),
        source=Source.CYCLE if what == POWER else Source.COUNTER,
    )


SHELLY_GEN1: Final = PlainDialect(
    ("shellies/+/relay/+/power", "shellies/+/relay/+/energy"), shelly_gen1
)
SHELLY_GEN2: Final = PlainDialect(("+/status/+", "+/events/rpc"), shelly_gen2)
TASMOTA: Final = PlainDialect(("tele/+/SENSOR", "tele/+/ENERGY"), tasmota)
ZIGBEE2MQTT: Final = PlainDialect(("zigbee2mqtt/+",), zigbee2mqtt)
