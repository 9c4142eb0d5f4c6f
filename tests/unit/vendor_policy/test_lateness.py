from hypothesis import given
from hypothesis import strategies as st

from core.money import PPM
from tests.unit.vendor_policy.builders import TODAY, day, histories, promises
from vendor_policy.declarations import DeliveryPromise
from vendor_policy.facts import PRIOR, Deliveries
from vendor_policy.lateness import added, lateness
from vendor_policy.needs import Depletion

depletions = st.lists(st.integers(-5, 40), min_size=3, max_size=3).map(
    lambda days: Depletion(
        **dict(zip(("p10_on", "p50_on", "p90_on"), map(day, sorted(days)), strict=True))
    )
)


def promise(earliest_days: int, latest_days: int) -> DeliveryPromise:
    return DeliveryPromise(earliest_days=earliest_days, latest_days=latest_days)


PUNCTUAL = Deliveries(delivered=1_000_000, late=1, late_days=1)


def test_a_parcel_on_the_fifth_day_comes_too_late_if_it_is_empty_by_the_fourth():
    certain = Depletion(p10_on=day(4), p50_on=day(6), p90_on=day(8))
    late = lateness(promise(5, 5), certain, PUNCTUAL, TODAY)
    assert late.chance_ppm == 100_000
    # nothing up to day 3; a tenth of day 4 stays empty
    assert late.days_without_ppm == 100_000


def test_an_empty_stock_is_without_until_the_parcel_comes():
    empty = Depletion(p10_on=day(-3), p50_on=day(-2), p90_on=day(-2))
    late = lateness(promise(3, 3), empty, PUNCTUAL, TODAY)
    assert late.chance_ppm == PPM
    assert late.days_without_ppm == 3 * PPM + 1  # one in a million comes a day later


def test_a_full_stock_costs_nothing():
    full = Depletion(p10_on=day(60), p50_on=day(80), p90_on=day(99))
    late = lateness(promise(2, 4), full, PRIOR, TODAY)
    assert (late.chance_ppm, late.days_without_ppm) == (0, 0)


@given(depletions, promises, histories)
def test_the_chance_is_a_chance_and_the_days_are_at_most_the_wait(depletion, window, own):
    known = added(PRIOR, own)
    late = lateness(window, depletion, known, TODAY)
    longest = window.latest_days - (-known.late_days // known.late)
    assert 0 <= late.chance_ppm <= PPM
    assert 0 <= late.days_without_ppm <= longest * PPM


@given(depletions, promises, histories)
def test_more_late_deliveries_never_make_a_vendor_safer(depletion, window, own):
    worse = Deliveries(
        delivered=own.delivered + 5, late=own.late + 5, late_days=own.late_days + 10
    )
    before = lateness(window, depletion, added(PRIOR, own), TODAY)
    after = lateness(window, depletion, added(PRIOR, worse), TODAY)
    assert after.chance_ppm >= before.chance_ppm
    assert after.days_without_ppm >= before.days_without_ppm


@given(depletions, promises, histories)
def test_a_later_promise_is_never_safer(depletion, window, own):
    later = promise(window.earliest_days + 1, window.latest_days + 1)
    known = added(PRIOR, own)
    before = lateness(window, depletion, known, TODAY)
    after = lateness(later, depletion, known, TODAY)
    assert after.chance_ppm >= before.chance_ppm
    assert after.days_without_ppm >= before.days_without_ppm


def test_no_recorded_delivery_leaves_the_prior():
    assert added(PRIOR, None) == PRIOR
    assert added(PRIOR, Deliveries(delivered=4, late=1, late_days=3)) == Deliveries(
        delivered=24, late=2, late_days=5
    )
