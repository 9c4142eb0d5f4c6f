"""What is known of a batch's devices, slots and stocks, and what it leaves in their rows.

The rows of the devices are locked first, in the order of their ids, so that two processes never
fold one device at a time.
"""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct
from sqlalchemy import Connection

from core.store import AS_JSON, insert_rows, instant, plain, rows_of, update_rows
from devices.checkpoints import Saved, Track
from devices.intake import Heard, KnownDevice, KnownSlot, Reading, StockId
from devices.levels import SlotFold, Verdict
from devices.models import SlotSpec
from devices.slot_changes import KnownStock, SlotChange
from devices.tables import DeviceRow, ReadingRow, SlotRow, StockRow

READING: Final = tuple(ReadingRow.model_fields)
SLOT: Final = ("device_id", "slot", "fold", "condition", "in_slot", "measured_at", "heard_at")
# JSON's null stands there until something is folded.
FOLD: Final = msgspec.json.Decoder(SlotFold | None)
SAVED: Final = msgspec.json.Decoder(Saved | None)
_common = lru_cache(maxsize=64)(instant)  # at which many messages came


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
                device_id=each.device_id,
                slot=each.slot,
                stock_id=each.stock_id,
                spec=_spec(each.spec),
                track=_track(each),
                heard_at=each.heard_at,
            )


def _device(row: _Device) -> KnownDevice:
    return KnownDevice(
        device_id=row.device_id,
        zone=_zone(row.timezone),
        is_revoked=row.revoked_at is not None,
        boot_id=row.boot_id,
        last_heard_at=row.last_heard_at,
        is_online=row.is_online,
        firmware=row.firmware,
    )


# The same text is the same value, so what was read before need not be read again.
@lru_cache(maxsize=1_000)
def _spec(written: str) -> SlotSpec:
    return SlotSpec.model_validate_json(written)


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


def add_readings(connection: Connection, judged: Iterable[tuple[Reading, Verdict]]) -> None:
    """Cheapest in the order of their names, which is the order of the stored key."""
    insert_rows(connection, ReadingRow, READING, _rows(judged))


def _rows(judged: Iterable[tuple[Reading, Verdict]]) -> Iterator[tuple[Any, ...]]:
    for each, verdict in judged:
        boot_id, seq = each.key
        yield (
            each.device_id,
            each.slot,
            boot_id,
            seq,
            instant(each.at),
            _common(each.received_at),
            int(each.has_clock),
            each.level,
            each.quantity,
            each.used_total,
            each.state and plain(each.state),
            each.raw,
            plain(verdict),
        )


def write_slots(connection: Connection, changes: Collection[SlotChange]) -> None:
    rows, saved = [], []
    for change in changes:
        fold = change.track.fold
        measured_at = fold.measured_at
        rows.append(
            (
                *change.place,
                _text(fold),
                plain(fold.condition),
                fold.in_slot,
                measured_at and instant(measured_at),
                _common(change.heard_at),
            )
        )
        if change.track.saved is not change.slot.track.saved:
            saved.append((*change.place, _text(change.track.saved)))
    update_rows(connection, SlotRow, SLOT, rows)
    update_rows(connection, SlotRow, ("device_id", "slot", "checkpoint"), saved)


def write_devices(connection: Connection, heard: Iterable[Heard]) -> None:
    rows = [
        (
            each.device_id,
            each.boot_id,
            _common(each.last_heard_at),
            plain(each.is_online),
            each.firmware,
        )
        for each in heard
    ]
    columns = ("device_id", "boot_id", "last_heard_at", "is_online", "firmware")
    update_rows(connection, DeviceRow, columns, rows)


def _text(value: Struct) -> str:
    return AS_JSON(value).decode()
