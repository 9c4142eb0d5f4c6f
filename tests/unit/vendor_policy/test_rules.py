from datetime import timedelta

import pytest

from core.money import Money
from tests.unit.vendor_policy.builders import (
    NOW,
    STOCK,
    a_need,
    a_policy,
    an_offer,
    day,
    some_facts,
)
from vendor_policy import checks
from vendor_policy.candidates import candidate
from vendor_policy.declarations import DeliveryPromise
from vendor_policy.facts import LastPaid
from vendor_policy.needs import Depletion
from vendor_policy.rules import (
    RULES,
    Author,
    Finding,
    Kind,
    Rule,
    RuleDoesNotLoad,
    findings,
    load,
)

LIQUID = "laundry-detergent"
BAND = {"category": LIQUID, "unit": "ml", "per_quantity": 1000, "most_minor": 820}
PAID = some_facts(last_paid={STOCK: LastPaid(total=Money(1230, "EUR"), quantity=1500)})
DEARER = Money(964, "EUR")  # 13.54 in all against 12.30 paid last


def found(need=None, policy=None, known=None, packs=1, **offer) -> list[Finding]:
    asked = candidate(an_offer(**offer), packs)
    answers = findings(
        RULES, [asked], need or a_need(), policy or a_policy(), known or some_facts()
    )
    return list(answers)


def objecting(**asked) -> dict[str, dict[str, int | str]]:
    return {finding.rule_id: dict(finding.facts) for finding in found(**asked)}


def test_no_rule_objects_to_a_plain_offer():
    assert found() == []


@pytest.mark.parametrize(
    ("asked", "objections"),
    [
        ({"trader_verified": False}, {"trader_verified": {}}),
        ({"in_stock": False}, {"in_stock": {}}),
        (
            {"fits": ("laundry-powder",)},
            {"fits": {"offered": "laundry-powder", "wanted": "laundry-liquid"}},
        ),
        (
            {"category": "fabric-softener"},
            {"fits": {"offered": "fabric-softener", "wanted": "laundry-detergent"}},
        ),
        ({"expires_at": NOW}, {"not_expired": {"expired_at": "2026-11-22T08:12:00+00:00"}}),
        ({"price": Money(840, "CHF")}, {"same_currency": {"offered": "CHF", "wanted": "EUR"}}),
        (
            {"packs": 3},
            {"quantity_fits": {"quantity": 4500, "least": 1000, "most": 3000, "unit": "ml"}},
        ),
        (
            {"policy": a_policy(brands_blocked=["KLARBACH"])},
            {"brand_not_blocked": {"brand": "Klarbach"}},
        ),
        (
            {"policy": a_policy(brands_allowed=[{"category": LIQUID, "names": ["Ecolind"]}])},
            {"brand_allowed": {"brand": "Klarbach", "brands": "Ecolind"}},
        ),
        ({"policy": a_policy(vendors_blocked=["haushaltshof"])}, {"vendor_not_blocked": {}}),
        ({"policy": a_policy(vendors_allowed=["tintenwelt"])}, {"vendor_allowed": {}}),
        (
            {
                "policy": a_policy(
                    attributes_required=[
                        {"category": LIQUID, "names": ["Eco-Label", "fragrance-free"]}
                    ]
                ),
                "attributes": ("fragrance-free",),
            },
            {"has_attributes": {"attributes": "Eco-Label"}},
        ),
        (
            {"policy": a_policy(price_rise_most_ppm=100_000), "known": PAID, "price": DEARER},
            {"price_rise": {"rise_ppm": 100_814, "most_ppm": 100_000}},
        ),
        (
            {"policy": a_policy(ask_price_rise_ppm=0), "known": PAID, "price": DEARER},
            {"ask_price_rise": {"rise_ppm": 100_814, "most_ppm": 0}},
        ),
        (
            {"policy": a_policy(ask_above_minor=1229)},
            {"ask_above": {"total_minor": 1230, "most_minor": 1229, "currency": "EUR"}},
        ),
    ],
)
def test_a_rule_objects_with_the_facts_to_word_it(asked, objections):
    assert objecting(**asked) == objections


def test_another_unit_is_a_technical_matter_and_its_quantity_unknown():
    rules = {finding.rule_id: finding for finding in found(unit="g")}
    assert rules["unit_matches"].facts == {"offered": "g", "wanted": "ml"}
    assert rules["quantity_fits"].missing == "quantity"


