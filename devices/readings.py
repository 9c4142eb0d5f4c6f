"""Hop 3: a batch of parsed messages becomes stored readings, slots and reviews to be made.

Works on whole batches inside the caller's transaction; the number of statements does not grow
with the batch. Whatever the order of arrival, repeats included, messages that are at most 48
hours late leave the same state behind.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection

from core import outbox
from core.outbox import Work
from devices import known, quarantine, store, telemetry, wire
from devices.intake import (
    OF_ONE_SLOT,
    DeviceEvent,
    KnownDevice,
    Reading,
    ReadingName,
    Taken,
    take,
)
from devices.levels import Key, Refilled, Verdict
from devices.quarantine import Quarantined
from devices.slot_changes import (
    NOTHING_STORED,
    Arrivals,
    Place,
    SlotChange,
    Window,
    change,
    is_late,
    refold_start,
)
from devices.store import MessageId
from devices.wire import EventKind


class Received(Struct, frozen=True, kw_only=True, gc=False):
    """`received_at`: the platform's business time."""

    device_id: str
    channel: wire.Channel
    payload: bytes
    parsed: telemetry.Parsed | wire.Quarantined
    received_at: datetime

    @property
    def topic(self) -> str:
        return wire.topic(self.device_id, self.channel)


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


def record(connection: Connection, batch: Sequence[Received]) -> list[Outcome]:
    """Stores the batch; one outcome for each message, in order. The caller commits."""
    devices = known.load_devices(connection, {each.device_id for each in batch})
    taken = [
        take(devices.get(each.device_id), each.device_id, each.parsed, each.received_at)
        for each in batch
    ]
    fresh = _fresh(connection, devices, taken)
    changes, windows = _fold(connection, devices, fresh)
    _restock(connection, changes, windows, _slot_events(devices, fresh.events.values()))
    known.add_readings(connection, [pair for each in changes for pair in each.added])
    store.correct_verdicts(connection, changes)
    store.add_events(connection, fresh.events.values())
    known.write_slots(connection, changes)
    store.write_days(connection, changes)
    known.write_devices(connection, _heard(devices, batch, taken))
    _quarantine(connection, batch, taken, changes)
    verdicts = {
        each.place: {reading.key: verdict for reading, verdict in each.added}
        for each in changes
    }
    return [_outcome(parts, verdicts) for parts in fresh.parts]


Part = Outcome | tuple[Place, Key]  # the latter: as the reading will be judged


@dataclass(slots=True)
class _Fresh:
    """What a batch holds that was not stored yet, and what became of each message's parts."""

    arrivals: dict[Place, Arrivals] = field(default_factory=lambda: defaultdict(Arrivals))
    events: dict[MessageId, DeviceEvent] = field(default_factory=dict)
    parts: list[list[Part]] = field(default_factory=list)


def _fresh(
    connection: Connection, devices: dict[str, KnownDevice], taken: Sequence[Taken]
) -> _Fresh:
    late = {
        reading.name
        for each in taken
        for reading in each.readings
        if is_late(devices[reading.device_id].slots[reading.slot], reading.key)
    }
    stored = store.known_readings(connection, {name[:3] for name in late})
    told = {(e.device_id, *e.key) for e in (each.event for each in taken) if e}
    stored |= store.known_events(connection, told)
    fresh = _Fresh()
    for each in taken:
        parts: list[Part] = [Outcome.QUARANTINED for _ in each.faults]
        parts += [_sort_reading(fresh, late, stored, reading) for reading in each.readings]
        if each.event:
            parts.append(_sort_event(fresh, devices, stored, each.event))
        if each.status:
            parts.append(Outcome.RECORDED)
        fresh.parts.append(parts)
    return fresh


def _sort_reading(
    fresh: _Fresh,
    late: set[ReadingName],
    stored: set[tuple[object, ...]],
    reading: Reading,
) -> Part:
    place, key = (reading.device_id, reading.slot), reading.key
    if stored and reading.name in stored:
        return Outcome.DUPLICATE
    arrivals = fresh.arrivals[place]
    if key in arrivals.readings:
        return Outcome.DUPLICATE
    arrivals.add_reading(reading)
    return Outcome.LATE if late and reading.name in late else (place, key)


def _sort_event(
    fresh: _Fresh,
    devices: dict[str, KnownDevice],
    stored: set[tuple[object, ...]],
    event: DeviceEvent,
) -> Outcome:
    message_id = (event.device_id, *event.key)
    if message_id in fresh.events or message_id in stored:
        return Outcome.DUPLICATE
    fresh.events[message_id] = event
    if event.slot is None or event.event is not EventKind.REFILLED:
        return Outcome.RECORDED
    refilled = Refilled(key=event.key, at=event.measured_at)
    fresh.arrivals[event.device_id, event.slot].add_refilled(refilled, event.received_at)
    slot = devices[event.device_id].slots[event.slot]
    return Outcome.LATE if is_late(slot, event.key) else Outcome.RECORDED


def _fold(
    connection: Connection, devices: dict[str, KnownDevice], fresh: _Fresh
) -> tuple[list[SlotChange], dict[Place, Window]]:
    slots = {
        (device_id, name): devices[device_id].slots[name]
        for device_id, name in sorted(fresh.arrivals)
    }
    starts = {
        place: start
        for place, slot in slots.items()
        if (start := refold_start(slot, fresh.arrivals[place].keys)) is not None
    }
    windows = store.load_windows(connection, starts)
    changes = [
        change(
            slot,
            devices[slot.device_id].zone,
            fresh.arrivals[place],
            windows.get(place, NOTHING_STORED),
        )
        for place, slot in slots.items()
    ]
    return changes, windows


