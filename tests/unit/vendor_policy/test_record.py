import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.canonical import dumps
from core.money import Money
from tests.unit.vendor_policy.builders import (
    KICK_BACK,
    STOCK,
    a_custom_rule,
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
from vendor_policy.claims import Claim
from vendor_policy.facts import Deliveries, LastPaid
from vendor_policy.offers import MissingFacts
from vendor_policy.policy import policy_hash, preset
from vendor_policy.record import (
    Agrees,
    Differs,
    OfferTwice,
    Unreadable,
    answer,
    parsed,
    record_bytes,
    record_hash,
    replay,
    verify_hash,
    written,
)


def bytes_of(question) -> bytes:
    return record_bytes(written(question, answer(question), some_circumstances()))


A_CLAIM = Claim(
    claim_id="original",
    maker="Aquamat",
    kind="recommend",
    grounds="commercial",
    reason="own_brand",
    text_en="Made for your machine.",
    text_de="Für Ihre Maschine gemacht.",
    since=date(2026, 10, 1),
    products=("02001000000012",),
)


def a_full_question():
    """Three shops, one sold out, one paying, history and a last order."""
    return a_question(
        an_offer(offer_id="a"),
        an_offer(offer_id="b", vendor="tintenwelt", vendor_name="Tintenwelt", in_stock=False),
        an_offer(
            offer_id="c",
            vendor="billigblitz",
            vendor_name="Billigblitz",
            price=Money(760, "EUR"),
            remuneration=KICK_BACK,
            attributes=("eco-label",),
        ),
        policy=preset("greenest"),
        facts=some_facts(
            deliveries={"billigblitz": Deliveries(delivered=9, late=3, late_days=5)},
            last_paid={STOCK: LastPaid(total=Money(1190, "EUR"), quantity=1500)},
            present_supplier={STOCK: "haushaltshof"},
        ),
        refused=(
            MissingFacts(vendor="tintenwelt", sku="T-9", title="Ohne GTIN", fields=("gtin",)),
        ),
    )


FULL = bytes_of(a_full_question())
# The same with a rule of the owner's own, a manufacturer's word and a second need.
RICH = bytes_of(
    replace(
        a_full_question(),
        needs=(
            a_need(claims=(A_CLAIM,)),
            a_need(need_id="need-2", stock_id="another-stock", quantity_most=4500),
        ),
        policy=a_policy(
            custom_rules=[a_custom_rule("'eco-label' in offer.attributes || offer.packs == 1")],
            substitutes=[{"product": "02001000000012", "instead": ["02001000000029"]}],
            order_limits=[{"packs_most": 2}],
        ),
    )
)


@given(offer_lists, policies, facts)
def test_a_record_replays_to_itself(offers, policy, known):
    assert replay(bytes_of(a_question(*offers, policy=policy, facts=known))) == Agrees()


@given(offer_lists, policies, facts)
def test_a_record_read_and_written_again_is_the_same_to_the_byte(offers, policy, known):
    data = bytes_of(a_question(*offers, policy=policy, facts=known))
    assert record_bytes(parsed(data)) == data
    assert dumps(json.loads(data)) == data


@given(offer_lists, policies)
def test_every_offer_stands_in_the_record_exactly_once(offers, policy):
    record = parsed(bytes_of(a_question(*offers, policy=policy)))
    assert sorted(each.offer_id for each in record.offers.values()) == sorted(
        each.offer_id for each in offers
    )
    ranked = {each.offer_id for each in record.ranked}
    objected = {each.offer_id for each in record.findings}
    assert ranked | objected == {each.offer_id for each in offers}


def test_the_order_of_the_feed_is_not_in_the_record():
    question = a_full_question()
    backwards = replace(question, offers=question.offers[::-1])
    assert bytes_of(backwards) == bytes_of(question)


def test_the_record_names_every_rule_with_author_reason_and_date():
    rules = parsed(FULL).rules
    assert {rule.author for rule in rules} >= {"law", "technical", "owner", "platform"}
    assert all(rule.reason and rule.since for rule in rules)
    assert len({rule.rule_id for rule in rules}) == len(rules)


def test_the_record_holds_the_policy_under_its_hash():
    record = parsed(FULL)
    assert record.policy == preset("greenest")
    assert record.policy_hash == policy_hash(preset("greenest"))
    assert record.policy_version == 3


def test_no_float_is_written():
    def floats(value):
        if isinstance(value, dict):
            return [found for item in value.values() for found in floats(item)]
        if isinstance(value, list):
            return [found for item in value for found in floats(item)]
        return [value] if isinstance(value, float) else []

    assert floats(json.loads(FULL)) == []


@given(st.integers(0, len(FULL) - 1), st.integers(1, 255))
def test_one_changed_byte_anywhere_is_refused(at, change):
    changed = FULL[:at] + bytes([FULL[at] ^ change]) + FULL[at + 1 :]
    assert verify_hash(FULL, record_hash(FULL))
    assert not verify_hash(changed, record_hash(FULL))
    assert isinstance(replay(changed), Agrees | Differs)  # and never raises


def tampered(change) -> bytes:
    value = json.loads(FULL)
    change(value)
    return dumps(value)


def swap_winner(value):
    value["chosen"], value["runner_up"] = value["runner_up"], value["chosen"]


def forget_objection(value):
    value["findings"].pop()


def favour(value):
    value["ranked"].reverse()


def shave_line(value):
    value["ranked"][0]["price"]["lines"][0]["shown_minor"] -= 1


def cheaper_offer(value):
    next(iter(value["offers"].values()))["price"]["minor"] += 1


def drop_offer(value):
    value["offers"].popitem()


def other_policy(value):
    value["policy"]["holding_ppm_per_year"] += 1


def other_author(value):
    value["rules"][0]["author"] = "law"


def smuggle(value):
    value["boost"] = 7


def beyond_any_number(value):
    for offer in value["offers"].values():
        offer["price"]["minor"] = 2**53 - 1


def no_pack(value):
    for offer in value["offers"].values():
        offer["pack_quantity"] = 0


def naive_expiry(value):
    for offer in value["offers"].values():
        offer["expires_at"] = "2026-11-22T12:12:00"


def two_needs(value):
    value["needs"] *= 2


def text_for_number(value):
    value["policy_version"] = "3"


@pytest.mark.parametrize(
    "change",
    [
        swap_winner,
        forget_objection,
        favour,
        shave_line,
        cheaper_offer,
        drop_offer,
        other_policy,
        other_author,
        smuggle,
        beyond_any_number,
        no_pack,
        naive_expiry,
        two_needs,
        text_for_number,
    ],
)
def test_replay_finds_what_was_tampered_with(change):
    assert replay(FULL) == Agrees()
    assert isinstance(replay(tampered(change)), Differs)


def test_replay_names_the_place():
    assert replay(tampered(shave_line)) == Differs(
        "$.ranked[0].price.lines[0].shown_minor",
        stored=str(parsed(FULL).ranked[0].price.lines[0].shown_minor - 1),
        computed=str(parsed(FULL).ranked[0].price.lines[0].shown_minor),
    )


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"[1.5]",
        b'{"a": 1}',
        b'{"a":1,"a":1}',
        b"\xff",
        b'"\\ud800"',
        b"[" * 100_000,
    ],
)
def test_bytes_that_are_no_record_are_refused(data):
    assert isinstance(replay(data), Differs)
    with pytest.raises(Unreadable):
        parsed(data)


def test_the_same_offer_is_not_taken_twice():
    with pytest.raises(OfferTwice):
        answer(a_question(an_offer(), an_offer()))


def test_an_objection_to_nothing_bought_replays_too():
    data = bytes_of(a_question(an_offer(in_stock=False), policy=a_policy()))
    assert parsed(data).chosen is None
    assert replay(data) == Agrees()


PRINT_HASH = """
from tests.unit.vendor_policy.test_record import FULL, RICH
from vendor_policy.record import record_hash, replay
for each in (FULL, RICH):
    print(type(replay(each)).__name__, record_hash(each))
"""


def test_the_same_bytes_come_out_of_processes_with_other_hash_seeds():
    for seed in ("0", "4242"):
        done = subprocess.run(
            [sys.executable, "-c", PRINT_HASH],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        assert done.stdout.split() == [
            *("Agrees", record_hash(FULL)),
            *("Agrees", record_hash(RICH)),
        ]
