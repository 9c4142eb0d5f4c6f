from hypothesis import given

from core.money import Money
from tests.unit.vendor_policy.builders import (
    KICK_BACK,
    STOCK,
    a_policy,
    a_question,
    an_offer,
    facts,
    offer_lists,
    policies,
    some_circumstances,
    some_facts,
)
from vendor_policy import explain
from vendor_policy.declarations import Remuneration, Shipping
from vendor_policy.explain import Part
from vendor_policy.funnel import funnel
from vendor_policy.offers import MissingFacts
from vendor_policy.record import DecisionRecord, answer, parsed, record_bytes, written
from vendor_policy.sums import Cell, sums

FREE = Shipping(flat_minor=0)
NO_GTIN = MissingFacts(vendor="tintenwelt", sku="T-9", title="Ohne GTIN", fields=("gtin",))
BAND = {"category": "laundry-detergent", "unit": "ml", "per_quantity": 1000, "most_minor": 800}


def recorded(*offers, **overrides) -> DecisionRecord:
    question = a_question(*offers, **overrides)
    record = written(question, answer(question), some_circumstances())
    return parsed(record_bytes(record))  # explained is what was stored


def keys(record) -> list[str]:
    return [part.key for part in explain.sentence(record)]


def test_the_funnel_names_rule_author_and_what_is_left():
    record = recorded(
        an_offer(offer_id="1"),
        an_offer(offer_id="2", fits=("laundry-powder",), in_stock=False),
        an_offer(offer_id="3", in_stock=False),
        an_offer(offer_id="4", price=Money(1500, "EUR")),
        policy=a_policy(price_bands=[BAND]),
        refused=(NO_GTIN,),
    )
    passed = funnel(record)
    assert (passed.seen, passed.ranked) == (5, 1)
    assert [(s.rule_id, s.title.author, s.left, s.dropped) for s in passed.steps] == [
        ("complete", "platform", 4, 1),
        ("fits", "technical", 3, 1),
        ("unit_matches", "technical", 3, 0),
        ("trader_verified", "law", 3, 0),
        ("in_stock", "platform", 2, 1),
        ("not_expired", "platform", 2, 0),
        ("same_currency", "platform", 2, 0),
        ("quantity_fits", "owner", 2, 0),
        ("price_in_band", "owner", 1, 1),
    ]
    assert passed.steps[-1].title == Part(
        "rule.price_in_band.title",
        {
            "least_minor": 0,
            "most_minor": 800,
            "per_quantity": 1000,
            "unit": "ml",
            "currency": "EUR",
        },
        explain.Author.OWNER,
    )


@given(offer_lists, policies, facts)
def test_the_funnel_ends_with_the_offers_that_were_ranked(offers, policy, known):
    record = recorded(*offers, policy=policy, facts=known, refused=(NO_GTIN,))
    passed = funnel(record)
    assert passed.ranked == len({each.offer_id for each in record.ranked})
    assert passed.seen - sum(step.dropped for step in passed.steps) == passed.ranked
    assert passed.seen == passed.ranked + len(explain.excluded(record)) + 1


@given(offer_lists, policies, facts)
def test_both_columns_add_up(offers, policy, known):
    both = sums(recorded(*offers, policy=policy, facts=known))
    if both is None:
        return
    assert sum(line.chosen.minor for line in both.lines) == both.chosen_minor
    if both.runner_up_minor is not None:
        others = [line.runner_up.minor for line in both.lines if line.runner_up]
        assert sum(others) == both.runner_up_minor


