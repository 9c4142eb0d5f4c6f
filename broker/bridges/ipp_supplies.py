"""What a printer says of its supplies over IPP, as slots of ours.

Pure. Reads `marker-*` (CUPS, nearly every printer) or else `printer-supply` (PWG 5100.13). A
level that the printer does not know stays unknown; nothing is ever filled in.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from broker.bridges import describing
from broker.bridges.payloads import percent, share, text
from broker.bridges.reading import WASTE, Reading, numbered, on_wire, state_of
from broker.bridges.supply_names import BY_HEX, COLOURS, hyphened, slot_of, titled
from devices.models import DeviceModel
from devices.wire import SlotReading, SlotState

Attributes = Mapping[str, Any]  # of one printer, by IPP attribute name; one value or a list

WANTED: Final = (
    "printer-make-and-model",
    "printer-uuid",
    "printer-device-id",
    "printer-state-reasons",
    "printer-supply",
    "printer-supply-description",
    "marker-names",
    "marker-types",
    "marker-colors",
    "marker-levels",
    "marker-low-levels",
)
LONGEST_RAW: Final = 200  # characters
MOST_SUPPLIES: Final = 64
# Of `printer-state-reasons`; severity (-report, -warning, -error) is cut off.
WASTE_REASONS: Final = {
    "marker-waste-full": SlotState.FULL,
    "marker-waste-almost-full": SlotState.LOW,
    "waste-toner-full": SlotState.FULL,
    "waste-toner-almost-full": SlotState.LOW,
}
SEVERITY: Final = re.compile(r"-(report|warning|error)$")


def supplies(attributes: Attributes) -> tuple[Reading, ...]:
    """In the printer's own order; empty for a printer that reports none, which is legal."""
    found = _from_markers(attributes) or _from_supply_list(attributes)
    device_id, waste = serial(attributes) or "", _waste_state(attributes)
    return numbered(
        replace(
            each,
            device_id=device_id,
            state=waste if waste and each.slot == WASTE else each.state,
        )
        for each in found
    )


def readings(attributes: Attributes) -> dict[str, SlotReading]:
    return {each.slot: on_wire(each) for each in supplies(attributes)}


def serial(attributes: Attributes) -> str | None:
    """What names this printer for good, as far as it says so."""
    said = [*_texts(attributes, "printer-uuid"), *_texts(attributes, "printer-device-id")]
    return said[0][:80] if said else None


def name(attributes: Attributes) -> str:
    return (_texts(attributes, "printer-make-and-model") or ["IPP printer"])[0]


def describe(attributes: Attributes) -> DeviceModel:
    """Raises NothingReported."""
    return describing.describe(name(attributes), supplies(attributes))


def _from_markers(attributes: Attributes) -> list[Reading]:
    kinds = _texts(attributes, "marker-types")
    colours = _texts(attributes, "marker-colors")
    levels = _listed(attributes, "marker-levels")
    lows = _listed(attributes, "marker-low-levels")
    found = []
    for n, title in enumerate(_texts(attributes, "marker-names")):
        level = _nth(levels, n)
        supply = _supply(
            title=title,
            kind=_nth(kinds, n) or "unknown",
            colour=BY_HEX.get((_nth(colours, n) or "").lower()),
        )
        raw = "" if level is None else f"marker-level={level}"
        low_at = percent(_nth(lows, n))
        whole = level if type(level) is int else None  # a bool is an int, too
        found.append(_measured(supply, whole, 100, raw=raw, low_at=low_at))
    return found


def _from_supply_list(attributes: Attributes) -> list[Reading]:
    titles = _texts(attributes, "printer-supply-description")
    found = []
    for n, said in enumerate(_texts(attributes, "printer-supply")):
        fields = dict(pair.split("=", 1) for pair in said.split(";") if "=" in pair)
        colour = fields.get("colorantname")
        supply = _supply(
            title=_nth(titles, n) or f"{colour or ''} {fields.get('type', '')}".strip(),
            kind=fields.get("type", "unknown"),
            colour=colour if colour in COLOURS else None,
            is_filled=fields.get("class") == "receptacleThatIsFilled",
        )
        level, most = _whole(fields.get("level")), _whole(fields.get("maxcapacity"))
        found.append(_measured(supply, level, most, raw=said))
    return found


def _supply(*, title: str, kind: str, colour: str | None, is_filled: bool = False) -> Reading:
    kind = hyphened(kind)
    title = titled(title, kind)
    is_waste = is_filled or kind.startswith(WASTE)
    return Reading(
        slot=slot_of(title, kind, colour),
        kind=kind,
        title=title,
        direction="filled" if is_waste else "consumed",
    )


def _measured(
    supply: Reading,
    level: int | None,
    most: int | None,
    *,
    raw: str,
    low_at: float | None = None,
) -> Reading:
    """-1 and -2 are "unavailable" and "unknown", -3 is "unknown, but not at its end" (CUPS).
    Of a receptacle, the part that is full, as Debian's ippeveprinter counts it.
    """
    level_pct = share(level, most)
    state = state_of(level_pct, supply.direction, low_at)
    return replace(
        supply,
        level_pct=level_pct,
        state=SlotState.SOME_REMAINING if level == -3 else state,
        raw=raw[:LONGEST_RAW],
    )


def _waste_state(attributes: Attributes) -> SlotState | None:
    reasons = (SEVERITY.sub("", said) for said in _texts(attributes, "printer-state-reasons"))
    return next((WASTE_REASONS[each] for each in reasons if each in WASTE_REASONS), None)


def _whole(said: str | None) -> int | None:
    return int(said) if said and re.fullmatch(r"-?\d{1,9}", said, re.ASCII) else None


def _listed(attributes: Attributes, attribute: str) -> list[Any]:
    value = attributes.get(attribute)
    if value is None:
        return []
    return value[:MOST_SUPPLIES] if isinstance(value, list) else [value]


def _texts(attributes: Attributes, attribute: str) -> list[str]:
    return [text(each) for each in _listed(attributes, attribute)]


def _nth(values: Sequence[Any], n: int) -> Any:
    return values[n] if n < len(values) else None
