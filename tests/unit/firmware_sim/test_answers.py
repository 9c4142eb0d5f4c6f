from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_sim.answers import SLEEPS_AT, WAKES_AT, Answer, Ask, AskedOffer, Owner

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)

PROPOSED = AskedOffer(offer_id="haushaltshof-1", packs=1, is_excluded=False)
RUNNER_UP = AskedOffer(offer_id="billigblitz-7", packs=2, is_excluded=False)
EXCLUDED = AskedOffer(offer_id="tintenwelt-3", packs=1, is_excluded=True)


def ask(number: int, *offers: AskedOffer, asked_at: datetime = NOON) -> Ask:
    return Ask(
        order_id=f"order-{number}",
        asked_at=asked_at,
        offers=(EXCLUDED, PROPOSED, *offers),
        chosen_offer_id=PROPOSED.offer_id,
        runner_up_offer_id=RUNNER_UP.offer_id,
    )


def answers(seed: int) -> list[Answer | None]:
    owner = Owner(seed)
    return [owner.answer(ask(number, RUNNER_UP)) for number in range(12)]


@settings(max_examples=50)
@given(seed=st.integers())
def test_most_asks_are_approved_one_is_answered_otherwise_and_one_expires(seed: int) -> None:
    given_answers = answers(seed)
    assert given_answers.count(None) == 1
    otherwise = [each.choose for each in given_answers if each and each.choose]
    assert otherwise == [RUNNER_UP]


def test_the_same_seed_answers_the_same() -> None:
    assert answers(7) == answers(7)
    assert len({str(answers(seed)) for seed in range(5)}) > 1


def test_an_ask_that_is_seen_again_gets_the_same_answer() -> None:
    owner = Owner(7)
    first = owner.answer(ask(0))
    assert [owner.answer(ask(0)) for _ in range(9)] == [first] * 9


def test_without_another_acceptable_offer_the_proposal_is_approved() -> None:
    owner = Owner(7)
    given_answers = [owner.answer(ask(number)) for number in range(12)]
    assert all(each is None or each.choose is None for each in given_answers)


@settings(max_examples=50)
@given(seed=st.integers(), minutes=st.integers(min_value=0, max_value=7 * 24 * 60))
def test_answers_come_within_a_day_and_in_waking_hours(seed: int, minutes: int) -> None:
    asked_at = NOON + timedelta(minutes=minutes)
    answer = Owner(seed).answer(ask(0, asked_at=asked_at))
    assert answer is not None
    assert asked_at < answer.due_at < asked_at + timedelta(hours=20)
    assert WAKES_AT <= answer.due_at.time() <= SLEEPS_AT
