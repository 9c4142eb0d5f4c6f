import threading

import pytest
from pydantic import ValidationError

from core.money import Money
from tests.unit.vendor_policy.builders import (
    STOCK,
    a_custom_rule,
    a_need,
    a_policy,
    a_question,
    an_offer,
    day,
    some_circumstances,
    some_facts,
)
from vendor_policy.candidates import candidate
from vendor_policy.decide import decide
from vendor_policy.expression_fields import FIELDS
from vendor_policy.expression_source import WORDS, ExpressionRefused, with_vendors
from vendor_policy.expressions import compiled
from vendor_policy.facts import LastPaid
from vendor_policy.policy import problems
from vendor_policy.record import Agrees, answer, parsed, record_bytes, replay, written
from vendor_policy.rulebook import rules_for
from vendor_policy.rules import findings

PAID = some_facts(
    last_paid={STOCK: LastPaid(total=Money(1230, "EUR"), quantity=1500)},
    bought_on={STOCK: day(-12)},
)


def objections(expression, known=None, packs=1, **offer):
    policy = a_policy(custom_rules=[a_custom_rule(expression)])
    need, asked = a_need(), candidate(an_offer(**offer), packs)
    rules = [each for each in rules_for(policy, need) if each.rule_id == "custom:mine"]
    return findings(rules, [asked], need, policy, known or some_facts())


@pytest.mark.parametrize(
    "expression",
    [
        "true",
        "offer.price_minor <= 840",
        "offer.total_minor * 1000 <= 820 * offer.quantity",
        "offer.brand == 'Klarbach' && offer.vendor != 'billigblitz'",
        "offer.brand.startsWith('Klar') || size(offer.attributes) > 3",
        "!('perfume' in offer.attributes)",
        "offer.fits.exists(each, each == 'laundry-liquid')",
        "need.fits.all(each, each in offer.fits)",
        "offer.latest_days <= need.days_left ? true : offer.in_stock",
        "!has(need.last_paid_minor) || need.last_paid_minor > 0",
        "offer\n  .packs  // one at a time\n  == 1",
        'offer.gtin != "offer.nothing here is a name"',
        "'offer.brand' != offer.brand // offer.brand",
    ],
)
def test_an_offer_of_which_it_is_true_is_left_alone(expression):
    assert objections(expression) == ()


def test_an_offer_of_which_it_is_not_true_is_objected_to_in_the_owners_words():
    (finding,) = objections("offer.price_minor < 840")
    assert (finding.rule_id, finding.packs) == ("custom:mine", None)
    assert finding.facts == {"wording": "what I want"}
    assert finding.missing is None


def test_what_depends_on_the_number_of_packs_is_asked_for_each():
    (finding,) = objections("offer.quantity < 3000", packs=2)
    assert finding.packs == 2


@pytest.mark.parametrize(
    ("expression", "missing"),
    [
        ("need.last_paid_minor > 1", "last_paid_minor"),
        ("need.days_since_last > 1", "days_since_last"),
        ("offer.total_minor / offer.shipping_minor < 100", "division_by_zero"),
        ("offer.total_minor * 9223372036854775807 > 1", "number_too_large"),
        ("offer.attributes[7] == 'x'", "list_too_short"),
    ],
)
def test_what_cannot_be_answered_objects_and_says_what_was_missing(expression, missing):
    (finding,) = objections(expression, shipping=FREE)
    assert finding.missing == missing


FREE = an_offer().shipping.model_copy(update={"flat_minor": 0})


def test_what_the_stock_cost_last_and_when_can_be_asked_about():
    rise = "offer.total_minor * need.last_paid_quantity * 100"
    dearer = f"{rise} <= need.last_paid_minor * offer.quantity * 105"
    assert objections(dearer, known=PAID) == ()
    assert objections(dearer, known=PAID, price=Money(950, "EUR")) != ()
    assert objections("need.days_since_last >= 12", known=PAID) == ()


