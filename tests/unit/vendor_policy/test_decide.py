import hashlib
from dataclasses import fields, replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.money import Money
from tests.unit.vendor_policy.builders import (
    BRANDS,
    KICK_BACK,
    NOTHING_PAID,
    STOCK,
    VENDORS,
    a_custom_rule,
    a_need,
    a_policy,
    an_offer,
    day,
    facts,
    offer_lists,
    policies,
    remunerations,
    some_facts,
)
from vendor_policy.candidates import Candidate, candidates
from vendor_policy.decide import Decision, NeedsUnclear, decide
from vendor_policy.declarations import DeliveryPromise, Shipping
from vendor_policy.facts import Facts
from vendor_policy.needs import Depletion
from vendor_policy.offers import Offer
from vendor_policy.policy import Policy, preset
from vendor_policy.pricing import effective_price

NEED = a_need()
FREE = Shipping(flat_minor=0)


def decided(
    offers: tuple[Offer, ...], policy: Policy, known: Facts | None = None, need=NEED
) -> Decision:
    return decide((need,), candidates(offers, need), policy, known or some_facts())


@given(offer_lists, policies, facts, st.randoms())
def test_the_order_of_candidates_does_not_matter(offers, policy, known, random):
    seen = candidates(offers, NEED)
    shuffled = random.sample(seen, len(seen))
    assert decide((NEED,), seen, policy, known) == decide((NEED,), shuffled, policy, known)


@given(offer_lists, policies, facts)
def test_a_candidate_with_an_objection_is_never_ranked(offers, policy, known):
    decision = decided(offers, policy, known)
    objected = {(each.offer_id, each.packs) for each in decision.findings}
    for ranked in decision.ranked:
        assert (ranked.offer_id, ranked.packs) not in objected
        assert (ranked.offer_id, None) not in objected


@given(offer_lists, policies, facts)
def test_every_candidate_is_ranked_or_objected_to_never_both(offers, policy, known):
    decision = decided(offers, policy, known)
    objected = {(each.offer_id, each.packs) for each in decision.findings}
    ranked = [(each.offer_id, each.packs) for each in decision.ranked]
    assert len(ranked) == len(set(ranked))
    for each in candidates(offers, NEED):
        is_out = not objected.isdisjoint({(each.offer_id, each.packs), (each.offer_id, None)})
        assert is_out != ((each.offer_id, each.packs) in ranked)


@given(offer_lists, policies, facts)
def test_the_ranking_is_that_of_exact_fractions_and_the_stated_tie_break(offers, policy, known):
    seen = {(each.offer_id, each.packs): each for each in candidates(offers, NEED)}
    decision = decided(offers, policy, known)

    def order(offer_id, packs):
        each = seen[offer_id, packs]
        price = effective_price(each, NEED, policy, known)
        return (
            Fraction(price.numerator, price.denominator),
            each.total.minor,
            (each.delivery.latest_days, each.delivery.earliest_days),
            hashlib.sha256(f"{NEED.need_id}\n{offer_id}".encode()).hexdigest(),
            packs,
        )

    ranked = [(each.offer_id, each.packs) for each in decision.ranked]
    assert ranked == sorted(ranked, key=lambda each: order(*each))
    for each in decision.ranked:
        assert each.price == effective_price(
            seen[each.offer_id, each.packs], NEED, policy, known
        )


STRICTER = st.sampled_from(
    (
        {"brands_blocked": BRANDS[:2]},
        {"brands_allowed": ({"category": "laundry-detergent", "names": ("Ecolind",)},)},
        {"attributes_required": ({"category": "laundry-detergent", "names": ("refilled",)},)},
        {"price_rise_most_ppm": 0},
        {"late_most_ppm": 0},
        {"order_limits": ({"packs_most": 1, "delivery_most_days": 3, "days_between": 90},)},
        {"custom_rules": (a_custom_rule("offer.latest_days < 4 && offer.total_minor < 2000"),)},
        {"custom_rules": (a_custom_rule("need.days_since_last > 10"),)},
        {
            "price_bands": (
                {
                    "category": "laundry-detergent",
                    "unit": "ml",
                    "per_quantity": 1000,
                    "most_minor": 700,
                },
            )
        },
    )
)


