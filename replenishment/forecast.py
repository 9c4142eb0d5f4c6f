"""How fast a stock is used and when it will be empty.

Pure. `Forecaster` is the seam: everything behind it may be replaced by a better model.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from statistics import NormalDist
from typing import Final, Protocol

from replenishment.demand.calibration import UNCORRECTED, Applied, Calibration
from replenishment.reorder import Demand, LeadTime, lead_time_demand

HALF_LIFE_DAYS: Final = 30.0
PRIOR_DAYS: Final = 7.0  # the model's typical use weighs as much as a week of observations
PRIOR_SPREAD: Final = 1.0  # sd / mean of daily use before anything is observed
NOTHING_LEFT: Final = 1e-9  # units; less is rounding
FARTHEST_DAYS: Final = 3650.0  # no depletion date is stated beyond ten years


@dataclass(frozen=True, slots=True, kw_only=True)
class DayUse:
    """`used` units over the `exposure_days` days that end with `day_on`."""

    day_on: date
    used: float
    exposure_days: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotHistory:
    """What one slot of a stock used, in any order, each day at most once."""

    typical_use_per_day: float  # units, as the model's maker declared
    category: str = ""  # of the consumable
    use: Sequence[DayUse] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DaysOfSupply:
    """Quantiles, in days from now, of the moment nothing is left."""

    p10: float
    p50: float
    p90: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    demand: Demand
    observed_days: int  # of exposure the demand was learned from
    applied: Applied = UNCORRECTED

    def days_of_supply(self, left: float) -> DaysOfSupply:
        """For `left` units on hand; at most FARTHEST_DAYS."""
        return DaysOfSupply(
            p10=depletion_day(self.demand, left, 0.1),
            p50=depletion_day(self.demand, left, 0.5),
            p90=depletion_day(self.demand, left, 0.9),
        )

    def run_out_risk(self, left: float, within: LeadTime) -> float:
        """Chance in [0, 1] that `left` units are used up within that time."""
        if left <= 0:
            return 1.0
        mean, sd = lead_time_demand(self.demand, within)
        return 1.0 - NormalDist(mean, sd).cdf(left) if sd > 0 else float(mean >= left)


class Forecaster(Protocol):
    def forecast(
        self,
        slots: Sequence[SlotHistory],
        *,
        today: date,
        calibration: Calibration | None = None,
    ) -> Forecast:
        """Of one stock, over all its slots. `today`: the owner's local date. `calibration`: of
        this installation; None: as shipped.
        """
        ...


class ExponentialForecaster:
    """Exponentially weighted mean and variance of daily use, with the maker's typical use as
    the prior, so that a new device is forecast from its first day.

    An observation of u units over n days, ending a days ago, weighs w = 2^(-a / half-life):
        m = (k m0 + sum w u) / (k + sum w n)
        v = (k v0 + sum w (u - n m)^2 / n) / (k + sum w)
        standard error of m = sqrt(v / (k + sum w n))
    m0: typical use; v0 = (PRIOR_SPREAD m0)^2; k = PRIOR_DAYS. Weighted mean and variance: Finch
    (2009), Incremental calculation of weighted mean and variance; the exposure form follows
    from Var(u) = n v; forgetting as in West & Harrison (1997), Bayesian Forecasting, ch. 6.
    """

    def forecast(
        self,
        slots: Sequence[SlotHistory],
        *,
        today: date,
        calibration: Calibration | None = None,  # noqa: ARG002 - it is corrected by nothing
    ) -> Forecast:
        each = [slot_demand(slot, today) for slot in slots]
        return Forecast(
            demand=Demand(
                mean=sum(demand.mean for demand in each),
                sd=math.hypot(*(demand.sd for demand in each)),
                mean_sd=math.hypot(*(demand.mean_sd for demand in each)),
            ),
            observed_days=sum(day.exposure_days for slot in slots for day in slot.use),
        )


def slot_demand(slot: SlotHistory, today: date) -> Demand:
    """The formula of ExponentialForecaster for one slot."""
    weighted = [
        (2 ** (-max(0, (today - day.day_on).days) / HALF_LIFE_DAYS), day) for day in slot.use
    ]
    days = PRIOR_DAYS + math.fsum(weight * day.exposure_days for weight, day in weighted)
    used = PRIOR_DAYS * slot.typical_use_per_day + math.fsum(
        weight * day.used for weight, day in weighted
    )
    mean = used / days
    squares = PRIOR_DAYS * (PRIOR_SPREAD * slot.typical_use_per_day) ** 2 + math.fsum(
        weight * (day.used - day.exposure_days * mean) ** 2 / day.exposure_days
        for weight, day in weighted
    )
    variance = squares / (PRIOR_DAYS + math.fsum(weight for weight, _ in weighted))
    return Demand(mean=mean, sd=math.sqrt(variance), mean_sd=math.sqrt(variance / days))


def depletion_day(demand: Demand, left: float, quantile: float) -> float:
    """Days t at which the chance that `left` units are used up reaches `quantile`.

    Use over t days is taken as normal with mean m t and variance s^2 t + u^2 t^2, so
    (m t - left)^2 = z^2 (s^2 t + u^2 t^2), z = the normal quantile: the smaller root for z < 0,
    the larger for z > 0. FARTHEST_DAYS when that never happens.
    """
    if left <= NOTHING_LEFT:
        return 0.0
    z = NormalDist().inv_cdf(quantile)
    square = demand.mean**2 - (z * demand.mean_sd) ** 2
    linear = 2 * demand.mean * left + (z * demand.sd) ** 2
    root = math.sqrt(max(0.0, linear**2 - 4 * square * left**2))
    # The smaller root, in the form that also holds where `square` is zero or negative.
    early = 2 * left**2 / (linear + root) if linear + root > 0 else FARTHEST_DAYS
    if z <= 0:
        return min(early, FARTHEST_DAYS)
    late = (linear + root) / (2 * square) if square > 0 else FARTHEST_DAYS
    return min(late, FARTHEST_DAYS)
