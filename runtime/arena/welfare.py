"""What a season cost its owners, and how sure a mean over seeds is.

Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import fmean, stdev
from typing import Final

from scipy.special import stdtrit

from core.money import PPM
from runtime.arena.season import Tally

DAYS_PER_YEAR: Final = 365
CONFIDENCE: Final = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerCosts:
    """Minor units each; an owner's time at 30 EUR an hour."""

    day_without: int = 200  # as the shipped preset assumes
    asked: int = 100  # two minutes to read and answer
    cancelled: int = 500  # ten minutes to see after the refund
    complained: int = 500  # ten minutes to write and send back
    holding_ppm_per_year: int = 80_000  # of the worth of what is at home


USUAL_COSTS: Final = OwnerCosts()


def welfare_minor(
    tally: Tally, household_years: float, costs: OwnerCosts = USUAL_COSTS
) -> float:
    """Of a household in a year, in minor units; below zero, since all of it is cost:

        - (paid - worth of what is left at the end
           + days without x cost of a day without
           + worth at home, averaged over the season x its years x holding rate
           + asks x cost of an ask
           + cancelled orders x hassle + complaints x hassle) / household-years

    paid: totals at checkout of all orders that were not cancelled. Worth: at the goods' average
    price. All start with the same goods at home. A label is worth nothing here, though its
    buyer pays for it.
    """
    holding = tally.held_minor_days / DAYS_PER_YEAR * costs.holding_ppm_per_year / PPM
    cost = (
        tally.paid_minor
        - tally.left_minor
        + tally.days_without * costs.day_without
        + holding
        + tally.asked * costs.asked
        + tally.cancelled * costs.cancelled
        + tally.complained * costs.complained
    )
    return -cost / household_years


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean, and half the width of its 95 % interval; None for a single seed."""

    mean: float
    half_width: float | None


def interval(values: Sequence[float]) -> Interval:
    """Student's t over seeds, which are independent worlds."""
    count = len(values)
    if count < 2:
        return Interval(fmean(values), None)
    quantile = float(stdtrit(count - 1, (1 + CONFIDENCE) / 2))
    return Interval(fmean(values), quantile * stdev(values) / sqrt(count))
