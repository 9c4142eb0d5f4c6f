"""An owner's contest of an automatic order, as one table.

Pure.
"""

from enum import StrEnum
from typing import Final


class ContestState(StrEnum):
    OPENED = "opened"  # the order is held, as far as no vendor has it
    IN_REVIEW = "in_review"  # a person looks at it
    UPHELD = "upheld"  # the owner was right: the order is stopped
    NOT_UPHELD = "not_upheld"  # the order goes on
    WITHDRAWN = "withdrawn"  # the same, by the owner's word


class ContestEvent(StrEnum):
    OPEN = "open"
    TAKE_UP = "take_up"
    UPHOLD = "uphold"
    DISMISS = "dismiss"
    WITHDRAW = "withdraw"


S, E = ContestState, ContestEvent

CONTEST_MOVES: Final[dict[tuple[ContestState | None, ContestEvent], ContestState]] = {
    (None, E.OPEN): S.OPENED,
    (S.OPENED, E.TAKE_UP): S.IN_REVIEW,
    (S.OPENED, E.WITHDRAW): S.WITHDRAWN,
    (S.IN_REVIEW, E.UPHOLD): S.UPHELD,
    (S.IN_REVIEW, E.DISMISS): S.NOT_UPHELD,
    (S.IN_REVIEW, E.WITHDRAW): S.WITHDRAWN,
}
FREEZING: Final = frozenset({S.OPENED, S.IN_REVIEW})
BY_OWNER: Final = frozenset({E.OPEN, E.WITHDRAW})  # every other event is a reviewer's


class ContestCannot(Exception):
    def __init__(self, state: ContestState | None, event: ContestEvent) -> None:
        super().__init__(f"cannot `{event}` a contest that is `{state or 'not there'}`")


def moved(state: ContestState | None, event: ContestEvent) -> ContestState:
    """Raises ContestCannot."""
    try:
        return CONTEST_MOVES[state, event]
    except KeyError:
        raise ContestCannot(state, event) from None
