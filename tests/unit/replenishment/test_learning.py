"""The product's forecaster, from a stock's history to its dates."""

import math
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replenishment.demand.families import Families, shipped
from replenishment.forecast import DayUse, Forecast, SlotHistory
from replenishment.learning import LearningForecaster
from replenishment.reorder import LeadTime, reorder_point

TODAY = date(2026, 3, 1)
FORECASTER = LearningForecaster(shipped())
WEEK = LeadTime(mean=7, sd=2)

uses = st.lists(st.floats(0, 500) | st.just(0.0), max_size=60)


def daily(*used: float) -> list[DayUse]:
    """One row a day, the last one yesterday."""
    first = TODAY - timedelta(days=len(used))
    return [DayUse(day_on=first + timedelta(days=n), used=u) for n, u in enumerate(used)]


def forecast(
    *used: float, typical: float = 45, category: str = "laundry-detergent"
) -> Forecast:
    slot = SlotHistory(typical_use_per_day=typical, category=category, use=daily(*used))
    return FORECASTER.forecast([slot], today=TODAY)


@pytest.mark.parametrize("category", ["laundry-detergent", "coffee-beans", "unheard-of"])
def test_a_new_device_is_forecast_from_its_makers_figure(category: str) -> None:
    cold = forecast(category=category)
    assert cold.observed_days == 0
    assert cold.demand.mean == pytest.approx(45)
    supply = cold.days_of_supply(450)
    assert 4 < supply.p50 < 11
    assert supply.p10 < supply.p50 < supply.p90


def test_steady_use_is_learned_and_the_range_narrows() -> None:
    known, cold = forecast(*[60.0] * 90), forecast()
    assert known.observed_days == 90
    assert known.demand.mean == pytest.approx(60, abs=2)
    narrow, wide = known.days_of_supply(600), cold.days_of_supply(450)
    assert 8 < narrow.p50 < 11
    assert narrow.p90 / narrow.p10 < wide.p90 / wide.p10


@given(
    st.sampled_from(["laundry-detergent", "dishwasher-tabs", "coffee-beans", "unheard-of"]),
    st.integers(150, 400),
    st.floats(45, 150),
    st.floats(7, 365),
)
@settings(max_examples=40)
def test_steady_use_lasts_as_long_as_a_division_says(category, days, used, cover) -> None:
    """Within 5 %, or half a day, from the maker's figure upwards: 60 days' use says 60."""
    supply = forecast(*[used] * days, category=category).days_of_supply(cover * used)
    assert supply.p50 == pytest.approx(cover, rel=0.05, abs=0.5)
    assert supply.p10 < cover < supply.p90


@given(st.floats(20, 45), st.floats(14, 365))
@settings(max_examples=20)
def test_a_family_that_uses_more_is_never_quite_forgotten(used, cover) -> None:
    """At half of the maker's figure the mean stays some 5 % above what is used."""
    known = forecast(*[used] * 300)
    assert used * 0.999 < known.demand.mean < used * 1.07
    supply = known.days_of_supply(cover * known.demand.mean)
    assert supply.p50 == pytest.approx(cover, rel=0.07)


def test_an_empty_history_of_no_slots_has_an_answer() -> None:
    nothing = FORECASTER.forecast([], today=TODAY)
    assert nothing.demand.mean == 0
    assert nothing.run_out_risk(5, WEEK) == 0.0


def test_two_slots_of_one_stock_add_up() -> None:
    one = SlotHistory(typical_use_per_day=30, category="x")
    other = SlotHistory(typical_use_per_day=40, category="x")
    both = FORECASTER.forecast([one, other], today=TODAY).demand
    alone = FORECASTER.forecast([other], today=TODAY).demand
    assert both.mean == pytest.approx(70)
    assert both.sd > alone.sd


def test_a_shuffled_history_gives_the_same_forecast() -> None:
    days = daily(10, 80, 0, 0, 55, 120)
    slots = [SlotHistory(typical_use_per_day=45, use=each) for each in (days, days[::-1])]
    one, other = (FORECASTER.forecast([slot], today=TODAY) for slot in slots)
    assert one == other


@pytest.mark.parametrize(
    "odd",
    [
        DayUse(day_on=TODAY - timedelta(days=1), used=math.nan),
        DayUse(day_on=TODAY - timedelta(days=1), used=-3.0),
        DayUse(day_on=TODAY - timedelta(days=1), used=10.0, exposure_days=0),
        DayUse(day_on=TODAY + timedelta(days=400), used=10.0),  # the clock went back
    ],
)
def test_what_cannot_have_been_used_teaches_nothing(odd: DayUse) -> None:
    slot = SlotHistory(typical_use_per_day=45, use=[odd])
    assert FORECASTER.forecast([slot], today=TODAY) == FORECASTER.forecast(
        [SlotHistory(typical_use_per_day=45)], today=TODAY
    )


@pytest.mark.parametrize(
    "used", [[], [30.0], [0.0] * 400, [1e18] * 3, [30.0] * 10_000], ids=len
)
def test_odd_histories_have_defined_answers(used: list[float]) -> None:
    found = forecast(*used)
    supply = found.days_of_supply(100)
    assert 0 < supply.p10 <= supply.p50 <= supply.p90 <= 3650
    assert 0 <= found.run_out_risk(100, WEEK) <= 1
    assert math.isfinite(reorder_point(found.demand, WEEK, 0.95))


def test_after_a_year_without_a_reading_the_forecast_is_wide_again() -> None:
    gap = SlotHistory(
        typical_use_per_day=45,
        use=[DayUse(day_on=TODAY - timedelta(days=1), used=9000, exposure_days=365)],
    )
    found = FORECASTER.forecast([gap], today=TODAY)
    assert found.observed_days == 365
    assert 20 < found.demand.mean < 45


def test_an_empty_slot_has_run_out() -> None:
    cold = forecast()
    assert cold.run_out_risk(0, WEEK) == 1.0
    assert cold.days_of_supply(0).p90 == 0.0


@given(uses, st.floats(0.1, 1e4), st.floats(0.1, 1e4))
def test_more_stock_never_brings_the_date_forward(used, one, other) -> None:
    found = forecast(*used)
    little, much = sorted((one, other))
    few, many = found.days_of_supply(little), found.days_of_supply(much)
    assert few.p10 <= many.p10 * (1 + 1e-9)
    assert few.p50 <= many.p50 * (1 + 1e-9)
    assert few.p90 <= many.p90 * (1 + 1e-9)
    assert found.run_out_risk(much, WEEK) <= found.run_out_risk(little, WEEK)


@given(uses, st.floats(1, 1e4), st.floats(1e-3, 1e3))
def test_units_change_nothing(used, left, scale) -> None:
    one = forecast(*used)
    other = forecast(*(each * scale for each in used), typical=45 * scale)
    mine, theirs = one.days_of_supply(left), other.days_of_supply(left * scale)
    assert (theirs.p10, theirs.p50, theirs.p90) == pytest.approx(
        (mine.p10, mine.p50, mine.p90), rel=1e-6
    )


def test_the_shipped_table_can_be_used() -> None:
    known: Families = shipped()
    assert known.family("laundry-detergent") == known.families["washer"]
    assert known.family("never seen") == known.unknown
    assert len(known.group("laundry-detergent").reliability) == 3
    for family in known.families.values():
        assert family.group in known.groups
        assert family.uses_per_day > 0
        assert family.spread > 0
