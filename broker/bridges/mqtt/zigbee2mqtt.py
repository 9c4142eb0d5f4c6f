"""zigbee2mqtt: the consumable properties of Zigbee devices.

Pure. A device is known by its IEEE address, told in `bridge/devices`: its name can change. The
counters of a feeder begin anew every day, so they are no use over the life of a slot.
"""

from dataclasses import dataclass
from typing import Final

from broker.bridges.mqtt.dialect import MOST_REMEMBERED
from broker.bridges.payloads import at, natural, parsed, percent, rows, table, text
from broker.bridges.reading import Direction, Reading, Source, raw_text, state_of
from devices.wire import SlotState

BASE: Final = "zigbee2mqtt"
FILTER_LIFE_MIN: Final = 259_200  # minutes: half a year, when IKEA's E2007 asks for a new one
LEVELS: Final = {"tank_level": "Tank", "liquid_level_percent": "Tank"}
FLAGS: Final[dict[str, tuple[str, str, dict[object, SlotState]]]] = {
    "replace_filter": ("filter", "air-filter", {True: SlotState.LOW, False: SlotState.OK}),
    "liquid_state": (
        "tank-state",
        "tank",
        {"low": SlotState.LOW, "normal": SlotState.OK, "high": SlotState.OK},
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """A property that is an amount in `unit`."""

    slot: str
    kind: str
    unit: str
    source: Source


AMOUNTS: Final = {
    "weight": Amount(slot="scale", kind="tank", unit="g", source=Source.LEVEL),
    "portions_per_day": Amount(
        slot="portions", kind="pet-food", unit="portions/d", source=Source.COUNTER
    ),
    "weight_per_day": Amount(slot="food", kind="pet-food", unit="g/d", source=Source.COUNTER),
}


class Zigbee2mqttDialect:
    def __init__(self, base: str = BASE) -> None:
        self.topics = (f"{base}/+", f"{base}/bridge/devices")
        self._base = base
        self._addresses: dict[str, str] = {}  # by friendly name

    def hear(self, topic: str, payload: bytes) -> tuple[Reading, ...]:
        if topic == f"{self._base}/bridge/devices":
            self._remember(payload)
            return ()
        if not topic.startswith(f"{self._base}/"):
            return ()
        name = topic[len(self._base) + 1 :]
        return _readings(self._addresses.get(name, text(name)), table(parsed(payload)))

    def _remember(self, payload: bytes) -> None:
        told = {
            text(at(each, "friendly_name")): text(at(each, "ieee_address"))
            for each in rows(parsed(payload))[:MOST_REMEMBERED]
        }
        self._addresses = {name: address for name, address in told.items() if name and address}


def _readings(device_id: str, state: dict[str, object]) -> tuple[Reading, ...]:
    found = [_level(device_id, key, state[key]) for key in LEVELS if key in state]
    found += [_amount(device_id, key, state[key]) for key in AMOUNTS if key in state]
    if "filter_age" in state:
        found.append(_filter(device_id, state))
    else:
        found += [_flag(device_id, key, state[key]) for key in FLAGS if key in state]
    return tuple(found)


def _level(device_id: str, key: str, value: object) -> Reading:
    level_pct = percent(value)
    return Reading(
        device_id=device_id,
        slot="tank",
        kind="tank",
        title=LEVELS[key],
        level_pct=level_pct,
        state=state_of(level_pct),
        raw=raw_text(**{key: text(value)}),
    )


def _amount(device_id: str, key: str, value: object) -> Reading:
    what, amount = AMOUNTS[key], natural(value)
    return Reading(
        device_id=device_id,
        slot=what.slot,
        kind=what.kind,
        amount=amount,
        unit=what.unit if amount is not None else "",
        state=SlotState.UNKNOWN if amount is None else SlotState.OK,
        raw=raw_text(**{key: text(value)}),
        source=what.source,
    )


def _filter(device_id: str, state: dict[str, object]) -> Reading:
    """Age in minutes. Beyond its life a filter is overdue: empty, and no level."""
    age = natural(state.get("filter_age"))
    is_young = age is not None and age <= FILTER_LIFE_MIN
    level_pct = 100 * (1 - age / FILTER_LIFE_MIN) if is_young and age is not None else None
    told = state_of(level_pct)
    if age is not None and not is_young:
        told = SlotState.EMPTY
    direction: Direction = "consumed"
    return Reading(
        device_id=device_id,
        slot="filter",
        kind="air-filter",
        title="Filter",
        level_pct=level_pct,
        direction=direction,
        state=SlotState.LOW if state.get("replace_filter") is True else told,
        raw=raw_text(filter_age=text(state.get("filter_age"))),
        source=Source.COUNTER,
    )


def _flag(device_id: str, key: str, value: object) -> Reading:
    slot, kind, states = FLAGS[key]
    is_known = isinstance(value, bool | str)
    return Reading(
        device_id=device_id,
        slot=slot,
        kind=kind,
        state=states.get(value, SlotState.UNKNOWN) if is_known else SlotState.UNKNOWN,
        raw=raw_text(**{key: str(value)}),
        source=Source.FLAG,
    )