@pytest.mark.parametrize(
    ("expression", "line", "column", "said"),
    [
        ("offer.price <= 5", 1, 7, "did you mean `price_minor`?"),
        ("offer.brand ==\n need.unitt", 2, 7, "did you mean `unit`?"),
        ("ofer.brand == 'x'", 1, 1, "did you mean `offer`?"),
        ("foo in offer.fits", 1, 1, "no name"),
        ("offer.price_minor <=", 1, 21, "mismatched input"),
        ("offer.brand.matches('K.*')", 1, 13, "no function"),
        ("now() > 3", 1, 1, "no function"),
        ("random() > 3", 1, 1, "no function"),
        ("timestamp('2026-01-01T00:00:00Z') > timestamp(offer.brand)", 1, 1, "no function"),
        ("offer['title'] == 'x'", 1, 1, "did you mean"),
        ("offer == need", 1, 1, "did you mean"),
        ("offer.remuneration == 0", 1, 7, "no field of `offer`"),
        ("[1, 2].exists(a, a == 1)", 1, 8, "another list"),
        ("offer.fits.all(a, offer.fits.all(b, a == b))", 1, 30, "a loop in a loop"),
        ("offer.price_minor", 1, 1, "no yes or no"),
        ("has(offer.brand)", 1, 1, "every field of an offer is known"),
        ("offer.fits.all(offer__brand, true)", 1, 16, "no name"),
        ("offer.price_minor < 'x'", 1, 1, "unlike things"),
        ("offer.price_minor / 2.5 < 1.0", 1, 1, "unlike things"),
        ('"""\\""""' + " == '' || true", 1, 1, "raw or long"),
        ("r'\\' == offer.brand", 1, 1, "raw or long"),
        ("'open == offer.brand", 1, 1, ""),
        ("offer.vendor.startsWith('tin')", 1, 1, "as a whole"),
        ("offer.vendor == 'tin' + 'tenwelt'", 1, 1, "as a whole"),
        ("'x' + offer.vendor == 'xtintenwelt'", 1, 7, "as a whole"),
        ("offer.vendor < 'm'", 1, 1, "as a whole"),
        ("\" || offer.vendor == 'x')\" != '' && offer.vendor < 'm'", 1, 37, "as a whole"),
        ("offer.vendor == offer.brand", 1, 1, "as a whole"),
        ("true" + " || true" * 80, 1, 501, "longer than 500"),
        ("", 1, 1, "mismatched input"),
        ("(" * 400 + "true" + ")" * 90, 1, 1, ""),
        ("'\\ud800' == offer.brand", 1, 1, ""),
    ],
)
def test_a_wrong_one_is_refused_with_its_place_and_a_hint(expression, line, column, said):
    with pytest.raises(ExpressionRefused) as refused:
        compiled(expression)
    if said:
        assert (refused.value.line, refused.value.column) == (line, column)
    assert said in str(refused.value)
    assert refused.value.mistake.hint


def test_a_policy_with_a_wrong_one_is_refused_and_the_field_is_named():
    with pytest.raises(ValidationError) as refused:
        a_policy(custom_rules=[a_custom_rule("offer.price <= 5")])
    (problem,) = problems(refused.value)
    assert problem.field == "custom_rules[0]"
    assert problem.code == "expression_wrong"
    assert problem.params["column"] == 7
    assert "price_minor" in problem.params["hint"]


def test_two_rules_of_one_name_are_refused():
    with pytest.raises(ValidationError, match="stands twice"):
        a_policy(custom_rules=[a_custom_rule("true"), a_custom_rule("false")])


def test_nothing_about_money_for_a_place_can_be_asked():
    hidden = {"remuneration", "vendor_name", "title", "rating", "sku", "position", "offer_id"}
    assert hidden.isdisjoint(FIELDS["offer"])
    assert WORDS.isdisjoint({"now", "timestamp", "matches", "random"})


def test_one_that_asks_stops_nothing_but_asks():
    offer, need = an_offer(), a_need()
    policy = a_policy(custom_rules=[a_custom_rule("offer.packs > 9", otherwise="ask")])
    decision = decide((need,), [candidate(offer, 1)], policy, some_facts())
    assert decision.chosen is not None
    assert [ask.rule_id for ask in decision.asks] == ["custom:mine"]


def test_when_it_blocks_everything_it_is_named_and_can_be_dropped():
    policy = a_policy(custom_rules=[a_custom_rule("offer.price_minor < 1")])
    decision = decide((a_need(),), [candidate(an_offer(), 1)], policy, some_facts())
    assert decision.nothing is not None
    assert decision.nothing.rule_id == "custom:mine"
    assert decision.nothing.relaxed is not None


def test_the_record_holds_its_expression_its_wording_and_whose_it_is():
    question = a_question(
        an_offer(), policy=a_policy(custom_rules=[a_custom_rule("offer.packs == 1")])
    )
    data = record_bytes(written(question, answer(question), some_circumstances()))
    (entry,) = [each for each in parsed(data).rules if each.rule_id == "custom:mine"]
    assert (entry.author, entry.kind, entry.since) == ("owner", "exclude", "2026-11-20")
    assert entry.params == {"wording": "what I want", "expression": "offer.packs == 1"}
    assert replay(data) == Agrees()


def test_a_rule_read_in_one_thread_is_asked_in_another():
    compiled("offer.packs == 1")
    found: list[object] = []
    thread = threading.Thread(target=lambda: found.append(objections("offer.packs == 1")))
    thread.start()
    thread.join(10)
    assert found == [()]


def test_the_meter_trades_vendors_in_expressions_too():
    traded = with_vendors(
        """offer.vendor == 'a' || offer.vendor == "b" || offer.brand == 'ab'""",
        {"a": "b", "b": "a"},
    )
    assert traded == """offer.vendor == 'b' || offer.vendor == "a" || offer.brand == 'ab'"""
