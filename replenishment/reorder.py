"""When to order and how much: reorder point, safety stock, quantity range.

Pure. Periodic review (once a day), reorder point s, order up to S. Units are the stock's own.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

from replenishment.demand.arithmetic import ONE
from replenishment.demand.lead_demand import not_exceeded

REVIEW_DAYS: Final = 1.0  # a stock that misses today's review waits for tomorrow's
CYCLE_DAYS: Final = 30.0  # how long one order should last beyond the reorder point
SHELF_DAYS: Final = 60.0  # of use bought at once, at most, where no room is stated


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """Use of one stock, in units per day. `mean_sd` is how far the mean itself may be off."""

    mean: float
    sd: float
    mean_sd: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadTime:
    """Days from placing an order to the refill being usable."""

    mean: float
    sd: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What the owner set, in units. `least`: kept at home even when an order is late.
    `most`: room for that many; None: room for two months' use.
    """

    least: int = 0
    most: int | None = None


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
    demand: Demand, reorder_at: float, position: float, bounds: Bounds
) -> QuantityRange | None:
    """How much lifts `position` above `reorder_at`, best up to a month's use beyond it.

    None when the owner has no room for a single unit.
    """
    least = max(1, math.floor(reorder_at - position) + 1)
    if bounds.most is None:
        room = max(least, math.ceil(demand.mean * SHELF_DAYS))
    else:
        room = math.floor(bounds.most - position)
    if room < 1:
        return None
    target = max(least, math.ceil(reorder_at + demand.mean * CYCLE_DAYS - position))
    return QuantityRange(least=min(least, room), target=min(target, room), most=room)
