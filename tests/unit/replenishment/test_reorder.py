"""Reorder point and quantity: worked numbers and properties."""

import math
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replenishment.reorder import (
    Bounds,
    Demand,
    LeadTime,
    OrderCosts,
    critical_ratio,
    economic_quantity,
    lead_time_demand,
    order_quantity,
    reorder_point,
    safety_stock,
    service_level,
)

A_HUNDRED_A_DAY = Demand(mean=100, sd=20)
ABOUT_A_WEEK = LeadTime(mean=7, sd=2)

amounts = st.floats(min_value=0.01, max_value=1e4)
spreads = st.floats(min_value=0, max_value=1e4)
days = st.floats(min_value=0, max_value=60)
levels = st.floats(min_value=0.01, max_value=0.999)
demands = st.builds(Demand, mean=amounts, sd=spreads, mean_sd=spreads)
limits = st.builds(
    Bounds,
    target=st.integers(0, 10**6) | st.none(),
    most=st.integers(1, 10**6) | st.none(),
    keeps_days=st.integers(1, 400) | st.none(),
)
prices = st.builds(
    OrderCosts,
    per_order=st.floats(0, 1e4),
    per_unit=st.floats(0.01, 1e4),
    holding_per_year=st.floats(0, 1),
)
A_LITRE_OF_DETERGENT = OrderCosts(per_order=390, per_unit=0.56, holding_per_year=0.08)


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


@given(demands, st.floats(0, 1e5), st.floats(0, 1e5), limits, prices | st.none())
def test_a_quantity_stays_within_the_room_at_home(demand, reorder_at, position, bounds, costs):
    wanted = order_quantity(demand, reorder_at, position, bounds, costs)
    if wanted is None:
        assert bounds.most is not None
        assert bounds.most - position < 1
        return
    assert 1 <= wanted.least <= wanted.target <= wanted.most
    if bounds.most is not None:
        assert position + wanted.most <= bounds.most


def test_the_least_quantity_lifts_the_position_above_the_reorder_point():
    wanted = order_quantity(Demand(mean=10, sd=3), 100, 80, Bounds())
    assert (wanted.least, wanted.target) == (21, 320)


def test_a_cartridge_slot_is_filled_with_whole_cartridges():
    wanted = order_quantity(Demand(mean=0.012, sd=0.012), 0.2, 0.15, Bounds(most=2))
    assert (wanted.least, wanted.target, wanted.most) == (1, 1, 1)


def test_an_order_fills_up_to_what_the_owner_set():
    wanted = order_quantity(Demand(mean=10, sd=3), 100, 80, Bounds(target=250))
    assert (wanted.least, wanted.target) == (21, 170)
    assert order_quantity(Demand(mean=10, sd=3), 100, 80, Bounds(target=90)).target == 21


def test_no_more_is_bought_than_can_be_used_while_it_is_good():
    wanted = order_quantity(Demand(mean=10, sd=3), 100, 80, Bounds(keeps_days=30))
    assert (wanted.least, wanted.target, wanted.most) == (21, 220, 220)


def test_a_slow_eater_still_gets_the_unit_that_is_needed():
    wanted = order_quantity(Demand(mean=0.1, sd=0.3), 2, 1.5, Bounds(keeps_days=7))
    assert (wanted.least, wanted.target, wanted.most) == (1, 1, 1)


def test_dear_delivery_makes_larger_orders_and_free_delivery_does_not():
    demand = Demand(mean=45, sd=20)
    economic = economic_quantity(demand, A_LITRE_OF_DETERGENT)
    assert economic == pytest.approx(math.sqrt(2 * 390 * 45 / (0.56 * 0.08 / 365)))
    plain = order_quantity(demand, 300, 200, Bounds())
    dear = order_quantity(demand, 300, 200, Bounds(), A_LITRE_OF_DETERGENT)
    assert dear.target == dear.most == 2700 > plain.target
    free = OrderCosts(per_order=0, per_unit=0.56, holding_per_year=0.08)
    assert order_quantity(demand, 300, 200, Bounds(), free) == plain


def test_no_second_cartridge_is_bought_to_save_one_delivery():
    toner = OrderCosts(per_order=390, per_unit=5900, holding_per_year=0.08)
    wanted = order_quantity(Demand(mean=0.017, sd=0.02), 0.18, 0.16, Bounds(), toner)
    assert (wanted.target, wanted.most) == (1, 2)


@given(amounts, prices)
def test_no_other_quantity_costs_less_than_the_economic_one(mean, costs):
    demand = Demand(mean=mean, sd=0)
    best = economic_quantity(demand, costs)
    if not 0 < best < math.inf:
        return

    def a_day(quantity: float) -> float:
        keeping = costs.per_unit * costs.holding_per_year / 365 * quantity / 2
        return costs.per_order * mean / quantity + keeping

    assert all(a_day(best) <= a_day(best * share) * (1 + 1e-9) for share in (0.5, 0.9, 1.1, 2))


def test_the_newsvendor_of_stockpyl_agrees():
    demand, short, excess = Demand(mean=120, sd=10), 18, 2
    level = critical_ratio(short, excess)
    z = NormalDist().inv_cdf(level)
    stock = 120 + z * 10
    assert stock == pytest.approx(132.8155, abs=5e-5)
    # Its demand is normal, ours gamma: so narrow a one is nearly the same.
    assert reorder_point(demand, LeadTime(mean=1), level) == pytest.approx(stock, rel=0.005)
    lost = NormalDist().pdf(z) - z * (1 - NormalDist().cdf(z))  # standard loss function
    cost = excess * (stock - 120) + (short + excess) * 10 * lost
    assert cost == pytest.approx(35.0997, abs=5e-5)


def test_a_dearer_day_without_is_made_surer():
    demand = Demand(mean=45, sd=20)
    levels = [
        service_level(demand, A_LITRE_OF_DETERGENT, cents) for cents in (1, 2, 100, 10**6)
    ]
    assert levels == sorted(levels)
    assert levels[-1] == 0.999
    excess = 45 * 0.56 * 0.08 * 30 / 365
    assert levels[0] == pytest.approx(1 / (1 + excess))


@given(demands, prices, st.floats(0, 1e6))
def test_a_service_level_from_costs_is_one_that_can_be_kept(demand, costs, a_day):
    assert 0.5 <= service_level(demand, costs, a_day) <= 0.999
