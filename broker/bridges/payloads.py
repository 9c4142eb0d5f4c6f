"""Looking into payloads of foreign devices without ever raising.

Pure. What is absent, of another type or out of range is None or empty, never a stand-in value:
a decoder built of these is total, and bounded by the size of what it is given.
"""

import json
import math
import re
from datetime import UTC, datetime
from typing import Final

LARGEST: Final = 1 << 20  # bytes of one payload; a full status of a real device has 50 KB
MOST_ROWS: Final = 256  # of any list that is gone through
LONGEST_TEXT: Final = 200  # characters
LARGEST_NUMBER: Final = 1e12
NUMBER: Final = re.compile(r"\s*[-+]?\d{1,15}(\.\d{1,12})?\s*", re.ASCII)
CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f]+")
YEARS: Final = range(2000, 2100)  # of a device clock that was ever set


def parsed(payload: bytes | str) -> object:
    """Of JSON; None for anything else, also for what is too long or nested too deep."""
    if len(payload) > LARGEST:
        return None
    try:
        value: object = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    return value


def at(value: object, *path: str | int) -> object:
    """What lies at the end of `path`; None where the path ends before."""
    for step in path:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value):
            value = value[step]
        else:
            return None
    return value


def table(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def rows(value: object) -> list[object]:
    return value[:MOST_ROWS] if isinstance(value, list) else []


def text(value: object) -> str:
    """Of a string or number, without controls and at most 200 characters; else empty."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    plain = CONTROLS.sub(" ", str(value)[: 4 * LONGEST_TEXT]).strip()
    # JSON can hold half a surrogate pair, which no UTF-8 can.
    return plain.encode("utf-8", "replace").decode()[:LONGEST_TEXT]


def number(value: object) -> float | None:
    """A finite number, or its decimal text; booleans are none."""
    if isinstance(value, str) and NUMBER.fullmatch(value):
        return float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if abs(value) > LARGEST_NUMBER or not math.isfinite(value):  # of a huge int it overflows
        return None
    return float(value)


def natural(value: object) -> float | None:
    """Zero or more: negative numbers are every device's way to say that it does not know."""
    found = number(value)
    return found if found is not None and found >= 0 else None


def percent(value: object) -> float | None:
    found = number(value)
    return found if found is not None and 0 <= found <= 100 else None


def share(part: object, whole: object) -> float | None:
    """`part` of `whole` in percent, where both are measured and the part is no larger."""
    piece, full = natural(part), natural(whole)
    if piece is None or not full or piece > full:
        return None
    return 100 * piece / full


def instant(value: object) -> datetime | None:
    """Of an ISO text that names its zone, or of seconds since 1970."""
    seconds = None if isinstance(value, str) else number(value)
    try:
        if isinstance(value, str):
            found = datetime.fromisoformat(value)
        elif seconds is not None:
            found = datetime.fromtimestamp(seconds, UTC)
        else:
            return None
        at_utc = found.astimezone(UTC) if found.tzinfo else None
    except (ValueError, OverflowError, OSError):
        return None
    return at_utc if at_utc and at_utc.year in YEARS else None
