"""What a printer says of its supplies over IPP, as slots of ours.

Pure. Reads `marker-*` (CUPS, nearly every printer) or else `printer-supply` (PWG 5100.13) as
pyipp decodes them: a lone value comes as a scalar, several as a list. A level that the printer
does not know stays unknown; nothing is ever filled in.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from devices.models import DataSheet, DeviceModel, Measure, SlotSpec
from devices.wire import SlotReading, SlotState

Attributes = Mapping[str, Any]  # of one printer, by IPP attribute name

WANTED: Final = (
    "printer-make-and-model",
    "printer-uuid",
    "printer-device-id",
    "printer-supply",
    "printer-supply-description",
    "marker-names",
    "marker-types",
    "marker-colors",
    "marker-levels",
)
EVERY_HOURS: Final = 6
LONGEST_RAW: Final = 200  # characters

# Longest first: a photo black is another cartridge than the black beside it.
COLOURS: Final = (
    "photo black",
    "matte black",
    "light cyan",
    "light magenta",
    "light gray",
    "black",
    "cyan",
    "magenta",
    "yellow",
    "gray",
    "red",
    "green",
    "blue",
)
BY_HEX: Final = {
    "#000000": "black",
    "#00ffff": "cyan",
    "#ff00ff": "magenta",
    "#ffff00": "yellow",
}
SERIAL: Final = re.compile(
    r"[ _,;]*(?<![a-z])S/?N(?![a-z]).*$", re.IGNORECASE
)  # changes with each cartridge
# Capitals and digits, at least one of each, four or more: TK-1170, CF381A, P-200-K, 006R01509.
PART_NUMBER: Final = re.compile(
    r"(?<![\w-])(?=[A-Z-]*\d)(?=[\d-]*[A-Z])[A-Z\d][A-Z\d-]{2,}[A-Z\d](?![\w-])"
)
USE_PER_DAY: Final = {"black": 0.02}  # fills; a household's printer, before anything is learned
USE_PER_DAY_ELSE: Final = 0.012
MOST_PER_DAY: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedSupply:
    slot: str
    title: str
    kind: str  # as reported, in lower case with hyphens: toner, ink-cartridge, waste-toner, opc
    direction: Literal["consumed", "filled"]
    reading: SlotReading


def supplies(attributes: Attributes) -> tuple[ReportedSupply, ...]:
    """In the printer's own order; empty for a printer that reports none, which is legal."""
    found = _from_markers(attributes) or _from_supply_list(attributes)
    seen: Counter[str] = Counter()
    named = []
    for supply in found:
        seen[supply.slot] += 1
        again = seen[supply.slot]
        named.append(supply if again == 1 else replace(supply, slot=f"{supply.slot}-{again}"))
    return tuple(named)


def readings(attributes: Attributes) -> dict[str, SlotReading]:
    return {each.slot: each.reading for each in supplies(attributes)}


def serial(attributes: Attributes) -> str | None:
    """What names this printer for good, as far as it says so."""
    said = [*_texts(attributes, "printer-uuid"), *_texts(attributes, "printer-device-id")]
    return said[0][:80] if said else None


class NothingReported(Exception):
    def __init__(self) -> None:
        super().__init__("the printer reports no supplies, so there is nothing to follow")


def describe(attributes: Attributes) -> DeviceModel:
    """Raises NothingReported."""
    found = supplies(attributes)
    if not found:
        raise NothingReported
    make_and_model = _texts(attributes, "printer-make-and-model")
    return DeviceModel(
        name=(make_and_model or ["IPP printer"])[0][:80],
        version=1,
        slots=tuple(_spec(each) for each in found),
        data_sheet=DataSheet(
            sends="The level of each cartridge and waste box, as the printer reports it.",
            every_hours=EVERY_HOURS,
            kept_where="on this instance",
            kept_days=400,
        ),
    )


def _spec(supply: ReportedSupply) -> SlotSpec:
    return SlotSpec(
        slot=supply.slot,
        title=supply.title[:80],
        category=_category(supply.kind),
        fits=part_numbers(supply.title) or (supply.title,),
        capacity=1,
        unit="fill",
        direction=supply.direction,
        measure=Measure.LEVEL,
        typical_use_per_day=USE_PER_DAY.get(supply.slot, USE_PER_DAY_ELSE),
        most_per_day=MOST_PER_DAY,
    )


