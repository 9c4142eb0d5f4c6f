"""What is used while a refill is on its way, and the stock that survives it.

Pure. Mean and variance of the use during a random lead time, and a quantile of the gamma
distribution with those moments in closed form (Wilson & Hilferty 1931):

    E = m K1      Var = sd^2 K1 + m^2 ((1 + mean_sd^2 / m^2) K2 - K1^2)
    K1 = E[days]  K2 = E[days^2 e^D(days)]
    q = E (1 - c + z sqrt(c))^3 - u / 2,      c = Var / (9 E^2)

Beyond c = z^2 / 4 a gamma's quantile falls again as its variance grows, since most of its mass
goes to zero; it is held there, so that more spread never lowers it.
"""

import math
from collections.abc import Mapping
from typing import NamedTuple

from replenishment.demand.arithmetic import ONE, Arithmetic, Number
from replenishment.demand.depletion import drift
from replenishment.demand.model import Demand


class LeadDays(NamedTuple):
    """Moments of the days that a refill takes, with the day of the next review."""

    mean: float  # K1
    square: float  # K2


def lead_days(chances: Mapping[int, float], *, review_days: int = 1) -> LeadDays:
    """chances: of the refill taking so many days; they add up to 1."""
    each = [(days + review_days, chance) for days, chance in chances.items()]
    return LeadDays(
        mean=math.fsum(chance * days for days, chance in each),
        square=math.fsum(chance * days**2 * math.exp(drift(days)) for days, chance in each),
    )


def lead_use(demand: Demand[Number], lead: LeadDays) -> tuple[Number, Number]:
    """E and Var, in units and their square."""
    variance = (
        demand.sd**2 * lead.mean
        + demand.mean**2 * (lead.square - lead.mean**2)
        + demand.mean_sd**2 * lead.square
    )
    return demand.mean * lead.mean, variance


def exceeded(left: float, mean: float, variance: float) -> float:
    """Chance that use with these moments reaches `left` > 0 units; the inverse of
    `not_exceeded` but for what it holds.
    """
    if variance <= 0:
        return float(mean >= left)
    skew = variance / mean / mean / 9.0
    return ONE.chance((1.0 - skew - math.cbrt(left / mean)) / math.sqrt(skew))


def not_exceeded(
    mean: Number, variance: Number, score: Number, use_size: Number, on: Arithmetic[Number]
) -> Number:
    """Units that use stays within, with the chance whose normal score is `score`; never less
    than nothing, and at least the mean less half a use: a service level below one half holds
    no safety stock.
    """
    z = on.at_least(score, 0.0)
    skew = variance / mean / mean / 9.0
    held = z**2 / 4.0
    skew = on.choose(skew < held, skew, held)
    return on.at_least(mean * (1.0 - skew + z * on.sqrt(skew)) ** 3 - 0.5 * use_size, 0.0)
