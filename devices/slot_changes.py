"""What new messages change in one slot, and what its refills take from the spares at home.

Pure. Messages in order are folded on; a late one makes the slot fold again from a saved state
over all that is stored since.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from devices import checkpoints
from devices.checkpoints import Track
from devices.intake import KnownSlot, Place, Reading, StockId
from devices.levels import (
    JUMP,
    LONG_AGO,
    DayUse,
    Held,
    Key,
    Message,
    Refill,
    Refilled,
    SlotFold,
    Verdict,
)
from devices.models import Gauge

KEY: Final = attrgetter("key")


class Arrivals(Struct, gc=False):
    """New messages of one slot, each once; never none. `received_at`: of the last."""

    readings: dict[Key, Reading] = {}  # each has its own: msgspec copies an empty one
    messages: list[int] = []  # the readings' places in the batch
    refilled: dict[Key, Refilled] = {}
    received_at: datetime = LONG_AGO

    def add(self, reading: Reading, message: int) -> bool:
        """Whether it was not there yet."""
        if self.readings.setdefault(reading.key, reading) is not reading:
            return False
        self.messages.append(message)
        if reading.received_at > self.received_at:  # noqa: PLR1730 - max() costs more
            self.received_at = reading.received_at
        return True

    def add_refilled(self, refilled: Refilled, received_at: datetime) -> None:
        self.received_at = max(self.received_at, received_at)
        self.refilled[refilled.key] = refilled

    @property
    def keys(self) -> list[Key]:
        return [*self.readings, *self.refilled]


@dataclass(slots=True)
class Window:
    """What is stored of one slot since the state that it is folded again from."""

    readings: list[Reading] = field(default_factory=list)
    refilled: list[Refilled] = field(default_factory=list)
    verdicts: dict[Key, Verdict] = field(default_factory=dict)
    from_spares: dict[Key, int] = field(default_factory=dict)  # by the key of the refill

    def is_glitch(self, key: Key) -> bool:
        return self.verdicts.get(key) == Verdict.GLITCH

    def new_glitches(self, found: list[Held]) -> list[Held]:
        if not (found and self.verdicts):
            return found
        return [each for each in found if not self.is_glitch(each.key)]

    def is_new_among(self, refills: Sequence[Refill]) -> bool:
        return bool(refills) and any(each.key not in self.from_spares for each in refills)

    def glitches_unless(self, judged: Mapping[Key, Verdict]) -> list[Key]:
        """Those that are judged otherwise now."""
        if not self.verdicts:
            return []
        changed = (key for key, verdict in judged.items() if verdict != Verdict.GLITCH)
        return [key for key in changed if self.is_glitch(key)]


NOTHING_STORED: Final = Window()


class SlotChange(Struct, frozen=True, kw_only=True, gc=False):
    """A slot after a batch. `refolded_from`: the saved state it was folded again from."""

    slot: KnownSlot
    track: Track
    newest: Key  # of the messages that came
    received_at: datetime  # of the last of them
    heard_at: datetime
    corrected: dict[Key, Verdict]  # of readings stored before
    glitches: list[Held]
    cleared: list[Key]  # glitches of before that are none any more
    days: list[DayUse]
    refills: list[Refill]
    is_newly_filled: bool
    refolded_from: SlotFold | None

    @property
    def place(self) -> Place:
        return self.slot.place

    @property
    def is_eventful(self) -> bool:
        """More than a newer state."""
        return bool(
            self.refills
            or self.corrected
            or self.glitches
            or self.cleared
            or self.refolded_from is not None
        )


def is_late(slot: KnownSlot, key: Key) -> bool:
    """Something newer was folded before, or this very message."""
    return key <= slot.track.fold.key


def refold_start(slot: KnownSlot, keys: Collection[Key]) -> Key | None:
    """Where the stored messages begin that these new ones make fold again; None: none do.

    A jump held in the saved state is included: it is judged again.
    """
    folded, older = slot.track.fold.key, slot.track.older
    if min(keys) > folded or not any(key <= folded and key > older.key for key in keys):
        return None
    return older.held.key if older.held else older.key


def change(
    slot: KnownSlot, zone: ZoneInfo, arrivals: Arrivals, stored: Window
) -> tuple[SlotChange, dict[Key, Verdict]]:
    """With the verdicts on all readings that were folded. stored: what is there since
    `refold_start`, or NOTHING_STORED.
    """
    older, held, keys = slot.track.older, slot.track.fold.held, arrivals.keys
    is_refold = refold_start(slot, keys) is not None
    track, folded = checkpoints.follow(
        slot.track.rewound() if is_refold else slot.track,
        _in_order(older, arrivals, stored),
        slot.gauge,
        zone,
    )
    days, judged = folded.days, folded.verdicts
    if is_refold and older.day:
        days.setdefault(older.day.day_on, older.day)
    changed = SlotChange(
        slot=slot,
        track=track,
        newest=max(keys),
        received_at=arrivals.received_at,
        heard_at=max(arrivals.received_at, slot.heard_at or arrivals.received_at),
        corrected=_corrected(judged, arrivals, stored) if is_refold or held else {},
        glitches=stored.new_glitches(folded.glitches),
        cleared=stored.glitches_unless(judged),
        days=list(days.values()),
        refills=folded.refills,
        is_newly_filled=stored.is_new_among(folded.refills),
        refolded_from=older if is_refold else None,
    )
    return changed, judged


def _corrected(
    judged: Mapping[Key, Verdict], arrivals: Arrivals, stored: Window
) -> dict[Key, Verdict]:
    """Of readings stored before: those of the window, and a jump that was held until now."""
    before = judged.keys() - arrivals.readings.keys()
    return {key: judged[key] for key in before if stored.verdicts.get(key) != judged[key]}


def _in_order(older: SlotFold, arrivals: Arrivals, stored: Window) -> Sequence[Message]:
    """What is folded on, or again, from the older saved state; a reading before an event of
    the same name, whichever came first.
    """
    messages: list[Message] = [
        *stored.readings,
        *arrivals.readings.values(),
        *stored.refilled,
        *arrivals.refilled.values(),
    ]
    if len(messages) > 1:
        messages.sort(key=KEY)
    if messages[0].key > older.key:
        return messages
    return [each for each in messages if each.key > older.key]


def units_filled(refill: Refill, gauge: Gauge) -> int:
    """Whole units that went in; a cartridge counted in `fill` goes in as a whole."""
    if gauge.unit == "fill":
        return math.ceil(refill.filled) if refill.filled > JUMP else 0
    return round(max(0.0, refill.filled))


class KnownStock(Struct, gc=False):
    """A stock while a batch changes its slots. `owner_id`: whose pages show it."""

    stock_id: StockId
    owner_id: str
    spares: int
    review_level: float | None
    in_slot: dict[Place, float | None] = {}

    @property
    def on_hand(self) -> float | None:
        """Units; None while any slot is unknown."""
        total: float = self.spares
        for amount in self.in_slot.values():
            if amount is None:
                return None
            total += amount
        return total

    def fill(self, change: SlotChange, stored: Window) -> dict[Key, int]:
        """Takes what went into the slot from the spares, down to none: more was bought
        elsewhere. Refills that are judged again give back first. Returns what was taken.
        """
        if change.refolded_from:
            start = change.refolded_from.key
            self.spares += sum(n for key, n in stored.from_spares.items() if key > start)
        taken: dict[Key, int] = {}
        for refill in change.refills:
            taken[refill.key] = min(self.spares, units_filled(refill, change.slot.gauge))
            self.spares -= taken[refill.key]
        return taken

    def is_due(self, before: float | None) -> bool:
        """Whether a review could now say something else than with `before` on hand."""
        now = self.on_hand
        if now is None:
            return False
        if self.review_level is None:
            return before is None
        return now <= self.review_level and (before is None or before > self.review_level)
