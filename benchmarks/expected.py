"""Whether a recording was decoded to the right record, and where a level was made up.

The expected records stand in `tests/recorded/expected.txt`; SNMP recordings have an independent
answer key beside them, the rows that LibreNMS reads from the same walks.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.recordings import Readings, Recording
from broker.bridges.reading import Reading

EXPECTED = Path(__file__).parents[1] / "tests" / "recorded" / "expected.txt"
HEAD = re.compile(r"\[(\S+) (\S+)\]")
Row = tuple[str, ...]  # slot kind level_pct amount unit direction state source
Table = dict[tuple[str, str], list[Row]]  # by path and decoder
NEAR = 0.01  # percent, or units
ROUNDED = 0.51  # percent; LibreNMS keeps whole ones
INVENTED = 50  # percent, that LibreNMS writes for -3
UNKNOWN = "level=-"
AT = re.compile(r"(supply|tray)=1\.(\d+)")
OIDS = {".1.3.6.1.2.1.43.11.": "supply", ".1.3.6.1.2.1.43.8.": "tray"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """None of `is_right`: no expected record is known."""

    is_right: bool | None
    false_levels: int
    invented: int = 0  # rows where LibreNMS has 50 for "some remaining"


def read(text: str) -> Table:
    table: Table = {}
    rows: list[Row] = []
    for line in text.splitlines():
        if head := HEAD.fullmatch(line):
            rows = table.setdefault((head[1], head[2]), [])
        elif line and not line.startswith("#"):
            rows.append(tuple(line.split()))
    return table


def judge(recording: Recording, readings: Readings, table: Table, folder: Path) -> Verdict:
    key = folder / "snmp" / "expected" / f"{Path(recording.path).stem}.librenms.json"
    if recording.decoder == "snmp" and key.is_file():
        return _against_librenms(readings, json.loads(key.read_text()))
    rows = table.get((recording.path, recording.decoder))
    if rows is None:
        return Verdict(None, 0)
    pairs = list(zip(readings, rows, strict=False))
    is_right = len(readings) == len(rows) and all(matches(*pair) for pair in pairs)
    return Verdict(is_right, sum(_is_false(each.level_pct, row[2]) for each, row in pairs))


def matches(reading: Reading, row: Row) -> bool:
    words = (reading.slot, reading.kind, reading.unit or "-")
    told = (reading.direction, reading.state, reading.source)
    return (
        words == (row[0], row[1], row[4])
        and told == row[5:]
        and is_near(reading.level_pct, row[2])
        and is_near(reading.amount, row[3])
    )


def is_near(value: float | None, said: str) -> bool:
    if value is None or said == "-":
        return (value is None) == (said == "-")
    return abs(value - float(said)) <= NEAR


def _is_false(level_pct: float | None, said: str) -> bool:
    return level_pct is not None and not is_near(level_pct, said)


def _against_librenms(readings: Readings, key: Iterable[dict[str, object]]) -> Verdict:
    ours = {place: each for each in readings for place in _places(each)}
    theirs = {(_table_of(str(row["supply_oid"])), str(row["supply_index"])): row for row in key}
    wrong, invented = 0, 0
    for place, row in theirs.items():
        left = _left(ours.get(place))
        if left is None:
            invented += row["supply_current"] == INVENTED
            wrong += row["supply_current"] != INVENTED
        else:
            wrong += abs(left - float(str(row["supply_current"]))) > ROUNDED
    # A level where the printer said that it knows none would be made up.
    false = sum(UNKNOWN in each.raw for each in readings if each.level_pct is not None)
    return Verdict(not wrong and not false, wrong + false, invented)


def _places(reading: Reading) -> Iterator[tuple[str, str]]:
    if found := AT.match(reading.raw):
        yield found[1], found[2]


def _table_of(oid: str) -> str:
    return next((name for start, name in OIDS.items() if oid.startswith(start)), "")


def _left(reading: Reading | None) -> float | None:
    """They keep the room that is left in a container."""
    if reading is None or reading.level_pct is None:
        return None
    return 100 - reading.level_pct if reading.direction == "filled" else reading.level_pct