@pytest.mark.parametrize(
    ("policy", "known", "rule_id", "missing"),
    [
        (a_policy(price_bands=[{**BAND, "unit": "g"}]), some_facts(), "price_in_band", "price"),
        (
            a_policy(price_rise_most_ppm=0),
            some_facts(last_paid={STOCK: LastPaid(total=Money(900, "CHF"), quantity=1500)}),
            "price_rise",
            "last_paid",
        ),
    ],
)
def test_a_rule_that_cannot_know_objects_and_names_the_fact(policy, known, rule_id, missing):
    (finding,) = found(policy=policy, known=known)
    assert (finding.rule_id, finding.missing) == (rule_id, missing)


def test_an_incomplete_candidate_is_objected_to_by_its_missing_fact():
    assert [finding.missing for finding in found(brand="")] == ["brand"]


def test_the_band_holds_at_its_edges_and_is_shown_beyond_them():
    # 8.40 and 3.90 for 1.5 l are 8.20 EUR a litre, delivery in
    assert found(policy=a_policy(price_bands=[BAND])) == []
    (dearer,) = found(policy=a_policy(price_bands=[BAND]), price=Money(841, "EUR"))
    assert dearer.facts["paid_minor"] == 821
    assert dearer.facts["beyond_minor"] == 1
    bottom = {**BAND, "least_minor": 820}
    assert found(policy=a_policy(price_bands=[bottom])) == []
    (cheaper,) = found(policy=a_policy(price_bands=[bottom]), price=Money(839, "EUR"))
    assert (cheaper.facts["paid_minor"], cheaper.facts["beyond_minor"]) == (819, 1)


def test_a_first_order_cannot_have_risen():
    assert found(policy=a_policy(price_rise_most_ppm=0)) == []


def test_lateness_excludes_only_when_the_owner_says_so():
    urgent = a_need(depletion=Depletion(p10_on=day(0), p50_on=day(1), p90_on=day(1)))
    assert found(need=urgent) == []
    # in 19 of 20 on day 2 or 3, empty on the eve with 90 and 100 in 100; else on day 5
    (late,) = found(need=urgent, policy=a_policy(late_most_ppm=500_000))
    assert late.rule_id == "delivery_in_time"
    assert late.facts == {"late_ppm": 952_500, "most_ppm": 500_000}
    soon = DeliveryPromise(earliest_days=0, latest_days=0)
    assert found(need=urgent, policy=a_policy(late_most_ppm=500_000), delivery=soon) == []


def test_every_objection_is_kept_not_only_the_first():
    worst = found(
        in_stock=False,
        trader_verified=False,
        expires_at=NOW - timedelta(seconds=1),
        policy=a_policy(brands_blocked=["Klarbach"]),
    )
    assert [finding.rule_id for finding in worst] == [
        "trader_verified",
        "in_stock",
        "not_expired",
        "brand_not_blocked",
    ]


def test_an_objection_to_the_offer_stands_once_for_all_numbers_of_packs():
    offer = an_offer(in_stock=False)
    packs = [candidate(offer, 1), candidate(offer, 2)]
    answers = findings(RULES, packs, a_need(), a_policy(), some_facts())
    assert [(finding.rule_id, finding.packs) for finding in answers] == [("in_stock", None)]


PLAIN = Rule("plain", Author.LAW, Kind.EXCLUDE, "code", "2026-11-22", checks.in_stock)


def test_a_whole_rule_loads():
    assert load([PLAIN]) == (PLAIN,)


@pytest.mark.parametrize(
    ("rules", "problem"),
    [
        ([Rule("r", "", Kind.EXCLUDE, "code", "2026-11-22", checks.fits)], "no author"),  # type: ignore[arg-type]  # on purpose
        ([Rule("r", Author.LAW, Kind.EXCLUDE, "", "2026-11-22", checks.fits)], "no reason"),
        ([Rule("r", Author.LAW, Kind.EXCLUDE, "code", "", checks.fits)], "no since"),
        ([Rule("r", Author.LAW, Kind.EXCLUDE, "code", "2026-11-22")], "every other rule one"),
        ([PLAIN, PLAIN], "its id is taken"),
    ],
)
def test_a_rule_without_author_reason_date_or_check_does_not_load(rules, problem):
    with pytest.raises(RuleDoesNotLoad, match=problem):
        load(rules)


def test_only_law_technique_hygiene_and_the_owner_exclude():
    authors = {rule.author for rule in RULES if rule.kind is Kind.EXCLUDE}
    assert Author.MANUFACTURER not in authors
    assert {rule.author for rule in RULES if rule.kind is not Kind.EXCLUDE} == {Author.OWNER}
