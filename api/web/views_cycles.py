"""The runs of an appliance on a plug, each with its power curve.

Pure: frozen values without words. Coordinates are per mille of the drawing area.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from accounts.texts import Text
from devices.cycles.learning import Said
from devices.cycles.reporting import CycleReport

MILLE: Final = 1000
LEAST_TOP_W: Final = 200
TABLE_MIN: Final = 5  # minutes a row of the table beside the curve


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerPoint:
    at: datetime
    watts: int | None  # None: not measured


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerChart:
    """`lines`: points of polylines, a gap where nothing was measured; `from_x`, `to_x`: where
    the run was found to begin and end.
    """

    lines: tuple[str, ...]
    top_w: int
    from_x: float
    to_x: float
    first_at: datetime
    last_at: datetime
    table: tuple[PowerPoint, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleCard:
    boot_id: int
    seq: int
    kind: Text
    is_counted: bool
    why: tuple[Text, ...]
    started_at: datetime
    ended_at: datetime
    chart: PowerChart | None
    said: Said | None
    choices: tuple[Said, ...]  # what the owner may say of it

    @property
    def anchor(self) -> str:
        return f"cycle-{self.boot_id}-{self.seq}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CyclesView:
    device_id: str
    device_name: str
    cycles: tuple[CycleCard, ...]
    learned: tuple[Text, ...]
    missed: int
    may_change: bool


def power_chart(report: CycleReport) -> PowerChart | None:
    """None: the report carries no curve."""
    if len(report.curve) < 2:
        return None
    step = timedelta(minutes=report.step_min)
    points = [
        PowerPoint(at=report.curve_from + number * step, watts=watts)
        for number, watts in enumerate(report.curve)
    ]
    last_at = points[-1].at
    top_w = max(LEAST_TOP_W, *(each.watts or 0 for each in points))

    def x(at: datetime) -> float:
        share = (at - report.curve_from) / (last_at - report.curve_from)
        return round(MILLE * min(max(share, 0.0), 1.0), 1)

    every = max(1, TABLE_MIN // report.step_min)
    return PowerChart(
        lines=_lines([(x(each.at), each.watts) for each in points], top_w),
        top_w=top_w,
        from_x=x(report.started_at),
        to_x=x(report.ended_at),
        first_at=report.curve_from,
        last_at=last_at,
        table=tuple(points[::every]),
    )


def _lines(points: Sequence[tuple[float, int | None]], top_w: int) -> tuple[str, ...]:
    runs: list[list[str]] = [[]]
    for x, watts in points:
        if watts is None:
            runs.append([])
        else:
            runs[-1].append(f"{x},{MILLE - round(MILLE * watts / top_w)}")
    return tuple(" ".join(run) for run in runs if len(run) > 1)
