"""Substitutes, limits and frequency; what manufacturers say; what owners contest."""

import json

import pytest
from pydantic import ValidationError

from core.canonical import dumps
from core.money import Money
from tests.unit.vendor_policy.builders import (
    STOCK,
    VENDORS,
    a_need,
    a_policy,
    a_question,
    an_offer,
    day,
    some_circumstances,
    some_facts,
)
from vendor_policy import checks
from vendor_policy.candidates import candidate, candidates
from vendor_policy.claims import Claim
from vendor_policy.conditions import CONTESTABLE
from vendor_policy.decide import Decision, decide
from vendor_policy.declarations import Shipping
from vendor_policy.facts import LastPaid, Reliability
from vendor_policy.policy import PRESETS, preset, problems
from vendor_policy.record import Agrees, answer, parsed, record_bytes, replay, written
from vendor_policy.rules import RULES, Author, Kind, Rule, RuleDoesNotLoad, load

PICKED, OTHER, THIRD = "02001000000012", "02001000000029", "02001000000036"
LIQUID = "laundry-detergent"
FREE = Shipping(flat_minor=0)


def decided(*offers, policy=None, known=None, need=None) -> Decision:
    need = need or a_need()
    return decide(
        (need,), candidates(offers, need), policy or a_policy(), known or some_facts()
    )


def chosen(*offers, **given) -> str | None:
    decision = decided(*offers, **given)
    return decision.chosen.offer_id if decision.chosen else None


def objecting(*offers, **given) -> list[str]:
    return sorted({each.rule_id for each in decided(*offers, **given).findings})


def test_a_declared_substitute_will_do_and_any_other_product_will_not():
    need = a_need(products=(PICKED,))
    policy = a_policy(substitutes=[{"product": PICKED, "instead": [OTHER]}])
    other, third = an_offer(offer_id="o", gtin=OTHER), an_offer(offer_id="t", gtin=THIRD)
    assert chosen(other, third, need=need, policy=policy) == "o"
    assert chosen(other, third, need=need) is None


def test_a_substitute_of_something_else_does_not_count():
    policy = a_policy(substitutes=[{"product": THIRD, "instead": [OTHER]}])
    assert chosen(an_offer(gtin=OTHER), need=a_need(products=(PICKED,)), policy=policy) is None


def test_the_picked_product_can_be_worth_more_than_its_substitute():
    need = a_need(products=(PICKED,))
    picked = an_offer(offer_id="p", gtin=PICKED, price=Money(1000, "EUR"), shipping=FREE)
    other = an_offer(offer_id="o", gtin=OTHER, price=Money(950, "EUR"), shipping=FREE)
    plain = {"product": PICKED, "instead": [OTHER]}
    for credit_ppm, winner in ((None, "o"), (40_000, "o"), (60_000, "p")):
        policy = a_policy(substitutes=[{**plain, "credit_ppm": credit_ppm}])
        assert chosen(picked, other, need=need, policy=policy) == winner


@pytest.mark.parametrize(
    ("limit", "rule_id"),
    [
        ({"packs_most": 1}, "packs_within"),
        ({"delivery_most_days": 2}, "delivery_within"),
        ({"days_between": 13}, "not_too_often"),
    ],
)
def test_a_limit_holds_at_its_edge_and_objects_beyond(limit, rule_id):
    known = some_facts(bought_on={STOCK: day(-12)})
    small = an_offer(pack_quantity=750)  # two packs are the only number that will do
    need = a_need(quantity_most=1500)
    ((name, value),) = limit.items()
    for entry, expected in (
        (limit, [rule_id]),
        ({name: value + (1 if name != "days_between" else -1)}, []),
        ({**limit, "category": "fabric-softener"}, []),
        ({**limit, "category": LIQUID}, [rule_id]),
    ):
        policy = a_policy(order_limits=[entry])
        assert objecting(small, policy=policy, known=known, need=need) == expected


def test_a_category_of_its_own_goes_before_the_limit_for_all():
    policy = a_policy(
        order_limits=[
            {"delivery_most_days": 1},
            {"category": LIQUID, "delivery_most_days": 9},
        ]
    )
    assert objecting(an_offer(), policy=policy) == []


def test_a_first_order_is_never_too_soon_and_an_unknown_day_objects():
    policy = a_policy(order_limits=[{"days_between": 30}])
    assert objecting(an_offer(), policy=policy) == []
    paid = some_facts(last_paid={STOCK: LastPaid(total=Money(900, "EUR"), quantity=1500)})
    assert decided(an_offer(), policy=policy, known=paid).findings[0].missing == "bought_on"