@given(offer_lists, policies, facts, STRICTER)
def test_a_further_wish_never_adds_choices(offers, policy, known, wish):
    unset = {
        "brands_blocked": (),
        "price_rise_most_ppm": None,
        "late_most_ppm": None,
        "order_limits": (),
        "custom_rules": (),
    }
    loose = a_policy(**{**policy.model_dump(), **unset})
    strict = a_policy(**{**loose.model_dump(), **wish})
    choices = {(each.offer_id, each.packs) for each in decided(offers, loose, known).ranked}
    fewer = {(each.offer_id, each.packs) for each in decided(offers, strict, known).ranked}
    assert fewer <= choices


@given(offer_lists, policies, facts, st.permutations(VENDORS))
def test_permuting_the_vendors_permutes_the_answer_and_nothing_else(
    offers, policy, known, permuted
):
    other = dict(zip(VENDORS, permuted, strict=True))
    swapped = tuple(replace(offer, vendor=other[offer.vendor]) for offer in offers)
    wishes = a_policy(
        **{
            **policy.model_dump(),
            "vendors_blocked": [other[vendor] for vendor in policy.vendors_blocked],
            "vendors_allowed": [other[vendor] for vendor in policy.vendors_allowed],
            "vendor_credits": [
                {"name": other[each.name], "credit_ppm": each.credit_ppm}
                for each in policy.vendor_credits
            ],
        }
    )
    elsewhere = replace(
        known,
        deliveries={other[vendor]: each for vendor, each in known.deliveries.items()},
        present_supplier={
            stock: other[vendor] for stock, vendor in known.present_supplier.items()
        },
        reliability={other[vendor]: each for vendor, each in known.reliability.items()},
    )
    before, after = decided(offers, policy, known), decided(swapped, wishes, elsewhere)
    assert after.findings == before.findings
    assert [nameless(each) for each in after.ranked] == [
        nameless(each) for each in before.ranked
    ]
    assert after.asks == before.asks
    assert after.notes == before.notes


def nameless(ranked):
    """Without the vendor's key, which a vendor credit line names."""
    lines = tuple(
        replace(line, facts={}) if line.name == "vendor_credit" else line
        for line in ranked.price.lines
    )
    return replace(ranked, price=replace(ranked.price, lines=lines))


@given(offer_lists, policies, facts, st.data())
def test_what_is_paid_to_whom_changes_nothing(offers, policy, known, data):
    paid = tuple(replace(each, remuneration=data.draw(remunerations)) for each in offers)
    assert decided(paid, policy, known) == decided(offers, policy, known)


@given(offer_lists, policies, facts)
def test_the_runner_up_is_the_best_of_another_offer(offers, policy, known):
    decision = decided(offers, policy, known)
    others = [r for r in decision.ranked if r.offer_id != decision.ranked[0].offer_id]
    assert decision.runner_up == (others[0] if others else None)


def test_a_candidate_knows_nothing_of_money_for_a_place():
    known = {field.name for field in fields(Candidate)}
    hidden = {"remuneration", "vendor_name", "title", "rating", "sku", "seen_at", "position"}
    assert known.isdisjoint(hidden)


def test_the_lowest_effective_price_wins_whatever_the_list_price_says():
    cheap = an_offer(offer_id="cheap", price=Money(800, "EUR"), shipping=FREE)
    shipped = an_offer(
        offer_id="shipped", price=Money(700, "EUR"), shipping=Shipping(flat_minor=490)
    )
    decision = decided((shipped, cheap), a_policy())
    assert decision.chosen is not None
    assert decision.chosen.offer_id == "cheap"
    assert decision.runner_up is not None
    assert decision.runner_up.offer_id == "shipped"


def test_a_kick_back_buys_no_place():
    honest = an_offer(offer_id="a", price=Money(839, "EUR"), remuneration=NOTHING_PAID)
    paying = an_offer(offer_id="b", price=Money(840, "EUR"), remuneration=KICK_BACK)
    decision = decided((paying, honest), a_policy())
    assert decision.chosen is not None
    assert decision.chosen.offer_id == "a"


def test_equal_prices_per_use_go_to_the_lower_total():
    small = an_offer(
        offer_id="small", pack_quantity=1000, price=Money(500, "EUR"), shipping=FREE
    )
    big = an_offer(offer_id="big", pack_quantity=3000, price=Money(1500, "EUR"), shipping=FREE)
    ranked = decided((big, small), a_policy()).ranked
    assert len({each.price.shown_minor for each in ranked}) == 1
    assert (ranked[0].offer_id, ranked[0].packs) == ("small", 1)


