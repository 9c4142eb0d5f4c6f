from dataclasses import replace
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.money import Money
from tests.unit.vendor_policy.builders import (
    VENDORS,
    a_need,
    a_policy,
    a_question,
    an_offer,
    some_circumstances,
    some_facts,
)
from vendor_policy.candidates import candidates
from vendor_policy.decide import Decision, decide
from vendor_policy.declarations import Shipping
from vendor_policy.plans import Choice, best_plan
from vendor_policy.record import (
    Agrees,
    Differs,
    answer,
    parsed,
    record_bytes,
    replay,
    written,
)

FREE_FROM_20 = Shipping(flat_minor=490, free_from_minor=2000)
WASH = a_need(quantity_least=1500, quantity_most=1500)
SOFT = a_need(
    need_id="need-2",
    stock_id="6f1c1f0e-0000-4000-8000-000000000002",
    category="fabric-softener",
    fits=("softener-liquid",),
    quantity_least=1000,
    quantity_target=1000,
    quantity_most=1000,
)


def wash(offer_id, minor, vendor, **given):
    return an_offer(
        offer_id=offer_id, sku=offer_id, vendor=vendor, price=Money(minor, "EUR"), **given
    )


def soft(offer_id, minor, vendor, **given):
    return wash(
        offer_id,
        minor,
        vendor,
        category="fabric-softener",
        fits=("softener-liquid",),
        pack_quantity=1000,
        **given,
    )


def decided(*offers, **given) -> Decision:
    return answer(a_question(*offers, **{"policy": a_policy(), "needs": (WASH, SOFT), **given}))


def test_one_parcel_is_cheaper_than_two_of_the_cheapest():
    a, b, _ = VENDORS
    offers = (
        wash("wash-a", 1000, a, shipping=Shipping(flat_minor=490)),
        wash("wash-b", 950, b, shipping=Shipping(flat_minor=490)),
        soft("soft-a", 500, a, shipping=Shipping(flat_minor=490)),
    )
    decision = decided(*offers)
    assert decision.chosen is not None
    assert decision.chosen.offer_id == "wash-b"  # alone
    basket = decision.basket
    assert basket is not None
    assert [each.offer_id for each in basket.winners] == ["wash-a", "soft-a"]
    (parcel,) = basket.parcels
    assert (parcel.shipping_minor, parcel.total) == (490, Money(1990, "EUR"))
    assert (basket.apart_minor, basket.cost_minor) == (950 + 490 + 500 + 490, 1990)
    assert basket.gap_minor == 0


def test_two_parcels_stay_two_when_that_is_cheaper():
    a, b, _ = VENDORS
    low = Shipping(flat_minor=100)
    basket = decided(
        wash("wash-a", 1500, a, shipping=low),
        wash("wash-b", 900, b, shipping=low),
        soft("soft-a", 500, a, shipping=low),
    ).basket
    assert basket is not None
    assert [each.offer_id for each in basket.winners] == ["wash-b", "soft-a"]
    assert len(basket.parcels) == 2


def test_goods_of_two_needs_reach_free_shipping_together():
    a, b, _ = VENDORS
    basket = decided(
        wash("wash-a", 1300, a, shipping=FREE_FROM_20),
        soft("soft-a", 800, a, shipping=FREE_FROM_20),
        wash("wash-b", 1000, b, shipping=FREE_FROM_20),
    ).basket
    assert basket is not None
    assert [each.offer_id for each in basket.winners] == ["wash-a", "soft-a"]
    assert basket.parcels[0].shipping_minor == 0


def test_a_need_without_an_acceptable_offer_does_not_hold_up_the_other():
    decision = decided(
        soft("soft", 500, VENDORS[0]), wash("wash", 1, VENDORS[0], in_stock=False)
    )
    assert decision.nothing is not None
    assert decision.further[0].chosen is not None
    assert decision.basket is not None
    assert [each.need_id for each in decision.basket.winners] == ["need-2"]


def test_the_limit_to_ask_above_is_held_against_the_whole_parcel():
    offers = (wash("wash", 1000, VENDORS[0]), soft("soft", 800, VENDORS[0]))
    basket = decided(*offers, policy=a_policy(ask_above_minor=2000)).basket
    assert basket is not None
    (ask,) = basket.asks
    assert (ask.rule_id, ask.facts["total_minor"]) == ("ask_above", 1000 + 800 + 390)


