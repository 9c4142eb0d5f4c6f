"""How much of a consumable one slot uses: a discounted compound Gamma-Poisson model.

Pure. Everything is counted in uses: `x` is the use of one day divided by the typical size of
one use. State after a day of use x over n days (n > 1: nothing was heard in between):

    r  = a / b                                uses a day
    a <- G (a - a0) + a0 + x                  the gamma posterior of the rate, which forgets
    b <- G (b - b0) + b0 + w n                towards the prior (a0, b0) of the device family
    p <- G (p - k f0) + k f0 + w v            sums of the dispersion f = p / d, shrunk to the
    d <- G (d - k) + k + w                    family's f0 with weight k
    v  = (x - r n)^2 / (r n),  G = g^(w n)

w is 1, and AWAY_COUNTS for days after nothing was used for so long that -log P(nothing) of the
negative binomial, r n log(f) / (f - 1) a day, has passed AWAY: somebody is away. A holiday
must not teach a lower rate, as the next use will be at the old one; use that has ended does
fade, ten times more slowly.

Sources: discounting of a gamma posterior: West & Harrison (1997), Bayesian Forecasting and
Dynamic Models, ch. 10; towards the prior: Kulhavy & Zarrop (1993), On a general concept of
forgetting, doi:10.1080/00207179308923034. Compound Poisson demand and its variance-to-mean
ratio: Adelson (1966), doi:10.1057/jors.1966.8. Constants: docs/forecast.md.
"""

import math
from typing import Final, Generic, NamedTuple

from replenishment.demand.arithmetic import Arithmetic, Number

LOG_KEPT: Final = math.log(0.99)  # of what is known, per day: half is forgotten in ten weeks
DISPERSION_WEIGHT: Final = 200.0  # of the family's dispersion, in days
AWAY: Final = 3.0  # -log P: nothing used for so long happens once in twenty such stretches
AWAY_COUNTS: Final = 0.1
LEAST_EXPECTED: Final = 0.02  # uses
LEAST_DISPERSION: Final = 0.05
LEAST_CLUSTERING: Final = 0.3  # no slot is so regular that its rate is known at once
LEAST_USES: Final = 0.25
RATE_SPREAD: Final = 2.5  # rates of households are less alike than a gamma posterior says
MOST_USES_A_DAY: Final = 1000.0  # more is a fault of the device, and must stay finite


class Prior(NamedTuple, Generic[Number]):
    """What is known of a slot before its first reading, as `uses` seen in `days`."""

    uses: Number
    days: Number
    dispersion: Number  # variance of a day's uses over their mean
    use_size: Number  # units of the stock


class Learned(NamedTuple, Generic[Number]):
    """The state of one slot. `observed_days`: of exposure, without forgetting."""

    uses: Number
    days: Number
    squares: Number
    squares_weight: Number
    missed: Number  # -log P of the days without use up to now
    observed_days: Number


class Demand(NamedTuple, Generic[Number]):
    """Use of one stock, in units per day. `mean_sd` is how far the mean itself may be off
    today; `use_size`: units that go at once, 0 for what flows.
    """

    mean: Number
    sd: Number
    mean_sd: Number
    use_size: Number


def unlearned(prior: Prior[Number]) -> Learned[Number]:
    nothing = 0.0 * prior.uses
    return Learned(
        uses=prior.uses,
        days=prior.days,
        squares=DISPERSION_WEIGHT * prior.dispersion,
        squares_weight=nothing + DISPERSION_WEIGHT,
        missed=nothing,
        observed_days=nothing,
    )


def learn(
    state: Learned[Number],
    prior: Prior[Number],
    used: Number,
    days: Number,
    on: Arithmetic[Number],
) -> Learned[Number]:
    """used: units, >= 0, over the `days` >= 1 that end with the observed one. O(1)."""
    uses = used / prior.use_size
    uses = on.choose(uses > MOST_USES_A_DAY * days, MOST_USES_A_DAY * days, uses)
    expected = state.uses / state.days * days
    silence = expected * _nothing(_dispersion(state, on), on)
    missed = on.choose(uses > 0, 0.0 * silence, state.missed + silence)
    away = on.at_most(on.at_least((missed - AWAY) / silence, 0.0), 1.0)
    counted = 1.0 - (1.0 - AWAY_COUNTS) * away
    kept = on.exp(LOG_KEPT * counted * days)
    square = (uses - expected) ** 2 / on.at_least(expected, LEAST_EXPECTED)
    before = DISPERSION_WEIGHT * prior.dispersion
    return Learned(
        uses=kept * (state.uses - prior.uses) + prior.uses + uses,
        days=kept * (state.days - prior.days) + prior.days + counted * days,
        squares=kept * (state.squares - before) + before + counted * square,
        squares_weight=kept * (state.squares_weight - DISPERSION_WEIGHT)
        + DISPERSION_WEIGHT
        + counted,
        missed=missed,
        observed_days=state.observed_days + days,
    )


def demand(
    state: Learned[Number], prior: Prior[Number], on: Arithmetic[Number]
) -> Demand[Number]:
    """Var(use of a day | rate) = f u m; Var(rate) / m^2 = RATE_SPREAD f / a: uses come in
    clumps of f.
    """
    mean = state.uses / state.days * prior.use_size
    dispersion = _dispersion(state, on)
    clustering = on.at_least(dispersion, LEAST_CLUSTERING)
    variance = RATE_SPREAD * clustering / on.at_least(state.uses, LEAST_USES)
    return Demand(
        mean=mean,
        sd=on.sqrt(dispersion * prior.use_size * mean),
        mean_sd=mean * on.sqrt(variance),
        use_size=prior.use_size,
    )


def _dispersion(state: Learned[Number], on: Arithmetic[Number]) -> Number:
    return on.at_least(state.squares / state.squares_weight, LEAST_DISPERSION)


def _nothing(dispersion: Number, on: Arithmetic[Number]) -> Number:
    """-log P(no use) of a negative binomial with mean 1: log(f) / (f - 1), 1 for f = 1."""
    above = dispersion - 1.0
    is_poisson = abs(above) < 1e-9
    above = on.choose(is_poisson, 0.0 * above + 1e-9, above)
    return on.log1p(above) / above
