"""LG ThinQ: the cycle count of a washer, the filters of purifiers and refrigerators.

Pure. A washer with two drums answers with a list, one entry for each place.
"""

from collections.abc import Iterator

from broker.bridges.payloads import at, natural, parsed, percent, rows, text
from broker.bridges.reading import Reading, Source, raw_text, slot_name, state_of
from devices.wire import SlotState

MAIN = "main"


def decode(payload: bytes) -> tuple[Reading, ...]:
    told = parsed(payload)
    places = rows(told) if isinstance(told, list) else [told]
    return tuple(reading for place in places for reading in _place(place))


def _place(told: object) -> Iterator[Reading]:
    place = slot_name(text(at(told, "location", "locationName")), MAIN)
    count = at(told, "cycle", "cycleCount")
    cycles = natural(count)
    if cycles is not None:
        yield Reading(
            slot="cycles" if place == MAIN else slot_name(f"cycles {place}"),
            kind="cycles",
            amount=cycles,
            unit="cycles",
            state=SlotState.OK,
            raw=raw_text(cycleCount=count),
            source=Source.COUNTER,
        )
    for slot, section in (("air-filter", "filterInfo"), ("water-filter", "waterFilterInfo")):
        remaining = at(told, section, "filterRemainPercent")
        if remaining is not None:
            level_pct = percent(remaining)
            yield Reading(
                slot=slot,
                kind=slot,
                level_pct=level_pct,
                state=state_of(level_pct),
                raw=raw_text(filterRemainPercent=text(remaining)),
            )
