"""IPP on the wire (RFC 8010): the one question that we ask, and any answer to it.

Pure. The decoder takes any bytes: real printers send values that no enumeration knows, empty
groups and answers cut short. What is whole is kept, what is not is left out.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

Value = int | str
Attributes = dict[str, list[Value]]

GET_PRINTER_ATTRIBUTES: Final = 0x000B
LARGEST: Final = 1 << 20  # bytes of an answer; the largest seen has 18 KB
MAJOR_VERSIONS: Final = (1, 2)
HEAD: Final = 8  # bytes: version, operation or status, request id

OPERATION_GROUP: Final = 0x01
END: Final = 0x03
PRINTER_GROUP: Final = 0x04
LAST_GROUP: Final = 0x0F
INTEGER: Final = 0x21
ENUM: Final = 0x23
BEGIN_COLLECTION: Final = 0x34
END_COLLECTION: Final = 0x37
LANGUAGE_TAGGED: Final = frozenset({0x35, 0x36})  # text and name with their language
CHARSET: Final = 0x47
LANGUAGE: Final = 0x48
URI: Final = 0x45
KEYWORD: Final = 0x44
NUMBERS: Final = frozenset({INTEGER, ENUM})
TEXTS: Final = frozenset({0x30, *range(0x40, 0x4A)}) | LANGUAGE_TAGGED


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` None: no IPP at all. `attributes`: of the first printer."""

    status: int | None
    attributes: Attributes = field(default_factory=dict)


def request(url: str, wanted: tuple[str, ...], request_id: int = 1) -> bytes:
    """Get-Printer-Attributes (RFC 8011, 4.2.5)."""
    # 2.0, as every printer with AirPrint speaks it
    return b"".join(
        (
            struct.pack(">BBHI", 2, 0, GET_PRINTER_ATTRIBUTES, request_id),
            bytes([OPERATION_GROUP]),
            _encoded(CHARSET, "attributes-charset", "utf-8"),
            _encoded(LANGUAGE, "attributes-natural-language", "en"),
            _encoded(URI, "printer-uri", url),
            _encoded(KEYWORD, "requested-attributes", wanted[0]),
            *(_encoded(KEYWORD, "", each) for each in wanted[1:]),
            bytes([END]),
        )
    )


def decoded(answer: bytes) -> Answer:
    if not HEAD <= len(answer) <= LARGEST or answer[0] not in MAJOR_VERSIONS:
        return Answer(None)
    (status,) = struct.unpack_from(">H", answer, 2)
    found: Attributes = {}
    for name, tag, value in _printer_values(answer):
        read = _value(tag, value)
        if read is not None:
            found.setdefault(name, []).append(read)
    return Answer(status, found)


@dataclass(slots=True)
class _Place:
    """Where in an answer the reader is."""

    group: int = 0
    name: str = ""
    depth: int = 0  # of collections, whose members are left out

    @property
    def is_wanted(self) -> bool:
        return self.group == PRINTER_GROUP and self.depth == 0 and bool(self.name)


def _printer_values(answer: bytes) -> Iterator[tuple[str, int, bytes]]:
    """Name, tag and bytes of each value of the first printer."""
    place, printers = _Place(), 0
    for tag, name, value in _parts(answer):
        if tag <= LAST_GROUP:
            place = _Place(group=tag)
            printers += tag == PRINTER_GROUP
            if printers > 1:
                return
            continue
        if name:
            place.name, place.depth = name.decode("utf-8", "replace"), 0
        if tag == BEGIN_COLLECTION:
            place.depth += 1
        elif tag == END_COLLECTION:
            place.depth = max(0, place.depth - 1)
        elif place.is_wanted:
            yield place.name, tag, value


def _parts(answer: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Tag, name and value of everything behind the head, up to where it is cut off."""
    here = HEAD
    while here < len(answer) and answer[here] != END:
        tag = answer[here]
        here += 1
        if tag <= LAST_GROUP:
            yield tag, b"", b""
            continue
        name, here = _counted(answer, here)
        value, here = _counted(answer, here)
        if name is None or value is None:
            return
        yield tag, name, value


def _counted(answer: bytes, here: int) -> tuple[bytes | None, int]:
    """Bytes behind their length in two bytes; None where the answer ends before they do."""
    if here + 2 > len(answer):
        return None, len(answer)
    (length,) = struct.unpack_from(">H", answer, here)
    end = here + 2 + length
    return (answer[here + 2 : end], end) if end <= len(answer) else (None, len(answer))


def _value(tag: int, value: bytes) -> Value | None:
    """None: out of band ("unknown"), or of a kind that says nothing of supplies."""
    if tag in NUMBERS and len(value) == 4:
        number: int = struct.unpack(">i", value)[0]
        return number
    if tag in LANGUAGE_TAGGED:
        return _without_language(value)
    return value.decode("utf-8", "replace") if tag in TEXTS else None


def _without_language(value: bytes) -> str | None:
    _, here = _counted(value, 0)
    text, _ = _counted(value, here)
    return None if text is None else text.decode("utf-8", "replace")


def _encoded(tag: int, name: str, value: str) -> bytes:
    key, text = name.encode(), value.encode()
    return struct.pack(">BH", tag, len(key)) + key + struct.pack(">H", len(text)) + text