def part_numbers(name: str) -> tuple[str, ...]:
    """What a catalogue knows a cartridge by: "Cyan Cartridge HP CF381A" names CF381A."""
    return tuple(PART_NUMBER.findall(name))


def _category(kind: str) -> str:
    if kind.startswith("waste"):
        return "printer-waste"
    for consumable in ("toner", "ink"):
        if consumable in kind:
            return f"printer-{consumable}"
    return f"printer-{kind}"


def _from_markers(attributes: Attributes) -> list[ReportedSupply]:
    names = _texts(attributes, "marker-names")
    kinds = _texts(attributes, "marker-types")
    colours = _texts(attributes, "marker-colors")
    levels = _listed(attributes, "marker-levels")
    return [
        _supply(
            name=name,
            kind=_nth(kinds, n) or "unknown",
            colour=BY_HEX.get((_nth(colours, n) or "").lower()),
            reading=_percent(_nth(levels, n)),
        )
        for n, name in enumerate(names)
    ]


def _from_supply_list(attributes: Attributes) -> list[ReportedSupply]:
    titles = _texts(attributes, "printer-supply-description")
    found = []
    for n, text in enumerate(_texts(attributes, "printer-supply")):
        fields = dict(pair.split("=", 1) for pair in text.split(";") if "=" in pair)
        colour = fields.get("colorantname")
        supply = _supply(
            name=_nth(titles, n) or f"{colour or ''} {fields.get('type', '')}".strip(),
            kind=fields.get("type", "unknown"),
            colour=colour if colour in COLOURS else None,
            reading=_fraction(fields, text),
        )
        is_filled = fields.get("class") == "receptacleThatIsFilled"
        found.append(replace(supply, direction="filled") if is_filled else supply)
    return found


def _supply(
    *, name: str, kind: str, colour: str | None, reading: SlotReading
) -> ReportedSupply:
    kind = _hyphened(kind)
    title = SERIAL.sub("", name).strip() or kind
    is_waste = kind.startswith("waste")
    return ReportedSupply(
        slot=_slot(title, kind, colour),
        title=title,
        kind=kind,
        direction="filled" if is_waste else "consumed",
        reading=reading,
    )


def _slot(title: str, kind: str, colour: str | None) -> str:
    """By colour, not by name or by ink and toner: both have been seen to change in use."""
    if kind.startswith("waste"):
        return "waste"
    if "toner" not in kind and "ink" not in kind:
        return kind
    named = next((each for each in COLOURS if each in title.lower()), None)
    return (named or colour or "colour").replace(" ", "-")


def _percent(level: object) -> SlotReading:
    """-1 and -2 are "unavailable" and "unknown", -3 is "unknown, but not at its end" (CUPS)."""
    raw = None if level is None else f"marker-level={level}"[:LONGEST_RAW]
    if type(level) is int and 0 <= level <= 100:  # a bool is an int, too
        return SlotReading(level=level / 100, raw=raw)
    state = SlotState.SOME_REMAINING if level == -3 else SlotState.UNKNOWN
    return SlotReading(state=state, raw=raw)


def _fraction(fields: Mapping[str, str], raw: str) -> SlotReading:
    """Of a receptacle, the part that is full, as Debian's ippeveprinter counts it."""
    level = _whole(fields.get("level"))
    most = _whole(fields.get("maxcapacity"))
    raw = raw[:LONGEST_RAW]
    if level is not None and most is not None and 0 <= level <= most and most > 0:
        return SlotReading(level=level / most, raw=raw)
    state = SlotState.SOME_REMAINING if level == -3 else SlotState.UNKNOWN
    return SlotReading(state=state, raw=raw)


def _whole(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"-?\d{1,9}", text) else None


def _hyphened(kind: str) -> str:
    """Both `inkCartridge` and `ink-cartridge` occur."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", kind).lower()
    return re.sub(r"[^a-z0-9]+", "-", words).strip("-") or "unknown"


def _listed(attributes: Attributes, name: str) -> list[Any]:
    value = attributes.get(name)
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _texts(attributes: Attributes, name: str) -> list[str]:
    return [str(each) for each in _listed(attributes, name)]


def _nth(values: Sequence[Any], n: int) -> Any:
    return values[n] if n < len(values) else None
