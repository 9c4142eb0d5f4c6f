"""The shipped model behind the plug-in class of the evaluation programs.

    evaluate.py --folds 5 --predictors benchmarks.forecast_plugin:Shipped   (run in our root)

`fit` learns families, reliability and margins from the households it is given; without it the
shipped table is used. Reliability and margins go on learning while it runs, from what has
happened by then: stored forecasts that resolved, and the cycles of six imagined stocks per
slot, since the protocol does not tell a model how its own orders ended.
"""

import dataclasses
import math
import random
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import families
from replenishment.demand import families as shipped_families
from replenishment.demand.arithmetic import MANY, ONE
from replenishment.demand.depletion import depletion_score
from replenishment.demand.families import BUCKETS, Families, Group, prior
from replenishment.demand.lead_demand import LeadDays, lead_days, lead_use, not_exceeded
from replenishment.demand.model import Demand, demand, learn, unlearned
from replenishment.demand.recalibration import BINS, Reliability, cover_bucket
from replenishment.demand.steering import Steering

Floats = NDArray[np.float64]

OPEN_AT_MOST = 60
SERVICE_LEVEL = 0.95
LEADS = (3, 2, 4, 3, 1, 4, 2, 3, 5, 2, 3, 4, 2, 3, 4, 1, 3, 2, 4, 5)  # days, as often as likely
LEAD = lead_days({1: 0.10, 2: 0.25, 3: 0.30, 4: 0.25, 5: 0.10})
PACKAGE_DAYS = (17.0, 22.0, 26.0, 30.0, 35.0, 45.0)
FITTED_PER_CLASS = 12
FITTED_COVERS = (7, 14, 28, 56)  # days
MARGINS = (-0.6, -0.4, -0.2, 0.0, 0.2, 0.4)  # normal scores
FORECASTS_PER_SLOT = 3.0  # weight of one slot of the fit: its forecasts are much alike
LEVELS = np.linspace(0, 1, BINS + 1)


@dataclass(slots=True)
class OpenForecast:
    chances: Floats
    left: float
    used_before: float
    bucket: int
    days: int = 0


@dataclass(slots=True)
class ImaginedStock:
    """A stock of one slot, reviewed daily and filled up with packages of so many days' use."""

    package_days: float
    cycle: int
    use_size: float
    on_hand: float = 0.0
    at_order: float | None = None  # None: nothing is on its way
    used: float = 0.0  # since the order
    wait_days: int = 0

    def package(self, rate: float) -> float:
        """Whole uses, as things are sold."""
        return max(round(self.package_days * rate / self.use_size), 2) * self.use_size

    def day(self, used: float, reorder_at: float, rate: float) -> bool | None:
        """Whether the cycle that ended today was a stock-out; None: none ended."""
        self.on_hand = max(self.on_hand - used, 0.0)
        ended = None
        if self.at_order is not None:
            self.used += used
            self.wait_days -= 1
            if self.wait_days == 0:
                ended = self.used > self.at_order + 1e-9
                self.on_hand += self.package(rate)
                self.at_order = None
                return ended
        if self.at_order is None and self.on_hand <= reorder_at:
            self.at_order, self.used = self.on_hand, 0.0
            self.wait_days = LEADS[self.cycle % len(LEADS)]
            self.cycle += 1
        return ended


class TriedMargins:
    """Imagined stocks under several margins at once, for the one that keeps the promise."""

    def __init__(self) -> None:
        self._cycles = np.zeros(len(MARGINS))
        self._outs = np.zeros(len(MARGINS))
        self._stocks: list[list[ImaginedStock]] = []

    def start(self, stocks: list[ImaginedStock]) -> None:
        self._stocks = [[dataclasses.replace(each) for each in stocks] for _ in MARGINS]

    def day(self, used: float, today: Demand[float], rate: float) -> None:
        mean, variance = lead_use(today, LEAD)
        for n, margin in enumerate(MARGINS):
            score = ONE.score(SERVICE_LEVEL) + margin
            reorder_at = not_exceeded(mean, variance, score, today.use_size, ONE)
            for stock in self._stocks[n]:
                ended = stock.day(used, reorder_at, rate)
                if ended is not None:
                    self._cycles[n] += 1
                    self._outs[n] += ended

    @property
    def settled(self) -> float:
        share = np.minimum.accumulate(self._outs / np.maximum(self._cycles, 1))
        return float(np.interp(-(1 - SERVICE_LEVEL), -share, MARGINS))