def test_a_vendor_that_lets_orders_fall_costs_what_that_costs_the_owner():
    known = some_facts(reliability={"haushaltshof": Reliability(orders=10, failed=3)})
    policy, one_pack = a_policy(failed_order_minor=500), a_need(quantity_most=1500)
    decision = decided(an_offer(), policy=policy, known=known, need=one_pack)
    (line,) = [each for each in decision.ranked[0].price.lines if each.name == "risk"]
    # 3 failed for 7 kept and 5 assumed kept: a quarter of 5.00, for 1.5 l, by the litre
    assert line.shown_minor == 83
    assert line.facts["failed"] == 3
    unknown = decided(an_offer(), policy=a_policy(failed_order_minor=500))
    assert "risk" not in {each.name for each in unknown.ranked[0].price.lines}


@pytest.mark.parametrize(("rival_minor", "keeps"), [(921, True), (919, False)])
def test_the_present_supplier_keeps_the_order_unless_a_rival_is_cheaper_by_the_share(
    rival_minor, keeps
):
    known = some_facts(present_supplier={STOCK: VENDORS[0]})
    policy = a_policy(loyalty_credit_ppm=80_000)
    present = an_offer(offer_id="present", price=Money(1000, "EUR"), shipping=FREE)
    rival = an_offer(
        offer_id="rival",
        vendor=VENDORS[1],
        price=Money(rival_minor, "EUR"),
        shipping=FREE,
    )
    winner = chosen(present, rival, policy=policy, known=known)
    assert winner == ("present" if keeps else "rival")


def test_price_only_is_the_price_and_the_delivery_and_nothing_else():
    known = some_facts(
        reliability={"haushaltshof": Reliability(orders=10, failed=9)},
        present_supplier={STOCK: "haushaltshof"},
    )
    decision = decided(an_offer(), policy=preset("price_only"), known=known)
    assert {each.name for each in decision.ranked[0].price.lines} == {"price", "shipping"}


def test_every_preset_is_a_policy():
    assert {preset(name).preset for name in PRESETS} == set(PRESETS)


def a_claim(**overrides) -> Claim:
    plain = {
        "claim_id": "descale",
        "maker": "Aquamat",
        "kind": "warn",
        "grounds": "warranty",
        "reason": "warranty_ends",
        "text_en": "Refilled cartridges end the warranty.",
        "text_de": "Wiederbefüllte Kartuschen beenden die Garantie.",
        "since": "2026-10-01",
        "attributes": ["refilled"],
    }
    return Claim.model_validate({**plain, **overrides})


REFILLED = an_offer(offer_id="r", attributes=("Refilled",), price=Money(700, "EUR"))


@pytest.mark.parametrize("kind", ["warn", "recommend"])
def test_what_a_manufacturer_says_is_noted_and_neither_excludes_nor_ranks(kind):
    need = a_need(claims=(a_claim(kind=kind),))
    said, silent = decided(REFILLED, an_offer(), need=need), decided(REFILLED, an_offer())
    assert [(each.rule_id, each.offer_id) for each in said.notes] == [("claim:descale", "r")]
    assert said.notes[0].facts["maker"] == "Aquamat"
    assert (said.ranked, said.findings) == (silent.ranked, silent.findings)
    assert said.chosen is not None
    assert said.chosen.offer_id == "r"


def test_it_may_speak_of_other_brands_and_of_products():
    need = a_need(
        claims=(
            a_claim(claim_id="brand", attributes=[], brands_but=["Reinwerk"]),
            a_claim(claim_id="good", kind="recommend", attributes=[], products=[PICKED]),
        )
    )
    notes = decided(an_offer(), an_offer(offer_id="x", brand="REINWERK"), need=need).notes
    assert {(each.rule_id, each.offer_id) for each in notes} == {
        ("claim:brand", "offer-1"),
        ("claim:good", "offer-1"),
        ("claim:good", "x"),
    }


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"kind": "exclude", "grounds": "commercial"}, "claim_commercial"),
        ({"kind": "exclude", "grounds": "warranty"}, "claim_commercial"),
        ({"kind": "credit", "grounds": "technical"}, "claim_commercial"),
        (
            {"kind": "exclude", "grounds": "technical", "brands_but": ["Reinwerk"]},
            "claim_by_brand",
        ),
        ({"attributes": []}, "claim_of_all"),
        ({"reason": ""}, "string_pattern_mismatch"),
        ({"text_de": " "}, "string_too_short"),
    ],
)
def test_a_commercial_or_nameless_claim_does_not_load(wanted, code):
    with pytest.raises(ValidationError) as refused:
        a_claim(**wanted)
    assert [each["type"] for each in refused.value.errors()] == [code]