def test_one_need_alone_is_decided_as_ever():
    offers = [wash("wash-a", 1000, VENDORS[0]), wash("wash-b", 950, VENDORS[1])]
    alone = decide((WASH,), candidates(offers, WASH), a_policy(), some_facts())
    both = decided(*offers, soft("soft", 800, VENDORS[2]))
    assert (alone.chosen, alone.ranked, alone.findings) == (
        both.chosen,
        both.ranked,
        both.findings,
    )
    assert alone.basket is None


def test_an_offer_for_no_need_stands_in_the_findings_of_the_first():
    stray = an_offer(offer_id="stray", category="coffee")
    decision = decided(stray, wash("wash", 1000, VENDORS[0]), soft("soft", 800, VENDORS[0]))
    assert [each.rule_id for each in decision.findings] == ["fits"]


def test_a_record_of_several_needs_replays_and_a_forged_winner_does_not():
    question = a_question(
        wash("wash-a", 1000, VENDORS[0]),
        wash("wash-b", 950, VENDORS[1]),
        soft("soft-a", 500, VENDORS[0]),
        needs=(WASH, SOFT),
    )
    made = written(question, answer(question), some_circumstances())
    data = record_bytes(made)
    assert replay(data) == Agrees()
    assert parsed(data).further[0].need_id == "need-2"
    assert made.basket is not None
    first, second = made.basket.winners
    forged = replace(
        made,
        basket=replace(made.basket, winners=(replace(first, offer_id="wash-b"), second)),
    )
    assert isinstance(replay(record_bytes(forged)), Differs)


rules = st.sampled_from(
    (Shipping(flat_minor=390), Shipping(flat_minor=0), FREE_FROM_20, Shipping(flat_minor=590))
)


@st.composite
def problems(draw):
    terms = {vendor: draw(rules) for vendor in VENDORS}
    choice = st.builds(
        lambda vendor, goods, extra, weight: Choice(
            vendor=vendor,
            goods_minor=goods,
            shipping=terms[vendor],
            cost=goods * weight + extra,
            weight=weight,
        ),
        st.sampled_from(VENDORS),
        st.sampled_from((300, 700, 1100, 1900)),
        st.integers(0, 300).map(Fraction),
        st.sampled_from((Fraction(1), Fraction(1, 2), Fraction(2, 3))),
    )
    return draw(st.lists(st.lists(choice, min_size=1, max_size=5), min_size=1, max_size=4))


def by_the_book(choices, picks) -> Fraction:
    bought = [options[at] for options, at in zip(choices, picks, strict=True)]
    total = sum((each.cost for each in bought), Fraction())
    for vendor in {each.vendor for each in bought}:
        inside = [each for each in bought if each.vendor == vendor]
        shipping = inside[0].shipping.cost_minor(sum(each.goods_minor for each in inside))
        total += shipping * sum((each.weight for each in inside), Fraction()) / len(inside)
    return total


@settings(max_examples=60)
@given(problems())
def test_the_plan_is_the_cheapest_of_all_and_the_first_of_equals(choices):
    every = list(product(*(range(len(options)) for options in choices)))
    best = min(every, key=lambda picks: (by_the_book(choices, picks), picks))
    plan = best_plan(choices)
    assert (plan.picks, plan.cost, plan.gap) == (best, by_the_book(choices, best), 0)


@settings(max_examples=60)
@given(problems(), st.integers(0, 12))
def test_a_search_cut_short_says_how_far_off_it_may_be(choices, steps):
    plan = best_plan(choices, steps=steps)
    exact = best_plan(choices)
    assert plan.cost == by_the_book(choices, plan.picks)
    assert plan.cost - plan.gap <= exact.cost <= plan.cost


@pytest.mark.parametrize("seed", range(3))
def test_six_needs_of_eight_offers_are_solved_exactly(seed):
    choices = [
        [
            Choice(
                vendor=VENDORS[(need + at + seed) % 3],
                goods_minor=(goods := 500 + (137 * (need + 1) * (at + 2) + 311 * seed) % 900),
                shipping=FREE_FROM_20,
                cost=Fraction(goods),
                weight=Fraction(1),
            )
            for at in range(8)
        ]
        for need in range(6)
    ]
    assert best_plan(choices).gap == 0