class Shipped:
    name = "Nachschub"
    knows_families = True

    def __init__(self) -> None:
        self._learn_from(shipped_families.shipped())

    def fit(self, series: list[Any]) -> None:
        self._learn_from(families.fitted(series))
        for each in _first_of_class(series):
            self._follow(each)
        self._steering = defaultdict(
            Steering,
            {group: Steering(margin=each.settled) for group, each in self._tried.items()},
        )
        self._reliability = {
            key: _weighed(counts, self._slots[key[0]])
            for key, counts in self._reliability.items()
        }

    def learned(self) -> Families:
        """What `fit` found, as it is shipped."""
        groups = {
            name: Group(
                reliability=tuple(self._reliability[name, bucket] for bucket in range(BUCKETS)),
                steering=self._steering[name],
            )
            for name in self._slots
        }
        return dataclasses.replace(self._families, groups=groups)

    def _learn_from(self, known: Families) -> None:
        self._families = known
        self._reliability: dict[tuple[str, int], Reliability] = {
            (name, bucket): reliability
            for name, group in known.groups.items()
            for bucket, reliability in enumerate(group.reliability)
        }
        self._steering: dict[str, Steering] = defaultdict(
            Steering, {name: group.steering for name, group in known.groups.items()}
        )
        self._slots: dict[str, set[str]] = defaultdict(set)
        self._tried: dict[str, TriedMargins] = defaultdict(TriedMargins)

    def _follow(self, series: Any) -> None:
        """One slot of the fit: forecasts weekly, of quantities as a household would have."""
        chance = random.Random(series.sid)  # noqa: S311
        rate = series.x.mean()
        self.start(series.cls, series.unit, series.sid)
        self._slots[self._group].add(series.sid)
        tried = self._tried[self._group]
        tried.start(self._stocks)
        for t, used in enumerate(series.x):
            self.update(used, 1, 0)
            tried.day(float(used), self._demand, self._used / (t + 1))
            if t % 7 == 6:
                for cover in FITTED_COVERS:
                    left = cover * rate * math.exp(chance.gauss(0, 0.25)) / series.unit
                    self.cdf(max(round(left), 1) * series.unit, 3 * cover + 7, 0)

    def start(self, cls: str, unit: float, sid: str | None = None) -> None:
        self._family, self._group = families.family_of(cls), families.group_of(cls)
        family = self._families.unknown
        if self.knows_families:
            family = self._families.family(self._family)
        self._prior = prior(family, unit)
        self._state = unlearned(self._prior)
        self._open: list[OpenForecast] = []
        self._used = 0.0
        self._stocks = [
            ImaginedStock(days, cycle=3 * n, use_size=unit)
            for n, days in enumerate(PACKAGE_DAYS)
        ]
        for stock in self._stocks:
            stock.on_hand = stock.package(unit * family.uses_per_day)

    def update(self, x: float, n: int, dow: int) -> None:
        self.observe(float(x), 1)

    def observe(self, used: float, days: int) -> None:
        """`used` over so many days that have passed since the last call."""
        self._state = learn(self._state, self._prior, used, float(days), ONE)
        self._used += used
        for _ in range(days):
            self._resolve()
        today = self._demand
        reorder_at = self._reorder_point(today, ONE.score(SERVICE_LEVEL), LEAD)
        for stock in self._stocks:
            ended = stock.day(used, reorder_at, self._used / self._state.observed_days)
            if ended is not None:
                for key in (self._group, self._family):
                    self._steering[key] = self._steering[key].after(
                        is_stock_out=ended, service_level=SERVICE_LEVEL
                    )

    def cdf(self, L: float, H: int, dow1: int) -> Floats:  # noqa: N803
        today = self._demand
        days = np.arange(1.0, H + 1.0)
        stated = np.maximum.accumulate(
            MANY.chance(depletion_score(days, np.float64(L), _wide(today), MANY))
        )
        bucket = cover_bucket(L / today.mean)
        if len(self._open) < OPEN_AT_MOST:
            self._open.append(OpenForecast(stated, L, self._used, bucket))
        reliability = self._reliability.get((self._group, bucket), Reliability())
        return np.interp(stated, LEVELS, reliability.curve)

    def reorder_points(self, sl: Floats, lt: dict[int, float], dow1: int) -> Floats:
        today, lead = self._demand, lead_days(lt)
        return np.array([self._reorder_point(today, ONE.score(float(p)), lead) for p in sl])

    @property
    def _demand(self) -> Demand[float]:
        return demand(self._state, self._prior, ONE)

    def _reorder_point(self, today: Demand[float], score: float, lead: LeadDays) -> float:
        margin = self._steering[self._group].margin + self._steering[self._family].margin
        mean, variance = lead_use(today, lead)
        return not_exceeded(mean, variance, score + margin, today.use_size, ONE)

    def _resolve(self) -> None:
        still = []
        for forecast in self._open:
            forecast.days += 1
            days, chances = forecast.days, forecast.chances
            is_used_up = self._used - forecast.used_before >= forecast.left - 1e-9
            if not is_used_up and days < len(chances):
                still.append(forecast)
                continue
            before = float(chances[days - 2]) if days > 1 else 0.0
            last = float(chances[days - 1])
            key = (self._group, forecast.bucket)
            reliability = self._reliability.get(key, Reliability())
            self._reliability[key] = (
                reliability.resolved(before, last)
                if is_used_up
                else reliability.resolved(last, 1.0)
            )
        self._open = still


class ShippedNoPrior(Shipped):
    """Every family is one never seen before."""

    name = "Nachschub, no family prior"
    knows_families = False


def _wide(today: Demand[float]) -> Any:
    """As numpy scalars, which its functions take beside arrays."""
    return Demand(
        mean=np.float64(today.mean),
        sd=np.float64(today.sd),
        mean_sd=np.float64(today.mean_sd),
        use_size=np.float64(today.use_size),
    )


def _first_of_class(series: list[Any]) -> list[Any]:
    count: dict[str, int] = defaultdict(int)
    kept = []
    for each in series:
        count[each.cls] += 1
        if count[each.cls] <= FITTED_PER_CLASS:
            kept.append(each)
    return kept


def _weighed(reliability: Reliability, slots: set[str]) -> Reliability:
    total = sum(reliability.counts)
    weight = min(1.0, FORECASTS_PER_SLOT * len(slots) / total) if total else 1.0
    return Reliability(tuple(count * weight for count in reliability.counts))