def test_equal_totals_go_to_the_earlier_delivery():
    late = an_offer(offer_id="late", delivery=DeliveryPromise(earliest_days=1, latest_days=4))
    soon = an_offer(offer_id="soon", delivery=DeliveryPromise(earliest_days=2, latest_days=3))
    assert decided((late, soon), a_policy()).ranked[0].offer_id == "soon"


def test_what_is_left_equal_is_drawn_by_need_and_offer():
    twins = tuple(an_offer(offer_id=f"twin-{at}", shipping=FREE) for at in range(2))
    winners = {
        decided(twins, a_policy(), need=a_need(need_id=f"need-{at}")).ranked[0].offer_id
        for at in range(20)
    }
    assert winners == {"twin-0", "twin-1"}


def test_an_expected_day_without_costs_what_the_owner_says():
    soon = an_offer(offer_id="soon", price=Money(900, "EUR"))
    late = an_offer(offer_id="late", delivery=DeliveryPromise(earliest_days=6, latest_days=8))
    urgent = a_need(depletion=Depletion(p10_on=day(1), p50_on=day(2), p90_on=day(3)))
    assert decided((soon, late), a_policy(), need=urgent).ranked[0].offer_id == "late"
    fast = preset("fastest")
    assert decided((soon, late), fast, need=urgent).ranked[0].offer_id == "soon"


def test_the_present_supplier_keeps_the_order_until_a_rival_is_cheaper_by_the_credit():
    present = an_offer(offer_id="present", vendor="tintenwelt", shipping=FREE)
    policy = a_policy(loyalty_credit_ppm=80_000)  # 8 % of 8.40 EUR is 0.672 EUR
    known = some_facts(present_supplier={STOCK: "tintenwelt"})
    rival = an_offer(offer_id="rival", price=Money(773, "EUR"), shipping=FREE)
    assert decided((present, rival), policy, known).ranked[0].offer_id == "present"
    cheaper = replace(rival, price=Money(772, "EUR"))
    assert decided((present, cheaper), policy, known).ranked[0].offer_id == "rival"


def test_the_owner_is_asked_above_the_limit_and_told_by_how_much():
    one_pack = a_need(quantity_most=1500)
    decision = decided((an_offer(),), a_policy(ask_above_minor=1000), need=one_pack)
    assert [(ask.rule_id, ask.facts) for ask in decision.asks] == [
        ("ask_above", {"total_minor": 1230, "most_minor": 1000, "currency": "EUR"})
    ]
    assert decided((an_offer(),), a_policy(ask_above_minor=1230), need=one_pack).asks == ()


BAND = {"category": "laundry-detergent", "unit": "ml", "per_quantity": 1000, "most_minor": 600}


def test_nothing_is_bought_when_nothing_is_acceptable_and_the_blocking_rule_is_named():
    dear = an_offer(offer_id="dear", price=Money(1400, "EUR"), shipping=FREE)
    less_dear = an_offer(offer_id="less", price=Money(1200, "EUR"), shipping=FREE)
    sold_out = an_offer(offer_id="gone", in_stock=False, shipping=FREE)
    decision = decided((dear, sold_out, less_dear), a_policy(price_bands=[BAND]))
    assert decision.chosen is None
    assert decision.runner_up is None
    assert decision.nothing is not None
    assert decision.nothing.rule_id == "price_in_band"
    assert decision.nothing.offers_blocked == 2
    assert decision.nothing.relaxed is not None
    assert decision.nothing.relaxed.offer_id == "less"
    dearer = [each for each in decision.findings if each.rule_id == "price_in_band"]
    beyond = {(each.offer_id, each.packs): each.facts["beyond_minor"] for each in dearer}
    # 14.00 and 12.00 EUR for 1.5 l against 6.00 EUR a litre
    assert beyond == {("dear", 1): 334, ("dear", 2): 334, ("less", 1): 200, ("less", 2): 200}


def test_a_rule_of_law_is_never_offered_for_relaxing():
    decision = decided((an_offer(trader_verified=False),), a_policy())
    assert decision.nothing is not None
    assert decision.nothing.rule_id == "trader_verified"
    assert decision.nothing.relaxed is None


def test_no_offer_at_all_blames_no_rule():
    decision = decided((), a_policy())
    assert decision.nothing is not None
    assert (decision.nothing.rule_id, decision.nothing.offers_blocked) == (None, 0)


@pytest.mark.parametrize("needs", [(), (NEED, NEED)])
def test_no_need_and_one_twice_are_refused(needs):
    with pytest.raises(NeedsUnclear):
        decide(needs, (), a_policy(), some_facts())
