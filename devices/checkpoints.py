"""Saved states of a slot, from which messages that come late are folded again.

Pure. Two are kept, so that the older lies 48 hours back at least and nothing needs to be read
when messages come in order. A refill does not end the window: readings of 5, 30, 40 and 40
percent are a refill to 30, but without the second, which may come late, one to 40.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Self
from zoneinfo import ZoneInfo

from devices.levels import Folded, Message, SlotFold, fold
from devices.models import SlotSpec

LATEST: Final = timedelta(hours=48)  # how late a message may be and still be folded
NOTHING: Final = SlotFold()


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """A slot's state with the two saved ones from which it can be folded again.

    `older` lies more than 48 hours of the slot's own time before `fold`, or at the beginning.
    """

    fold: SlotFold = NOTHING
    older: SlotFold = NOTHING
    newer: SlotFold | None = None

    def rewound(self) -> "Track":
        return Track(fold=self.older, older=self.older)

    def saved(self) -> dict[str, Any]:
        """JSON of the two states to fold again from."""
        return {"older": self.older.to_json(), "newer": self.newer and self.newer.to_json()}

    @classmethod
    def from_json(cls, fold: dict[str, Any] | None, saved: dict[str, Any] | None) -> Self:
        if saved is None:
            return cls()
        newer = saved["newer"]
        return cls(
            fold=SlotFold.from_json(fold),
            older=SlotFold.from_json(saved["older"]),
            newer=newer and SlotFold.from_json(newer),
        )


def follow(
    track: Track, messages: Iterable[Message], spec: SlotSpec, zone: ZoneInfo
) -> tuple[Track, Folded]:
    """Fold `messages`, which come in the order of their keys and after `track.fold.key`."""
    total = Folded(state=track.fold)
    older, newer = track.older, track.newer
    for message in messages:
        step = fold(total.state, message, spec, zone)
        total.state = step.state
        total.verdicts.update(step.verdicts)
        total.days.update(step.days)
        total.refills.extend(step.refills)
        total.glitches.extend(step.glitches)
        if newer is None:
            newer = step.state
        elif newer.at and message.at - newer.at > LATEST:
            older, newer = newer, step.state
    return Track(fold=total.state, older=older, newer=newer), total
