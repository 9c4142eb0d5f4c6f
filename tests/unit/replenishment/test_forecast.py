"""Demand, depletion and run-out risk."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replenishment.forecast import (
    FARTHEST_DAYS,
    DayUse,
    ExponentialForecaster,
    Forecast,
    SlotHistory,
    depletion_day,
)
from replenishment.reorder import Demand, LeadTime

TODAY = date(2026, 3, 1)
FORECASTER = ExponentialForecaster()

demands = st.builds(
    Demand,
    mean=st.floats(0.01, 1e3),
    sd=st.floats(0, 1e3),
    mean_sd=st.floats(0, 1e2),
)


def daily(*used: float) -> list[DayUse]:
    """One row a day, the last one yesterday."""
    first = TODAY - timedelta(days=len(used))
    return [DayUse(day_on=first + timedelta(days=n), used=u) for n, u in enumerate(used)]


def forecast(*used: float, typical: float = 45) -> Forecast:
    slot = SlotHistory(typical_use_per_day=typical, use=daily(*used))
    return FORECASTER.forecast([slot], today=TODAY)


def test_a_new_device_is_forecast_from_its_makers_figure():
    cold = forecast()
    assert cold.demand == Demand(mean=45, sd=45, mean_sd=pytest.approx(45 / 7**0.5))
    assert cold.days_of_supply(450).p50 == pytest.approx(10)


def test_one_observation_weighs_by_its_age():
    slot = SlotHistory(
        typical_use_per_day=45, use=[DayUse(day_on=TODAY - timedelta(days=30), used=90)]
    )
    demand = FORECASTER.forecast([slot], today=TODAY).demand
    assert demand.mean == pytest.approx((7 * 45 + 0.5 * 90) / 7.5)
    assert demand.sd**2 == pytest.approx((7 * 45**2 + 0.5 * (90 - 48) ** 2) / 7.5)


def test_steady_use_is_learned_and_the_range_narrows():
    known = forecast(*[60.0] * 90)
    assert known.demand.mean == pytest.approx(58, abs=1)
    assert known.demand.sd < 25
    supply, cold = known.days_of_supply(600), forecast().days_of_supply(600)
    assert supply.p90 - supply.p10 < (cold.p90 - cold.p10) / 2


def test_a_gap_of_n_days_is_one_observation_of_n():
    gap = SlotHistory(
        typical_use_per_day=45,
        use=[DayUse(day_on=TODAY - timedelta(days=1), used=300, exposure_days=5)],
    )
    demand = FORECASTER.forecast([gap], today=TODAY).demand
    weight = 2 ** (-1 / 30)
    assert demand.mean == pytest.approx((7 * 45 + weight * 300) / (7 + weight * 5))


def test_two_slots_of_one_stock_add_up():
    one = SlotHistory(typical_use_per_day=30)
    other = SlotHistory(typical_use_per_day=40)
    demand = FORECASTER.forecast([one, other], today=TODAY).demand
    assert (demand.mean, demand.sd) == (70, pytest.approx(50))


def test_a_shuffled_history_gives_the_same_forecast():
    days = daily(10, 80, 0, 0, 55, 120)
    slots = [SlotHistory(typical_use_per_day=45, use=each) for each in (days, days[::-1])]
    one, other = (FORECASTER.forecast([slot], today=TODAY) for slot in slots)
    assert one == other


@given(demands, st.floats(0.1, 1e4), st.sampled_from((0.1, 0.5, 0.9)))
def test_the_depletion_day_is_where_the_risk_reaches_the_quantile(demand, left, quantile):
    day = depletion_day(demand, left, quantile)
    if 1e-3 < day < FARTHEST_DAYS and demand.sd > 1e-3:
        risk = Forecast(demand=demand, observed_days=0).run_out_risk(left, LeadTime(mean=day))
        assert risk == pytest.approx(quantile, abs=1e-3)


@given(demands, st.floats(0, 1e4), st.floats(0, 1e4))
def test_more_stock_never_brings_the_date_forward(demand, one, other):
    little, much = sorted((one, other))
    for quantile in (0.1, 0.5, 0.9):
        assert (
            depletion_day(demand, much, quantile)
            >= depletion_day(demand, little, quantile) - 1e-9
        )


@given(demands, st.floats(0, 1e4))
def test_quantiles_are_in_order(demand, left):
    supply = Forecast(demand=demand, observed_days=0).days_of_supply(left)
    assert 0 <= supply.p10 <= supply.p50 + 1e-9 <= supply.p90 + 2e-9


def test_an_empty_slot_has_run_out():
    cold = forecast()
    assert cold.run_out_risk(0, LeadTime(mean=1)) == 1.0
    assert cold.days_of_supply(0).p90 == 0.0


def test_use_without_spread_runs_out_on_its_day():
    exact = Forecast(demand=Demand(mean=10, sd=0), observed_days=30)
    assert exact.days_of_supply(100).p90 == 10
    assert exact.run_out_risk(100, LeadTime(mean=9.9)) == 0.0
    assert exact.run_out_risk(100, LeadTime(mean=10)) == 1.0
