"""Samsung SmartThings: a device's status, with the supplies of washers and filters of others.

Pure. Capabilities that the device lists as disabled are skipped. An amount counts only where
the drawer was ever filled; 0 of a drawer that doses nothing is a drawer not in use, not empty.
"""

from collections.abc import Iterator
from typing import Final

from broker.bridges.payloads import (
    at,
    instant,
    natural,
    parsed,
    percent,
    rows,
    share,
    table,
    text,
)
from broker.bridges.reading import Reading, Source, raw_text, state_of
from devices.wire import SlotState

DRAWERS: Final = {
    "detergent": (
        "samsungce.detergentState",
        "detergentType",
        "samsungce.autoDispenseDetergent",
    ),
    "softener": ("samsungce.softenerState", "softenerType", "samsungce.autoDispenseSoftener"),
}
WORDS: Final = {
    "normal": SlotState.OK,
    "low": SlotState.LOW,
    "empty": SlotState.EMPTY,
    "replenish": SlotState.LOW,
}
# Capability, first word of its attributes, our slot, our kind.
FILTERS: Final = (
    ("custom.waterFilter", "waterFilter", "water-filter", "water-filter"),
    ("custom.dustFilter", "dustFilter", "dust-filter", "air-filter"),
    ("custom.electricHepaFilter", "electricHepaFilter", "hepa-filter", "air-filter"),
    ("custom.deodorFilter", "deodorFilter", "deodor-filter", "air-filter"),
    ("custom.veryFineDustFilter", "veryFineDustFilter", "fine-dust-filter", "air-filter"),
)
FILTER_WORDS: Final = {"replace": SlotState.LOW, "wash": SlotState.LOW, "normal": SlotState.OK}
DISABLED: Final = "custom.disabledCapabilities"
MOST_COMPONENTS: Final = 32


def decode(payload: bytes) -> tuple[Reading, ...]:
    status = parsed(payload)
    device_id = text(at(status, "deviceId"))
    components = table(at(status, "components"))
    return tuple(
        reading
        for name in [*components][:MOST_COMPONENTS]
        for reading in _component(device_id, table(components[name]))
    )


def _component(device_id: str, told: dict[str, object]) -> Iterator[Reading]:
    disabled = {
        text(each) for each in rows(at(told, DISABLED, "disabledCapabilities", "value"))
    }
    capabilities = {name: table(told[name]) for name in told if name not in disabled}
    for slot, (state, kind, words) in DRAWERS.items():
        if state in capabilities or words in capabilities:
            drawer = capabilities.get(state, {}), capabilities.get(words, {})
            found = _drawer(device_id, slot, drawer, kind)
            if found:
                yield found
    for capability, word, slot, kind in FILTERS:
        if capability in capabilities:
            filtering = _filter(device_id, (slot, kind), capabilities[capability], word)
            if filtering:
                yield filtering


def _drawer(
    device_id: str, slot: str, told: tuple[dict[str, object], dict[str, object]], kind: str
) -> Reading | None:
    amounts, words = told
    remaining, initial = _value(amounts, "remainingAmount"), _value(amounts, "initialAmount")
    word = text(_value(words, "remainingAmount"))
    if remaining is None and not word:
        return None
    is_used = bool(natural(initial)) and text(_value(amounts, kind)) not in {"", "none"}
    doses = bool(natural(_value(amounts, "dosage")))
    is_measured = is_used and (doses or bool(natural(remaining)))
    level_pct = share(remaining, initial) if is_measured else None
    state = WORDS.get(word, SlotState.UNKNOWN)
    if not is_used and state is SlotState.UNKNOWN:
        state = SlotState.NOT_FITTED
    return Reading(
        device_id=device_id,
        slot=slot,
        kind=slot,
        level_pct=level_pct,
        amount=natural(remaining) if level_pct is not None else None,
        unit="ml" if level_pct is not None else "",
        state=state_of(level_pct) if level_pct is not None else state,
        raw=raw_text(remaining=remaining, initial=initial, dispenser=word or None),
        observed_at=instant(at(amounts, "remainingAmount", "timestamp")),
        source=Source.FLAG if level_pct is None and word else Source.LEVEL,
    )


def _filter(
    device_id: str, what: tuple[str, str], told: dict[str, object], word: str
) -> Reading | None:
    usage, status = _value(told, f"{word}Usage"), text(_value(told, f"{word}Status"))
    if usage is None and not status:
        return None
    used = percent(usage)
    level_pct = None if used is None else 100 - used
    state = FILTER_WORDS.get(status, SlotState.UNKNOWN)
    slot, kind = what
    return Reading(
        device_id=device_id,
        slot=slot,
        kind=kind,
        level_pct=level_pct,
        state=state_of(level_pct)
        if state is not SlotState.LOW and level_pct is not None
        else state,
        raw=raw_text(usage=usage, status=status or None),
        observed_at=instant(at(told, f"{word}Usage", "timestamp")),
        source=Source.FLAG if level_pct is None else Source.LEVEL,
    )


def _value(capability: dict[str, object], attribute: str) -> object:
    return at(capability, attribute, "value")
