"""When a quantity is used up: the chance per day, and the day per chance.

Pure. F(k) = P(use of k days >= left) = Phi(z(k)) in closed form:

    m = mean k e^(V / 2)       c = f / (9 m)       x = ((left - min(u, f) / 2) / m)^(1/3)
    z = (1 - c - x) / sqrt(c + (V + D) / 9)

with f = sd^2 / mean the clumps in which use comes, V = log(1 + mean_sd^2 / mean^2) the variance
of the log rate as known today, and D(k) = DRIFT k / (1 + k / DRIFT_DAYS) what it drifts until
then. Given the rate, use is gamma and its cube root normal (Wilson & Hilferty
1931, doi:10.1073/pnas.17.12.684); a lognormal rate adds (V + D) / 9 to the variance of the
cube root (delta method). Half a clump, but no more than half a use, is the continuity
correction of things used whole. e^(V / 2) is the mean of a lognormal rate that is known badly;
drift goes both ways and lifts nothing, so that the median of a slot known well is left / mean
at every cover. Constants: fitted, see docs/forecast.md.
A reliability correction (`recalibration`) is applied to the chance, not here.
"""

from typing import Final

from replenishment.demand.arithmetic import Arithmetic, Number
from replenishment.demand.model import Demand

DRIFT: Final = 0.01  # variance of the log rate, per day
DRIFT_DAYS: Final = 30.0  # a rate does not wander for ever: D stays below DRIFT * DRIFT_DAYS
FARTHEST_DAYS: Final = 3650.0  # no depletion date is stated beyond ten years
NEAREST_DAYS: Final = 1e-3
LEAST_LEFT: Final = 0.05  # of a use: less cannot be told from nothing
STEPS: Final = 6  # of Newton's method, each at most LONGEST_STEP in log days
LONGEST_STEP: Final = 2.0


def depletion_score(
    days: Number, left: Number, demand: Demand[Number], on: Arithmetic[Number]
) -> Number:
    """z(k), the normal score of the chance that `left` > 0 units are used up in `days` > 0."""
    known, lasting = _rate_variance(demand, on), _lasting(left, demand, on)
    z, _ = _score_and_slope(days, lasting, demand, known, on)
    return z


def depletion_days(
    score: Number, left: Number, demand: Demand[Number], on: Arithmetic[Number]
) -> Number:
    """The k at which z(k) reaches `score`, NEAREST_DAYS to FARTHEST_DAYS; by Newton's method
    on log k, a fixed number of steps, so that a million take as many as one.
    """
    known, lasting = _rate_variance(demand, on), _lasting(left, demand, on)
    days = on.at_most(on.at_least(lasting / demand.mean, NEAREST_DAYS), FARTHEST_DAYS)
    for _ in range(STEPS):
        z, slope = _score_and_slope(days, lasting, demand, known, on)
        step = on.at_most(on.at_least((score - z) / slope, -LONGEST_STEP), LONGEST_STEP)
        days = on.at_most(on.at_least(days * on.exp(step), NEAREST_DAYS), FARTHEST_DAYS)
    return days


def drift(days: float) -> float:
    """Variance that the log rate gains in so many days."""
    return DRIFT * days / (1.0 + days / DRIFT_DAYS)


def _score_and_slope(
    days: Number,
    lasting: Number,
    demand: Demand[Number],
    known: Number,
    on: Arithmetic[Number],
) -> tuple[Number, Number]:
    """The score z and dz / d log k, the latter kept positive."""
    saturation = 1.0 + days / DRIFT_DAYS
    drifted = DRIFT * days / saturation
    growth = drifted / saturation  # dD / d log k
    mean = demand.mean * days * on.exp(known / 2.0)
    clumps = demand.sd**2 / demand.mean / mean / 9.0
    x = on.cbrt(lasting / mean)
    spread = on.sqrt(clumps + (known + drifted) / 9.0)
    z = (1.0 - clumps - x) / spread
    rise = clumps + x / 3.0
    widening = (growth / 9.0 - clumps) / (2.0 * spread)
    return z, on.at_least((rise - z * widening) / spread, 1e-3)


def _rate_variance(demand: Demand[Number], on: Arithmetic[Number]) -> Number:
    return on.log1p((demand.mean_sd / demand.mean) ** 2)


def _lasting(left: Number, demand: Demand[Number], on: Arithmetic[Number]) -> Number:
    """Units whose use empties the slot, half a clump before the last."""
    least = LEAST_LEFT * demand.use_size
    clump = demand.sd**2 / demand.mean
    whole = on.choose(clump < demand.use_size, clump, demand.use_size)
    short = left - 0.5 * whole
    return on.choose(short > least, short, least)
