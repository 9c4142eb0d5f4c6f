"""Hop 3: a batch of messages becomes stored readings, slots and reviews to be made.

Works on whole batches inside the caller's transaction; the number of statements does not grow
with the batch. Whatever the order of arrival, repeats included, messages that are at most 48
hours late leave the same state behind.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from core import outbox
from core.outbox import Work
from devices import known, memory, quarantine, store, wire
from devices.batch import Judged, MessageId, Outcome, Outcomes, Share, by_device
from devices.intake import (
    OF_ONE_SLOT,
    Arrival,
    DeviceEvent,
    KnownDevice,
    Place,
    StockId,
)
from devices.memory import Memory
from devices.quarantine import Quarantined
from devices.slot_changes import NOTHING_STORED, KnownStock, SlotChange, Window
from devices.wire import EventKind


def record(connection: Connection, batch: Sequence[Arrival]) -> list[Outcome]:
    """Stores the batch; one outcome for each message, in order. The caller commits."""
    places, outcomes = by_device(batch), Outcomes([None] * len(batch))
    found = _Found(memory.recall(connection))
    devices = found.memory.devices
    known.load_devices(connection, places, devices)
    shares = [Share(devices.get(device_id), outcomes) for device_id in places]
    known.add_readings(connection, _sorted(found, shares, places.values(), batch))
    _settle(connection, found)
    eventful = [each for each in found.changes if each.is_eventful]
    _restock(connection, found, eventful, _slot_events(devices, found.events))
    store.correct_verdicts(connection, eventful)
    store.add_events(connection, found.events)
    known.write_slots(connection, found.changes)
    store.write_days(connection, found.changes)
    heard = [each.heard for each in shares if each.heard and each.is_heard_anew]
    known.write_devices(connection, heard)
    _quarantine(connection, batch, outcomes.faults, eventful)
    memory.keep(connection, found.memory, found.changes)
    return outcomes.complete


@dataclass(slots=True)
class _Found:
    """What a batch changes, and who has messages in it that may be stored already."""

    memory: Memory
    changes: list[SlotChange] = field(default_factory=list)
    windows: dict[Place, Window] = field(default_factory=dict)
    events: list[DeviceEvent] = field(default_factory=list)
    unsure: list[Share] = field(default_factory=list)


def _sorted(
    found: _Found,
    shares: Iterable[Share],
    places: Iterable[Iterable[int]],
    batch: Sequence[Arrival],
) -> Iterator[Judged]:
    """The new readings, device by device: what a message was decoded to is still in the
    processor's cache when its row is written.
    """
    for share, messages in zip(shares, places, strict=True):
        share.add(messages, batch)
        if share.unsure:
            found.unsure.append(share)
        else:
            yield from _folded(found, share)


def _folded(found: _Found, share: Share) -> Iterator[Judged]:
    for changed, judged in share.changes(found.windows):
        found.changes.append(changed)
        yield judged


def _settle(connection: Connection, found: _Found) -> None:
    taken = [taken for share in found.unsure for _, taken in share.unsure]
    events = [each.event for each in taken if each.event]
    stored = store.known_readings(connection, {name for each in taken for name in each.late})
    stored |= store.known_events(connection, {(each.device_id, *each.key) for each in events})
    for share in found.unsure:
        share.settle(stored)
        found.events += share.events.values()
    refolds = [each for share in found.unsure for each in share.refolds]
    found.windows = store.load_windows(connection, refolds)
    readings = (judged for share in found.unsure for judged in _folded(found, share))
    known.add_readings(connection, readings)
    if found.unsure:  # the others are in order
        found.changes.sort(key=attrgetter("place"))


def _restock(
    connection: Connection,
    found: _Found,
    eventful: Sequence[SlotChange],
    slot_events: Sequence[tuple[StockId, DeviceEvent]],
) -> None:
    """Spares, reviews and the owners' open pages follow what the slots have become.

    Before the slots are written: what was on hand is still stored.
    """
    stocks = _stocks(connection, found, {stock_id for stock_id, _ in slot_events})
    before = {stock_id: (each.on_hand, each.spares) for stock_id, each in stocks.items()}
    reviews: dict[str, Work] = {}
    stocked = [
        (each, stocks[each.slot.stock_id]) for each in found.changes if each.slot.stock_id
    ]
    for each, stock in stocked:
        stock.in_slot[each.place] = each.track.fold.in_slot
    from_spares = {
        each.place: stock.fill(each, found.windows.get(each.place, NOTHING_STORED))
        for each, stock in stocked
        if each.refills or each.refolded_from is not None
    }
    for each, stock in stocked:
        if each.is_newly_filled or stock.is_due(before[stock.stock_id][0]):
            _ask(reviews, stock.stock_id, (each.slot.device_id, *each.newest), each.received_at)
    for stock_id, event in slot_events:
        _ask(
            reviews,
            stock_id,
            (event.device_id, *event.key),
            event.received_at,
            is_requested=event.event is EventKind.REPLENISH_REQUESTED,
        )
    store.write_refills(connection, eventful, from_spares)
    moved = [each for each in stocks.values() if each.spares != before[each.stock_id][1]]
    store.write_spares(connection, moved)
    _touch_owners(connection, found.changes, stocks.values())
    outbox.add_sync(connection, *reviews.values())


def _stocks(
    connection: Connection, found: _Found, of_events: set[StockId]
) -> dict[StockId, KnownStock]:
    """With those of the slots that have changed."""
    of_slots = {each.slot.stock_id for each in found.changes if each.slot.stock_id}
    known.load_stocks(connection, of_slots | of_events, found.memory.stocks)
    return {each: found.memory.stocks[each] for each in of_slots | of_events}


def _touch_owners(
    connection: Connection, changes: Sequence[SlotChange], stocks: Iterable[KnownStock]
) -> None:
    if changes:
        latest = max(each.received_at for each in changes)
        known.touch_owners(connection, {each.owner_id for each in stocks}, latest)


def _ask(
    reviews: dict[str, Work],
    stock_id: StockId,
    cause: MessageId,
    at: datetime,
    *,
    is_requested: bool = False,
) -> None:
    """Once a stock. A device's own request has a key of its own, or a plain review that
    already waits would swallow it.
    """
    payload: dict[str, Any] = {"stock_id": str(UUID(stock_id))}
    key = f"review:{payload['stock_id']}"
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
) -> list[tuple[StockId, DeviceEvent]]:
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
    faults: Mapping[int, Sequence[wire.Fault]],
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
