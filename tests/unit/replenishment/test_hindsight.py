"""When a quantity was used up, and whether a stock ran out, told afterwards."""

from datetime import UTC, date, datetime, timedelta

from replenishment.forecast import DayUse
from replenishment.hindsight import Level, SpareUse, UsedUp, ran_out, used_up

MONDAY = date(2026, 3, 2)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def uses(*used: float, first: date = MONDAY) -> list[DayUse]:
    return [DayUse(day_on=first + timedelta(days=n), used=u) for n, u in enumerate(used)]


def level(day: int, amount: float, slot: str = "a") -> Level:
    return Level(NOON + timedelta(days=day), slot, amount)


def spare(day: int) -> SpareUse:
    return SpareUse(NOON + timedelta(days=day), 1)


def test_it_was_used_up_on_the_day_on_which_the_sum_reaches_it() -> None:
    assert used_up([uses(10, 0, 10, 10)], MONDAY, 30, 9) == UsedUp(3, 4)
    assert used_up([uses(10, 0, 10, 10)], MONDAY, 20, 9) == UsedUp(2, 3)
    assert used_up([uses(10)], MONDAY, 10, 9) == UsedUp(0, 1)


def test_use_from_before_the_forecast_is_another_matter() -> None:
    early = uses(500, 500, first=MONDAY - timedelta(days=2))
    assert used_up([early + uses(10, 10)], MONDAY, 20, 9) == UsedUp(1, 2)


def test_as_long_as_it_lasts_nothing_is_known() -> None:
    assert used_up([uses(10, 10)], MONDAY, 30, 9) is None
    assert used_up([[]], MONDAY, 30, 9) is None
    assert used_up([], MONDAY, 30, 9) is None


def test_what_lasts_beyond_the_watch_did_not_come_in_time() -> None:
    assert used_up([uses(*[1.0] * 9)], MONDAY, 30, 9) == UsedUp(9, None)


def test_a_gap_leaves_a_range_of_days() -> None:
    gap = DayUse(day_on=MONDAY + timedelta(days=4), used=30, exposure_days=4)
    assert used_up([[*uses(10), gap]], MONDAY, 25, 9) == UsedUp(1, 5)


def test_several_slots_are_counted_on_evenings_that_all_of_them_know() -> None:
    gap = DayUse(day_on=MONDAY + timedelta(days=2), used=30, exposure_days=3)
    assert used_up([uses(10, 10, 10), [gap]], MONDAY, 35, 9) == UsedUp(0, 3)


def test_an_empty_slot_without_a_spare_is_a_stock_out() -> None:
    falling = [level(0, 100), level(1, 30), level(2, 500)]
    assert ran_out(falling, [], spares=0, empty_below=40)
    assert not ran_out(falling, [], spares=0, empty_below=30)
    assert not ran_out(falling, [], spares=1, empty_below=40)


def test_a_spare_that_was_filled_in_before_helps_only_once() -> None:
    twice = [level(0, 100), level(1, 500), level(5, 10)]
    assert ran_out(twice, [spare(1)], spares=1, empty_below=40)
    assert not ran_out(twice, [spare(1)], spares=2, empty_below=40)


def test_slots_are_empty_together_or_not_at_all() -> None:
    one_empty = [level(0, 100, "a"), level(0, 100, "b"), level(1, 0, "a")]
    assert not ran_out(one_empty, [], spares=0, empty_below=40)
    assert ran_out([*one_empty, level(2, 0, "b")], [], spares=0, empty_below=40)


def test_nothing_heard_is_no_stock_out() -> None:
    assert not ran_out([], [], spares=0, empty_below=40)
