"""What sensor noise costs: the same slots seen through a noisy level, folded as ingest does.

A tank of 28 days' use, read once a day with an error of 3 % of its capacity (sd), in steps of
5 %, three readings in ten lost; filled up when a tenth is left, which its device tells.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from benchmarks.forecast_protocol import Series, seed
from devices.levels import DayUse, Measured, Refilled, SlotFold, fold
from devices.models import Measure, SlotSpec

CAPACITY = 1_000_000
SPEC = SlotSpec(
    slot="tank",
    title="Tank",
    category="anything",
    fits=("any",),
    capacity=CAPACITY,
    unit="ml",
    measure=Measure.LEVEL,
    typical_use_per_day=CAPACITY / 28,
    most_per_day=CAPACITY,
)
ZONE = ZoneInfo("UTC")
FIRST = datetime(2026, 1, 1, 23, tzinfo=UTC)
ERROR, STEP, LOST, LEAST = 0.03, 0.05, 0.3, 0.1  # of the capacity; LOST: of the readings


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenSeries(Series):
    """`seen`: by day, the use and exposure that closed with it."""

    seen: dict[int, tuple[float, int]]


def noisy(series: Series) -> SeenSeries:
    seen: dict[int, tuple[float, int]] = {}
    scale = 28 * series.x.mean() / CAPACITY
    for each in _folded(series, scale):
        if each.exposure_days:
            day = (each.day_on - FIRST.date()).days
            seen[day] = (each.used * scale, each.exposure_days)
    facts = {name: getattr(series, name) for name in Series.__dataclass_fields__}
    return SeenSeries(**facts, seen=seen)


def _folded(series: Series, scale: float) -> Iterator[DayUse]:
    random = np.random.default_rng(seed("noise", series.sid))
    state, left = SlotFold(), float(CAPACITY)
    for day, used in enumerate(series.x):
        left -= used / scale
        key, at = (1, 2 * day), FIRST + timedelta(days=day)
        messages: list[Measured | Refilled] = []
        if left < LEAST * CAPACITY:
            left = float(CAPACITY)
            messages.append(Refilled(key=key, at=at))
        share = round((left / CAPACITY + random.normal(0, ERROR)) / STEP) * STEP
        if random.random() >= LOST:
            amount = min(max(share, 0.0), 1.0) * CAPACITY
            messages.append(Measured(key=(1, 2 * day + 1), at=at, amount=amount))
        for message in messages:
            folded = fold(state, message, SPEC, ZONE)
            state = folded.state
            yield from folded.days.values()
