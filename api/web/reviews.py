"""What a person looks at, step by step: complaints of vendors, objections of owners. Pure."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final, Protocol

from accounts.texts import text
from api.web.views_public import ReviewMove

BY_THE_READER: Final = ("open", "withdraw")  # events; all others are a reviewer's


class Step(Protocol):
    event: str
    words: str
    at: datetime


def review_moves(steps: Iterable[Step]) -> tuple[ReviewMove, ...]:
    """steps: oldest first."""
    return tuple(
        ReviewMove(
            words=text(f"complaint.event.{each.event}"),
            by=text("complaint.by_you" if each.event in BY_THE_READER else "complaint.by_us"),
            said=each.words,
            at=each.at,
        )
        for each in steps
    )
