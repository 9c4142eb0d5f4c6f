"""What a printer says of its supplies over SNMP: the Printer MIB (RFC 3805).

Pure. Takes what was walked, whole or trimmed: many real answers lack class and unit,
so direction comes from class, else from type, else from the description.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from broker.bridges.payloads import natural, share, text
from broker.bridges.reading import (
    WASTE,
    Direction,
    Reading,
    Source,
    numbered,
    raw_text,
    slot_name,
    state_of,
)
from broker.bridges.supply_names import CARTRIDGE, COLOURS, slot_of, titled
from devices.wire import SlotState

Walk = Mapping[str, int | bytes | str]  # by OID, without a leading point

SUPPLIES: Final = "1.3.6.1.2.1.43.11.1.1"  # .column.hrDeviceIndex.supply
COLORANTS: Final = "1.3.6.1.2.1.43.12.1.1.4"  # .hrDeviceIndex.colorant
TRAYS: Final = "1.3.6.1.2.1.43.8.2.1"  # .column.hrDeviceIndex.tray
PAGES: Final = "1.3.6.1.2.1.43.10.2.1.4.1.1"
SERIAL: Final = "1.3.6.1.2.1.43.5.1.1.17.1"
MODEL: Final = "1.3.6.1.2.1.25.3.2.1.3.1"
SYSTEM: Final = "1.3.6.1.2.1.1.1.0"
SYSTEM_OBJECT: Final = "1.3.6.1.2.1.1.2.0"
SYSTEM_NAME: Final = "1.3.6.1.2.1.1.5.0"
WALKED: Final = (
    SUPPLIES,
    COLORANTS,
    TRAYS,
    "1.3.6.1.2.1.43.10.2.1.4",
    "1.3.6.1.2.1.43.5.1.1.17",
)
ASKED: Final = (MODEL, SYSTEM, SYSTEM_OBJECT, SYSTEM_NAME)

MOST_ROWS: Final = 64
COLORANT, CLASS, TYPE, DESCRIPTION, UNIT, MOST, LEVEL = "3", "4", "5", "6", "7", "8", "9"
TRAY_MOST, TRAY_LEVEL, TRAY_NAME, TRAY_DESCRIPTION = "9", "10", "13", "18"
ATTACHED: Final = re.compile(r"Attached to ([\w-]{1,40})")
FILLED: Final = 4  # receptacleThatIsFilled

TYPES: Final = {
    3: "toner",
    4: "waste-toner",
    5: "ink",
    6: "ink-cartridge",
    7: "ink-ribbon",
    8: "waste-ink",
    9: "opc",
    10: "developer",
    11: "fuser-oil",
    12: "solid-wax",
    13: "ribbon-wax",
    14: "waste-wax",
    15: "fuser",
    16: "corona-wire",
    18: "cleaner-unit",
    19: "fuser-cleaning-pad",
    20: "transfer-unit",
    21: "toner-cartridge",
    22: "fuser-oiler",
    24: "waste-water",
    26: "waste-paper",
    32: "staples",
}
# In a description, where no type is told; the first that is found.
KIND_WORDS: Final = (
    ("waste", "waste-toner"),
    ("maintenance box", "waste-ink"),
    ("drum", "opc"),
    ("photoconductor", "opc"),
    ("developer", "developer"),
    ("fuser", "fuser"),
    ("fusing", "fuser"),
    ("belt", "transfer-unit"),
    ("transfer", "transfer-unit"),
    ("roller", "roller"),
    ("staple", "staples"),
    ("toner", "toner"),
    ("ink", "ink"),
    ("cartridge", CARTRIDGE),
)
# prtMarkerSuppliesSupplyUnit: our unit, and how many of it one is.
UNITS: Final = {
    7: ("pages", 1.0),
    8: ("sheets", 1.0),
    11: ("h", 1.0),
    12: ("g", 0.0283495),
    13: ("g", 0.1),
    14: ("ml", 0.295735),
    15: ("ml", 0.1),
    18: ("pieces", 1.0),
}
# They give a percentage although they say that they know no capacity (-2).
PERCENT_WITHOUT_CAPACITY: Final = ("SHARP MX-3570N",)


def supplies(walk: Walk) -> tuple[Reading, ...]:
    """Supplies, then paper trays, then pages printed."""
    device_id = identity(walk)
    found = [*_supplies(walk), *_trays(walk), *_pages(walk)]
    return tuple(replace(each, device_id=device_id) for each in numbered(found))


def identity(walk: Walk) -> str:
    """The serial number, else what comes next to one."""
    named = f"{_text(walk.get(SYSTEM_NAME))} {_text(walk.get(SYSTEM_OBJECT))}".strip()
    return (_text(walk.get(SERIAL)) or named)[:80]


def name(walk: Walk) -> str:
    """An OKI names its network card first, and then what that is attached to."""
    system = _text(walk.get(SYSTEM))
    attached = ATTACHED.search(system)
    behind = f"{system.split()[0]} {attached[1]}" if attached else system.split(";")[0]
    return (_text(walk.get(MODEL)) or behind)[:80] or "SNMP printer"


def _supplies(walk: Walk) -> Iterator[Reading]:
    is_percent = name(walk) in PERCENT_WITHOUT_CAPACITY
    for (device, index), row in _rows(walk, SUPPLIES).items():
        described = _text(row.get(DESCRIPTION))
        kind = _kind(row, described)
        title = titled(described, kind)
        colorant = _text(walk.get(f"{COLORANTS}.{device}.{text(row.get(COLORANT))}")).lower()
        supply = Reading(
            slot=slot_of(title, kind, colorant if colorant in COLOURS else None),
            kind=kind,
            title=title,
            direction=_direction(row, kind),
            raw=raw_text(supply=f"{device}.{index}", level=row.get(LEVEL), max=row.get(MOST)),
        )
        yield _measured(supply, row, is_percent=is_percent)


def _measured(
    supply: Reading, row: Mapping[str, int | bytes | str], *, is_percent: bool
) -> Reading:
    """Of a receptacle the MIB gives the space that is left; ours is the part that is full."""
    level, most = row.get(LEVEL), row.get(MOST)
    left = share(level, 100 if is_percent and most == -2 else most)
    is_filled = supply.direction == "filled"
    level_pct = 100 - left if left is not None and is_filled else left
    state = state_of(level_pct, supply.direction)
    unit, amount = "", None
    if left is not None and not is_filled:
        unit, factor = UNITS.get(_whole(row.get(UNIT)), ("", 0.0))
        amount = (natural(level) or 0.0) * factor if unit else None
    return replace(
        supply,
        level_pct=level_pct,
        amount=amount,
        unit=unit,
        state=SlotState.SOME_REMAINING if level == -3 else state,
    )


def _trays(walk: Walk) -> Iterator[Reading]:
    for (device, index), row in _rows(walk, TRAYS).items():
        level, most = row.get(TRAY_LEVEL), row.get(TRAY_MOST)
        if level is None and most is None:
            continue
        title = _text(row.get(TRAY_DESCRIPTION)) or _text(row.get(TRAY_NAME))
        level_pct = share(level, most)
        state = SlotState.SOME_REMAINING if level == -3 else state_of(level_pct)
        yield Reading(
            slot=slot_name(f"tray {index}"),
            kind="paper",
            title=title or f"Tray {index}",
            level_pct=level_pct,
            amount=natural(level) if level_pct is not None else None,
            unit="sheets" if level_pct is not None else "",
            state=state,
            raw=raw_text(tray=f"{device}.{index}", level=level, max=most),
        )


def _pages(walk: Walk) -> Iterator[Reading]:
    count = natural(walk.get(PAGES))
    if count is not None:
        yield Reading(
            slot="pages",
            kind="pages",
            amount=count,
            unit="pages",
            state=SlotState.OK,
            raw=raw_text(pages=walk.get(PAGES)),
            source=Source.COUNTER,
        )


def _rows(walk: Walk, prefix: str) -> dict[tuple[str, str], dict[str, int | bytes | str]]:
    """By device and index, in the order of both; columns by their number."""
    found: dict[tuple[str, str], dict[str, int | bytes | str]] = {}
    for oid, value in walk.items():
        if not oid.startswith(prefix + "."):
            continue
        match oid[len(prefix) + 1 :].split("."):
            case [column, device, index] if len(found) < MOST_ROWS or (device, index) in found:
                found.setdefault((device, index), {})[column] = value
    return dict(sorted(found.items(), key=lambda row: [each.zfill(12) for each in row[0]]))


def _kind(row: Mapping[str, int | bytes | str], described: str) -> str:
    told = TYPES.get(_whole(row.get(TYPE)))
    low = described.lower()
    return told or next((kind for word, kind in KIND_WORDS if word in low), "other")


def _direction(row: Mapping[str, int | bytes | str], kind: str) -> Direction:
    return "filled" if row.get(CLASS) == FILLED or kind.startswith(WASTE) else "consumed"


def _whole(value: object) -> int:
    """0, which the MIB gives no meaning, for what is no number."""
    return value if isinstance(value, int) else 0


def _text(value: int | bytes | str | None) -> str:
    """Some end in NUL."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    return text(value)
