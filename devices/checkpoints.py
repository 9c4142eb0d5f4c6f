"""Saved states of a slot, from which messages that come late are folded again.

Pure. Two are kept, so that the older lies 48 hours back at least and nothing needs to be read
when messages come in order. A refill does not end the window: readings of 5, 30, 40 and 40
percent are a refill to 30, but without the second, which may come late, one to 40.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from devices.levels import LONG_AGO, Folded, Folding, Message, SlotFold
from devices.models import Gauge

LATEST: Final = timedelta(hours=48)  # how late a message may be and still be folded
NOTHING: Final = SlotFold()


class Saved(Struct, frozen=True, kw_only=True, gc=False):
    """The two states to fold again from.

    `older` lies more than 48 hours of the slot's own time before the slot's state, or at the
    beginning.
    """

    older: SlotFold = NOTHING
    newer: SlotFold | None = None


class Track(Struct, frozen=True, kw_only=True, gc=False):
    """A slot's state with the saved ones."""

    fold: SlotFold = NOTHING
    saved: Saved = Saved()

    @property
    def older(self) -> SlotFold:
        return self.saved.older

    def rewound(self) -> "Track":
        return Track(fold=self.older, saved=Saved(older=self.older))


def follow(
    track: Track, messages: Iterable[Message], gauge: Gauge, zone: ZoneInfo
) -> tuple[Track, Folded]:
    """Fold `messages`, which come in the order of their keys and after `track.fold.key`."""
    folding, saved = Folding(track.fold, gauge, zone), track.saved
    save_after = _next_after(saved)
    for message in messages:
        folding.take(message)
        if message.at > save_after:
            saved = Saved(older=saved.newer or saved.older, newer=folding.state())
            save_after = _next_after(saved)
    folded = folding.folded()
    return Track(fold=folded.state, saved=saved), folded


def _next_after(saved: Saved) -> datetime:
    """A message that was measured later makes the state with it the newer one."""
    if saved.newer is None or saved.newer.at is None:
        return LONG_AGO
    return saved.newer.at + LATEST
