"""Dyson's purifiers: what is left of their filters.

Pure. `STATE-CHANGE` carries [old, new]; `INV` means that the machine has no such filter.
"""

from typing import Final

from broker.bridges.mqtt.dialect import PlainDialect, level
from broker.bridges.payloads import at, instant, natural, parsed, percent, table, text
from broker.bridges.reading import Reading, Source, raw_text, state_of
from devices.wire import SlotState

TOPICS: Final = ("+/+/status/current",)
FILTERS: Final = {
    "hflr": ("hepa-filter", "HEPA filter"),
    "cflr": ("carbon-filter", "Carbon filter"),
}
HOURS: Final = "filf"  # older models: hours that are left
NO_SUCH: Final = "INV"


def decode(topic: str, payload: bytes) -> tuple[Reading, ...]:
    message = table(parsed(payload))
    state, serial = table(message.get("product-state")), text(level(topic, 1))
    now = instant(message.get("time"))
    found = []
    for key, (slot, title) in FILTERS.items():
        if key in state:
            said = _new(state[key])
            level_pct = percent(said)
            is_absent = said == NO_SUCH
            found.append(
                Reading(
                    device_id=serial,
                    slot=slot,
                    kind="air-filter",
                    title=title,
                    level_pct=level_pct,
                    state=SlotState.NOT_FITTED if is_absent else state_of(level_pct),
                    raw=raw_text(**{key: said}),
                    observed_at=now,
                )
            )
    if HOURS in state:
        hours = natural(_new(state[HOURS]))
        found.append(
            Reading(
                device_id=serial,
                slot="filter",
                kind="air-filter",
                amount=hours,
                unit="h" if hours is not None else "",
                state=_of_hours(hours),
                raw=raw_text(filf=_new(state[HOURS])),
                observed_at=now,
                source=Source.RESIDUAL_TIME,
            )
        )
    return tuple(found)


def _new(value: object) -> str:
    return text(at(value, 1) if isinstance(value, list) else value)


def _of_hours(hours: float | None) -> SlotState:
    if hours is None:
        return SlotState.UNKNOWN
    return SlotState.OK if hours > 0 else SlotState.EMPTY


DIALECT: Final = PlainDialect(TOPICS, decode)
