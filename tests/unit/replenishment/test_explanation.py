"""The numbers behind a review, for pages and for records."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from core import canonical
from replenishment.corrections import Correction, CorrectionKind, pace
from replenishment.explanation import Explanation, LevelSource, explain, use_per_day
from replenishment.forecast import DayUse, Forecast, SlotHistory
from replenishment.outlook import Outlook
from replenishment.position import Position
from replenishment.reorder import Demand, LeadTime

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
TODAY = date(2026, 11, 22)
LEAD = LeadTime.over_days((0, 0, 0.1, 0.5, 0.4))
SOURCE = LevelSource(device_id="washer-0001", slot="detergent", amount=500, measured_at=AT)
SEEN = SlotHistory(
    typical_use_per_day=45,
    use=[
        DayUse(day_on=date(2026, 11, 19), used=50, exposure_days=3),
        DayUse(day_on=date(2026, 11, 21), used=40),
    ],
)


def explained(in_slot: float | None, **parts: Any) -> Explanation:
    outlook = Outlook(
        forecast=Forecast(demand=Demand(mean=45, sd=30, mean_sd=5), observed_days=4),
        lead_time=LEAD.later(1),
        position=Position(in_slot=in_slot, spares=0, on_order=0, waiting=0),
        service_level_ppm=950_000,
        least=0,
        delivery=LEAD,
        **parts,
    )
    learned = SlotHistory(typical_use_per_day=45, use=SEEN.use[1:])
    return explain(outlook, [SEEN], [learned], [SOURCE], at=AT, forecaster="Plain")


def test_the_parts_of_the_reorder_point_add_up():
    found = explained(500)
    mean, sd = found.lead_time_demand
    assert mean == pytest.approx(45 * LEAD.mean + 45)
    assert found.reorder_at == pytest.approx(mean + found.safety_stock)
    assert 1.6449 * sd < found.safety_stock < 2 * sd  # skew: more than of a normal
    assert found.delivery_days == (2, 4)


def test_waiting_until_tomorrow_is_riskier():
    found = explained(250)
    assert found.risk_ppm is not None
    assert found.risk_tomorrow_ppm is not None
    assert found.risk_ppm < found.risk_tomorrow_ppm


def test_what_was_left_out_is_counted():
    lesson = explained(500).lesson
    assert (lesson.days, lesson.left_out_days) == (1, 3)
    assert lesson.first_on == lesson.last_on == date(2026, 11, 21)


def test_an_unknown_level_is_told_without_days_of_supply():
    told = explained(None).to_json()
    assert told["days_of_supply"] is None
    assert told["risk_ppm"] is None
    assert told["position"]["total"] is None


def test_use_a_day_is_never_below_nothing():
    found = use_per_day(Demand(mean=2, sd=9, mean_sd=4))
    assert (found.p10, found.p50) == (0, 2)
    assert found.p90 == pytest.approx(2 + 1.2816 * 4, abs=1e-3)


def test_a_record_holds_no_float():
    told = explained(500).to_record()
    assert told["reorder_at_micro"] > 1_000_000
    assert (
        told["position"]["in_slot_micro"] == told["sources"][0]["amount_micro"] == 500_000_000
    )
    assert explained(None).to_record()["position"]["in_slot_micro"] is None
    assert told["delivery_days"] == [2, 4]

    def has_float(value: Any) -> bool:
        if isinstance(value, dict):
            return any(map(has_float, value.values()))
        return any(map(has_float, value)) if isinstance(value, list) else type(value) is float

    assert not has_float(told)
    assert canonical.dumps(told)


def test_days_away_lengthen_the_supply_and_lower_the_reorder_point():
    away = [
        Correction(
            kind=CorrectionKind.AWAY,
            from_on=date(2026, 11, 23),
            until_on=date(2026, 12, 6),
            factor=0,
        )
    ]
    usual, gone = explained(500), explained(500, pace=pace(away, TODAY))
    assert gone.days_of_supply is not None
    assert usual.days_of_supply is not None
    assert gone.days_of_supply.p50 == pytest.approx(usual.days_of_supply.p50 + 14)
    assert gone.reorder_at < usual.reorder_at
    assert gone.risk_ppm is not None
    assert usual.risk_ppm is not None
    assert gone.risk_ppm <= usual.risk_ppm
