from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.money import Money
from tests.unit.vendor_policy.builders import (
    BRANDS,
    STOCK,
    a_need,
    a_policy,
    a_question,
    an_offer,
    day,
    facts,
    offer_lists,
    policies,
    some_circumstances,
    some_facts,
)
from vendor_policy.counterfactuals import counterfactuals, losers, price_cut
from vendor_policy.declarations import DeliveryPromise, Shipping
from vendor_policy.facts import Deliveries, LastPaid
from vendor_policy.offers import Offer
from vendor_policy.premises import Premises, premises
from vendor_policy.record import DecisionRecord, answer, written
from vendor_policy.relaxations import WITHOUT_LINE, WITHOUT_RULE
from vendor_policy.rules import RULES, Author, Kind

FREE = Shipping(flat_minor=0)
BAND = {"category": "laundry-detergent", "unit": "ml", "per_quantity": 1000}
bands = st.sampled_from(
    (
        (),
        ({**BAND, "most_minor": 700},),
        ({**BAND, "least_minor": 300, "most_minor": 900},),
    )
)
shippings = st.sampled_from(
    (FREE, Shipping(flat_minor=390), Shipping(flat_minor=490, free_from_minor=1500))
)


def recorded(*offers, **overrides) -> DecisionRecord:
    question = a_question(*offers, **overrides)
    return written(question, answer(question), some_circumstances())


def wins(given_: Premises, offer: Offer, price_minor: int) -> bool:
    """By all offers, not by the winner alone."""
    winner = given_.with_offer(replace(offer, price=Money(price_minor, "EUR"))).winner()
    return winner is not None and winner.offer_id == offer.offer_id


def test_the_cut_is_named_to_the_cent():
    record = recorded(
        an_offer(offer_id="a", price=Money(840, "EUR"), shipping=FREE),
        an_offer(offer_id="b", price=Money(880, "EUR"), shipping=FREE),
        policy=a_policy(),
    )
    (cut,) = counterfactuals(record).cuts
    assert (cut.offer_id, cut.won.packs) == ("b", 1)
    assert cut.cut_minor in (40, 41)  # equal prices go to the lottery of the ids
    assert wins(premises(record), losers(record)[0], 880 - cut.cut_minor)


@given(offer_lists, policies, facts, bands, st.lists(shippings, min_size=8, max_size=8))
def test_a_cut_is_true_when_applied_and_false_one_cent_short(
    offers, policy, known, band, shipping
):
    offers = tuple(replace(o, shipping=s) for o, s in zip(offers, shipping, strict=False))
    policy = a_policy(**{**policy.model_dump(), "price_bands": band})
    record = recorded(*offers, policy=policy, facts=known)
    whole, decided = premises(record), premises(record).decided()
    for offer in losers(record):
        cut = price_cut(whole, decided.chosen, offer)
        if cut is None:
            steps = range(1, offer.price.minor, 37)
            assert not [price for price in steps if wins(whole, offer, price)]
        else:
            price = offer.price.minor - cut.cut_minor
            assert wins(whole, offer, price)
            assert not wins(whole, offer, price + 1)
            steps = range(price + 1, offer.price.minor, 37)
            assert not [each for each in steps if wins(whole, offer, each)]


def test_a_price_that_forfeits_free_delivery_is_seen_through():
    """At 7.50 two packs travel free; just below, delivery is paid and only far below it wins
    again: the smallest cut keeps delivery free, unless that is not enough.
    """
    rival = an_offer(offer_id="a", price=Money(1520, "EUR"), pack_quantity=3000, shipping=FREE)
    loser = an_offer(
        offer_id="b",
        price=Money(800, "EUR"),
        shipping=Shipping(flat_minor=490, free_from_minor=1500),
    )
    record = recorded(rival, loser, policy=a_policy())
    (cut,) = counterfactuals(record).cuts
    assert cut.won.packs == 2
    assert cut.cut_minor in (40, 41)
    tight = recorded(replace(rival, price=Money(1490, "EUR")), loser, policy=a_policy())
    (cut,) = counterfactuals(tight).cuts
    assert cut.cut_minor >= 300  # 14.90 less 4.90 delivery is 10.00 for two packs


def test_the_winner_needs_no_cut_and_what_cannot_be_bought_has_none():
    winner = an_offer(offer_id="a")
    sold_out = an_offer(offer_id="b", in_stock=False)
    record = recorded(winner, sold_out)
    assert counterfactuals(record).cuts == ()
    whole = premises(record)
    assert price_cut(whole, record.chosen, winner) is None


def test_a_cut_into_the_price_band_is_named_when_nothing_else_is_acceptable():
    record = recorded(
        an_offer(price=Money(900, "EUR"), shipping=FREE, pack_quantity=1000),
        policy=a_policy(price_bands=({**BAND, "most_minor": 800},)),
    )
    (cut,) = counterfactuals(record).cuts
    assert (cut.cut_minor, record.chosen) == (100, None)


def test_the_one_rule_that_stands_between_is_named():
    record = recorded(
        an_offer(offer_id="dear", brand="Klarbach", price=Money(990, "EUR")),
        an_offer(offer_id="cheap", brand="Reinwerk", price=Money(500, "EUR")),
        policy=a_policy(brands_blocked=("Reinwerk",)),
    )
    (dropped,) = counterfactuals(record).dropped
    assert (dropped.rule_id, dropped.won.offer_id) == ("brand_not_blocked", "cheap")


