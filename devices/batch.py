"""A batch as what each device has in it, and what becomes of each message.

Pure. What is stored already is looked up by the caller, and only for those few messages that
could be: `Share.unsure`.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, cast

from msgspec import Struct

from devices import wire
from devices.intake import (
    Arrival,
    DeviceEvent,
    KnownDevice,
    KnownSlot,
    Place,
    Reading,
    ReadingName,
    Taken,
    take,
)
from devices.levels import Key, Refilled, Verdict
from devices.slot_changes import (
    NOTHING_STORED,
    Arrivals,
    SlotChange,
    Window,
    change,
    is_late,
    refold_start,
)
from devices.wire import EventKind

MessageId = tuple[str, int, int]  # (device_id, boot_id, seq)


class Judged(Struct, frozen=True, gc=False):
    """New readings, each with its verdict."""

    readings: list[Reading]
    verdicts: list[Verdict]


class Outcome(StrEnum):
    """Of a message with several slots: the first of these that is true of one of them."""

    RECORDED = "recorded"
    HELD = "held"
    LATE = "late"  # stored; something newer was known already
    DUPLICATE = "duplicate"
    QUARANTINED = "quarantined"


OF_VERDICT: Final = {
    Verdict.APPLIED: Outcome.RECORDED,
    Verdict.HELD: Outcome.HELD,
    Verdict.GLITCH: Outcome.QUARANTINED,
    Verdict.HISTORY: Outcome.LATE,
}
PRECEDENCE: Final = tuple(Outcome)
# A member of an enumeration by its name costs as much as ten names of a module.
HISTORY: Final = Verdict.HISTORY
LATE: Final = Outcome.LATE


@dataclass(slots=True)
class Outcomes:
    """What becomes of each message of a batch."""

    of_message: list[Outcome | None]
    faults: dict[int, Sequence[wire.Fault]] = field(default_factory=dict)

    def note(self, message: int, outcome: Outcome) -> None:
        known = self.of_message[message]
        if known is None or PRECEDENCE.index(outcome) < PRECEDENCE.index(known):
            self.of_message[message] = outcome

    @property
    def complete(self) -> list[Outcome]:
        return cast(list[Outcome], self.of_message)


def by_device(batch: Sequence[Arrival]) -> dict[str, list[int]]:
    """The places of each device's messages, in the order of the device ids."""
    found: defaultdict[str, list[int]] = defaultdict(list)
    for message, arrival in enumerate(batch):
        found[arrival.device_id].append(message)
    return dict(sorted(found.items()))


class Share:
    """What one device has in a batch that was not stored before."""

    def __init__(self, device: KnownDevice | None, outcomes: Outcomes) -> None:
        self.heard = device if device and not device.is_revoked else None
        self.is_heard_anew = False  # its row changes
        self.events: dict[Key, DeviceEvent] = {}
        self.unsure: list[tuple[int, Taken]] = []
        self._device = device
        self._outcomes = outcomes
        self._arrivals: dict[str, Arrivals] = {}  # by slot

    def add(self, messages: Iterable[int], batch: Sequence[Arrival]) -> None:
        device, heard = self._device, self.heard
        for message in messages:
            arrival = batch[message]
            taken = take(device, arrival)
            if heard and heard.hear(taken, arrival.received_at):
                self.is_heard_anew = True
            if taken.late or taken.event:
                self.unsure.append((message, taken))
            else:
                self._sort(message, taken, ())

    def settle(self, stored: Collection[ReadingName | MessageId]) -> None:
        """The unsure ones, once it is known which of them are stored."""
        for message, taken in self.unsure:
            self._sort(message, taken, stored)
            if taken.event:
                self._outcomes.note(message, self._sort_event(taken.event, stored))

    @property
    def refolds(self) -> list[tuple[KnownSlot, Key]]:
        """Slots that are folded again, and from where on what is stored of them is needed."""
        given = ((self._known.slots[name], each.keys) for name, each in self._arrivals.items())
        starts = ((slot, refold_start(slot, keys)) for slot, keys in given)
        return [(slot, start) for slot, start in starts if start is not None]

    def changes(self, windows: Mapping[Place, Window]) -> Iterator[tuple[SlotChange, Judged]]:
        """With the readings that are new, as they were judged."""
        for name in sorted(self._arrivals):
            slot, arrivals = self._known.slots[name], self._arrivals[name]
            window = windows.get(slot.place, NOTHING_STORED)
            changed, verdicts = change(slot, self._known.zone, arrivals, window)
            yield changed, self._judged(slot, arrivals, verdicts)

    def _judged(
        self, slot: KnownSlot, arrivals: Arrivals, verdicts: Mapping[Key, Verdict]
    ) -> Judged:
        found: list[Verdict] = []
        known = self._outcomes.of_message
        for message, key in zip(arrivals.messages, arrivals.readings, strict=True):
            verdict = verdicts.get(key, HISTORY)
            found.append(verdict)
            late = self.unsure and is_late(slot, key)
            outcome = LATE if late else OF_VERDICT[verdict]
            if known[message] is None:
                known[message] = outcome
            else:
                self._outcomes.note(message, outcome)
        return Judged(list(arrivals.readings.values()), found)

    @property
    def _known(self) -> KnownDevice:
        """Only a known device has readings and events."""
        return cast(KnownDevice, self._device)

    def _of(self, slot: str) -> Arrivals:
        arrivals = self._arrivals.get(slot)
        if arrivals is None:
            arrivals = self._arrivals[slot] = Arrivals()
        return arrivals

    def _sort(
        self, message: int, taken: Taken, stored: Collection[ReadingName | MessageId]
    ) -> None:
        if taken.faults:
            self._outcomes.faults[message] = taken.faults
            self._outcomes.note(message, Outcome.QUARANTINED)
        if taken.status:
            self._outcomes.note(message, Outcome.RECORDED)
        for reading in taken.readings:
            if stored and reading.name in stored:
                self._repeated(message, reading)
                continue
            arrivals = self._arrivals.get(reading.slot)
            if arrivals is None:
                arrivals = self._of(reading.slot)
            if not arrivals.add(reading, message):
                self._repeated(message, reading)

    def _repeated(self, message: int, reading: Reading) -> None:
        self._outcomes.note(message, Outcome.DUPLICATE)
        device = self._known
        device.last_heard_at = max(device.last_heard_at, reading.received_at)
        self.is_heard_anew = True

    def _sort_event(
        self, event: DeviceEvent, stored: Collection[ReadingName | MessageId]
    ) -> Outcome:
        if event.key in self.events or (event.device_id, *event.key) in stored:
            return Outcome.DUPLICATE
        self.events[event.key] = event
        if event.slot is None or event.event is not EventKind.REFILLED:
            return Outcome.RECORDED
        refilled = Refilled(key=event.key, at=event.measured_at)
        self._of(event.slot).add_refilled(refilled, event.received_at)
        slot = self._known.slots[event.slot]
        return Outcome.LATE if is_late(slot, event.key) else Outcome.RECORDED
