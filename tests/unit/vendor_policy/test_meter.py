import pytest
from hypothesis import given

from benchmarks import mutants
from benchmarks.mutants import HONEST, MUTANTS, caught_by
from core.money import Money
from tests.unit.vendor_policy.builders import (
    a_policy,
    a_question,
    an_offer,
    facts,
    offer_lists,
    policies,
    some_circumstances,
)
from vendor_policy.meter import Swap, measure
from vendor_policy.record import answer, record_bytes, written


def test_six_planted_preferences_are_caught_six_times():
    assert mutants.run() == (6, 6)


@pytest.mark.parametrize(
    ("name", "by"),
    [
        ("by name", Swap.VENDORS),
        ("by id order", Swap.IDS),
        ("by feed position", Swap.ORDER),
        ("by remuneration", Swap.REMUNERATION),
        ("by a default argument", Swap.VENDORS),
        ("by dropping an offer before decide", "receipt"),
    ],
)
def test_each_preference_is_seen_by_what_is_meant_to_see_it(name, by):
    assert by in caught_by(MUTANTS[name])


def test_dropping_is_seen_by_the_receipt_alone():
    assert caught_by(MUTANTS["by dropping an offer before decide"]) == ("receipt",)


def test_the_honest_code_is_not_accused():
    assert caught_by(HONEST) == ()


@given(offer_lists, policies, facts)
def test_nothing_changes_a_winner_that_must_not(offers, policy, known):
    question = a_question(*offers, policy=policy, facts=known)
    data = record_bytes(written(question, answer(question), some_circumstances()))
    counts = measure([data])
    assert counts.total_changes == 0
    assert counts.decisions == 1
    assert (counts.runs[Swap.REMUNERATION] == 1) == bool(offers)


def test_a_decision_of_one_vendor_has_no_vendors_to_swap():
    question = a_question(an_offer())
    data = record_bytes(written(question, answer(question), some_circumstances()))
    assert measure([data, b"{}"]).runs == {
        "vendors": 0,
        "ids": 0,
        "order": 0,
        "remuneration": 1,
    }
    assert measure([data, b"{}"]).unreadable == 1


def test_a_record_that_says_another_winner_than_is_decided_is_counted():
    question = a_question(an_offer(offer_id="a"), an_offer(offer_id="b", sku="HH-13"))
    chosen = answer(question).chosen
    assert chosen is not None
    others = (offer for offer in question.offers if offer.offer_id != chosen.offer_id)
    without_winner = answer(a_question(*others))
    data = record_bytes(written(question, without_winner, some_circumstances()))
    assert measure([data]).replay_changes == 1


def test_a_rule_of_the_owners_own_that_names_a_vendor_is_no_hidden_preference():
    own = {
        "name": "not_there",
        "wording": "Never from there",
        "expression": 'offer.vendor != "billigblitz"',
        "since": "2026-11-01",
    }
    question = a_question(
        an_offer(offer_id="a"),
        an_offer(offer_id="b", vendor="billigblitz", price=Money(500, "EUR")),
        policy=a_policy(custom_rules=(own,)),
    )
    data = record_bytes(written(question, answer(question), some_circumstances()))
    counts = measure([data])
    assert (counts.runs[Swap.VENDORS], counts.total_changes) == (1, 0)
