"""Replaying a history: what is judged, and that a forecaster cannot look ahead."""

import random
from collections.abc import Sequence
from datetime import date, timedelta
from statistics import NormalDist

import pytest

from replenishment.backtest import COVERS_DAYS, BackTest, Replayed, back_test
from replenishment.forecast import (
    DayUse,
    ExponentialForecaster,
    Forecast,
    SlotHistory,
)
from replenishment.reorder import Demand

FIRST = date(2026, 1, 1)


def slot(*used: float, typical: float = 10, first: date = FIRST) -> SlotHistory:
    days = [DayUse(day_on=first + timedelta(days=n), used=each) for n, each in enumerate(used)]
    return SlotHistory(typical_use_per_day=typical, use=days)


class Knowing:
    """Knows how use is made, and remembers what it was shown."""

    def __init__(self, mean: float, sd: float) -> None:
        self.demand = Demand(mean=mean, sd=sd)
        self.shown: list[tuple[date, int]] = []

    def forecast(self, slots: Sequence[SlotHistory], *, today: date) -> Forecast:
        days = [day.day_on for each in slots for day in each.use]
        assert all(day < today for day in days)
        self.shown.append((today, len(days)))
        return Forecast(demand=self.demand, observed_days=len(days))


def normal(days: int, mean: float, sd: float, seed: int = 1) -> list[float]:
    chance = random.Random(seed)  # noqa: S311 - a simulation
    return [max(0.0, chance.gauss(mean, sd)) for _ in range(days)]


def test_steady_use_is_forecast_to_the_day():
    found = back_test([slot(*[10.0] * 120)], ExponentialForecaster())
    assert found.is_telling
    assert [found.date_error_days(each) for each in COVERS_DAYS] == pytest.approx(
        [0, 0, 0], abs=1e-6
    )
    assert found.stock_out_share == 0


def test_a_forecaster_sees_yesterday_and_nothing_later():
    knowing = Knowing(10, 1)
    back_test([slot(*[10.0] * 60)], knowing)
    assert all(days == (today - FIRST).days for today, days in knowing.shown)


def test_a_forecaster_that_knows_the_truth_covers_what_it_promises():
    found = back_test([slot(*normal(1500, 10, 3))], Knowing(10, 3))
    assert found.coverage == pytest.approx(0.8, abs=0.06)
    for level, share in found.reliability():
        assert share == pytest.approx(level, abs=0.12)


def test_the_replayed_orders_keep_the_service_level_they_are_given():
    history = [slot(*normal(4000, 10, 3))]
    often = back_test(history, Knowing(10, 3), Replayed(service_level=0.8, every_days=400))
    rarely = back_test(history, Knowing(10, 3), Replayed(service_level=0.99, every_days=400))
    assert often.stock_out_share is not None
    assert rarely.stock_out_share is not None
    assert rarely.stock_out_share < often.stock_out_share <= 0.2
    assert rarely.excess_days > often.excess_days


def test_one_that_is_too_sure_is_found_out():
    sure = back_test([slot(*normal(1500, 10, 8))], Knowing(10, 1))
    assert sure.coverage is not None
    assert sure.coverage < 0.4


def test_what_was_never_used_up_is_later_than_forecast():
    used = [10.0] * 30 + [0.0] * 60
    found = back_test([slot(*used)], Knowing(10, 3))
    late = [trial for trial in found.trials if trial.made_on > FIRST + timedelta(days=30)]
    assert late
    assert not any(trial.is_covered for trial in late)
    assert all(trial.pit > NormalDist().cdf(1) for trial in late)


def test_two_slots_are_one_stock():
    together = back_test([slot(*[6.0] * 90), slot(*[4.0] * 90)], Knowing(10, 1))
    alone = back_test([slot(*[10.0] * 90)], Knowing(10, 1))
    assert together.cycles == alone.cycles
    assert [each.came_days for each in together.trials] == pytest.approx(
        [each.came_days for each in alone.trials]
    )


def test_a_gap_is_spread_over_its_days_and_a_hole_ends_the_stretch():
    gap = SlotHistory(
        typical_use_per_day=10,
        use=[
            DayUse(day_on=FIRST + timedelta(days=39), used=400, exposure_days=40),
            *slot(*[10.0] * 40, first=FIRST + timedelta(days=40)).use,
        ],
    )
    whole = back_test([gap], Knowing(10, 1))
    assert {each.error_days for each in whole.trials} == {0}
    hole = slot(*[10.0] * 40).use + slot(*[10.0] * 5, first=FIRST + timedelta(days=41)).use
    assert (
        back_test([SlotHistory(typical_use_per_day=10, use=hole)], Knowing(10, 1)) == BackTest()
    )


@pytest.mark.parametrize("days", [0, 1, 7])
def test_too_little_history_says_nothing(days):
    assert back_test([slot(*[10.0] * days)], ExponentialForecaster()) == BackTest()


def test_what_is_never_used_has_no_date_that_came():
    found = back_test([slot(*[0.0] * 100)], ExponentialForecaster())
    assert [trial.came_days for trial in found.trials] == [
        100 - (trial.made_on - FIRST).days for trial in found.trials
    ]
    assert found.cycles == ()


def test_no_history_at_all_is_no_failure():
    assert back_test([], Knowing(1, 1)) == BackTest()
    assert BackTest().coverage is None
    assert (BackTest() + BackTest()).excess_days is None
