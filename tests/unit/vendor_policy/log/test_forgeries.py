"""What a dishonest operator signs is found out by both verifiers, each by itself."""

from collections.abc import Callable
from pathlib import Path

import pytest

from replenishment.order_states import TRANSITIONS
from runtime import verify
from tests.forging import ANNA, ASKED, Story, a_story
from tests.proof import stand_alone
from tests.unit.vendor_policy.builders import a_policy
from vendor_policy.log import purchases

ALONE = stand_alone()
MANDATE = "5a1f1c0e-0000-4000-8000-00000000000b"
BY_MANDATE = (("approve", "proposed", "approved", f"mandate:{MANDATE}"), *ASKED[2:])


def alone(data: bytes) -> str | None:
    """None: everything holds."""
    try:
        list(ALONE.verify(data, None))
    except (ALONE.Fails, *ALONE.UNREADABLE) as problem:
        return str(problem)
    return None


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


def test_both_verifiers_know_the_moves_of_an_order_and_no_others():
    known = {
        (before, event, after)
        for event, (after, begins) in purchases.MOVES.items()
        for before in begins
    }
    assert known == {(*step, after) for step, after in TRANSITIONS.items()}
    assert {
        (before, event, after)
        for event, (after, begins) in ALONE.MOVES.items()
        for before in begins.split()
    } == known
