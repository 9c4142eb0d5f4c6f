"""hOn (Haier, Candy, Hoover): attributes, maintenance and statistics of an appliance.

Pure. `detergentPercent` counts only while automatic dosing is in use. What is overdue has a
negative remainder: that is no level, and no zero either.
"""

from collections.abc import Iterator
from typing import Final

from broker.bridges.payloads import at, natural, number, parsed, percent, share, table, text
from broker.bridges.reading import Reading, Source, raw_text, slot_name, state_of
from devices.wire import SlotState

# Percentage, and the setting that says whether it is in use.
DOSED: Final = {
    "detergent": ("detergentPercent", "autoDetergentStatus"),
    "softener": ("softenerPercent", "autoSoftenerStatus"),
}
FLAGS: Final = {
    "salt": ("saltStatus", "salt"),
    "rinse-aid": ("rinseAidStatus", "rinse-aid"),
    "pre-filter": ("preFilterStatus", "filter"),
}
FLAG_STATES: Final = {"0": SlotState.OK, "1": SlotState.LOW}
CARE: Final = ("filterCleaning", "drawerCleaning", "drumCleaning", "sprayArmsCleaning")


def decode(payload: bytes) -> tuple[Reading, ...]:
    """Of any of the three documents."""
    told = table(parsed(payload))
    parameters = at(told, "shadow", "parameters")
    attributes = table(parameters) or table(told.get("parameters"))
    return (
        *_attributes(attributes),
        *_maintenance(told),
        *_counted(told.get("programsCounter"), "programsCounter"),
    )


def _attributes(told: dict[str, object]) -> Iterator[Reading]:
    for slot, (level, setting) in DOSED.items():
        if level in told:
            yield _dosed(slot, _new(told, level), _new(told, setting))
    for slot, (key, kind) in FLAGS.items():
        if key in told:
            said = _new(told, key)
            yield Reading(
                slot=slot,
                kind=kind,
                state=FLAG_STATES.get(said, SlotState.UNKNOWN),
                raw=raw_text(**{key: said}),
                source=Source.FLAG,
            )
    yield from _counted(_new(told, "totalWashCycle") or None, "totalWashCycle")


def _dosed(slot: str, said: str, setting: str) -> Reading:
    is_used = setting not in {"", "0"}
    level_pct = percent(said) if is_used else None
    return Reading(
        slot=slot,
        kind=slot,
        level_pct=level_pct,
        state=state_of(level_pct) if is_used else SlotState.NOT_FITTED,
        raw=raw_text(percent=said, status=setting),
    )


def _maintenance(told: dict[str, object]) -> Iterator[Reading]:
    counts = [natural(at(told, key, "count")) for key in CARE]
    for key in CARE:
        if isinstance(told.get(key), dict):
            yield _care(key, table(told[key]))
    tabs = natural(told.get("tabs"))
    if tabs is not None:
        # 0 where nothing was ever washed: nobody has told the appliance of tabs yet
        is_told = tabs > 0 or any(counts)
        yield Reading(
            slot="tabs",
            kind="tabs",
            amount=tabs if is_told else None,
            unit="pieces" if is_told else "",
            state=(SlotState.OK if tabs else SlotState.EMPTY) if is_told else SlotState.UNKNOWN,
            raw=raw_text(tabs=told["tabs"]),
        )


def _care(key: str, told: dict[str, object]) -> Reading:
    remaining = number(told.get("remaining"))
    level_pct = share(remaining, told.get("tot"))
    is_overdue = remaining is not None and remaining < 0
    return Reading(
        slot=slot_name(key.removesuffix("Cleaning") + "-cleaning"),
        kind="cleaning",
        level_pct=level_pct,
        state=SlotState.EMPTY if is_overdue else state_of(level_pct),
        raw=raw_text(remaining=told.get("remaining"), tot=told.get("tot")),
        source=Source.COUNTER,
    )


def _counted(said: object, key: str) -> Iterator[Reading]:
    cycles = natural(said)
    if cycles is not None:
        yield Reading(
            slot="cycles",
            kind="cycles",
            amount=cycles,
            unit="cycles",
            state=SlotState.OK,
            raw=raw_text(**{key: said}),
            source=Source.COUNTER,
        )


def _new(told: dict[str, object], key: str) -> str:
    value = told.get(key)
    return text(at(value, "parNewVal") if isinstance(value, dict) else value)
