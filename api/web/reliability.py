"""Geometry of the reliability diagram: chances that were given against what came true.

Pure. Coordinates are per mille of a square, x from the left, y from the top.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from core.money import PPM

MILLE = 1000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliabilityPoint:
    """Of all forecasts, so many had run out by the day for which they gave this chance."""

    given_ppm: int
    came_ppm: int
    x: float
    y: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliabilityChart:
    line: str  # points of a polyline; the diagonal is perfect
    points: tuple[ReliabilityPoint, ...]


def reliability_chart(curve: Sequence[tuple[float, float]]) -> ReliabilityChart | None:
    """curve: chance given and share that came, both in [0, 1]. None when it is empty."""
    if not curve:
        return None
    points = tuple(
        ReliabilityPoint(
            given_ppm=round(given * PPM),
            came_ppm=round(came * PPM),
            x=round(MILLE * given, 1),
            y=round(MILLE * (1 - came), 1),
        )
        for given, came in curve
    )
    inner = " ".join(f"{each.x},{each.y}" for each in points)
    return ReliabilityChart(line=f"0,{MILLE} {inner} {MILLE},0", points=points)
