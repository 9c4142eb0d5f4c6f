"""Dates and reorder points: worked numbers and properties."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import gamma, norm

from replenishment.demand.arithmetic import ONE
from replenishment.demand.depletion import FARTHEST_DAYS, depletion_days, depletion_score
from replenishment.demand.lead_demand import exceeded, lead_days, lead_use, not_exceeded
from replenishment.demand.model import Demand

amounts = st.floats(1e-3, 1e4)


@st.composite
def demands(draw: st.DrawFn) -> Demand[float]:
    """Spreads within what the model can state of a mean."""
    mean = draw(amounts)
    return Demand(
        mean=mean,
        sd=mean * draw(st.floats(0.05, 10)),
        mean_sd=mean * draw(st.floats(0.01, 2)),
        use_size=mean * draw(st.floats(0, 10)),
    )


lead_times = st.dictionaries(st.integers(0, 30), st.floats(0.01, 1), min_size=1, max_size=6)


def chances(weights: dict[int, float]) -> dict[int, float]:
    total = sum(weights.values())
    return {days: weight / total for days, weight in weights.items()}


def point(demand: Demand[float], lead: dict[int, float], score: float) -> float:
    mean, variance = lead_use(demand, lead_days(lead))
    return not_exceeded(mean, variance, score, demand.use_size, ONE)


@given(demands(), st.floats(0.1, 200), st.floats(-2, 2))
def test_the_day_is_where_the_chance_reaches_its_level(demand, cover, score) -> None:
    left = cover * demand.mean
    days = depletion_days(score, left, demand, ONE)
    if 0.01 < days < FARTHEST_DAYS / 2:
        assert depletion_score(days, left, demand, ONE) == pytest.approx(score, abs=1e-6)


@given(demands(), st.floats(0.1, 100), st.floats(0.1, 100), st.floats(-2, 2))
def test_more_stock_never_brings_the_date_forward(demand, one, other, score) -> None:
    little, much = sorted((one * demand.mean, other * demand.mean))
    assert depletion_days(score, much, demand, ONE) >= depletion_days(
        score, little, demand, ONE
    ) * (1 - 1e-9)


@given(st.floats(7, 365), st.floats(0.01, 1), st.floats(0.001, 0.05))
def test_a_rate_known_well_leans_at_no_cover(cover, clump, mean_sd) -> None:
    known = Demand(mean=1.0, sd=clump**0.5, mean_sd=mean_sd, use_size=clump)
    assert depletion_days(0.0, cover, known, ONE) == pytest.approx(cover, rel=0.03)


@given(demands(), st.floats(0.1, 100))
def test_quantiles_are_in_order(demand, cover) -> None:
    days = [
        depletion_days(score, cover * demand.mean, demand, ONE) for score in (-1.28, 0, 1.28)
    ]
    assert days == sorted(days)


@given(demands(), lead_times, st.integers(1, 30), st.floats(0, 3.5))
def test_more_lead_time_never_lowers_the_reorder_point(demand, lead, more, score) -> None:
    sooner = chances(lead)
    later = {days + more: chance for days, chance in sooner.items()}
    assert point(demand, later, score) >= point(demand, sooner, score) * (1 - 1e-9)


@given(demands(), lead_times, st.floats(1, 5), st.floats(1, 5), st.floats(-1, 3.5))
def test_more_spread_never_lowers_the_reorder_point(demand, lead, wider, vaguer, score) -> None:
    wild = Demand(
        mean=demand.mean,
        sd=demand.sd * wider,
        mean_sd=demand.mean_sd * vaguer,
        use_size=demand.use_size,
    )
    calm = point(demand, chances(lead), score)
    assert point(wild, chances(lead), score) >= calm * (1 - 1e-9)


@given(demands(), lead_times, st.floats(-3, 3.5), st.floats(-3, 3.5))
def test_a_higher_service_level_never_lowers_the_reorder_point(
    demand, lead, one, other
) -> None:
    low, high = sorted((one, other))
    assert point(demand, chances(lead), high) >= point(demand, chances(lead), low) * (1 - 1e-9)


@given(st.floats(1, 1e4), st.floats(0.01, 0.8), st.floats(0.5, 0.999))
def test_the_quantile_is_that_of_a_gamma_distribution(mean, spread, level) -> None:
    variance = (spread * mean) ** 2
    assume(variance / (9 * mean**2) < norm.ppf(level) ** 2 / 4)
    exact = gamma.ppf(level, mean**2 / variance, scale=variance / mean)
    assert not_exceeded(mean, variance, norm.ppf(level), 0.0, ONE) == pytest.approx(
        exact, rel=0.02
    )


@given(st.floats(1, 1e3), st.floats(0.05, 0.6), st.floats(0.6, 0.99))
def test_the_risk_at_the_reorder_point_is_the_one_promised(mean, spread, level) -> None:
    variance = (spread * mean) ** 2
    assume(spread / 3 < norm.ppf(level) / 2)
    at = not_exceeded(mean, variance, float(norm.ppf(level)), 0.0, ONE)
    assert exceeded(at, mean, variance) == pytest.approx(1 - level, abs=1e-6)


def test_a_lead_time_adds_the_day_of_the_next_review() -> None:
    certain = Demand(mean=10.0, sd=0.0, mean_sd=0.0, use_size=0.0)
    mean, variance = lead_use(certain, lead_days({3: 1.0}))
    assert mean == 40
    assert 0 < variance < 10**2  # the drift of four days


def test_chances_rise_with_the_days() -> None:
    demand = Demand(mean=10.0, sd=12.0, mean_sd=4.0, use_size=5.0)
    scores = [depletion_score(float(day), 150.0, demand, ONE) for day in range(1, 121)]
    assert np.all(np.diff(scores) > 0)
