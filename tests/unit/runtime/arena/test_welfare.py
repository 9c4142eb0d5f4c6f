import pytest

from runtime.arena.season import Tally
from runtime.arena.welfare import OwnerCosts, interval, welfare_minor

A_TALLY = Tally(
    orders=20,
    paid_minor=50_000,
    left_minor=2_000.0,
    held_minor_days=365 * 1_000.0,
    days_without=3,
    asked=4,
    cancelled=2,
    complained=1,
)


def test_welfare_is_what_the_formula_says() -> None:
    # 500 - 20 + 3 x 2 + 10 x 8 % + 4 x 1 + 2 x 5 + 1 x 5 EUR = 505.80, over two years
    assert welfare_minor(A_TALLY, 2.0) == pytest.approx(-25_290)


def test_an_owner_for_whom_a_day_without_is_worse_has_less_of_it() -> None:
    dear = OwnerCosts(day_without=2_000)
    assert welfare_minor(A_TALLY, 1.0, dear) == pytest.approx(-50_580 - 3 * 1_800)


def test_an_interval_is_student_s() -> None:
    found = interval([1.0, 2.0, 3.0])
    assert found.mean == 2.0
    assert found.half_width == pytest.approx(4.302653 / 3**0.5, rel=1e-6)  # t(2) at 97.5 %


def test_one_seed_has_no_interval() -> None:
    assert interval([7.0]).half_width is None
