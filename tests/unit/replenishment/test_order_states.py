"""The life of an order, as its table tells it."""

import pytest

from replenishment.order_states import (
    LIVE,
    TRANSITIONS,
    IllegalTransition,
    OrderEvent,
    OrderState,
    allowed,
    next_state,
)

ENDS = frozenset(OrderState) - LIVE


def reachable(state: OrderState) -> set[OrderState]:
    found, waiting = {state}, [state]
    while waiting:
        here = waiting.pop()
        for event in allowed(here):
            after = next_state(here, event)
            if after not in found:
                found.add(after)
                waiting.append(after)
    return found


@pytest.mark.parametrize("state", sorted(LIVE))
def test_every_live_state_can_end(state: OrderState) -> None:
    assert reachable(state) & ENDS


@pytest.mark.parametrize("state", sorted(ENDS))
def test_an_end_is_an_end_but_for_what_was_bought_after_all(state: OrderState) -> None:
    late = {OrderEvent.TURN_UP} if state is OrderState.CANCELLED else set()
    assert allowed(state) == late


def test_nothing_taken_back_is_sent_again() -> None:
    out = {OrderState.SUBMITTING}
    assert not reachable(OrderState.STOPPING) & out
    assert not reachable(OrderState.NEEDS_OWNER) & out
    assert not reachable(OrderState.CANCELLED) & out


def test_every_state_is_reached_from_a_proposal() -> None:
    assert reachable(OrderState.PROPOSED) == set(OrderState)


def test_nothing_is_sent_that_was_not_approved() -> None:
    before = {state for state, event in TRANSITIONS if event is OrderEvent.SUBMIT}
    assert before == {OrderState.APPROVED}


def test_an_illegal_move_says_what_cannot_be_done() -> None:
    with pytest.raises(IllegalTransition, match="cannot `cancel` an order that is `delivered`"):
        next_state(OrderState.DELIVERED, OrderEvent.CANCEL)
