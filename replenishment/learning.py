"""The product's forecaster: every slot's use is learned with a prior from its family.

Pure. What the formulas are: `replenishment.demand`; for owners and engineers: docs/forecast.md.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from core.money import PPM
from replenishment import reorder
from replenishment.demand.arithmetic import ONE
from replenishment.demand.calibration import QUANTILES, Calibration, as_shipped
from replenishment.demand.depletion import depletion_days, depletion_score, drift
from replenishment.demand.families import Families, Family, prior
from replenishment.demand.lead_demand import exceeded
from replenishment.demand.model import Demand, Learned, Prior, demand, learn, unlearned
from replenishment.demand.recalibration import COVER_DAYS, cover_bucket
from replenishment.forecast import (
    NOTHING_LEFT,
    DaysOfSupply,
    DayUse,
    Forecast,
    SlotHistory,
)
from replenishment.reorder import LeadTime

LEAD_DAYS: Final = 5.0  # how far ahead the drift of the rate counts for an order


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedForecast(Forecast):
    """`use`: as learned today; `demand`: the same with its drift until an order arrives."""

    use: Demand[float]
    group: str
    family: str

    def days_of_supply(self, left: float) -> DaysOfSupply:
        if left <= NOTHING_LEFT:
            return DaysOfSupply(p10=0.0, p50=0.0, p90=0.0)
        p10, p50, p90 = (self._day(quantile, left) for quantile in range(len(QUANTILES)))
        return DaysOfSupply(p10=p10, p50=p50, p90=p90)

    def run_out_risk(self, left: float, within: LeadTime) -> float:
        if left <= NOTHING_LEFT:
            return 1.0
        mean, sd = reorder.lead_time_demand(self.demand, within)
        return exceeded(left, mean, sd**2) if mean > 0 else 0.0

    def run_out_ppm(self, day: int, left: float) -> int:
        """The model's own chance that `left` > 0 units are used up in so many days."""
        return round(ONE.chance(depletion_score(float(day), left, self.use, ONE)) * PPM)

    def _day(self, quantile: int, left: float) -> float:
        """No earlier than less would last in a lower bucket, where another curve holds."""
        return max(
            self._day_in(bucket, quantile, min(left, most * self.use.mean))
            for bucket, most in enumerate((*COVER_DAYS, math.inf))
            if bucket <= cover_bucket(left / self.use.mean)
        )

    def _day_in(self, bucket: int, quantile: int, left: float) -> float:
        stated = self.applied.stated_ppm[bucket][quantile] / PPM
        return depletion_days(ONE.score(stated), left, self.use, ONE)


class LearningForecaster:
    """Learns from the use it is given, oldest first, in time linear in its days; nothing is
    remembered, so that a late reading or an owner's correction needs no undoing.
    """

    def __init__(self, families: Families) -> None:
        self._families = families
        self._shipped = as_shipped(families)

    def forecast(
        self,
        slots: Sequence[SlotHistory],
        *,
        today: date,
        calibration: Calibration | None = None,
    ) -> LearnedForecast:
        known = [(self._prior(slot), slot) for slot in slots]
        states = [learned(slot.use, prior, today) for prior, slot in known]
        use = together(
            demand(state, prior, ONE) for state, (prior, _) in zip(states, known, strict=True)
        )
        category = slots[0].category if slots else ""
        group = self._families.family(category).group
        family = self._families.family_name(category)
        return LearnedForecast(
            demand=reorder.Demand(mean=use.mean, sd=use.sd, mean_sd=_drifted(use)),
            observed_days=round(sum(state.observed_days for state in states)),
            use=use,
            group=group,
            family=family,
            applied=(calibration or self._shipped).applied(group, family),
        )

    def _prior(self, slot: SlotHistory) -> Prior[float]:
        """The maker's typical use, in as many uses as the family has in a day."""
        family: Family = self._families.family(slot.category)
        return prior(family, slot.typical_use_per_day / family.uses_per_day)


def learned(use: Sequence[DayUse], prior: Prior[float], today: date) -> Learned[float]:
    """From the days before `today`. What cannot be (NaN, negative, no exposure) and what lies
    in the future teaches nothing.
    """
    state = unlearned(prior)
    for day in sorted(use, key=lambda each: each.day_on):
        if day.used >= 0 and day.exposure_days >= 1 and day.day_on <= today:
            state = learn(state, prior, day.used, float(day.exposure_days), ONE)
    return state


def together(slots: Iterable[Demand[float]]) -> Demand[float]:
    """Of several slots that are used independently of each other."""
    each = list(slots)
    mean = math.fsum(slot.mean for slot in each)
    return Demand(
        mean=mean,
        sd=math.hypot(*(slot.sd for slot in each)),
        mean_sd=math.hypot(*(slot.mean_sd for slot in each)),
        use_size=math.fsum(slot.mean * slot.use_size for slot in each) / mean if mean else 0.0,
    )


def _drifted(use: Demand[float]) -> float:
    grown = math.exp(drift(LEAD_DAYS))
    return math.sqrt(use.mean_sd**2 * grown + use.mean**2 * (grown - 1.0))
