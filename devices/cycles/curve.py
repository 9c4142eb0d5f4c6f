"""The power of the last hours in at most 120 points, whatever happens.

Pure. Starts with a minute a point; when it is full, two points become one.
"""

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

MOST_POINTS: Final = 120
UNMEASURED: Final = 65_535


def _points(values: Iterable[int] = ()) -> "array[int]":
    return array("H", values)


@dataclass(slots=True)
class Curve:
    """`start`: minutes since 1970; `step_min`: minutes a point."""

    start: int = 0
    step_min: int = 1
    newest: int = 0  # minutes that went into the newest point
    points: "array[int]" = field(default_factory=_points)

    def add(self, minute: int, watts: float) -> None:
        if not self.points:
            self.start = minute
        while (minute - self.start) // self.step_min >= MOST_POINTS:
            self._halve()
        index = (minute - self.start) // self.step_min
        if index >= len(self.points):
            self.points.extend([UNMEASURED] * (index - len(self.points)))
            self.points.append(round(watts))
            self.newest = 1
        else:
            self.newest += 1
            mean = self.points[-1]
            self.points[-1] = round(mean + (watts - mean) / self.newest)

    def clear(self) -> None:
        self.points = _points()
        self.step_min = 1

    def between(self, start: int, end: int) -> tuple[int, tuple[int | None, ...]]:
        """The points of minutes `start` to `end`, one more on either side, and their first
        minute.
        """
        first = max(0, (start - self.start) // self.step_min - 1)
        last = (end - 1 - self.start) // self.step_min + 2
        points = (None if each == UNMEASURED else each for each in self.points[first:last])
        return self.start + first * self.step_min, tuple(points)

    def _halve(self) -> None:
        pairs = [self.points[at : at + 2] for at in range(0, len(self.points), 2)]
        self.points = _points(_mean(pair) for pair in pairs)
        self.step_min *= 2
        self.newest *= 2


def _mean(pair: "array[int]") -> int:
    known = [each for each in pair if each != UNMEASURED]
    return sum(known) // len(known) if known else UNMEASURED
