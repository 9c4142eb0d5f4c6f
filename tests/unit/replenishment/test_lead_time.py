"""Days until a refill is usable: promised first, then learned."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replenishment.lead_time import (
    ANSWERS,
    LONGEST_DAYS,
    PROMISE_WEIGHT,
    Supplier,
    answers,
    deliveries,
    lead_time,
    learned,
    promised,
    summed,
)
from replenishment.reorder import LeadTime
from vendor_policy.declarations import DeliveryPromise

shares = st.lists(st.floats(0.01, 1), min_size=1, max_size=8).map(
    lambda each: tuple(one / sum(each) for one in each)
)


def promise(earliest: int, latest: int) -> DeliveryPromise:
    return DeliveryPromise(earliest_days=earliest, latest_days=latest)


def supplier(earliest: int, latest: int, *took_days: int) -> Supplier:
    return Supplier(promise=promise(earliest, latest), took_days=took_days)


def test_a_promise_is_believed_but_for_one_in_twenty_that_comes_two_days_late():
    assert promised(promise(2, 3)) == (0, 0, 0.475, 0.475, 0, 0.05)


def test_an_unknown_vendor_is_taken_at_its_word_and_a_day_until_the_next_review():
    lead = lead_time([supplier(2, 3)])
    assert lead.mean == pytest.approx(1 + 0.475 * 2 + 0.475 * 3 + 0.05 * 5)


def test_every_delivery_counts_against_the_promise():
    always_late = supplier(2, 3, *[6] * 8)
    assert deliveries(always_late)[6] == pytest.approx(8 / (8 + PROMISE_WEIGHT))
    assert lead_time([always_late]).mean > lead_time([supplier(2, 3)]).mean + 1.5


def test_a_vendor_that_keeps_its_word_for_long_is_known_to_the_day():
    known = lead_time([supplier(1, 7, *[2] * 200)])
    assert known.mean == pytest.approx(3, abs=0.15)
    assert known.sd < 0.65


def test_vendors_that_differ_widen_the_spread():
    lead = lead_time([supplier(1, 1), supplier(5, 5)])
    assert lead.mean == pytest.approx(4.1)
    assert lead.sd > 2


def test_no_known_vendor_is_taken_for_a_slow_one():
    assert lead_time([]).mean == pytest.approx(1 + 0.95 * 4.5 + 0.05 * 9)


def test_an_unknown_owner_takes_about_a_day_and_a_quick_one_is_learned():
    assert LeadTime.over_days(answers([])) == LeadTime(mean=1, sd=1, chances=ANSWERS)
    assert LeadTime.over_days(answers([0] * 20)).mean < 0.2
    asked, quick = lead_time([supplier(3, 3)], answers([])), lead_time([supplier(3, 3)])
    assert asked.mean == pytest.approx(quick.mean + 1)
    assert asked.sd**2 == pytest.approx(quick.sd**2 + 1)


def test_a_delivery_after_half_a_year_does_not_stretch_the_table():
    assert len(learned(ANSWERS, 4, [183])) == LONGEST_DAYS + 1


@given(shares, st.lists(st.integers(-1, 90), max_size=30))
def test_what_is_learned_is_a_distribution(prior, took_days):
    found = learned(prior, 3, took_days)
    assert sum(found) == pytest.approx(1)
    assert all(chance >= 0 for chance in found)


@given(shares, shares)
def test_means_and_variances_of_a_sum_add_up(one, other):
    parts, whole = (
        (LeadTime.over_days(one), LeadTime.over_days(other)),
        LeadTime.over_days(summed(one, other)),
    )
    assert whole.mean == pytest.approx(sum(part.mean for part in parts))
    assert whole.sd**2 == pytest.approx(sum(part.sd**2 for part in parts), abs=1e-9)


@given(shares, st.integers(0, 5))
def test_waiting_first_moves_every_day(chances, days):
    plain = LeadTime.over_days(chances)
    later = plain.later(days)
    assert later.mean == pytest.approx(plain.mean + days)
    assert later.sd == plain.sd
    assert LeadTime.over_days(later.chances).mean == pytest.approx(later.mean)


def test_within_how_many_days_it_is_over():
    lead = LeadTime.over_days((0, 0.1, 0.5, 0.3, 0.1))
    assert [lead.quantile(chance) for chance in (0.05, 0.5, 0.9, 1)] == [1, 2, 3, 4]
    assert LeadTime(mean=4, sd=1).quantile(0.5) == 4