def test_winner_and_runner_up_stand_side_by_side():
    record = recorded(
        an_offer(offer_id="1", vendor="tintenwelt", price=Money(860, "EUR"), shipping=FREE),
        an_offer(offer_id="2", price=Money(850, "EUR"), shipping=FREE),
        policy=a_policy(loyalty_credit_ppm=100_000),
        facts=some_facts(present_supplier={STOCK: "tintenwelt"}),
    )
    both = sums(record)
    assert both is not None
    assert [line.title.key for line in both.lines] == ["line.price", "line.loyalty_credit"]
    loyalty = both.lines[1]
    assert loyalty.title.author == "owner"
    assert loyalty.chosen == Cell(-57, {"credit_ppm": 100_000})
    assert loyalty.runner_up == Cell(0, {})
    assert (both.chosen_minor, both.runner_up_minor) == (516, 567)


def test_a_single_offer_has_no_second_column():
    record = recorded(an_offer())
    both = sums(record)
    assert both is not None
    assert {line.runner_up for line in both.lines} == {None}
    assert "why.no_runner_up" in keys(record)


def test_every_objection_to_an_excluded_offer_is_told_with_its_author():
    record = recorded(
        an_offer(offer_id="1"),
        an_offer(offer_id="2", trader_verified=False, brand="Tonerfix", unit="g"),
        policy=a_policy(brands_blocked=["Tonerfix"]),
    )
    (excluded,) = explain.excluded(record)
    assert excluded.offer.offer_id == "2"
    assert [(part.key, part.author) for part in excluded.objections] == [
        ("rule.unit_matches.objection", "technical"),
        ("rule.trader_verified.objection", "law"),
        ("rule.brand_not_blocked.objection", "owner"),
        ("objection.missing_fact", "owner"),
    ]


def test_a_refused_entry_is_told_with_the_field_and_who_must_say_it():
    (refused,) = explain.refused(recorded(an_offer(), refused=(NO_GTIN,)))
    assert refused.title == "Ohne GTIN"
    assert refused.objections[0].params == {"fact": "gtin", "source": "catalogue"}


def test_the_sentence_tells_need_choice_runner_up_and_money():
    record = recorded(
        an_offer(offer_id="1"),
        an_offer(offer_id="2", price=Money(990, "EUR")),
        policy=a_policy(ask_above_minor=1000),
    )
    assert keys(record) == [
        "need.below_reorder_point",
        "why.runs_out",
        "why.seen",
        "why.chosen",
        "why.runner_up",
        "why.nobody_paid",
        "rule.ask_above.objection",
    ]
    runner_up = next(p for p in explain.sentence(record) if p.key == "why.runner_up")
    assert runner_up.params["dearer_minor"] == 100  # 1.50 EUR on 1.5 l


def test_a_kick_back_is_told_and_named():
    record = recorded(
        an_offer(offer_id="1", vendor_name="Billigblitz", remuneration=KICK_BACK),
        an_offer(
            offer_id="2",
            remuneration=Remuneration(payer="Maker", payee="Haushaltshof", amount_minor=20),
        ),
    )
    told = {part.key: part.params for part in explain.sentence(record)}
    assert told["why.paid_share"]["share_ppm"] == 50_000
    assert told["why.paid_share"]["payee"] == "operator"
    assert told["why.paid_amount"]["amount_minor"] == 20
    assert "why.nobody_paid" not in told


def test_not_buying_is_told_with_the_rule_and_what_dropping_it_would_give():
    band = {**BAND, "most_minor": 689}  # two packs are 20.70 for 3 l
    record = recorded(an_offer(), policy=a_policy(price_bands=[band]))
    parts = {part.key: part for part in explain.sentence(record)}
    assert "why.chosen" not in parts
    assert parts["nothing.blocked"].params == {"offers": 1}
    assert parts["rule.price_in_band.title"].author == "owner"
    assert parts["nothing.relaxed"].params["total_minor"] == 2070
    beyond = parts["rule.price_in_band.objection"].params
    assert (beyond["paid_minor"], beyond["beyond_minor"]) == (690, 1)


def test_without_any_offer_no_rule_is_blamed():
    assert keys(recorded()) == [
        "need.below_reorder_point",
        "why.runs_out",
        "why.seen",
        "nothing.no_offer",
        "why.nobody_paid",
    ]
