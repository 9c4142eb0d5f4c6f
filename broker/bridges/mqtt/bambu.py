"""Bambu Lab's 3D printers: filament in the trays of their AMS.

Pure. Some printers send only what changed, so trays are merged from message to message. A spool
without a tag reports `remain` 100 or 0 and weighs nothing: no measurement, hence no level.
"""

from collections.abc import Iterator
from typing import Final

from broker.bridges.mqtt.dialect import level
from broker.bridges.payloads import at, natural, parsed, percent, rows, table, text
from broker.bridges.reading import (
    Reading,
    Replacement,
    Scheme,
    raw_text,
    slot_name,
    state_of,
)
from devices.wire import SlotState

TOPICS: Final = ("device/+/report",)
MOST_TRAYS: Final = 64  # of one printer; 4 AMS of 4 trays and 8 of one
MOST_PRINTERS: Final = 64
BARE: Final = frozenset({"id", "state"})  # all that an empty tray has
EXTERNAL: Final = ("vt_tray", "vir_slot")
Tray = dict[str, object]


class BambuDialect:
    topics = TOPICS

    def __init__(self) -> None:
        self._printers: dict[str, dict[str, Tray]] = {}

    def hear(self, topic: str, payload: bytes) -> tuple[Reading, ...]:
        report = table(parsed(payload))
        told = dict(_trays(table(report.get("print")) or report))
        if not told:
            return ()
        serial = text(level(topic, 1))
        if serial not in self._printers and len(self._printers) >= MOST_PRINTERS:
            return ()
        trays = self._printers.setdefault(serial, {})
        for slot, tray in told.items():
            is_empty = not tray.keys() - BARE
            trays[slot] = tray if is_empty else trays.get(slot, {}) | tray
        for slot in [*trays][MOST_TRAYS:]:
            del trays[slot]
        return tuple(_reading(serial, slot, trays[slot]) for slot in told if slot in trays)


def _trays(told: dict[str, object]) -> Iterator[tuple[str, Tray]]:
    for unit in rows(at(told, "ams", "ams")):
        for tray in rows(at(unit, "tray")):
            slot = slot_name(f"ams {text(at(unit, 'id'))} tray {text(at(tray, 'id'))}")
            yield slot, table(tray)
    for key in EXTERNAL:
        spools = told.get(key)
        for spool in rows(spools) or [spools]:
            if isinstance(spool, dict):
                yield slot_name(f"spool {text(spool.get('id'))}"), spool


def _reading(serial: str, slot: str, tray: Tray) -> Reading:
    remain, weight = percent(tray.get("remain")), natural(tray.get("tray_weight"))
    has_tag = bool(text(tray.get("tray_uuid")).strip("0"))
    is_measured = has_tag and bool(weight) and remain is not None
    is_there = bool(tray.keys() - BARE)
    level_pct = remain if is_measured else None
    number = text(tray.get("tray_id_name"))
    return Reading(
        device_id=serial,
        slot=slot,
        kind="filament",
        title=_title(tray, number),
        level_pct=level_pct,
        amount=remain * weight / 100 if is_measured and remain is not None and weight else None,
        unit="g" if is_measured else "",
        state=state_of(level_pct) if is_there else SlotState.NOT_FITTED,
        raw=raw_text(remain=tray.get("remain"), tray_weight=tray.get("tray_weight")),
        replacements=(Replacement(scheme=Scheme.OEM, number=number[:20]),) if number else (),
    )


def _title(tray: Tray, number: str) -> str:
    brand = text(tray.get("tray_sub_brands")) or text(tray.get("tray_type"))
    return f"{brand} {number}".strip()