def _restock(
    connection: Connection,
    changes: Sequence[SlotChange],
    windows: dict[Place, Window],
    slot_events: Sequence[tuple[UUID, DeviceEvent]],
) -> None:
    """Spares, reviews and the owners' open pages follow what the slots have become.

    Before the slots are written: what was on hand is still stored.
    """
    of_slots = {each.slot.stock_id for each in changes if each.slot.stock_id}
    stocks = known.load_stocks(connection, of_slots | {stock_id for stock_id, _ in slot_events})
    before = {each.stock_id: (each.on_hand, each.spares) for each in stocks.values()}
    from_spares: dict[Place, dict[Key, int]] = {}
    reviews: dict[str, Work] = {}
    for each in changes:
        stock = stocks.get(each.slot.stock_id) if each.slot.stock_id else None
        if stock:
            from_spares[each.place] = stock.apply(each, windows.get(each.place, NOTHING_STORED))
    for each in changes:
        stock = stocks.get(each.slot.stock_id) if each.slot.stock_id else None
        if stock and (each.is_newly_filled or stock.is_due(before[stock.stock_id][0])):
            _ask(reviews, stock.stock_id, (each.slot.device_id, *each.newest), each.received_at)
    for stock_id, event in slot_events:
        _ask(
            reviews,
            stock_id,
            (event.device_id, *event.key),
            event.received_at,
            is_requested=event.event is EventKind.REPLENISH_REQUESTED,
        )
    store.write_refills(connection, changes, from_spares)
    moved = [each for each in stocks.values() if each.spares != before[each.stock_id][1]]
    store.write_spares(connection, moved)
    latest = max((each.received_at for each in changes), default=None)
    if latest:
        store.touch_owners(connection, {each.owner_id for each in stocks.values()}, latest)
    outbox.add_sync(connection, *reviews.values())


def _ask(
    reviews: dict[str, Work],
    stock_id: UUID,
    cause: MessageId,
    at: datetime,
    *,
    is_requested: bool = False,
) -> None:
    """Once a stock. A device's own request has a key of its own, or a plain review that
    already waits would swallow it.
    """
    payload: dict[str, Any] = {"stock_id": str(stock_id)}
    key = f"review:{stock_id}"
    if is_requested:
        payload, key = {**payload, "requested": True}, f"{key}:requested"
    reviews.setdefault(
        key,
        Work(
            kind="review",
            payload=payload,
            due_at=at,
            correlation="/".join(map(str, cause)),
            dedupe_key=key,
        ),
    )


def _slot_events(
    devices: dict[str, KnownDevice], events: Iterable[DeviceEvent]
) -> list[tuple[UUID, DeviceEvent]]:
    """Events that ask for a review, with the stock they are about."""
    found = []
    for event in events:
        slot = devices[event.device_id].slots[event.slot] if event.slot else None
        if slot and slot.stock_id and event.event in OF_ONE_SLOT:
            found.append((slot.stock_id, event))
    return found


def _heard(
    devices: dict[str, KnownDevice], batch: Sequence[Received], taken: Sequence[Taken]
) -> list[KnownDevice]:
    """The devices of the batch as they are after it."""
    heard: dict[str, list[tuple[Taken, datetime]]] = defaultdict(list)
    for received, each in zip(batch, taken, strict=True):
        heard[received.device_id].append((each, received.received_at))
    return [
        _after(device, heard[device.device_id])
        for device in devices.values()
        if not device.is_revoked
    ]


def _after(device: KnownDevice, heard: Sequence[tuple[Taken, datetime]]) -> KnownDevice:
    boot_id, is_online, firmware = device.boot_id, device.is_online, device.firmware
    last_heard_at = device.last_heard_at
    for taken, received_at in heard:
        if last_heard_at is None or received_at > last_heard_at:
            last_heard_at = received_at
        for each in (*taken.readings[:1], taken.event, taken.status):
            if each and each.boot_id > boot_id:
                boot_id = each.boot_id
        status = taken.status
        # A last will or birth of an earlier start says nothing about now.
        if status and status.boot_id >= boot_id:
            is_online = status.state == "online"
            firmware = status.firmware or firmware
    return replace(
        device,
        boot_id=boot_id,
        last_heard_at=last_heard_at,
        is_online=is_online,
        firmware=firmware,
    )


def _quarantine(
    connection: Connection,
    batch: Sequence[Received],
    taken: Sequence[Taken],
    changes: Sequence[SlotChange],
) -> None:
    found = [
        Quarantined(
            device_id=received.device_id,
            topic=received.topic,
            payload=received.payload,
            faults=each.faults,
            received_at=received.received_at,
        )
        for received, each in zip(batch, taken, strict=True)
        if each.faults
    ]
    for each in changes:
        found += quarantine.glitches(each)
    quarantine.clear(connection, changes)
    quarantine.keep(connection, found)


def _outcome(parts: list[Part], verdicts: dict[Place, dict[Key, Verdict]]) -> Outcome:
    outcomes = [
        part if isinstance(part, Outcome) else OF_VERDICT[verdicts[part[0]][part[1]]]
        for part in parts
    ]
    return outcomes[0] if len(outcomes) == 1 else min(outcomes, key=PRECEDENCE.index)
