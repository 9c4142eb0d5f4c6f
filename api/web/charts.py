"""Geometry of the level chart: history, refills and orders, and the fan of what is to come.

Pure. Coordinates are per mille of the drawing area, x from the left, y from the top; the
template scales them, so that labels keep their size on every screen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

MILLE = 1000.0
MARGIN_DAYS = 2.0  # past the end of the fan
SHORTEST_AHEAD_DAYS = 7.0
LONGEST_AHEAD_DAYS = 60.0
TICKS = 4  # dates on the axis that fit on a phone

MarkKind = Literal["refill", "order", "delivery"]


@dataclass(frozen=True, slots=True)
class Measured:
    at: datetime
    quantity: float | None  # units; None: unknown from here on


@dataclass(frozen=True, slots=True)
class Happened:
    at: datetime
    kind: MarkKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Depletion:
    """Days from now until nothing is left, with 10, 50 and 90 in 100."""

    p10_days: float
    p50_days: float
    p90_days: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    kind: MarkKind
    at: datetime
    x: float
    y: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    at: datetime
    x: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TableLine:
    at: datetime
    quantity: float | None
    kind: MarkKind | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelChart:
    lines: tuple[str, ...]  # points of polylines; a gap where nothing was known
    fan: str  # points of a polygon; empty without a forecast
    median: str
    marks: tuple[Mark, ...]
    ticks: tuple[Tick, ...]
    now_x: float
    now_y: float | None
    now_quantity: float | None
    most: float  # units at the top of the chart
    unit: str
    reorder_y: float | None  # at or below it an order is due
    p10_at: datetime | None
    p50_at: datetime | None
    p90_at: datetime | None
    table: tuple[TableLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    first_at: datetime
    last_at: datetime
    most: float

    def x(self, at: datetime) -> float:
        share = (at - self.first_at) / (self.last_at - self.first_at)
        return round(MILLE * min(max(share, 0.0), 1.0), 1)

    def y(self, quantity: float) -> float:
        return round(MILLE * (1 - min(max(quantity / self.most, 0.0), 1.0)), 1)

    def point(self, at: datetime, quantity: float) -> str:
        return f"{self.x(at)},{self.y(quantity)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """What is charted: how much fits, in which unit, and at which level an order is due."""

    capacity: float
    unit: str
    reorder_level: float | None = None


def level_chart(
    holder: Holder,
    history: Sequence[Measured],
    happened: Sequence[Happened],
    *,
    now: datetime,
    forecast: Depletion | None = None,
) -> LevelChart | None:
    """history: oldest first. None when nothing was ever measured."""
    known = [each for each in history if each.quantity is not None]
    if not known:
        return None
    on_hand = history[-1].quantity
    if on_hand is None:
        forecast = None
    frame = _Frame(
        first_at=history[0].at,
        last_at=now + timedelta(days=_days_ahead(forecast)),
        most=max(holder.capacity, *(each.quantity or 0.0 for each in known)),
    )
    return LevelChart(
        lines=_lines(frame, [*history, Measured(now, on_hand)]),
        fan=_fan(frame, now, on_hand or 0.0, forecast),
        median=_median(frame, now, on_hand or 0.0, forecast),
        marks=tuple(
            _mark(frame, each, known) for each in happened if each.at >= frame.first_at
        ),
        ticks=_ticks(frame),
        now_x=frame.x(now),
        now_y=None if on_hand is None else frame.y(on_hand),
        now_quantity=on_hand,
        most=frame.most,
        unit=holder.unit,
        reorder_y=_reorder_y(frame, holder.reorder_level),
        p10_at=now + timedelta(days=forecast.p10_days) if forecast else None,
        p50_at=now + timedelta(days=forecast.p50_days) if forecast else None,
        p90_at=now + timedelta(days=forecast.p90_days) if forecast else None,
        table=_table(history, happened),
    )


def _reorder_y(frame: _Frame, level: float | None) -> float | None:
    return frame.y(level) if level is not None and level > 0 else None


def _days_ahead(forecast: Depletion | None) -> float:
    wanted = forecast.p90_days + MARGIN_DAYS if forecast else SHORTEST_AHEAD_DAYS
    return min(max(wanted, SHORTEST_AHEAD_DAYS), LONGEST_AHEAD_DAYS)


def _lines(frame: _Frame, history: Sequence[Measured]) -> tuple[str, ...]:
    runs: list[list[str]] = [[]]
    for each in history:
        if each.quantity is None:
            runs.append([])
        else:
            runs[-1].append(frame.point(each.at, each.quantity))
    return tuple(" ".join(run) for run in runs if len(run) > 1)


def _left(frame: _Frame, now: datetime, on_hand: float, days: float) -> str:
    """Where a straight fall from `on_hand` to nothing leaves the frame."""
    ahead = (frame.last_at - now) / timedelta(days=1)
    if days <= ahead:
        return frame.point(now + timedelta(days=days), 0.0)
    return frame.point(frame.last_at, on_hand * (1 - ahead / days))


def _fan(frame: _Frame, now: datetime, on_hand: float, forecast: Depletion | None) -> str:
    if forecast is None:
        return ""
    corners = [frame.point(now, on_hand), _left(frame, now, on_hand, forecast.p10_days)]
    if forecast.p90_days > (frame.last_at - now) / timedelta(days=1):
        corners.append(f"{MILLE},{MILLE}")
    return " ".join([*corners, _left(frame, now, on_hand, forecast.p90_days)])


def _median(frame: _Frame, now: datetime, on_hand: float, forecast: Depletion | None) -> str:
    if forecast is None:
        return ""
    return f"{frame.point(now, on_hand)} {_left(frame, now, on_hand, forecast.p50_days)}"


def _mark(frame: _Frame, event: Happened, known: Sequence[Measured]) -> Mark:
    """On the line, at the last level measured by then (a refill: the first one after it)."""
    if event.kind == "refill":
        at_level = next((each for each in known if each.at >= event.at), known[-1])
    else:
        at_level = next((each for each in reversed(known) if each.at <= event.at), known[0])
    y = frame.y(at_level.quantity or 0.0)
    return Mark(kind=event.kind, at=event.at, x=frame.x(event.at), y=y)


def _ticks(frame: _Frame) -> tuple[Tick, ...]:
    step = (frame.last_at - frame.first_at) / TICKS
    days = [frame.first_at + step * (number + 0.5) for number in range(TICKS)]
    return tuple(Tick(at=at, x=frame.x(at)) for at in days)


def _table(history: Sequence[Measured], happened: Sequence[Happened]) -> tuple[TableLine, ...]:
    """One row a day (the last level of it) and one for each event, newest first."""
    by_day = {each.at.date(): each for each in history}
    rows = [
        TableLine(at=each.at, quantity=each.quantity, kind=None) for each in by_day.values()
    ]
    rows += [TableLine(at=each.at, quantity=None, kind=each.kind) for each in happened]
    return tuple(sorted(rows, key=lambda row: row.at, reverse=True))
