"""From odd readings to an answer: whatever a device says, the forecast is defined."""

import math
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.levels import Measured, SlotFold, fold
from devices.models import Measure, SlotSpec
from replenishment.demand.families import shipped
from replenishment.forecast import DayUse, Forecast, SlotHistory
from replenishment.learning import LearningForecaster
from replenishment.reorder import LeadTime, reorder_point

START = datetime(2026, 1, 1, tzinfo=UTC)
TODAY = date(2026, 3, 1)
ZONE = ZoneInfo("UTC")
TYPICAL = 45.0
DETERGENT = SlotSpec(
    slot="detergent",
    title="Detergent",
    category="laundry-detergent",
    fits=("laundry-liquid",),
    capacity=1500,
    unit="ml",
    measure=Measure.LEVEL,
    typical_use_per_day=TYPICAL,
    most_per_day=400,
)
COUNTER = DETERGENT.model_copy(update={"measure": Measure.USAGE})
LARGER = DETERGENT.model_copy(update={"capacity": 3000})
FORECASTER = LearningForecaster(shipped())
WEEK = LeadTime(mean=7, sd=2)

Seen = tuple[float, float]  # hours since START, units in the slot or used in all


def history(seen: Sequence[Seen], *specs: SlotSpec) -> SlotHistory:
    """As ingest folds it; every part of the readings with the next of the specs."""
    state, days = SlotFold(), dict[date, DayUse]()
    for n, (hours, value) in enumerate(seen):
        spec = specs[n * len(specs) // len(seen)]
        is_level = spec.measure is Measure.LEVEL
        message = Measured(
            key=(1, n),
            at=START + timedelta(hours=hours),
            amount=value if is_level else None,
            used_total=None if is_level else value,
        )
        folded = fold(state, message, spec, ZONE)
        state = folded.state
        days |= {
            on: DayUse(day_on=on, used=each.used, exposure_days=each.exposure_days)
            for on, each in folded.days.items()
        }
    return SlotHistory(
        typical_use_per_day=TYPICAL, category="laundry-detergent", use=list(days.values())
    )


def forecast(seen: Sequence[Seen], *specs: SlotSpec) -> Forecast:
    return FORECASTER.forecast([history(seen, *specs)], today=TODAY)


def assert_defined(found: Forecast) -> None:
    supply = found.days_of_supply(500)
    assert 0 < supply.p10 <= supply.p50 <= supply.p90 <= 3650
    assert 0 <= found.run_out_risk(500, WEEK) <= 1
    assert 0 <= reorder_point(found.demand, WEEK, 0.95) < math.inf


@pytest.mark.parametrize("seen", [[], [(0.0, 1500.0)], [(0.0, 1500.0), (1.0, 1480.0)]], ids=len)
def test_with_next_to_nothing_the_makers_figure_is_the_answer(seen) -> None:
    found = forecast(seen, DETERGENT)
    assert_defined(found)
    assert found.observed_days == 0
    assert found.demand.mean == pytest.approx(TYPICAL)


def test_ten_thousand_readings_in_a_second_are_one_day() -> None:
    burst = [(n / 3_600_000, 1500.0 - n / 1000) for n in range(10_000)]
    found = forecast([*burst, (24.0, 1450.0), (48.0, 1405.0)], DETERGENT)
    assert_defined(found)
    assert found.observed_days <= 2


def test_a_clock_that_goes_back_invents_no_use() -> None:
    ahead = [(24.0 * n, 1500.0 - 45 * n) for n in range(5)]
    back = [(24.0 * (n - 3), 1500.0 - 45 * n) for n in range(5, 20)]
    slot = history([*ahead, *back], DETERGENT)
    assert_defined(FORECASTER.forecast([slot], today=TODAY))
    assert sum(day.used for day in slot.use) <= 45 * 19 + 1e-6


def test_a_years_gap_is_one_observation() -> None:
    found = forecast([(0.0, 1500.0), (24.0, 1450.0), (24.0 * 366, 800.0)], DETERGENT)
    assert_defined(found)
    assert found.demand.mean <= TYPICAL * 1.1


@pytest.mark.parametrize("total", [-5.0, 1e15, -1e15])
def test_a_counter_that_cannot_be_teaches_no_such_use(total) -> None:
    usual = [(24.0 * n, 45.0 * n) for n in range(20)]
    found = forecast([*usual[:10], (228.0, total), *usual[10:]], COUNTER)
    assert_defined(found)
    assert found.demand.mean < 2 * TYPICAL


def test_a_larger_container_is_no_use() -> None:
    seen = [(24.0 * n, 1500.0 - 45 * n) for n in range(20)]
    seen += [(24.0 * n, 3000.0 - 45 * (n - 20)) for n in range(20, 40)]
    found = forecast(seen, DETERGENT, LARGER)
    assert_defined(found)
    assert found.demand.mean == pytest.approx(45, rel=0.1)


def test_all_zero_says_little_and_nothing_wrong() -> None:
    found = forecast([(24.0 * n, 1500.0) for n in range(60)], DETERGENT)
    assert_defined(found)
    assert found.demand.mean < TYPICAL


@given(st.lists(st.tuples(st.floats(0, 1400), st.floats(-1e6, 1e6)), min_size=1, max_size=25))
@settings(max_examples=40)
def test_whatever_a_device_says_the_answer_is_defined(seen) -> None:
    assert_defined(forecast(seen, DETERGENT))
    assert_defined(forecast(seen, COUNTER))
