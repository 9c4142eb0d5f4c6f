from datetime import UTC, datetime, timedelta, timezone

import pytest

from core.clock import ClockWentBack, SteppedClock, WallClock

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_a_stepped_clock_stands_still_until_it_is_stepped() -> None:
    clock = SteppedClock(NOON)
    assert clock.now() == clock.now() == NOON
    clock.step_to(NOON + HOUR)
    assert clock.now() == NOON + HOUR


def test_a_stepped_clock_does_not_go_back() -> None:
    clock = SteppedClock(NOON)
    clock.step_to(NOON)
    with pytest.raises(ClockWentBack, match="cannot go back to 2026-03-01T11:00:00"):
        clock.step_to(NOON - HOUR)
    assert clock.now() == NOON


def test_a_stepped_clock_tells_utc_whatever_zone_it_was_given() -> None:
    berlin = timezone(2 * HOUR)
    clock = SteppedClock(datetime(2026, 7, 1, 12, tzinfo=berlin))
    assert clock.now().isoformat() == "2026-07-01T10:00:00+00:00"
    clock.step_to(datetime(2026, 7, 1, 13, tzinfo=berlin))
    assert clock.now().isoformat() == "2026-07-01T11:00:00+00:00"


def test_a_start_without_zone_is_no_instant() -> None:
    with pytest.raises(ValueError, match="aware"):
        SteppedClock(datetime(2026, 3, 1))  # noqa: DTZ001 - on purpose


def test_the_wall_clock_tells_utc() -> None:
    assert WallClock().now().utcoffset() == timedelta(0)
