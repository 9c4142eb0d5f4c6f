"""Electrolux and AEG: an appliance's state, a list of them, or what changed, as a stream.

Pure. The tanks tell only that they reached their reserve. How much a wash takes is a setting of
the appliance (`autoDosing`), its cycles are counted over its life.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from broker.bridges.payloads import at, instant, natural, parsed, rows, table, text
from broker.bridges.reading import Reading, Source, raw_text
from devices.wire import SlotState

TANKS: Final = {"tank-a": "tankAReserve", "tank-b": "tankBReserve"}
CONFIGURED: Final = {"tank-a": "adTankAConfiguration", "tank-b": "adTankBConfiguration"}
SELECTED: Final = {"tank-a": "adTankASel", "tank-b": "adTankBSel"}
FILTER_WORDS: Final = {"CHANGE": SlotState.LOW, "BUY": SlotState.LOW, "GOOD": SlotState.OK}
MOST_APPLIANCES: Final = 64
Properties = dict[str, object]


def decode(payload: bytes) -> tuple[Reading, ...]:
    return tuple(
        reading
        for device_id, reported, now in _appliances(parsed(payload))
        for reading in (
            *_tanks(device_id, reported, now),
            *_cycles(device_id, reported, now),
            *_filters(device_id, reported, now),
        )
    )


def _appliances(told: object) -> Iterator[tuple[str, Properties, datetime | None]]:
    for each in rows(told)[:MOST_APPLIANCES]:
        for device_id, reported in [*table(each).items()][:MOST_APPLIANCES]:
            yield text(device_id), table(reported), None
    reported = at(told, "properties", "reported")
    if isinstance(reported, dict):
        yield text(at(told, "applianceId")), reported, None
    for each in rows(at(told, "Payload", "Appliances")):
        for metric in rows(at(each, "Metrics")):
            name, value = text(at(metric, "Name")), at(metric, "Value")
            now = instant(at(metric, "Timestamp"))
            yield text(at(each, "ApplianceId")), {name: value}, now


def _tanks(device_id: str, told: Properties, now: datetime | None) -> Iterator[Reading]:
    for slot, key in TANKS.items():
        is_reserve = at(told, "fCMiscellaneousState", key)
        if not isinstance(is_reserve, bool):
            continue
        configured = text(at(told, "autoDosing", CONFIGURED[slot]))
        selected = text(at(told, "userSelections", SELECTED[slot]))
        yield Reading(
            device_id=device_id,
            slot=slot,
            kind="softener" if configured.startswith("SOFTENER") else "detergent",
            title=configured.replace("_", " ").capitalize(),
            state=SlotState.LOW if is_reserve else SlotState.OK,
            raw=raw_text(reserve=is_reserve, selected=selected or None),
            observed_at=now,
            source=Source.FLAG,
        )


def _cycles(device_id: str, told: Properties, now: datetime | None) -> Iterator[Reading]:
    cycles = natural(told.get("totalCycleCounter"))
    if cycles is not None:
        yield Reading(
            device_id=device_id,
            slot="cycles",
            kind="cycles",
            amount=cycles,
            unit="cycles",
            state=SlotState.OK,
            raw=raw_text(totalCycleCounter=told["totalCycleCounter"]),
            observed_at=now,
            source=Source.COUNTER,
        )


def _filters(device_id: str, told: Properties, now: datetime | None) -> Iterator[Reading]:
    word = text(told.get("waterFilterState"))
    seconds = natural(told.get("waterFilterLifeTime"))
    if word or seconds is not None:
        yield Reading(
            device_id=device_id,
            slot="water-filter",
            kind="water-filter",
            amount=seconds,
            unit="" if seconds is None else "s",
            state=FILTER_WORDS.get(word, SlotState.UNKNOWN),
            raw=raw_text(state=word or None, life=told.get("waterFilterLifeTime")),
            observed_at=now,
            source=Source.FLAG if word else Source.RESIDUAL_TIME,
        )