def test_two_rules_against_one_offer_name_none():
    record = recorded(
        an_offer(offer_id="cheap", brand="Reinwerk", price=Money(500, "EUR")),
        policy=a_policy(brands_blocked=("Reinwerk",), vendors_blocked=("haushaltshof",)),
    )
    assert counterfactuals(record).dropped == ()


def test_delivery_that_counts_for_nothing_changes_the_winner():
    record = recorded(
        an_offer(offer_id="a", price=Money(900, "EUR"), shipping=FREE),
        an_offer(offer_id="b", price=Money(700, "EUR"), shipping=Shipping(flat_minor=490)),
        policy=a_policy(),
    )
    (removed,) = counterfactuals(record).removed
    assert (removed.name, removed.won.offer_id) == ("shipping", "b")


def test_loyalty_that_counts_for_nothing_changes_the_winner():
    record = recorded(
        an_offer(offer_id="a", vendor="tintenwelt", price=Money(900, "EUR"), shipping=FREE),
        an_offer(offer_id="b", price=Money(870, "EUR"), shipping=FREE),
        policy=a_policy(loyalty_credit_ppm=80_000),
        facts=some_facts(present_supplier={STOCK: "tintenwelt"}),
    )
    (removed,) = counterfactuals(record).removed
    assert (removed.name, removed.won.offer_id) == ("loyalty_credit", "b")


@given(offer_lists, policies, facts)
def test_every_named_change_is_what_decide_then_says(offers, policy, known):
    record = recorded(*offers, policy=policy, facts=known)
    whole, found = premises(record), counterfactuals(record)
    chosen = record.chosen.offer_id if record.chosen else None
    for dropped in found.dropped:
        assert WITHOUT_RULE[dropped.rule_id](whole).winner() == dropped.won
        assert dropped.won.offer_id != chosen
    for removed in found.removed:
        assert WITHOUT_LINE[removed.name](whole).winner() == removed.won


@given(offer_lists, policies, facts)
def test_what_relaxing_the_rule_that_blocks_most_would_give_is_what_dropping_it_gives(
    offers, policy, known
):
    record = recorded(*offers, policy=policy, facts=known)
    nothing = record.nothing
    if nothing is None or nothing.relaxed is None:
        return
    won = {each.rule_id: each.won for each in counterfactuals(record).dropped}
    assert won[nothing.rule_id].offer_id == nothing.relaxed.offer_id
    assert won[nothing.rule_id].packs == nothing.relaxed.packs


STRICT = a_policy(
    brands_allowed=({"category": "laundry-detergent", "names": ("Ecolind",)},),
    brands_blocked=BRANDS[:1],
    products_blocked=("02001000000012",),
    vendors_allowed=("tintenwelt",),
    vendors_blocked=("haushaltshof",),
    attributes_required=({"category": "laundry-detergent", "names": ("refilled",)},),
    price_bands=({**BAND, "most_minor": 1},),
    price_rise_most_ppm=0,
    late_most_ppm=0,
    order_limits=({"packs_most": 1, "delivery_most_days": 1, "days_between": 30},),
)
LATE = some_facts(
    last_paid={STOCK: LastPaid(total=Money(100, "EUR"), quantity=1500)},
    deliveries={"haushaltshof": Deliveries(delivered=20, late=20, late_days=200)},
    bought_on={STOCK: day(-3)},
)
SLOW = DeliveryPromise(earliest_days=9, latest_days=12)
OWNERS_RULES = [
    rule.rule_id for rule in RULES if rule.author is Author.OWNER and rule.kind is Kind.EXCLUDE
]


@pytest.mark.parametrize("rule_id", OWNERS_RULES)
def test_every_rule_of_the_owner_can_be_dropped_alone(rule_id):
    """The strictest policy of all: each rule objects, and only the dropped one falls silent."""
    record = recorded(
        an_offer(pack_quantity=4000, delivery=SLOW),
        an_offer(offer_id="small", pack_quantity=400, delivery=SLOW),
        policy=STRICT,
        facts=LATE,
        needs=(a_need(products=("02001000000036",)),),
    )
    whole = premises(record)
    before = {each.rule_id for each in whole.decided().findings}
    assert set(OWNERS_RULES) <= before
    after = {each.rule_id for each in WITHOUT_RULE[rule_id](whole).decided().findings}
    assert before - after == {rule_id}
    assert after - before == set()


def test_a_rule_that_the_owner_wrote_can_be_dropped_too():
    own = {
        "name": "no_giants",
        "wording": "Nothing above 8 euros",
        "expression": "offer.price_minor < 800",
        "since": "2026-11-01",
    }
    record = recorded(an_offer(), policy=a_policy(custom_rules=(own,)))
    (dropped,) = counterfactuals(record).dropped
    assert (record.chosen, dropped.rule_id) == (None, "custom:no_giants")


def test_only_rules_of_the_owner_can_be_dropped():
    assert set(WITHOUT_RULE) == set(OWNERS_RULES)
