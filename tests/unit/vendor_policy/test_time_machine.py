from dataclasses import replace
from datetime import timedelta
from time import process_time

from hypothesis import given

from core.money import Money
from tests.unit.vendor_policy.builders import (
    NOW,
    a_need,
    a_policy,
    a_question,
    an_offer,
    facts,
    offer_lists,
    policies,
    some_circumstances,
    some_facts,
)
from vendor_policy.declarations import DeliveryPromise, Shipping
from vendor_policy.record import answer, record_bytes, written
from vendor_policy.time_machine import a_year, dry_run

FREE = Shipping(flat_minor=0)
KLARBACH = an_offer(offer_id="k", brand="Klarbach", price=Money(900, "EUR"), shipping=FREE)
REINWERK = an_offer(
    offer_id="r",
    brand="Reinwerk",
    price=Money(700, "EUR"),
    shipping=FREE,
    vendor="tintenwelt",
    vendor_name="Tintenwelt",
)
ONE_PACK = {"quantity_least": 1500, "quantity_most": 1500}


def a_record(*offers, number=1, days_ago=0, **overrides) -> bytes:
    at = NOW - timedelta(days=days_ago)
    need = a_need(need_id=f"need-{number}", **ONE_PACK)
    known = some_facts(now_at=at, today_on=at.date())
    question = a_question(*offers, **{"needs": (need,), "facts": known, **overrides})
    circumstances = some_circumstances(decided_at=at)
    return record_bytes(written(question, answer(question), circumstances))


def test_a_draft_is_tried_on_every_need_with_its_own_offers():
    records = [
        a_record(KLARBACH, REINWERK, number=1, days_ago=80, policy=a_policy()),
        a_record(KLARBACH, number=2, days_ago=40, policy=a_policy()),
    ]
    found = dry_run(records, a_policy(brands_blocked=("Reinwerk",)))
    assert (found.needs, found.unreadable) == (2, 0)
    assert (found.before.paid_minor, found.after.paid_minor) == ({"EUR": 1600}, {"EUR": 1800})
    assert found.before.vendors == {"haushaltshof": 1, "tintenwelt": 1}
    assert found.after.vendors == {"haushaltshof": 2}
    (changed,) = found.changed
    assert changed.before is not None
    assert changed.after is not None
    assert (changed.before.title, changed.after.offer_id) == (REINWERK.title, "k")
    assert found.vendor_names == {"haushaltshof": "Haushaltshof", "tintenwelt": "Tintenwelt"}


def test_of_several_records_about_one_need_the_newest_counts():
    records = [
        a_record(KLARBACH, days_ago=1, policy=a_policy()),
        a_record(REINWERK, days_ago=5, policy=a_policy()),
    ]
    for shown in (records, records[::-1]):
        assert dry_run(shown, a_policy()).before.paid_minor == {"EUR": 900}


def test_needs_that_would_have_stayed_unmet_are_counted_and_shown():
    found = dry_run(
        [a_record(KLARBACH, policy=a_policy())], a_policy(brands_blocked=["Klarbach"])
    )
    assert (found.before.unmet, found.after.unmet, found.after.orders) == (0, 1, 0)
    assert found.changed[0].after is None


def test_different_packs_are_compared_by_what_the_wanted_quantity_costs():
    big = replace(KLARBACH, offer_id="b", pack_quantity=3000, price=Money(1500, "EUR"))
    need = a_need(quantity_least=1500, quantity_target=1500, quantity_most=3000)
    record = a_record(KLARBACH, big, needs=(need,), policy=a_policy())
    found = dry_run([record], a_policy(holding_ppm_per_year=1_000_000))
    assert found.before.paid_minor == {"EUR": 1500}
    assert found.before.wanted_minor == {"EUR": 750}


def test_the_risk_of_running_out_is_told_for_both():
    slow = replace(REINWERK, delivery=DeliveryPromise(earliest_days=8, latest_days=9))
    record = a_record(KLARBACH, slow, policy=a_policy())
    found = dry_run([record], a_policy(stock_out_minor_per_day=2000))
    assert found.before.late_ppm > 500_000 > found.after.late_ppm
    assert found.before.days_without_ppm > found.after.days_without_ppm


def test_what_would_have_been_asked_is_counted():
    record = a_record(KLARBACH, policy=a_policy(ask_above_minor=500))
    found = dry_run([record], a_policy())
    assert (found.before.asked, found.after.asked) == (1, 0)


def test_a_record_that_cannot_be_read_is_counted_and_stops_nothing():
    found = dry_run([b"{}", a_record(KLARBACH)], a_policy())
    assert (found.needs, found.unreadable) == (1, 1)


def test_nothing_stored_gives_an_empty_answer():
    found = dry_run([], a_policy())
    assert (found.needs, found.first_on, found.changed) == (0, None, ())


@given(offer_lists, policies, facts)
def test_the_same_policy_changes_nothing(offers, policy, known):
    record = a_record(*offers, policy=policy, facts=known)
    found = dry_run([record], policy)
    assert found.changed == ()
    assert found.before == found.after


@given(offer_lists, policies, policies)
def test_another_policy_chooses_as_it_would_have_then(offers, policy, draft):
    record = a_record(*offers, policy=policy)
    anew = answer(
        a_question(*offers, needs=(a_need(need_id="need-1", **ONE_PACK),), policy=draft)
    )
    found = dry_run([record], draft)
    assert found.after.orders == (1 if anew.chosen else 0)
    if found.changed and anew.chosen:
        assert found.changed[0].after is not None
        assert found.changed[0].after.offer_id == anew.chosen.offer_id


def test_a_span_is_scaled_to_a_year():
    first_on = NOW.date()
    assert a_year(100, first_on, first_on + timedelta(days=72)) == 500


def test_a_thousand_records_take_less_than_five_seconds():
    """Processor time of a fortieth of them, twenty offers each; the better of two tries."""
    offers = [
        replace(KLARBACH, offer_id=f"{at:032x}", price=Money(700 + at, "EUR"))
        for at in range(20)
    ]
    records = [a_record(*offers, number=number) for number in range(25)]
    tries = []
    for _ in range(2):
        began = process_time()
        assert dry_run(records, a_policy(loyalty_credit_ppm=10_000)).needs == 25
        tries.append(process_time() - began)
    assert min(tries) * 40 < 5
