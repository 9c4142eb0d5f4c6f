"""When to order and how much: reorder point, safety stock, quantity range.

Pure. Periodic review (once a day), reorder point s, order up to S. Units are the stock's own.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from statistics import NormalDist
from typing import Final, Self

from replenishment.demand.arithmetic import ONE
from replenishment.demand.lead_demand import not_exceeded

REVIEW_DAYS: Final = 1.0  # a stock that misses today's review waits for tomorrow's
CYCLE_DAYS: Final = 30.0  # how long one order should last beyond the reorder point
ROUNDING: Final = 1e-9
SHELF_DAYS: Final = 60.0  # of use bought at once, at most, where no room is stated
DAYS_PER_YEAR: Final = 365.0
LEAST_LEVEL, MOST_LEVEL = 0.5, 0.999  # of a service level made from costs


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """Use of one stock, in units per day. `mean_sd` is how far the mean itself may be off."""

    mean: float
    sd: float
    mean_sd: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadTime:
    """Days from placing an order to the refill being usable. `chances`: of exactly 0, 1, 2...
    days, where more than the moments is known; their sum is 1.
    """

    mean: float
    sd: float = 0.0
    chances: tuple[float, ...] = ()

    @classmethod
    def over_days(cls, chances: Sequence[float]) -> Self:
        mean = math.fsum(day * chance for day, chance in enumerate(chances))
        square = math.fsum(day * day * chance for day, chance in enumerate(chances))
        sd = math.sqrt(max(0.0, square - mean**2))
        return cls(mean=mean, sd=sd, chances=tuple(chances))

    def later(self, days: int) -> Self:
        """The same, counted from `days` before placing the order."""
        chances = (*(0.0 for _ in range(days)), *self.chances) if self.chances else ()
        return replace(self, mean=self.mean + days, chances=chances)

    def quantile(self, chance: float) -> float:
        """Days within which it is over with that chance; without `chances` taken as normal."""
        if not self.chances:
            spread = NormalDist().inv_cdf(chance) * self.sd
            return max(0.0, self.mean + spread)
        reached = (so_far >= chance - ROUNDING for so_far in accumulate(self.chances))
        last = len(self.chances) - 1
        return float(next((day for day, is_over in enumerate(reached) if is_over), last))


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What the owner set, in units. `least`: kept at home even when an order is late.
    `target`: what an order fills up to; None: a month's use beyond the reorder point, more
    where delivery is dear. `most`: room for that many; None: room for two months' use.
    `keeps_days`: how long a unit stays good.
    """

    least: int = 0
    target: int | None = None
    most: int | None = None
    keeps_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCosts:
    """In minor units of one currency: delivery of one order, price of one unit, and what
    keeping it costs in a year, as a share of its price.
    """

    per_order: float
    per_unit: float
    holding_per_year: float


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantityRange:
    """Units to buy: at least, best, at most. Always 1 <= least <= target <= most."""

    least: int
    target: int
    most: int


def lead_time_demand(demand: Demand, lead_time: LeadTime) -> tuple[float, float]:
    """Mean and standard deviation, in units, of the use during a random lead time.

    E = m L        Var = s^2 L + m^2 l^2 + u^2 (L^2 + l^2)
    with daily use m +- s, lead time L +- l days, and u the standard error of m.
    First two terms: the law of total variance for a sum over a random number of days; the
    third adds Var(m) E[lead time^2].
    """
    mean, sd = lead_time.mean, lead_time.sd
    variance = (
        demand.sd**2 * mean + demand.mean**2 * sd**2 + demand.mean_sd**2 * (mean**2 + sd**2)
    )
    return demand.mean * mean, math.sqrt(variance)


def steered(service_level: float, margin: float) -> float:
    """The service level to aim at where a margin, in normal scores, keeps the promised one."""
    return (
        NormalDist().cdf(NormalDist().inv_cdf(service_level) + margin)
        if margin
        else service_level
    )


