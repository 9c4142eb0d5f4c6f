"""What a Brother printer says of itself beside the Printer MIB, in octet strings of its own.

Pure. A string is a row of records of 7 bytes, closed by ff: the first byte says what of, the
last four how much. Its toners stand at "unknown" in the MIB and are exact here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from broker.bridges.payloads import natural, text
from broker.bridges.reading import Reading, Source, raw_text, state_of
from devices.wire import SlotState

Walk = Mapping[str, int | bytes | str]

PRIVATE: Final = "1.3.6.1.4.1.2435.2.3.9.4.2.1.5.5"
MAINTENANCE: Final = f"{PRIVATE}.8.0"
COUNTERS: Final = f"{PRIVATE}.10.0"
NEXT_CARE: Final = f"{PRIVATE}.11.0"
SERIAL: Final = f"{PRIVATE}.1.0"
MODEL: Final = "1.3.6.1.4.1.2435.2.3.9.1.1.7.0"
PAGES: Final = "1.3.6.1.2.1.43.10.2.1.4.1.1"
ASKED: Final = (MAINTENANCE, COUNTERS, NEXT_CARE, SERIAL, MODEL, PAGES)

RECORD: Final = 7  # bytes
MOST_RECORDS: Final = 256
ALL_PAGES: Final = 0x00  # in COUNTERS
INKJET: Final = re.compile(r"MDL:[A-Z]+-J\d")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Where one part's records lie. `life`: in 0.01 %; `step`: in %, in tens; `pages`: left."""

    slot: str
    kind: str
    life: int = -1
    step: int = -1
    pages: int = -1


PARTS: Final = (
    Part(slot="black", kind="toner", life=0x6F, step=0x81),
    Part(slot="cyan", kind="toner", life=0x70, step=0x82),
    Part(slot="magenta", kind="toner", life=0x71, step=0x83),
    Part(slot="yellow", kind="toner", life=0x72, step=0x84),
    Part(slot="opc", kind="opc", life=0x41, pages=0x82),
    Part(slot="opc-cyan", kind="opc", life=0x79, pages=0xA4),
    Part(slot="opc-magenta", kind="opc", life=0x7A, pages=0xA5),
    Part(slot="opc-yellow", kind="opc", life=0x7B, pages=0xA6),
    Part(slot="opc-black", kind="opc", life=0x80, pages=0xA7),
    Part(slot="transfer-unit", kind="transfer-unit", life=0x69, pages=0x88),
    Part(slot="fuser", kind="fuser", life=0x6A),
)


def supplies(walk: Walk) -> tuple[Reading, ...]:
    """Empty where the printer answers without records."""
    lives, left = _records(walk.get(MAINTENANCE)), _records(walk.get(NEXT_CARE))
    is_inkjet = bool(INKJET.search(_text(walk.get(MODEL))))
    device_id = _text(walk.get(SERIAL))[:80]
    found = []
    for part in PARTS:
        kind = "ink" if is_inkjet and part.kind == "toner" else part.kind
        reading = _reading(part, kind, lives, left, device_id)
        if reading:
            found.append(reading)
    return (*found, *_pages(walk, device_id))


def name(walk: Walk) -> str:
    found = re.search(r"MDL:([^;]{1,60})", _text(walk.get(MODEL)))
    return f"Brother {found[1]}" if found else "Brother printer"


def _reading(
    part: Part, kind: str, lives: dict[int, int], left: dict[int, int], device_id: str
) -> Reading | None:
    life, step, pages = lives.get(part.life), lives.get(part.step), left.get(part.pages)
    if life is None and step is None and pages is None:
        return None
    level_pct = _percent(life, 10_000) if life is not None else _percent(step, 100)
    state = SlotState.OK if level_pct is None and pages else state_of(level_pct)
    return Reading(
        device_id=device_id,
        slot=part.slot,
        kind=kind,
        level_pct=level_pct,
        amount=None if pages is None else float(pages),
        unit="" if pages is None else "pages",
        state=state,
        raw=raw_text(life=life, step=step, pages=pages),
        source=Source.RESIDUAL_TIME if level_pct is None else Source.LEVEL,
    )


def _pages(walk: Walk, device_id: str) -> tuple[Reading, ...]:
    count = natural(_records(walk.get(COUNTERS)).get(ALL_PAGES, walk.get(PAGES)))
    if count is None:
        return ()
    reading = Reading(
        device_id=device_id,
        slot="pages",
        kind="pages",
        amount=count,
        unit="pages",
        state=SlotState.OK,
        raw=raw_text(pages=int(count)),
        source=Source.COUNTER,
    )
    return (reading,)


def _percent(value: int | None, full: int) -> float | None:
    return 100 * value / full if value is not None and 0 <= value <= full else None


def _records(value: int | bytes | str | None) -> dict[int, int]:
    if not isinstance(value, bytes):
        return {}
    whole = range(0, min(len(value), MOST_RECORDS * RECORD) - RECORD + 1, RECORD)
    return {value[n]: int.from_bytes(value[n + 3 : n + RECORD]) for n in whole}


def _text(value: int | bytes | str | None) -> str:
    return text(value.decode("utf-8", "replace") if isinstance(value, bytes) else value)
