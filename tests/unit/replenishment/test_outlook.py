"""Forecast, lead time and position put together."""

from datetime import UTC, date, datetime

import pytest

from replenishment.forecast import Forecast
from replenishment.outlook import Outlook, next_midnight
from replenishment.position import Position
from replenishment.reorder import Demand, LeadTime


def outlook(in_slot: float | None, **coming: int) -> Outlook:
    """The worked example of the design: reorder point 1,071.12."""
    parts = {"spares": 0, "on_order": 0, "waiting": 0, **coming}
    return Outlook(
        forecast=Forecast(demand=Demand(mean=100, sd=20), observed_days=60),
        lead_time=LeadTime(mean=7, sd=2),
        position=Position(in_slot=in_slot, **parts),
        service_level_ppm=950_000,
        least=0,
    )


def test_an_order_is_due_at_the_reorder_point() -> None:
    assert outlook(1071).is_due
    assert not outlook(1072).is_due
    assert not outlook(1071, waiting=1).is_due
    assert not outlook(None).is_due


def test_ingest_asks_for_a_review_where_the_position_reaches_the_reorder_point() -> None:
    assert outlook(900, spares=50, on_order=300, waiting=200).review_level == pytest.approx(
        571.12, abs=0.005
    )


def test_waiting_a_day_raises_the_risk() -> None:
    low = outlook(700)
    assert low.risk_ppm(700) == 500_000
    assert low.risk_ppm(700, later_days=1) > 600_000


def test_depletion_days_are_local_dates_in_order() -> None:
    found = outlook(700).depletion(700, date(2026, 11, 22))
    assert found.p10_on <= found.p50_on == date(2026, 11, 29) <= found.p90_on


@pytest.mark.parametrize(
    ("at", "midnight"),
    [
        ("2026-11-22T22:59:00+00:00", "2026-11-22T23:00:00+00:00"),
        ("2026-11-22T23:00:00+00:00", "2026-11-23T23:00:00+00:00"),
        ("2026-03-28T23:30:00+00:00", "2026-03-29T22:00:00+00:00"),  # 23 hours of summer time
    ],
)
def test_midnight_is_the_owners(at: str, midnight: str) -> None:
    found = next_midnight(datetime.fromisoformat(at), "Europe/Berlin")
    assert found.astimezone(UTC).isoformat() == midnight
