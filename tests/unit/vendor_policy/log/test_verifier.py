"""The stand-alone verifier recomputes every decision that ours makes, and no other."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from json import loads
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.canonical import digest, dumps
from tests.proof import stand_alone
from tests.unit.vendor_policy.builders import (
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
from vendor_policy.record import answer, record_bytes, written

ALONE = stand_alone()


def a_record(offers: Any, policy: Any, known: Any, **need: Any) -> dict[str, Any]:
    question = a_question(*offers, policy=policy, facts=known, needs=(a_need(**need),))
    return loads(record_bytes(written(question, answer(question), some_circumstances())))


quantities = st.sampled_from(({}, {"quantity_most": 9000}, {"unit": "fill"}))


@given(offer_lists, policies, facts, quantities)
def test_it_comes_to_the_same_winner_from_findings_and_lines(offers, policy, known, need):
    ALONE.check_decision(a_record(offers, policy, known, **need))


softeners = offer_lists.map(
    lambda found: tuple(
        replace(each, offer_id=f"soft-{each.offer_id}", category="fabric-softener")
        for each in found
    )
)


def a_basket(liquids: Any, soft: Any, policy: Any, known: Any) -> dict[str, Any]:
    second = a_need(need_id="need-2", stock_id="stock-2", category="fabric-softener")
    question = a_question(*liquids, *soft, policy=policy, facts=known, needs=(a_need(), second))
    return loads(record_bytes(written(question, answer(question), some_circumstances())))


@settings(max_examples=30)
@given(offer_lists, softeners, policies, facts)
def test_several_needs_are_checked_one_by_one_and_in_their_parcels(
    liquids, soft, policy, known
):
    record = a_basket(liquids, soft, policy, known)
    ALONE.check_decision(record)
    if record["basket"]["parcels"]:
        record["basket"]["parcels"] *= 2
        with pytest.raises(ALONE.Fails, match="a winner too many"):
            ALONE.check_decision(record)
        parcels = record["basket"]["parcels"]
        record["basket"]["parcels"] = deepcopy(parcels[: len(parcels) // 2])
        record["basket"]["parcels"][0]["total"]["minor"] -= 1
        with pytest.raises(ALONE.Fails, match="parcel"):
            ALONE.check_decision(record)
        record["basket"]["parcels"].pop()
        with pytest.raises(ALONE.Fails, match="without its ranked winner"):
            ALONE.check_decision(record)


Record = dict[str, Any]


def winner(record: Record) -> None:
    record["chosen"] = {k: record["ranked"][1][k] for k in ("offer_id", "packs")}


def ranking(record: Record) -> None:
    first, second, *others = record["ranked"]
    record["ranked"] = [second, first, *others]
    record["chosen"] = {k: second[k] for k in ("offer_id", "packs")}


def left_out(record: Record) -> None:
    record["ranked"].pop()


def ranked_twice(record: Record) -> None:
    record["ranked"].append(record["ranked"][-1])


def objections_gone(record: Record) -> None:
    gone = record["findings"][0]["offer_id"]
    record["findings"] = [f for f in record["findings"] if f["offer_id"] != gone]


def objection_to_a_ranked_one(record: Record) -> None:
    offer_id = record["ranked"][0]["offer_id"]
    one = {"rule_id": "in_stock", "packs": None, "facts": {}, "missing": None}
    record["findings"].append({**one, "offer_id": offer_id})


def unknown_rule(record: Record) -> None:
    record["findings"][0]["rule_id"] = "because"


def credit_that_objects(record: Record) -> None:
    record["findings"][0]["rule_id"] = "loyalty_credit"


def line(record: Record) -> None:
    lower(record["ranked"][0]["price"]["lines"][0])


def line_and_sum(record: Record) -> None:
    price = record["ranked"][0]["price"]
    lower(price)
    lower(price["lines"][0])


def lower(amount: Record) -> None:
    amount["numerator"] = str(int(amount["numerator"]) - 1)


def shown(record: Record) -> None:
    record["ranked"][0]["price"]["shown_minor"] -= 1


def total(record: Record) -> None:
    record["ranked"][0]["total"]["minor"] -= 1


def price_of_an_offer(record: Record) -> None:
    list(record["offers"].values())[0]["price"]["minor"] += 1  # noqa: RUF015


def policy_of_the_owner(record: Record) -> None:
    record["policy"]["stock_out_minor_per_day"] += 1


BENT = (
    winner,
    ranking,
    left_out,
    ranked_twice,
    objections_gone,
    objection_to_a_ranked_one,
    unknown_rule,
    credit_that_objects,
    line,
    line_and_sum,
    shown,
    total,
    price_of_an_offer,
    policy_of_the_owner,
)


@pytest.mark.parametrize("bend", BENT, ids=lambda each: each.__name__)
def test_a_record_that_was_bent_fails(bend: Callable[[Record], None]):
    count = 0

    @settings(max_examples=20)
    @given(offer_lists, policies, facts)
    def bent(offers, policy, known):
        nonlocal count
        record = a_record(offers, policy, known)
        try:
            bend(record)
        except (LookupError, ValueError):
            return  # there is nothing to bend
        count += 1
        with pytest.raises(ALONE.Fails, match=r"^decision"):
            ALONE.check_decision(record)

    bent()
    assert count


def test_a_tie_is_decided_by_the_hash_of_need_and_offer():
    names = [f"offer-{number}" for number in range(6)]
    offers = [an_offer(offer_id=name, sku=name) for name in names]
    record = a_record(offers, a_policy(), some_facts(), quantity_most=1500)
    by_lottery = sorted(names, key=lambda name: digest(f"need-1\n{name}".encode()))
    assert [each["offer_id"] for each in record["ranked"]] == by_lottery
    ALONE.check_decision(record)
    record["ranked"][0], record["ranked"][1] = record["ranked"][1], record["ranked"][0]
    with pytest.raises(ALONE.Fails, match="order of its prices"):
        ALONE.check_decision(record)


def test_its_canonical_json_is_ours():
    value = {"b": [1, "ü\n\u2028", None, True], "a": {"z": "", "A": -5}}
    assert ALONE.canonical(value) == dumps(value)
    for text in (b'{"a":1.5}', b'{"a":NaN}', b'{"a":1,"a":1}', b'{"b":1,"a":2}', b'{"a": 1}'):
        with pytest.raises(ALONE.Fails):
            ALONE.loaded(text)
