"""How good the forecast would have been: a stock's own history, replayed day by day.

Pure. Two questions, each answered only from what was known on the day:

- On every day, how long would 7, 14 and 28 days' use last? Compared with when it was used up.
- Ordering by these forecasts with a delivery of a fixed number of days, how often would the
  stock have run out, and how much was left over when the parcel came?

A day on which a forecast is made is chosen by what lies behind it, never by what came after: it
counts when the history goes on for WAITED times the days that it is about.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from statistics import fmean
from typing import Final

from replenishment.forecast import DaysOfSupply, DayUse, Forecast, Forecaster, SlotHistory
from replenishment.reorder import REVIEW_DAYS, LeadTime, reorder_point

COVERS_DAYS: Final = (7, 14, 28)
WAITED: Final = 2.5
FIRST_DAYS: Final = 7  # of history before the first forecast is judged
LOT_DAYS: Final = 14.0  # of use that one replayed order brings
LEVELS: Final = tuple(level / 10 for level in range(1, 10))
FEWEST: Final = 20  # judged forecasts below which nothing is said
A_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One forecast that has come true or not. `came_days`: when it was really used up, or the
    days watched in vain. `pit`: the chance it gave to having run out by then.
    """

    made_on: date
    cover_days: int
    supply: DaysOfSupply
    came_days: float
    pit: float

    @property
    def is_covered(self) -> bool:
        return self.supply.p10 <= self.came_days <= self.supply.p90

    @property
    def error_days(self) -> float:
        return abs(self.supply.p50 - self.came_days)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """From one replayed delivery to the next. `excess_days`: of use left when it came."""

    ran_out: bool
    excess_days: float


@dataclass(frozen=True, slots=True)
class BackTest:
    trials: tuple[Trial, ...] = ()
    cycles: tuple[Cycle, ...] = ()

    def __add__(self, other: "BackTest") -> "BackTest":
        return BackTest(self.trials + other.trials, self.cycles + other.cycles)

    @property
    def is_telling(self) -> bool:
        return len(self.trials) >= FEWEST

    def date_error_days(self, cover_days: int) -> float | None:
        errors = [each.error_days for each in self.trials if each.cover_days == cover_days]
        return fmean(errors) if errors else None

    @property
    def coverage(self) -> float | None:
        """Share of outcomes between p10 and p90; 0.8 is what these promise."""
        return fmean(each.is_covered for each in self.trials) if self.trials else None

    @property
    def stock_out_share(self) -> float | None:
        return fmean(each.ran_out for each in self.cycles) if self.cycles else None

    @property
    def excess_days(self) -> float | None:
        return fmean(each.excess_days for each in self.cycles) if self.cycles else None

    def reliability(self) -> tuple[tuple[float, float], ...]:
        """For each of LEVELS, the share of outcomes that had come by the day of that chance."""
        pits = [each.pit for each in self.trials]
        return tuple((level, fmean(pit <= level for pit in pits)) for level in LEVELS if pits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """How orders are replayed: delivered `lead_days` after the morning of the order."""

    lead_days: int = 3
    service_level: float = 0.95
    every_days: int = 1  # between two forecasts that are judged


def back_test(
    slots: Sequence[SlotHistory], forecaster: Forecaster, how: Replayed = Replayed()
) -> BackTest:
    """Of one stock over all its slots."""
    past = _Past(slots, forecaster)
    if len(past.used) <= FIRST_DAYS:
        return BackTest()
    return BackTest(tuple(_trials(past, how.every_days)), tuple(_cycles(past, how)))


class _Past:
    """Use of each day on which every slot was measured, and what was forecast before it."""

    def __init__(self, slots: Sequence[SlotHistory], forecaster: Forecaster) -> None:
        self._slots = [
            replace(slot, use=sorted(slot.use, key=lambda day: day.day_on)) for slot in slots
        ]
        self._ends = [[day.day_on for day in slot.use] for slot in self._slots]
        self._forecaster = forecaster
        self._known: dict[int, Forecast] = {}
        self.first_on, self.used = _daily(self._slots)

    def forecast(self, day: int) -> Forecast:
        """As made on the morning of the day with that number."""
        if day not in self._known:
            today = self.first_on + day * A_DAY
            known = [
                replace(slot, use=slot.use[: bisect_left(ends, today)])
                for slot, ends in zip(self._slots, self._ends, strict=True)
            ]
            self._known[day] = self._forecaster.forecast(known, today=today)
        return self._known[day]


def _daily(slots: Sequence[SlotHistory]) -> tuple[date, list[float]]:
    """The newest unbroken stretch of days that every slot knows; a gap's use spread evenly."""
    by_slot = [dict(_spread(slot.use)) for slot in slots]
    common = set.intersection(*(set(days) for days in by_slot)) if by_slot else set()
    if not common:
        return date.min, []
    last = first = max(common)
    while first - A_DAY in common:
        first -= A_DAY
    days = [first + n * A_DAY for n in range((last - first).days + 1)]
    return first, [sum(use[day] for use in by_slot) for day in days]


def _spread(use: Sequence[DayUse]) -> Iterator[tuple[date, float]]:
    for each in use:
        for n in range(each.exposure_days):
            yield each.day_on - n * A_DAY, each.used / each.exposure_days


def _trials(past: _Past, every_days: int) -> Iterator[Trial]:
    for cover_days in COVERS_DAYS:
        last = len(past.used) - round(WAITED * cover_days)
        for day in range(FIRST_DAYS, last + 1, every_days):
            trial = _trial(past, day, cover_days)
            if trial is not None:
                yield trial


def _trial(past: _Past, day: int, cover_days: int) -> Trial | None:
    forecast = past.forecast(day)
    left = forecast.demand.mean * cover_days
    if left <= 0:
        return None
    came_days = _used_up(past.used[day:], left)
    return Trial(
        made_on=past.first_on + day * A_DAY,
        cover_days=cover_days,
        supply=forecast.days_of_supply(left),
        came_days=came_days,
        pit=forecast.run_out_risk(left, LeadTime(mean=came_days)),
    )


def _used_up(used: Sequence[float], left: float) -> float:
    """Days until `left` was used, evenly within a day; all days when it was not."""
    for day, each in enumerate(used):
        if each >= left:
            return day + (left / each if each else 0.0)
        left -= each
    return float(len(used))


def _cycles(past: _Past, how: Replayed) -> Iterator[Cycle]:
    on_hand = past.forecast(FIRST_DAYS).demand.mean * LOT_DAYS
    coming_on: int | None = None
    ordered = 0.0
    ran_out = False
    lead = LeadTime(mean=how.lead_days + REVIEW_DAYS)
    for day in range(FIRST_DAYS, len(past.used)):
        demand = past.forecast(day).demand
        if coming_on == day:
            yield Cycle(ran_out=ran_out, excess_days=_days_left(on_hand, demand.mean))
            on_hand, coming_on, ran_out = on_hand + ordered, None, False
        due_at = reorder_point(demand, lead, how.service_level)
        if coming_on is None and on_hand <= due_at:
            coming_on = day + how.lead_days
            ordered = due_at - on_hand + demand.mean * LOT_DAYS
        ran_out = ran_out or past.used[day] > on_hand
        on_hand = max(0.0, on_hand - past.used[day])


def _days_left(on_hand: float, mean: float) -> float:
    return on_hand / mean if mean > 0 else 0.0
