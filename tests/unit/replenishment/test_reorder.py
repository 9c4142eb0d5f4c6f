"""Reorder point and quantity: worked numbers and properties."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replenishment.reorder import (
    Bounds,
    Demand,
    LeadTime,
    lead_time_demand,
    order_quantity,
    reorder_point,
    safety_stock,
)

A_HUNDRED_A_DAY = Demand(mean=100, sd=20)
ABOUT_A_WEEK = LeadTime(mean=7, sd=2)

amounts = st.floats(min_value=0.01, max_value=1e4)
spreads = st.floats(min_value=0, max_value=1e4)
days = st.floats(min_value=0, max_value=60)
levels = st.floats(min_value=0.01, max_value=0.999)
demands = st.builds(Demand, mean=amounts, sd=spreads, mean_sd=spreads)


def test_the_worked_example_of_the_design_gives_1071_12():
    # Mean 700, variance 7 x 20^2 + 100^2 x 2^2 = 206.88^2, so c = (206.88 / 700)^2 / 9 and
    # 700 x (1 - c + 1.6449 x sqrt(c))^3; the 95 % quantile of that gamma is 1,071.36.
    assert reorder_point(A_HUNDRED_A_DAY, ABOUT_A_WEEK, 0.95) == pytest.approx(
        1071.12, abs=0.005
    )


def test_lead_time_demand_adds_the_error_of_the_mean():
    mean, sd = lead_time_demand(Demand(mean=100, sd=20, mean_sd=10), ABOUT_A_WEEK)
    assert mean == 700
    assert sd**2 == pytest.approx(7 * 400 + 10_000 * 4 + 100 * (49 + 4))


@given(demands, days, days, spreads, levels)
def test_more_lead_time_never_lowers_the_reorder_point(demand, some, more, sd, level):
    short, long = sorted((some, more))
    assert reorder_point(demand, LeadTime(mean=long, sd=sd), level) >= reorder_point(
        demand, LeadTime(mean=short, sd=sd), level
    )


@given(amounts, spreads, spreads, days, spreads, levels)
def test_more_spread_never_lowers_the_reorder_point(mean, one, other, lead, lead_sd, level):
    calm, wild = sorted((one, other))
    lead_time = LeadTime(mean=lead, sd=lead_sd)
    assert reorder_point(Demand(mean=mean, sd=wild), lead_time, level) >= reorder_point(
        Demand(mean=mean, sd=calm), lead_time, level
    )


@given(demands, days, spreads, levels, levels)
def test_a_higher_service_level_never_lowers_the_reorder_point(demand, lead, sd, one, other):
    low, high = sorted((one, other))
    lead_time = LeadTime(mean=lead, sd=sd)
    assert reorder_point(demand, lead_time, high) >= reorder_point(demand, lead_time, low)


def test_the_owners_margin_replaces_a_smaller_safety_stock_only():
    computed = safety_stock(A_HUNDRED_A_DAY, ABOUT_A_WEEK, 0.95)
    plain = reorder_point(A_HUNDRED_A_DAY, ABOUT_A_WEEK, 0.95)
    assert reorder_point(A_HUNDRED_A_DAY, ABOUT_A_WEEK, 0.95, least=100) == plain
    assert reorder_point(A_HUNDRED_A_DAY, ABOUT_A_WEEK, 0.95, least=500) == pytest.approx(
        plain - computed + 500
    )


@given(demands, st.floats(0, 1e5), st.floats(0, 1e5), st.integers(1, 10**6) | st.none())
def test_a_quantity_stays_within_the_room_at_home(demand, reorder_at, position, most):
    wanted = order_quantity(demand, reorder_at, position, Bounds(most=most))
    if wanted is None:
        assert most is not None
        assert most - position < 1
        return
    assert 1 <= wanted.least <= wanted.target <= wanted.most
    if most is not None:
        assert position + wanted.most <= most


def test_the_least_quantity_lifts_the_position_above_the_reorder_point():
    wanted = order_quantity(Demand(mean=10, sd=3), 100, 80, Bounds())
    assert (wanted.least, wanted.target) == (21, 320)


def test_a_cartridge_slot_is_filled_with_whole_cartridges():
    wanted = order_quantity(Demand(mean=0.012, sd=0.012), 0.2, 0.15, Bounds(most=2))
    assert (wanted.least, wanted.target, wanted.most) == (1, 1, 1)