def safety_stock(demand: Demand, lead_time: LeadTime, service_level: float) -> float:
    """Units held against worse than mean use or delivery: use during the lead time is taken
    as gamma distributed, which can be skew but not negative.

    service_level: chance of no stock-out in one cycle, in (0, 1); below one half it holds none.
    """
    mean, sd = lead_time_demand(demand, lead_time)
    if mean <= 0 or sd <= 0:
        return 0.0
    score = NormalDist().inv_cdf(service_level)
    return not_exceeded(mean, sd**2, score, 0.0, ONE) - mean


def reorder_point(
    demand: Demand, lead_time: LeadTime, service_level: float, *, least: int = 0
) -> float:
    """Stock position, in units, at or below which an order is due.

    `least` is the owner's own margin; it replaces a smaller safety stock.
    """
    cover, _ = lead_time_demand(demand, lead_time)
    return cover + max(safety_stock(demand, lead_time, service_level), float(least))


def order_quantity(
    demand: Demand,
    reorder_at: float,
    position: float,
    bounds: Bounds,
    costs: OrderCosts | None = None,
) -> QuantityRange | None:
    """How much lifts `position` above `reorder_at`, and best to the target.

    Never more than there is room for; more than can be used while it is good only where less
    would not lift the position far enough. None when the owner has no room for a single unit.
    """
    least = max(1, math.floor(reorder_at - position) + 1)
    if bounds.most is None:
        room = max(least, math.ceil(demand.mean * SHELF_DAYS))
    else:
        room = math.floor(bounds.most - position)
    if room < 1:
        return None
    if bounds.keeps_days is not None:
        usable = math.floor(demand.mean * bounds.keeps_days - position)
        room = min(room, max(least, usable))
    if bounds.target is None:
        target = _usual_target(demand, reorder_at - position, costs)
    else:
        target = bounds.target - position
    target = max(least, math.ceil(target))
    return QuantityRange(least=min(least, room), target=min(target, room), most=room)


def _usual_target(demand: Demand, lacking: float, costs: OrderCosts | None) -> float:
    """A month's use; more where that saves delivery, but no unit beyond two months' use for it:
    a spare cartridge for one delivery saved is no bargain.
    """
    month = math.ceil(lacking + demand.mean * CYCLE_DAYS)
    if costs is None:
        return month
    most = demand.mean * SHELF_DAYS
    return max(month, math.floor(lacking + min(economic_quantity(demand, costs), most)))


def economic_quantity(demand: Demand, costs: OrderCosts) -> float:
    """Units an order at which delivery and keeping together cost least:

    Q = sqrt(2 K m / h),  K: of one order, m: use per day, h: of one unit kept for a day.
    Source: Harris (1913), How many parts to make at once. Without cost of keeping it has no
    bound: infinite, which room and shelf life then limit.
    """
    a_day = costs.per_unit * costs.holding_per_year / DAYS_PER_YEAR
    if costs.per_order <= 0 or demand.mean <= 0:
        return 0.0
    return math.sqrt(2 * costs.per_order * demand.mean / a_day) if a_day > 0 else math.inf


def critical_ratio(short: float, excess: float) -> float:
    """The service level that costs least when a day without costs `short` and a day of use too
    much costs `excess`: p / (p + h). Source: Arrow, Harris & Marschak (1951), the newsvendor.
    """
    return short / (short + excess) if short + excess > 0 else LEAST_LEVEL


def service_level(demand: Demand, costs: OrderCosts, stock_out_per_day: float) -> float:
    """From what a day without costs, in the unit of `costs`; within LEAST_LEVEL..MOST_LEVEL.

    Excess is one more day's use, kept over a whole cycle.
    """
    kept_years = CYCLE_DAYS / DAYS_PER_YEAR
    excess = demand.mean * costs.per_unit * costs.holding_per_year * kept_years
    return min(max(critical_ratio(stock_out_per_day, excess), LEAST_LEVEL), MOST_LEVEL)
