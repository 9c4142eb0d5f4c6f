"""Roborock's robots: `get_consumable`, seconds that each part has worked.

Pure. Beyond its life a part is overdue: empty, with no level.
"""

from collections.abc import Iterator
from typing import Final

from broker.bridges.payloads import at, natural, parsed, rows, table, text
from broker.bridges.reading import Reading, Source, raw_text
from devices.wire import SlotState

# Key: slot, kind, life in seconds of work.
PARTS: Final = {
    "main_brush_work_time": ("main-brush", "brush", 1_080_000),
    "side_brush_work_time": ("side-brush", "brush", 720_000),
    "filter_work_time": ("filter", "air-filter", 540_000),
    "sensor_dirty_time": ("sensor", "sensor", 108_000),
}
# Of the dock: how often they were used; no life is published.
DOCK: Final = {
    "strainer_work_times": "dock-strainer",
    "cleaning_brush_work_times": "dock-brush",
    "dust_collection_work_times": "dust-bag",
}


def decode(payload: bytes) -> tuple[Reading, ...]:
    return tuple(reading for told in _results(parsed(payload)) for reading in _parts(told))


def _results(message: object) -> Iterator[dict[str, object]]:
    """The answer comes bare, or as text within a message of data points."""
    answers = [message, *(parsed(text_of(each)) for each in table(at(message, "dps")).values())]
    for answer in answers[:16]:
        for result in rows(at(answer, "result")):
            yield table(result)


def text_of(value: object) -> str:
    return value if isinstance(value, str) else ""


def _parts(told: dict[str, object]) -> Iterator[Reading]:
    for key, (slot, kind, life_s) in PARTS.items():
        used_s = natural(told.get(key))
        if used_s is None:
            continue
        is_left = used_s < life_s
        level_pct = 100 * (1 - used_s / life_s) if is_left else None
        yield Reading(
            slot=slot,
            kind=kind,
            level_pct=level_pct,
            state=SlotState.OK if is_left else SlotState.EMPTY,
            raw=raw_text(**{key: text(told[key])}),
            source=Source.COUNTER,
        )
    for key, slot in DOCK.items():
        count = natural(told.get(key))
        if count is not None:
            yield Reading(
                slot=slot,
                kind="cleaning",
                amount=count,
                unit="cycles",
                state=SlotState.OK,
                raw=raw_text(**{key: text(told[key])}),
                source=Source.COUNTER,
            )
