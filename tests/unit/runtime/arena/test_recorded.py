from runtime.arena.recorded import TrackRecord
from vendor_policy.facts import PRIOR, Deliveries, Reliability


def test_parcels_are_counted_for_a_year() -> None:
    record = TrackRecord()
    record.delivered(0, "slow", 5)
    record.delivered(1, "slow", 0)
    counted = Deliveries(delivered=2, late=1, late_days=5)
    assert record.facts(365, "coffee", None).deliveries == {"slow": counted}
    left = Deliveries(delivered=1, late=0, late_days=0)
    assert record.facts(366, "coffee", None).deliveries == {"slow": left}


def test_a_new_platform_knows_the_prior_alone() -> None:
    facts = TrackRecord().facts(0, "coffee", None)
    assert (facts.prior, facts.deliveries, facts.last_paid) == (PRIOR, {}, {})


def test_orders_that_a_vendor_let_fall_are_counted_for_a_year() -> None:
    record = TrackRecord()
    record.failed(0, "fake")
    record.failed(9, "fake")
    record.delivered(9, "fake", 0)
    found = record.facts(365, "coffee", None).reliability
    assert found == {"fake": Reliability(orders=3, failed=2)}
    assert record.facts(366, "coffee", None).reliability == {
        "fake": Reliability(orders=2, failed=1)
    }
