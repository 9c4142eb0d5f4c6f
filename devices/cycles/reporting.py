"""A cycle as the remark of a `cycle_finished` event, with its curve, and back.

Pure. Two hundred characters carry all that a page needs to explain the cycle: one character a
point of the curve, its power on a logarithmic scale of 62 steps.
"""

import math
import re
import string
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from devices.cycles.detector import Found
from devices.cycles.judging import CycleKind

MOST_POINTS: Final = 110
STEPS: Final = string.digits + string.ascii_uppercase + string.ascii_lowercase
UNMEASURED: Final = "."
FROM_W: Final = 5.0  # below, the scale is nearly linear
TO_W: Final = 4_000.0
WRITTEN: Final = re.compile(
    r"(?P<kind>[a-z_]+) (?P<seconds>\d{1,6})s (?P<wh>\d{1,6})Wh peak (?P<peak>\d{1,5})W"
    r" pause (?P<pause>\d{1,3})min (?P<cut>-|start|end|both)"
    r" curve (?P<lead>\d{1,4})\+(?P<step>\d{1,3})min (?P<curve>[0-9A-Za-z.]{0,110})"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleReport:
    """`curve`: W over `step_min` each, beginning at `curve_from`; None: not measured."""

    kind: CycleKind
    started_at: datetime
    ended_at: datetime
    wh: int
    peak_w: int
    longest_pause_min: int
    is_start_seen: bool
    is_end_seen: bool
    curve_from: datetime
    step_min: int
    curve: tuple[int | None, ...]


def written(found: Found) -> str:
    """At most 200 characters."""
    cycle, points, step_min = found.cycle, found.curve, found.step_min
    while len(points) > MOST_POINTS:
        points, step_min = _halved(points), 2 * step_min
    cut = {
        (True, True): "-",
        (False, True): "start",
        (True, False): "end",
        (False, False): "both",
    }[cycle.is_start_seen, cycle.is_end_seen]
    lead_min = max(0, cycle.from_s // 60 - found.start)
    return (
        f"{cycle.kind} {cycle.to_s - cycle.from_s}s {cycle.wh:.0f}Wh peak {cycle.peak_w:.0f}W"
        f" pause {min(999, cycle.longest_pause_min)}min {cut}"
        f" curve {min(9999, lead_min)}+{step_min}min {''.join(_step(each) for each in points)}"
    )


def read(remark: str | None, ended_at: datetime) -> CycleReport | None:
    """None: what finished this cycle was no plug of ours."""
    match = WRITTEN.fullmatch(remark or "")
    if match is None or match["kind"] not in set(CycleKind):
        return None
    started_at = ended_at - timedelta(seconds=int(match["seconds"]))
    minute = started_at.replace(second=0, microsecond=0)
    return CycleReport(
        kind=CycleKind(match["kind"]),
        started_at=started_at,
        ended_at=ended_at,
        wh=int(match["wh"]),
        peak_w=int(match["peak"]),
        longest_pause_min=int(match["pause"]),
        is_start_seen=match["cut"] in {"-", "end"},
        is_end_seen=match["cut"] in {"-", "start"},
        curve_from=minute - timedelta(minutes=int(match["lead"])),
        step_min=int(match["step"]),
        curve=tuple(_watts(each) for each in match["curve"]),
    )


def ended_at(found: Found) -> datetime:
    return datetime.fromtimestamp(found.cycle.to_s, UTC)


def _halved(points: Sequence[int | None]) -> tuple[int | None, ...]:
    pairs = (points[at : at + 2] for at in range(0, len(points), 2))
    known = ([each for each in pair if each is not None] for pair in pairs)
    return tuple(sum(pair) // len(pair) if pair else None for pair in known)


def _step(watts: int | None) -> str:
    if watts is None:
        return UNMEASURED
    part = math.log1p(min(watts, TO_W) / FROM_W) / math.log1p(TO_W / FROM_W)
    return STEPS[round(part * (len(STEPS) - 1))]


def _watts(sign: str) -> int | None:
    if sign == UNMEASURED:
        return None
    part = STEPS.index(sign) / (len(STEPS) - 1)
    return round(FROM_W * math.expm1(part * math.log1p(TO_W / FROM_W)))
