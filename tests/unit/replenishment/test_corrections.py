"""Away, events, more people, odd days: taken out of the past, put on the days to come."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replenishment.corrections import (
    FARTHEST_DAYS,
    USUAL,
    Correction,
    CorrectionKind,
    Pace,
    corrected,
    pace,
)
from replenishment.forecast import DayUse, ExponentialForecaster, SlotHistory
from replenishment.reorder import LeadTime

TODAY = date(2026, 3, 1)
AWAY, EVENT = CorrectionKind.AWAY, CorrectionKind.EVENT
CHANGE, IGNORE = CorrectionKind.CHANGE, CorrectionKind.IGNORE

paces = st.builds(
    Pace,
    st.lists(st.floats(0, 5), max_size=30).map(tuple),
    after=st.floats(0.05, 5),
)


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def ahead(days: int) -> date:
    return TODAY + timedelta(days=days)


def said(kind: CorrectionKind, first: date, last: date | None, factor: float = 1) -> Correction:
    return Correction(kind=kind, from_on=first, until_on=last, factor=factor)


def history(*used: float) -> SlotHistory:
    """One row a day, the last one yesterday."""
    days = [DayUse(day_on=ago(len(used) - n), used=each) for n, each in enumerate(used)]
    return SlotHistory(typical_use_per_day=10, use=days)


def learned(slot: SlotHistory, *corrections: Correction) -> dict[date, float]:
    (found,) = corrected([slot], corrections, TODAY)
    return {day.day_on: day.used for day in found.use}


def test_ignored_days_teach_nothing():
    found = learned(history(10, 90, 90, 10), said(IGNORE, ago(3), ago(2)))
    assert found == {ago(4): 10, ago(1): 10}


def test_days_away_teach_nothing_and_half_a_household_is_doubled():
    assert learned(history(10, 0, 0, 10), said(AWAY, ago(3), ago(2), 0)) == {
        ago(4): 10,
        ago(1): 10,
    }
    assert learned(history(10, 5, 5, 10), said(AWAY, ago(3), ago(2), 0.5)) == dict.fromkeys(
        (ago(4), ago(3), ago(2), ago(1)), 10
    )


def test_a_party_of_the_past_is_no_habit():
    assert learned(history(10, 30, 10), said(EVENT, ago(2), ago(2), 3))[ago(2)] == 10


def test_two_more_people_make_the_past_of_three_look_like_five():
    found = learned(history(9, 9, 15, 15), said(CHANGE, ago(2), None, 5 / 3))
    assert found == pytest.approx(dict.fromkeys((ago(4), ago(3), ago(2), ago(1)), 15))


def test_a_change_holds_for_a_new_device_too():
    (found,) = corrected([history()], [said(CHANGE, ago(2), None, 2)], TODAY)
    assert found.typical_use_per_day == 20
    (later,) = corrected([history()], [said(CHANGE, ahead(2), None, 2)], TODAY)
    assert later.typical_use_per_day == 10


def test_of_a_gap_only_the_days_at_home_count():
    gap = SlotHistory(
        typical_use_per_day=10, use=[DayUse(day_on=ago(1), used=40, exposure_days=7)]
    )
    (found,) = corrected([gap], [said(AWAY, ago(5), ago(3), 0)], TODAY)
    assert found.use == [DayUse(day_on=ago(1), used=40, exposure_days=4)]
    assert learned(gap, said(IGNORE, ago(20), ago(8))) == {ago(1): 40}
    assert learned(gap, said(IGNORE, ago(7), ago(7))) == {}


def test_nothing_said_changes_nothing():
    slot = history(1, 2, 3)
    assert corrected([slot], [], TODAY) == (slot,)
    assert pace([], TODAY) == USUAL
    assert pace([said(AWAY, ago(9), ago(2), 0)], TODAY) == USUAL


def test_a_week_away_moves_the_day_on_which_it_runs_out():
    away = pace([said(AWAY, ahead(2), ahead(8), 0)], TODAY)
    assert [away.days(each) for each in (1, 2, 3, 10)] == [1, 2, 10, 17]
    assert [away.use_days(each) for each in (1, 2, 5, 9, 10)] == [1, 2, 2, 2, 3]


def test_more_people_next_week_use_it_up_sooner():
    more = pace([said(CHANGE, ahead(4), None, 2)], TODAY)
    assert more.after == 2
    assert more.use_days(10) == 4 + 6 * 2
    assert more.days(16) == 10


def test_a_delivery_during_the_absence_needs_less():
    lead = LeadTime.over_days((0, 0, 0, 0.5, 0, 0.5))
    away = pace([said(AWAY, ahead(1), ahead(30), 0)], TODAY)
    assert (away.lead_time(lead).mean, away.lead_time(lead).sd) == (1, 0)
    assert USUAL.lead_time(lead) is lead
    half = pace([said(AWAY, TODAY, ahead(30), 0.5)], TODAY).lead_time(LeadTime(mean=4, sd=2))
    assert (half.mean, half.sd) == (2, 1)


@given(paces, st.floats(0, 100), st.floats(0, 100))
def test_use_never_runs_backwards(found, one, other):
    early, late = sorted((one, other))
    assert found.use_days(early) <= found.use_days(late) + 1e-9
    assert found.days(early) <= found.days(late) + 1e-9


@given(paces, st.floats(0, 500))
def test_days_and_days_of_use_are_inverse(found, use_days):
    days = found.days(use_days)
    if days < FARTHEST_DAYS:
        assert found.use_days(days) == pytest.approx(use_days, abs=1e-6)


@given(st.lists(st.floats(0, 100), min_size=1, max_size=60), st.floats(0.2, 5))
def test_a_change_scales_what_is_forecast_by_its_factor(used, factor):
    forecaster = ExponentialForecaster()
    slot = history(*used)
    change = said(CHANGE, TODAY, None, factor)
    plain = forecaster.forecast([slot], today=TODAY).demand
    changed = forecaster.forecast(corrected([slot], [change], TODAY), today=TODAY).demand
    assert changed.mean == pytest.approx(plain.mean * factor)
    assert changed.sd == pytest.approx(plain.sd * factor)
