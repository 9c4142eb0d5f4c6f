"""What is known of a batch's devices, slots and stocks, and what it leaves in their rows.

The rows of the devices are locked first, in the order of their ids, so that two processes never
fold one device at a time.
"""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct
from sqlalchemy import Connection

from accounts.tables import OwnerRow
from core.store import (
    AS_JSON,
    Columns,
    insert_rows,
    instants,
    plain,
    rows_of,
    update_rows,
)
from devices.batch import Judged
from devices.checkpoints import Saved, Track
from devices.intake import KnownDevice, KnownSlot, Reading, StockId
from devices.levels import LONG_AGO, SlotFold, Verdict
from devices.models import Direction, Gauge, Measure, Unit
from devices.slot_changes import KnownStock, SlotChange
from devices.tables import DeviceRow, ReadingRow, SlotRow, StockRow

AT_ONCE: Final = 512  # readings
# JSON's null stands there until something is folded.
FOLD: Final = msgspec.json.Decoder(SlotFold | None)
SAVED: Final = msgspec.json.Decoder(Saved | None)


class _Device(Struct, array_like=True, gc=False):
    device_id: str
    timezone: str
    revoked_at: datetime | None
    boot_id: int
    last_heard_at: datetime | None
    is_online: bool
    firmware: str | None
    slot: str | None  # None: it has none
    stock_id: StockId | None
    spec: str | None
    fold: str | None
    checkpoint: str | None
    heard_at: datetime | None


class _Stock(Struct, array_like=True, gc=False):
    stock_id: StockId
    owner_id: str
    spares: int
    review_level: float | None
    device_id: str | None  # None: no slot draws from it
    slot: str | None
    in_slot: float | None


def load_devices(
    connection: Connection, device_ids: Iterable[str], known: dict[str, KnownDevice]
) -> None:
    """Adds those of `device_ids` to `known` that are not in it."""
    unknown = [each for each in device_ids if each not in known]
    for each in rows_of(connection, DeviceRow, SlotRow, _Device, ("device_id", unknown)):
        device = known.get(each.device_id)
        if device is None:
            device = known[each.device_id] = _device(each)
        if each.slot and each.spec:
            device.slots[each.slot] = KnownSlot(
                place=(each.device_id, each.slot),
                device_id=each.device_id,
                slot=each.slot,
                stock_id=each.stock_id,
                gauge=_gauge(each.spec),
                track=_track(each),
                heard_at=each.heard_at,
            )


def _device(row: _Device) -> KnownDevice:
    return KnownDevice(
        device_id=row.device_id,
        zone=_zone(row.timezone),
        is_revoked=row.revoked_at is not None,
        boot_id=row.boot_id,
        last_heard_at=row.last_heard_at or LONG_AGO,
        is_online=row.is_online,
        firmware=row.firmware,
    )


class _Gauge(Struct, frozen=True, gc=False):
    """Of the slot's SlotSpec, whose own fields take ten times as long to read."""

    slot: str
    capacity: int
    unit: Unit
    direction: Direction
    measure: Measure
    most_per_day: float


GAUGE: Final = msgspec.json.Decoder(_Gauge)


# The same text is the same value, so what was read before need not be read again.
@lru_cache(maxsize=1_000)
def _gauge(written: str) -> Gauge:
    found: _Gauge = GAUGE.decode(written)
    return found


@lru_cache(maxsize=20_000)
def _saved(written: str) -> Saved | None:
    found: Saved | None = SAVED.decode(written)
    return found


def _track(row: _Device) -> Track:
    fold = FOLD.decode(row.fold or "null")
    saved = _saved(row.checkpoint or "null")
    return Track(fold=fold, saved=saved) if fold and saved else Track()


