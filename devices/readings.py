"""Hop 3: a batch of parsed messages becomes stored readings, slots and reviews to be made.

Works on whole batches inside the caller's transaction; the number of statements does not grow
with the batch. Whatever the order of arrival, repeats included, messages that are at most 48
hours late leave the same state behind.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import Connection

from core import outbox
from core.outbox import Work
from devices import known, quarantine, store, wire
from devices.intake import (
    OF_ONE_SLOT,
    Arrival,
    DeviceEvent,
    Heard,
    KnownDevice,
    Place,
    ReadingName,
    Taken,
    take,
)
from devices.levels import Key, Refilled, Verdict
from devices.quarantine import Quarantined
from devices.slot_changes import (
    NOTHING_STORED,
    Arrivals,
    SlotChange,
    Window,
    change,
    is_late,
    refold_start,
)
from devices.store import MessageId
from devices.wire import EventKind


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


def record(connection: Connection, batch: Sequence[Arrival]) -> list[Outcome]:
    """Stores the batch; one outcome for each message, in order. The caller commits."""
    devices = known.load_devices(connection, {each.device_id for each in batch})
    fresh = _fresh(connection, devices, batch)
    changes, windows = _fold(connection, devices, fresh)
    _restock(connection, changes, windows, _slot_events(devices, fresh.events.values()))
    known.add_readings(connection, changes)
    store.correct_verdicts(connection, changes)
    store.add_events(connection, fresh.events.values())
    known.write_slots(connection, changes)
    store.write_days(connection, changes)
    known.write_devices(connection, fresh.heard.values())
    _quarantine(connection, batch, fresh.faults, changes)
    return _outcomes(fresh, changes)


@dataclass(slots=True)
class _Fresh:
    """What a batch holds that was not stored yet, and what became of each message; None: as
    its reading will be judged.
    """

    outcomes: list[Outcome | None]
    heard: dict[str, Heard]
    arrivals: dict[Place, Arrivals] = field(default_factory=dict)
    events: dict[MessageId, DeviceEvent] = field(default_factory=dict)
    faults: dict[int, tuple[wire.Fault, ...]] = field(default_factory=dict)
    late: set[ReadingName] = field(default_factory=set)
    stored: set[tuple[object, ...]] = field(default_factory=set)  # names and ids


def _fresh(
    connection: Connection, devices: dict[str, KnownDevice], batch: Sequence[Arrival]
) -> _Fresh:
    """Message by message, so that what one was decoded to is still in the processor's cache
    when it is sorted; what may be stored already is sorted afterwards.
    """
    heard = {each.device_id: Heard(each) for each in devices.values() if not each.is_revoked}
    fresh, unsure = _Fresh([None] * len(batch), heard), []
    for message, arrival in enumerate(batch):
        device = devices.get(arrival.device_id)
        taken = take(device, arrival)
        if arrival.device_id in heard:
            heard[arrival.device_id].add(taken, arrival.received_at)
        if taken.late or taken.event:
            unsure.append((message, taken))
        else:
            _sort(fresh, message, taken)
    told = {(each.event.device_id, *each.event.key) for _, each in unsure if each.event}
    fresh.late = {name for _, each in unsure for name in each.late}
    fresh.stored = store.known_readings(connection, fresh.late)
    fresh.stored |= store.known_events(connection, told)
    for message, taken in unsure:
        _sort(fresh, message, taken)
        if taken.event:
            fresh.outcomes[message] = _sort_event(fresh, devices, taken.event)
    return fresh


def _sort(fresh: _Fresh, message: int, taken: Taken) -> None:
    if taken.faults:
        fresh.faults[message] = taken.faults
        fresh.outcomes[message] = Outcome.QUARANTINED
    if taken.status:
        fresh.outcomes[message] = Outcome.RECORDED
    for reading in taken.readings:
        place = reading.device_id, reading.slot
        arrivals = fresh.arrivals.get(place)
        is_again = arrivals is not None and reading.key in arrivals.readings
        if is_again or (fresh.stored and reading.name in fresh.stored):
            outcome = _better(fresh.outcomes[message], Outcome.DUPLICATE)
            fresh.outcomes[message] = outcome
            continue
        if arrivals is None:
            arrivals = fresh.arrivals[place] = Arrivals()
        arrivals.add_reading(reading, message)


def _better(one: Outcome | None, other: Outcome) -> Outcome:
    return other if one is None else min(one, other, key=PRECEDENCE.index)


def _sort_event(fresh: _Fresh, devices: dict[str, KnownDevice], event: DeviceEvent) -> Outcome:
    message_id = (event.device_id, *event.key)
    if message_id in fresh.events or message_id in fresh.stored:
        return Outcome.DUPLICATE
    fresh.events[message_id] = event
    if event.slot is None or event.event is not EventKind.REFILLED:
        return Outcome.RECORDED
    refilled = Refilled(key=event.key, at=event.measured_at)
    arrivals = fresh.arrivals.setdefault((event.device_id, event.slot), Arrivals())
    arrivals.add_refilled(refilled, event.received_at)
    slot = devices[event.device_id].slots[event.slot]
    return Outcome.LATE if is_late(slot, event.key) else Outcome.RECORDED


def _outcomes(fresh: _Fresh, changes: Sequence[SlotChange]) -> list[Outcome]:
    outcomes = fresh.outcomes
    for each in changes:
        messages = fresh.arrivals[each.place].messages
        for message, (reading, verdict) in zip(messages, each.added, strict=True):
            is_late = fresh.late and reading.name in fresh.late
            outcome = Outcome.LATE if is_late else OF_VERDICT[verdict]
            outcomes[message] = _better(outcomes[message], outcome)
    return cast(list[Outcome], outcomes)


def _fold(
    connection: Connection, devices: dict[str, KnownDevice], fresh: _Fresh
) -> tuple[list[SlotChange], dict[Place, Window]]:
    """Changes in the order of their places."""
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


def _quarantine(
    connection: Connection,
    batch: Sequence[Arrival],
    faults: Mapping[int, tuple[wire.Fault, ...]],
    changes: Sequence[SlotChange],
) -> None:
    found = [
        Quarantined(
            device_id=batch[message].device_id,
            topic=batch[message].topic,
            payload=batch[message].payload,
            faults=faults[message],
            received_at=batch[message].received_at,
        )
        for message in sorted(faults)
    ]
    for each in changes:
        found += quarantine.glitches(each)
    quarantine.clear(connection, changes)
    quarantine.keep(connection, found)
