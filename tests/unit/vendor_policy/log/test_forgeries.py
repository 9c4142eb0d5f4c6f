"""What a dishonest operator signs is found out by both verifiers, each by itself."""

import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from core.canonical import digest
from replenishment.order_states import TRANSITIONS
from runtime import verify
from tests.forging import ANNA, ASKED, Story, a_story, bought, moved
from tests.proof import VERIFIER, stand_alone
from tests.unit.vendor_policy.builders import a_policy
from vendor_policy.log import purchases
from vendor_policy.log.notes import COSIGNATURE, Signer

ALONE = stand_alone()
WITNESS, OTHER_WITNESS = (
    Signer.of_seed(seed * 32, "witness", COSIGNATURE) for seed in (b"w", b"v")
)
MANDATE = "5a1f1c0e-0000-4000-8000-00000000000b"
BY_MANDATE = (("approve", "proposed", "approved", f"mandate:{MANDATE}"), *ASKED[2:])


def alone(data: bytes) -> str | None:
    """None: everything holds."""
    try:
        list(ALONE.verify(data, None))
    except ALONE.Fails as problem:
        return str(problem)
    except ALONE.UNREADABLE as problem:
        return f"file: {problem!r}"
    return None


def on_the_command_line(file: Path, *witnesses: str) -> subprocess.CompletedProcess[str]:
    options = [part for key in witnesses for part in ("--witness", key)]
    command = [sys.executable, str(VERIFIER), str(file), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def ours(tmp_path: Path) -> Callable[[bytes], str | None]:
    def say(data: bytes) -> str | None:
        file = tmp_path / "proof.json"
        file.write_bytes(data)
        return verify.verify_file(file).problem

    return say


Ours = Callable[[bytes], str | None]


def an_override(packs: int = 1) -> Story:
    story = a_story()
    story.take("dear", packs)
    story.change(is_override=True)
    return story


def by_mandate(**question: object) -> Story:
    story = a_story(BY_MANDATE, **question)
    story.record["mandate_id"] = MANDATE
    return story


@pytest.mark.parametrize("honest", [a_story, an_override, by_mandate])
def test_a_true_story_holds(honest: Callable[[], Story], ours: Ours):
    data = honest().signed()
    assert alone(data) is None
    assert ours(data) is None


def another_vendor() -> Story:
    story = a_story()
    story.change(vendor="somebody-else")
    return story


def another_article() -> Story:
    story = a_story()
    for event in story.events:
        event["lines"][0]["sku"] = "other"
    return story


def another_total_of_an_override() -> Story:
    story = an_override(packs=2)
    story.change(total={"minor": 999_999, "currency": "EUR"})
    return story


def packs_that_are_no_number() -> Story:
    story = a_story()
    for event in story.events:
        event["lines"][0]["packs"] = True
    return story


def an_invented_move() -> Story:
    return a_story((("deliver", "proposed", "awaiting_approval", ANNA), *ASKED[1:]))


def sent_before_its_decision() -> Story:
    story = a_story()
    story.early, story.events = story.events[:3], story.events[3:]
    return story


def turned_up_though_never_approved() -> Story:
    ended = ("cancel", "awaiting_approval", "cancelled", ANNA)
    return a_story((ASKED[0], ended, ("turn_up", "cancelled", "placed", "vendor")))


def an_override_that_nobody_made() -> Story:
    story = an_override()
    story.events[1]["by"] = "platform"
    return story


def an_override_by_mandate() -> Story:
    story = by_mandate()
    story.take("dear")
    story.change(is_override=True)
    return story


def an_ask_answered_by_mandate() -> Story:
    return by_mandate(policy=a_policy(ask_above_minor=100))


def a_mandate_that_the_record_does_not_name() -> Story:
    story = by_mandate()
    story.record["mandate_id"] = None
    return story


def an_event_of_another_need() -> Story:
    story = a_story()
    story.change(need="need-2")
    return story


@pytest.mark.parametrize(
    ("forged", "why"),
    [
        (another_vendor, "not the vendor, article and price"),
        (another_article, "not the vendor, article and price"),
        (another_total_of_an_override, "total is not goods and shipping"),
        (packs_that_are_no_number, "not a number of packs"),
        (an_invented_move, "deliver never makes proposed awaiting_approval"),
        (sent_before_its_decision, "sent before its decision was in the log"),
        (turned_up_though_never_approved, "nobody had approved"),
        (an_override_that_nobody_made, "platform may not approve"),
        (an_override_by_mandate, "may not approve"),
        (an_ask_answered_by_mandate, "may not approve"),
        (a_mandate_that_the_record_does_not_name, "may not approve"),
        (an_event_of_another_need, "of another need"),
    ],
)
def test_a_purchase_that_was_not_decided_and_approved_is_found(
    forged: Callable[[], Story], why: str, ours: Ours
):
    data = forged().signed()
    assert why in str(alone(data))
    assert why in str(ours(data))


def an_exclusion(author: str, reason: str = "partner", kind: str = "exclude") -> Story:
    """Of the winner, by a rule of an author who may not."""
    story = a_story()
    rule = {"rule_id": "partner", "author": author, "kind": kind, "reason": reason}
    story.record["rules"].append({**rule, "since": "2026-11-22", "params": None})
    story.exclude("cheap", "partner")
    return story


def a_bonus(name: str) -> Story:
    """A line that makes the dearer one win."""
    story = a_story()
    first, second = story.record["ranked"][:2]
    price = second["price"]
    line = {"name": name, "numerator": f"-{price['numerator']}", "facts": {}}
    price["lines"].append({**line, "shown_minor": -price["shown_minor"]})
    price["numerator"], price["shown_minor"] = "0", 0
    story.record["ranked"][:2] = second, first
    story.choose_first()
    return story


def a_surcharge() -> Story:
    """Of a cost, but below zero."""
    return a_bonus("risk")


def sold_out_elsewhere() -> Story:
    """For an order of another need."""
    story = a_story()
    story.alter("cheap", in_stock=False)
    story.exclude("cheap", "in_stock")
    refused = moved("refuse", "approved", "refused", "vendor", order="other", need="need-2")
    refused.update(bought(story.record, "cheap", 1))
    story.early = [refused]
    return story


def no_policy() -> Story:
    story = a_story()
    story.record.update(policy=None, policy_hash=digest(b"null"))
    return story


def a_finding_twice() -> Story:
    story = a_story()
    story.alter("cheap", category="fabric-softener")
    story.exclude("cheap", "fits")
    story.record["findings"] *= 2
    return story


def a_note_of_no_rule() -> Story:
    story = a_story()
    note = {"offer_id": "cheap", "packs": None, "rule_id": "because", "facts": {}}
    story.record["notes"].append({**note, "missing": None})
    return story


def an_ask_of_no_rule() -> Story:
    story = a_story()
    story.record["asks"].append({"rule_id": "because", "facts": {}, "missing": None})
    return story


def a_basket_for_one_need() -> Story:
    story = an_override(packs=2)
    story.change(is_override=False)
    total, lines = story.events[0]["total"], story.events[0]["lines"]
    winners = [{"offer_id": each["offer_id"], "packs": each["packs"]} for each in lines]
    story.record["basket"] = {"parcels": [{"winners": winners, "total": total}], "asks": []}
    return story


@pytest.mark.parametrize(
    ("forged", "why"),
    [
        (partial(an_exclusion, "manufacturer"), "manufacturer may not exclude"),
        (partial(an_exclusion, "platform"), "platform may not exclude"),
        (partial(an_exclusion, "nobody"), "nobody may not exclude"),
        (partial(a_bonus, "partner_bonus"), "neither a cost nor a credit"),
        (partial(a_bonus, "brand_credit"), "neither a cost nor a credit"),
        (a_surcharge, "neither a cost nor a credit"),
        (sold_out_elsewhere, "of another need"),
        (no_policy, "policy"),
        (a_finding_twice, "stands twice"),
        (a_note_of_no_rule, "no such rule"),
        (an_ask_of_no_rule, "no such rule"),
        (a_basket_for_one_need, "a basket is for several needs"),
    ],
)
def test_a_decision_that_prefers_for_somebody_else_is_found(
    forged: Callable[[], Story], why: str, ours: Ours
):
    data = forged().signed()
    assert why in str(alone(data))
    assert ours(data)


def a_denominator_of_zero() -> Story:
    story = a_story()
    story.record["ranked"][0]["price"]["denominator"] = "0"
    return story


def packs_of_nothing() -> Story:
    story = a_story()
    story.alter("cheap", pack_quantity=0)
    return story


@pytest.mark.parametrize("forged", [a_denominator_of_zero, packs_of_nothing])
def test_a_division_by_zero_is_a_reason_too(forged: Callable[[], Story], ours: Ours):
    data = forged().signed()
    assert alone(data)
    assert ours(data)


@pytest.mark.parametrize(
    "changes",
    [{"offers": []}, {"needs": []}, {"needs": 3}, {"offers": {"a": "b"}}, {"decided_at": 1}],
    ids=str,
)
def test_a_record_that_is_none_gives_a_reason(changes: dict[str, object], ours: Ours):
    data = a_story().signed(**changes)
    assert alone(data)
    assert ours(data)


def test_nothing_of_a_file_reaches_the_terminal_unescaped(ours: Ours, tmp_path: Path):
    data = a_story(((f"\x1b[2J{ASKED[0][0]}", *ASKED[0][1:]),)).signed()
    file = tmp_path / "proof.json"
    file.write_bytes(data)
    said = [
        *on_the_command_line(file).stdout.splitlines(),
        *verify.verify_file(file).lines(),
    ]
    assert sum("never makes" in each and "x1b[2Jask" in each for each in said) == 2
    assert all(each.isprintable() for each in said)


def test_a_witness_that_is_asked_for_must_have_co_signed(ours: Ours, tmp_path: Path):
    story = a_story()
    story.cosigned_by = (WITNESS,)
    both = [OTHER_WITNESS.key.text, WITNESS.key.text]
    for file, cosigned in (("with", story.signed()), ("without", a_story().signed())):
        (tmp_path / file).write_bytes(cosigned)
    for wanted, file, holds in (
        (both[1:], "with", True),
        (both, "with", False),
        (both[1:], "without", False),
    ):
        said = on_the_command_line(tmp_path / file, *wanted)
        assert (said.returncode == 0) == holds
        assert ("not co-signed by" in said.stdout) != holds
        problem = verify.verify_file(tmp_path / file, witnesses=wanted).problem
        assert ("not co-signed by" in str(problem)) != holds


def test_both_verifiers_know_the_moves_of_an_order_and_no_others():
    known = {
        (before, event, after)
        for event, (after, begins) in purchases.MOVES.items()
        for before in begins
    }
    assert known == {(*step, after) for step, after in TRANSITIONS.items()}
    assert known == ALONE.MOVES
