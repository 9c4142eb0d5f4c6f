"""Names that printers give their supplies, as slots, colours and part numbers.

Pure. A slot is named by what stays: a colour and a kind, not a name that carries the serial
number of the cartridge in it.
"""

import re
from typing import Final

from broker.bridges.reading import WASTE, slot_name

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
    r"[ _,;]*(?<![a-z])S/?N(?![a-z]).*$|;SN.*$", re.IGNORECASE
)  # changes with each cartridge
# Capitals and digits, at least one of each, four or more: TK-1170, CF381A, P-200-K, 006R01509.
PART_NUMBER: Final = re.compile(
    r"(?<![\w-])(?=[A-Z-]*\d)(?=[\d-]*[A-Z])[A-Z\d][A-Z\d-]{2,}[A-Z\d](?![\w-])"
)
LONGEST_NAME: Final = 200  # characters that are looked at
CARTRIDGE: Final = "cartridge"  # the printer does not say of what


def titled(name: str, kind: str) -> str:
    """Without the serial number of the cartridge."""
    return SERIAL.sub("", name[:LONGEST_NAME]).strip() or kind


def slot_of(title: str, kind: str, colour: str | None) -> str:
    """By colour, not by name or by ink and toner: both have been seen to change in use."""
    if kind.startswith(WASTE):
        return WASTE
    named = colour_in(title)
    if "toner" in kind or "ink" in kind:
        return slot_name(named or colour or "colour")
    if kind == CARTRIDGE:
        return slot_name(named or colour or kind)
    return slot_name(f"{kind} {named}" if named else kind)


def colour_in(title: str) -> str | None:
    low = title.lower()
    return next((each for each in COLOURS if each in low), None)


def part_numbers(name: str) -> tuple[str, ...]:
    """What a catalogue knows a cartridge by: "Cyan Cartridge HP CF381A" names CF381A."""
    return tuple(PART_NUMBER.findall(name[:LONGEST_NAME]))


def hyphened(kind: str) -> str:
    """Both `inkCartridge` and `ink-cartridge` occur."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", kind[:LONGEST_NAME]).lower()
    return re.sub(r"[^a-z0-9]+", "-", words).strip("-") or "unknown"
