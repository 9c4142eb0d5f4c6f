from hypothesis import given
from hypothesis import strategies as st

from core.money import Money
from tests.unit.vendor_policy.builders import (
    a_policy,
    a_question,
    an_offer,
    offer_lists,
    policies,
    some_circumstances,
)
from vendor_policy.declarations import Shipping
from vendor_policy.record import DecisionRecord, answer, written
from vendor_policy.suggestions import suggestions

FREE = Shipping(flat_minor=0)
CHEAP = an_offer(
    offer_id="cheap",
    vendor="billigblitz",
    vendor_name="Billigblitz",
    brand="Reinwerk",
    price=Money(800, "EUR"),
    shipping=FREE,
)
WANTED = an_offer(offer_id="wanted", price=Money(840, "EUR"), shipping=FREE)


def recorded(*offers, **overrides) -> DecisionRecord:
    question = a_question(*offers, **overrides)
    return written(question, answer(question), some_circumstances())


def named(record: DecisionRecord, policy, offer_id: str = "wanted") -> dict:
    return {each.name: each for each in suggestions(record, policy, offer_id)}


def test_the_least_preference_that_is_enough_is_suggested():
    policy = a_policy()
    found = named(recorded(CHEAP, WANTED, policy=policy), policy)
    assert list(found) == ["prefer_shop", "prefer_brand", "not_this_shop", "not_this_brand"]
    (credit,) = found["prefer_shop"].policy.vendor_credits
    assert (credit.name, credit.credit_ppm) == ("haushaltshof", 50_000)  # 8.40 less 5 %
    assert found["not_this_shop"].policy.vendors_blocked == ("billigblitz",)


def test_the_rules_that_spoke_against_it_can_be_dropped():
    policy = a_policy(brands_blocked=("Klarbach",), vendors_blocked=("haushaltshof",))
    better = an_offer(offer_id="wanted", price=Money(700, "EUR"), shipping=FREE)
    found = named(recorded(CHEAP, better, policy=policy), policy)
    assert list(found) == ["drop_rules"]
    assert found["drop_rules"].policy.brands_blocked == ()
    assert found["drop_rules"].policy.vendors_blocked == ()


def test_suggestions_start_from_the_policy_in_force_not_from_the_records():
    record = recorded(CHEAP, WANTED, policy=a_policy())
    present = a_policy(ask_above_minor=4000)
    for each in suggestions(record, present, "wanted"):
        assert each.policy.ask_above_minor == 4000


def test_nothing_is_suggested_when_the_policy_would_choose_it_by_now():
    record = recorded(CHEAP, WANTED, policy=a_policy())
    assert suggestions(record, a_policy(vendors_blocked=("billigblitz",)), "wanted") == ()


def test_no_rule_makes_it_winnable_what_technology_forbids():
    sold_out = an_offer(offer_id="wanted", in_stock=False)
    policy = a_policy()
    assert named(recorded(CHEAP, sold_out, policy=policy), policy) == {}


@given(offer_lists, policies, st.data())
def test_every_suggestion_makes_the_policy_choose_it(offers, policy, data):
    if not offers:
        return
    record = recorded(*offers, policy=policy)
    wanted = data.draw(st.sampled_from(offers)).offer_id
    for each in suggestions(record, policy, wanted):
        chosen = answer(a_question(*offers, policy=each.policy)).chosen
        assert chosen is not None
        assert chosen.offer_id == wanted
