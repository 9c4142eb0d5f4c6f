"""Days until a refill is usable."""

import pytest

from replenishment.lead_time import lead_time
from vendor_policy.declarations import DeliveryPromise


def promise(earliest: int, latest: int) -> DeliveryPromise:
    return DeliveryPromise(earliest_days=earliest, latest_days=latest)


def test_one_vendor_delivers_within_its_promise() -> None:
    lead = lead_time([promise(2, 3)], waits_for_owner=False)
    assert lead.mean == 3.5  # one day until the next review, two and a half on the way
    assert lead.sd == 0.5


def test_vendors_that_differ_widen_the_spread() -> None:
    lead = lead_time([promise(1, 1), promise(5, 5)], waits_for_owner=False)
    assert (lead.mean, lead.sd) == (4, 2)


def test_an_owner_who_is_asked_takes_about_a_day() -> None:
    lead = lead_time([promise(3, 3)], waits_for_owner=True)
    assert (lead.mean, lead.sd) == (5, 1)


def test_no_known_vendor_is_taken_for_a_slow_one() -> None:
    assert lead_time([], waits_for_owner=False).mean == pytest.approx(5.5)