@lru_cache(maxsize=1_000)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def load_stocks(
    connection: Connection, stock_ids: Iterable[StockId], known: dict[StockId, KnownStock]
) -> None:
    """Adds those of `stock_ids` to `known` that are not in it."""
    unknown = [each for each in stock_ids if each not in known]
    for each in rows_of(connection, StockRow, SlotRow, _Stock, ("stock_id", unknown)):
        stock = known.get(each.stock_id)
        if stock is None:
            stock = known[each.stock_id] = KnownStock(
                each.stock_id, each.owner_id, each.spares, each.review_level
            )
        if each.device_id and each.slot:
            stock.in_slot[each.device_id, each.slot] = each.in_slot


def add_readings(connection: Connection, judged: Iterable[Judged]) -> None:
    """Cheapest in the order of their names, which is the order of the stored key."""
    insert_rows(connection, ReadingRow, map(_columns, _blocks(judged)))


def _blocks(judged: Iterable[Judged]) -> Iterator[Judged]:
    readings: list[Reading] = []
    verdicts: list[Verdict] = []
    for some in judged:
        readings += some.readings
        verdicts += some.verdicts
        if len(readings) >= AT_ONCE:
            yield Judged(readings, verdicts)
            readings, verdicts = [], []
    if readings:
        yield Judged(readings, verdicts)


def _columns(judged: Judged) -> Columns:
    """Column by column, which takes less time than row by row."""
    readings = judged.readings
    return {
        "device_id": [each.device_id for each in readings],
        "slot": [each.slot for each in readings],
        "boot_id": [each.key[0] for each in readings],
        "seq": [each.key[1] for each in readings],
        "measured_at": instants([each.at for each in readings]),
        "received_at": instants([each.received_at for each in readings]),
        "has_clock": [int(each.has_clock) for each in readings],
        "level": [each.level for each in readings],
        "quantity": [each.quantity for each in readings],
        "used_total": [each.used_total for each in readings],
        "state": [each.state and plain(each.state) for each in readings],
        "raw": [each.raw for each in readings],
        "verdict": [plain(each) for each in judged.verdicts],
    }


def write_slots(connection: Connection, changes: Collection[SlotChange]) -> None:
    folds = [each.track.fold for each in changes]
    # Where nothing was measured yet, any instant stands in.
    measured_at = instants([each.measured_at or LONG_AGO for each in folds])
    cells: Columns = {
        "device_id": [each.slot.device_id for each in changes],
        "slot": [each.slot.slot for each in changes],
        "fold": [_text(each) for each in folds],
        "condition": [plain(each.condition) for each in folds],
        "in_slot": [each.in_slot for each in folds],
        "measured_at": [
            fold.measured_at and at for fold, at in zip(folds, measured_at, strict=True)
        ],
        "heard_at": instants([each.heard_at for each in changes]),
    }
    update_rows(connection, SlotRow, cells)
    _write_saved(connection, changes)


def _write_saved(connection: Connection, changes: Iterable[SlotChange]) -> None:
    saved = [each for each in changes if each.track.saved is not each.slot.track.saved]
    cells: Columns = {
        "device_id": [each.slot.device_id for each in saved],
        "slot": [each.slot.slot for each in saved],
        "checkpoint": [_text(each.track.saved) for each in saved],
    }
    update_rows(connection, SlotRow, cells)


def write_devices(connection: Connection, heard: Collection[KnownDevice]) -> None:
    heard_at = [each.last_heard_at for each in heard]
    cells: Columns = {
        "device_id": [each.device_id for each in heard],
        "boot_id": [each.boot_id for each in heard],
        "last_heard_at": [
            None if at == LONG_AGO else text
            for at, text in zip(heard_at, instants(heard_at), strict=True)
        ],
        "is_online": [int(each.is_online) for each in heard],
        "firmware": [each.firmware for each in heard],
    }
    update_rows(connection, DeviceRow, cells)


def touch_owners(connection: Connection, owner_ids: Collection[str], at: datetime) -> None:
    """Lets open pages of these owners reload."""
    changed_at = instants([at]) * len(owner_ids)
    cells: Columns = {"owner_id": sorted(owner_ids), "changed_at": changed_at}
    update_rows(connection, OwnerRow, cells, rising="changed_at")


def _text(value: Struct) -> str:
    return AS_JSON(value).decode()
