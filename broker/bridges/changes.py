"""What was replaced in a device, by its own word: each change told once, as a refill.

Pure. A change is news if it is later than the last one known, and if none is, later than the
first sight of the slot: what was replaced before the bridge came is no refill of today.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from broker.bridges import kept_events
from broker.bridges.kept_events import Waiting
from broker.bridges.reading import Reading
from devices import wire


@dataclass(slots=True)
class Changes:
    """`known`: the last change of each slot. `waiting`: events without a receipt."""

    known: dict[str, datetime] = field(default_factory=dict)
    waiting: Waiting = field(default_factory=list)

    def see(
        self, readings: Iterable[Reading], numbers: Iterator[tuple[int, int]], now: datetime
    ) -> None:
        """A change in the future is not believed before it has come."""
        for each in readings:
            changed_at = each.changed_at
            if each.slot not in self.known:
                self.known[each.slot] = min(changed_at or now, now)
            elif changed_at and self.known[each.slot] < changed_at <= now:
                self.known[each.slot] = changed_at
                event = _refilled(each.slot, changed_at, next(numbers))
                self.waiting = kept_events.with_event(self.waiting, event)


def _refilled(slot: str, at: datetime, number: tuple[int, int]) -> wire.Event:
    return wire.Event(
        v=1,
        boot_id=number[0],
        seq=number[1],
        measured_at=at,
        event=wire.EventKind.REFILLED,
        slot=slot,
    )


def dump(changes: Changes) -> dict[str, Any]:
    known = {slot: at.isoformat() for slot, at in changes.known.items()}
    return {"known": known, "waiting": changes.waiting}


def load(told: dict[str, Any]) -> Changes:
    known = {slot: datetime.fromisoformat(at) for slot, at in told["known"].items()}
    return Changes(known, told["waiting"])