DAMAGE = a_claim(kind="exclude", grounds="technical", reason="damages_pump")


def test_a_technical_claim_excludes_with_its_public_reason():
    need = a_need(claims=(DAMAGE,))
    assert chosen(REFILLED, an_offer(), need=need) == "offer-1"
    question = a_question(REFILLED, an_offer(), needs=(need,))
    data = record_bytes(written(question, answer(question), some_circumstances()))
    (entry,) = [each for each in parsed(data).rules if each.rule_id == "claim:descale"]
    assert (entry.author, entry.kind, entry.reason) == ("technical", "exclude", "damages_pump")
    assert entry.params is not None
    assert entry.params["text_de"].startswith("Wiederbefüllte")
    assert replay(data) == Agrees()


@pytest.mark.parametrize("aim", [{"product": PICKED}, {"stock_id": STOCK}])
def test_what_the_owner_contests_is_still_asked_and_shown_and_excludes_no_more(aim):
    need = a_need(claims=(DAMAGE,))
    policy = a_policy(contested=[{"rule_id": "claim:descale", **aim}])
    decision = decided(REFILLED, an_offer(), need=need, policy=policy)
    assert decision.chosen is not None
    assert decision.chosen.offer_id == "r"
    assert [each.rule_id for each in decision.notes] == ["claim:descale"]
    question = a_question(REFILLED, needs=(need,), policy=policy)
    data = record_bytes(written(question, answer(question), some_circumstances()))
    assert replay(data) == Agrees()
    forged = json.loads(data)
    forged["notes"] = []
    assert replay(dumps(forged)) != Agrees()


@pytest.mark.parametrize("aim", [{"product": OTHER}, {"stock_id": "another-stock"}])
def test_a_contest_reaches_no_further_than_it_says(aim):
    policy = a_policy(contested=[{"rule_id": "claim:descale", **aim}])
    assert chosen(REFILLED, need=a_need(claims=(DAMAGE,)), policy=policy) is None


@pytest.mark.parametrize(
    ("contest", "code"),
    [
        ({"rule_id": "trader_verified", "product": PICKED}, "not_contestable"),
        ({"rule_id": "in_stock", "product": PICKED}, "not_contestable"),
        ({"rule_id": "fits"}, "contest_of_all"),
    ],
)
def test_the_law_and_the_hygiene_cannot_be_contested(contest, code):
    with pytest.raises(ValidationError) as refused:
        a_policy(contested=[contest])
    assert [each.code for each in problems(refused.value)] == [code]


def test_the_contestable_rules_are_the_technical_ones():
    technical = {rule.rule_id for rule in RULES if rule.author is Author.TECHNICAL}
    assert technical == CONTESTABLE


@pytest.mark.parametrize(
    ("author", "kind", "reason"),
    [
        (Author.MANUFACTURER, Kind.EXCLUDE, "not_original"),
        (Author.MANUFACTURER, Kind.ASK, "not_original"),
        (Author.PLATFORM, Kind.EXCLUDE, "not_our_partner"),
        (Author.PLATFORM, Kind.ASK, "out_of_stock"),
        (Author.TECHNICAL, Kind.ASK, "does_not_fit"),
    ],
)
def test_a_preference_of_anyone_but_the_owner_does_not_load(author, kind, reason):
    rule = Rule("biased", author, kind, reason, "2026-11-22", checks.in_stock)
    with pytest.raises(RuleDoesNotLoad, match="never excludes and never ranks"):
        load([rule])


@pytest.mark.parametrize("author", [Author.MANUFACTURER, Author.PLATFORM, Author.LAW])
def test_nobody_but_the_owner_credits(author):
    rule = Rule("favourite", author, Kind.CREDIT, "out_of_stock", "2026-11-22")
    with pytest.raises(RuleDoesNotLoad, match="never excludes and never ranks"):
        load([rule])


def test_one_pack_more_is_not_tried_silently_away():
    policy = a_policy(order_limits=[{"packs_most": 1}])
    need = a_need(quantity_least=1500, quantity_most=4500)
    decision = decided(an_offer(), policy=policy, need=need)
    assert [(each.rule_id, each.packs) for each in decision.findings] == [
        ("packs_within", 2),
        ("packs_within", 3),
    ]
    assert candidate(an_offer(), 2).total_minor == 2 * 840 + 390
