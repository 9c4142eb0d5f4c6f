"""Correcting stated chances by how stated chances came true.

Pure. When a stored forecast F resolves at day k, the true chance level lay between F(k - 1)
and F(k) (the probability integral transform of a whole-day outcome; its mass is spread over
that range: Czado, Gneiting & Held 2009, doi:10.1111/j.1541-0420.2009.01191.x). It enters the
histogram of its family and cover, BINS bins. The published chance is G(F), with G the
distribution function of that histogram shrunk to the identity by WEIGHT forecasts, after
Kuleshov, Fenner & Ermon (2018), Accurate uncertainties for deep learning, arXiv:1807.00263.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import add
from typing import Final

BINS: Final = 40
WEIGHT: Final = 100.0
COVER_DAYS: Final = (10.0, 20.0)  # a forecast of 9 days is judged with others below 10


def cover_bucket(cover_days: float) -> int:
    """0, 1 or 2, by how long the quantity would last at the mean rate."""
    return bisect_right(COVER_DAYS, cover_days)


@dataclass(frozen=True, slots=True)
class Reliability:
    """How many forecasts came true at each level of their stated chance; BINS counts."""

    counts: tuple[float, ...] = (0.0,) * BINS

    def resolved(self, before: float, after: float) -> "Reliability":
        """With one more: the stated chance was `before` on the day before the event and
        `after` on its day; an event that did not come in time: its last chance, and 1.
        """
        width = max(after - before, 1e-9)
        first = min(before, 1.0 - width)
        edges = [min(max((n / BINS - first) / width, 0.0), 1.0) for n in range(BINS + 1)]
        return Reliability(
            tuple(
                count + upper - lower
                for count, lower, upper in zip(self.counts, edges, edges[1:], strict=False)
            )
        )

    def __add__(self, other: "Reliability") -> "Reliability":
        return Reliability(tuple(map(add, self.counts, other.counts)))

    @property
    def curve(self) -> list[float]:
        """G at n / BINS, n = 0 to BINS: strictly rising from 0 to 1."""
        total = sum(self.counts) + WEIGHT
        seen = accumulate(self.counts, initial=0.0)
        return [(count + WEIGHT * n / BINS) / total for n, count in enumerate(seen)]

    def published(self, chance: float) -> float:
        """G(chance), in [0, 1] as `chance`."""
        return _interpolated(chance, _EVEN, self.curve)

    def stated(self, published: float) -> float:
        """The model's own chance behind a published one."""
        return _interpolated(published, self.curve, _EVEN)


_EVEN: Final = [n / BINS for n in range(BINS + 1)]


def _interpolated(value: float, of: Sequence[float], to: Sequence[float]) -> float:
    at = min(max(bisect_right(of, value), 1), BINS)
    share = (value - of[at - 1]) / (of[at] - of[at - 1])
    return to[at - 1] + min(max(share, 0.0), 1.0) * (to[at] - to[at - 1])
