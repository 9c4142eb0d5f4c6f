"""A vendor's complaint about one statement, as one table.

Pure.
"""

from enum import StrEnum
from typing import Final


class ComplaintState(StrEnum):
    OPENED = "opened"
    IN_REVIEW = "in_review"  # a person looks at it
    UPHELD = "upheld"  # the vendor was right
    NOT_UPHELD = "not_upheld"
    WITHDRAWN = "withdrawn"


class ComplaintEvent(StrEnum):
    OPEN = "open"
    TAKE_UP = "take_up"
    UPHOLD = "uphold"
    DISMISS = "dismiss"
    WITHDRAW = "withdraw"


S, E = ComplaintState, ComplaintEvent

COMPLAINT_MOVES: Final[dict[tuple[ComplaintState | None, ComplaintEvent], ComplaintState]] = {
    (None, E.OPEN): S.OPENED,
    (S.OPENED, E.TAKE_UP): S.IN_REVIEW,
    (S.OPENED, E.WITHDRAW): S.WITHDRAWN,
    (S.IN_REVIEW, E.UPHOLD): S.UPHELD,
    (S.IN_REVIEW, E.DISMISS): S.NOT_UPHELD,
    (S.IN_REVIEW, E.WITHDRAW): S.WITHDRAWN,
}
BY_VENDOR: Final = frozenset({E.OPEN, E.WITHDRAW})  # every other event is the operator's


class ComplaintCannot(Exception):
    def __init__(self, state: ComplaintState | None, event: ComplaintEvent) -> None:
        super().__init__(f"cannot `{event}` a complaint that is `{state or 'not there'}`")


def moved(state: ComplaintState | None, event: ComplaintEvent) -> ComplaintState:
    """Raises ComplaintCannot."""
    try:
        return COMPLAINT_MOVES[state, event]
    except KeyError:
        raise ComplaintCannot(state, event) from None
