"""Miele: `GET /v1/devices/fillingLevels`, percentages of what an appliance has.

Pure. null means that it has no such thing. The saturation of a filter rises as it wears.
"""

from dataclasses import dataclass
from typing import Final

from broker.bridges.payloads import at, natural, parsed, percent, rows, table, text
from broker.bridges.reading import Direction, Reading, Source, raw_text, state_of
from devices.wire import SlotState


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    slot: str
    kind: str
    direction: Direction = "consumed"


LEVELS: Final = {
    "twinDosContainer1FillingLevel": Filling(slot="twindos-1", kind="detergent"),
    "twinDosContainer2FillingLevel": Filling(slot="twindos-2", kind="detergent"),
    "powerDiscFillingLevel": Filling(slot="power-disc", kind="detergent"),
    "saltFillingLevel": Filling(slot="salt", kind="salt"),
    "rinseAidFillingLevel": Filling(slot="rinse-aid", kind="rinse-aid"),
    "coalFilterSaturation": Filling(slot="coal-filter", kind="air-filter", direction="filled"),
    "fatFilterSaturation": Filling(slot="fat-filter", kind="air-filter", direction="filled"),
}
COUNTERS: Final = {
    "descalingCounter": "descaling",
    "degreasingCounter": "degreasing",
    "milkCleaningCounter": "milk-cleaning",
}


def decode(payload: bytes) -> tuple[Reading, ...]:
    told = parsed(payload)
    return tuple(
        reading
        for each in (rows(told) if isinstance(told, list) else [told])
        for reading in _appliance(text(at(each, "deviceId")), table(at(each, "fillingLevels")))
    )


def _appliance(device_id: str, told: dict[str, object]) -> list[Reading]:
    found = [_level(device_id, key, told[key]) for key in LEVELS if key in told]
    return found + [_counter(device_id, key, told[key]) for key in COUNTERS if key in told]


def _level(device_id: str, key: str, value: object) -> Reading:
    what, level_pct = LEVELS[key], percent(value)
    return Reading(
        device_id=device_id,
        slot=what.slot,
        kind=what.kind,
        level_pct=level_pct,
        direction=what.direction,
        state=SlotState.NOT_FITTED if value is None else state_of(level_pct, what.direction),
        raw=raw_text(**{key: text(value) or None}),
    )


def _counter(device_id: str, key: str, value: object) -> Reading:
    count = natural(value)
    unknown = SlotState.NOT_FITTED if value is None else SlotState.UNKNOWN
    return Reading(
        device_id=device_id,
        slot=COUNTERS[key],
        kind="cleaning",
        amount=count,
        unit="cycles" if count is not None else "",
        state=unknown if count is None else SlotState.OK,
        raw=raw_text(**{key: text(value) or None}),
        source=Source.COUNTER,
    )
