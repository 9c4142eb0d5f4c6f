"""The statements of the ingest path that only some batches need, and what forgets a device.

Core SQL on the caller's connection and transaction. What every batch reads and writes is in
`devices.known`.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any, Final, TypeVar, cast
from uuid import UUID

from msgspec.structs import asdict
from sqlalchemy import (
    CTE,
    BigInteger,
    Connection,
    String,
    and_,
    bindparam,
    column,
    delete,
    select,
    tuple_,
    update,
    values,
)
from sqlalchemy.dialects.postgresql import Insert
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlmodel import SQLModel, col

from core.store import Columns, insert_rows
from devices.batch import MessageId
from devices.intake import (
    DeviceEvent,
    KnownSlot,
    Place,
    Reading,
    ReadingName,
    amount_of,
)
from devices.levels import Key, Refilled, Verdict
from devices.models import Gauge
from devices.slot_changes import KnownStock, SlotChange, Window
from devices.tables import (
    CommandRow,
    CycleCorrectionRow,
    DayUseRow,
    DeviceEventRow,
    QuarantineCountRow,
    QuarantineRow,
    ReadingRow,
    RefillRow,
    SlotRow,
    StockRow,
)
from devices.wire import EventKind, SlotState

T = TypeVar("T")

READING_NAME: Final = tuple(
    col(getattr(ReadingRow, name)) for name in ("device_id", "slot", "boot_id", "seq")
)
EVENT_ID: Final = tuple(
    col(getattr(DeviceEventRow, name)) for name in ("device_id", "boot_id", "seq")
)
MOST_NAMES: Final = 4_000  # in one statement; SQLite takes 32,766 parameters

# Made once: to make them anew would cost a batch of a few messages more than its rows do.
AFTER: Final = tuple_(
    bindparam("after_boot", type_=BigInteger), bindparam("after_seq", type_=BigInteger)
)
CORRECT_VERDICT: Final = update(ReadingRow).where(
    col(ReadingRow.device_id) == bindparam("of_device"),
    col(ReadingRow.boot_id) == bindparam("of_boot"),
    col(ReadingRow.seq) == bindparam("of_seq"),
    col(ReadingRow.slot) == bindparam("of_slot"),
)
WRITE_SPARES: Final = update(StockRow).where(col(StockRow.stock_id) == bindparam("of_stock"))
COUNT_LESS: Final = (
    update(QuarantineCountRow)
    .where(
        col(QuarantineCountRow.device_id) == bindparam("of_device"),
        col(QuarantineCountRow.day_on) == bindparam("of_day"),
    )
    .values(messages=QuarantineCountRow.messages - 1)
)
REOPEN_DAYS: Final = delete(DayUseRow).where(
    col(DayUseRow.device_id) == bindparam("of_device"),
    col(DayUseRow.slot) == bindparam("of_slot"),
    col(DayUseRow.day_on) > bindparam("after_on"),
)
REOPEN_REFILLS: Final = delete(RefillRow).where(
    col(RefillRow.device_id) == bindparam("of_device"),
    col(RefillRow.slot) == bindparam("of_slot"),
    tuple_(RefillRow.boot_id, RefillRow.seq) > AFTER,
)


def known_readings(connection: Connection, names: set[ReadingName]) -> set[tuple[Any, ...]]:
    """Those of `names` that are stored."""
    return _those_of(connection, READING_NAME, names)


def known_events(connection: Connection, ids: set[MessageId]) -> set[tuple[Any, ...]]:
    """Those of `ids` that are stored."""
    return _those_of(connection, EVENT_ID, ids)


def _those_of(
    connection: Connection, key: tuple[Any, ...], wanted: Iterable[tuple[Any, ...]]
) -> set[tuple[Any, ...]]:
    stored: set[tuple[Any, ...]] = set()
    for some in _parts(wanted):
        statement = select(*key).where(tuple_(*key).in_(some))
        stored.update(tuple(row) for row in connection.execute(statement))
    return stored


def _parts(rows: Iterable[T]) -> Iterator[list[T]]:
    left = iter(rows)
    while some := list(islice(left, MOST_NAMES)):
        yield some


def load_windows(
    connection: Connection, refolds: Iterable[tuple[KnownSlot, Key]]
) -> dict[Place, Window]:
    """What is stored of each slot at or after its key."""
    windows: dict[Place, Window] = defaultdict(Window)
    for some in _parts(refolds):
        _add_windows(connection, some, windows)
    return windows


def _add_windows(
    connection: Connection,
    refolds: Sequence[tuple[KnownSlot, Key]],
    windows: dict[Place, Window],
) -> None:
    gauges = {(slot.device_id, slot.slot): slot.gauge for slot, _ in refolds}
    starts = _starts(refolds)
    for row in connection.execute(_since(ReadingRow, starts)):
        place = row.device_id, row.slot
        reading = stored_reading(row, gauges[place])
        windows[place].verdicts[reading.key] = Verdict(row.verdict)
        windows[place].readings.append(reading)
    refilled = _since(DeviceEventRow, starts).where(
        col(DeviceEventRow.event) == EventKind.REFILLED
    )
    for row in connection.execute(refilled):
        windows[row.device_id, row.slot].refilled.append(
            Refilled(key=(row.boot_id, row.seq), at=row.measured_at)
        )
    for row in connection.execute(_since(RefillRow, starts)):
        key = row.boot_id, row.seq
        windows[row.device_id, row.slot].from_spares[key] = row.from_spares


def stored_reading(row: Any, gauge: Gauge) -> Reading:
    """row: a ReadingRow, or what was selected of one."""
    return Reading(
        key=(row.boot_id, row.seq),
        at=row.measured_at,
        amount=amount_of(row.level, row.quantity, gauge),
        used_total=row.used_total,
        state=SlotState(row.state) if row.state else None,
        device_id=row.device_id,
        slot=row.slot,
        received_at=row.received_at,
        has_clock=row.has_clock,
        level=row.level,
        quantity=row.quantity,
        raw=row.raw,
    )


def correct_verdicts(connection: Connection, changes: Iterable[SlotChange]) -> None:
    rows = [
        {
            "of_device": change.slot.device_id,
            "of_slot": change.slot.slot,
            "of_boot": key[0],
            "of_seq": key[1],
            "verdict": verdict,
        }
        for change in changes
        for key, verdict in change.corrected.items()
    ]
    _many(connection, CORRECT_VERDICT, rows)


def add_events(connection: Connection, events: Iterable[DeviceEvent]) -> None:
    rows = [asdict(event) for event in events]
    if rows:
        statement = _insert(connection, DeviceEventRow).on_conflict_do_nothing()
        connection.execute(statement, rows)


def write_spares(connection: Connection, stocks: Iterable[KnownStock]) -> None:
    rows = [{"of_stock": UUID(each.stock_id), "spares": each.spares} for each in stocks]
    _many(connection, WRITE_SPARES, rows)


def quarantined_so_far(
    connection: Connection, days: set[tuple[str, date]]
) -> dict[tuple[str, date], int]:
    key = (QuarantineCountRow.device_id, QuarantineCountRow.day_on)
    counts: dict[tuple[str, date], int] = {}
    for some in _parts(days):
        statement = select(QuarantineCountRow).where(tuple_(*key).in_(some))
        for row in connection.execute(statement):
            counts[row.device_id, row.day_on] = row.messages
    return counts


def remove_glitches(connection: Connection, names: set[tuple[str, bytes]]) -> None:
    """names: (device id, payload). What is removed does not count any more either."""
    if not names:
        return
    name = tuple_(QuarantineRow.device_id, QuarantineRow.payload)
    removal = delete(QuarantineRow).where(col(QuarantineRow.code) == "glitch", name.in_(names))
    gone = removal.returning(col(QuarantineRow.device_id), col(QuarantineRow.received_at))
    rows = connection.execute(gone).all()
    days = [{"of_device": row.device_id, "of_day": row.received_at.date()} for row in rows]
    _many(connection, COUNT_LESS, days)


def add_quarantined(
    connection: Connection,
    rows: Sequence[dict[str, Any]],
    counts: Mapping[tuple[str, date], int],
) -> None:
    """counts: all of the day so far, by device and day."""
    if not rows and not counts:
        return
    _many(connection, _insert(connection, QuarantineRow), rows)
    upsert = _insert(connection, QuarantineCountRow)
    upsert = upsert.on_conflict_do_update(
        index_elements=["device_id", "day_on"],
        set_={"messages": upsert.excluded.messages},
    )
    _many(
        connection,
        upsert,
        [
            {"device_id": device_id, "day_on": day_on, "messages": messages}
            for (device_id, day_on), messages in counts.items()
        ],
    )


def write_days(connection: Connection, changes: Collection[SlotChange]) -> None:
    reopened = []
    for change in changes:
        if change.refolded_from:
            device_id, slot = change.place
            open_day = change.refolded_from.day
            after_on = open_day.day_on if open_day else date.min
            reopened.append({"of_device": device_id, "of_slot": slot, "after_on": after_on})
    _many(connection, REOPEN_DAYS, reopened)
    days = [(each.slot, day) for each in changes for day in each.days if day.exposure_days > 0]
    cells: Columns = {
        "device_id": [slot.device_id for slot, _ in days],
        "slot": [slot.slot for slot, _ in days],
        "day_on": [day.day_on.isoformat() for _, day in days],
        "used": [day.used for _, day in days],
        "exposure_days": [day.exposure_days for _, day in days],
    }
    insert_rows(connection, DayUseRow, [cells], replacing=("used", "exposure_days"))


def write_refills(
    connection: Connection,
    changes: Iterable[SlotChange],
    from_spares: Mapping[Place, Mapping[Key, int]],
) -> None:
    reopened, rows = [], []
    for change in changes:
        device_id, slot = change.place
        if change.refolded_from:
            boot_id, seq = change.refolded_from.key
            place = {"of_device": device_id, "of_slot": slot}
            reopened.append({**place, "after_boot": boot_id, "after_seq": seq})
        rows += [
            {
                "device_id": device_id,
                "slot": slot,
                "boot_id": refill.key[0],
                "seq": refill.key[1],
                "refilled_at": refill.at,
                "amount": refill.amount,
                "filled": refill.filled,
                "from_spares": from_spares.get(change.place, {}).get(refill.key, 0),
            }
            for refill in change.refills
        ]
    _many(connection, REOPEN_REFILLS, reopened)
    if rows:
        connection.execute(_insert(connection, RefillRow), rows)


def prune_readings(
    connection: Connection, place: Place, before: datetime, below: Key, most: int
) -> int:
    """Removes up to `most` of the slot's readings that were measured before the instant and
    are named by a lower key; returns how many.
    """
    old = (
        select(*READING_NAME)
        .where(
            tuple_(ReadingRow.device_id, ReadingRow.slot) == tuple_(*place),
            col(ReadingRow.measured_at) < before,
            tuple_(ReadingRow.boot_id, ReadingRow.seq) < tuple_(*below),
        )
        .limit(most)
    )
    return connection.execute(delete(ReadingRow).where(tuple_(*READING_NAME).in_(old))).rowcount


def forget(connection: Connection, device_id: str) -> None:
    """Removes all that the device has sent; its credentials stay."""
    for table in (
        ReadingRow,
        DeviceEventRow,
        DayUseRow,
        RefillRow,
        QuarantineRow,
        QuarantineCountRow,
        CommandRow,
        CycleCorrectionRow,
    ):
        connection.execute(delete(table).where(col(table.device_id) == device_id))
    slots = update(SlotRow).where(col(SlotRow.device_id) == device_id)
    nothing = dict.fromkeys(
        ("stock_id", "fold", "checkpoint", "in_slot", "measured_at", "heard_at")
    )
    connection.execute(slots.values(condition="unknown", **nothing))


def _starts(refolds: Sequence[tuple[KnownSlot, Key]]) -> CTE:
    columns = (
        column("device_id", String),
        column("slot", String),
        column("boot_id", BigInteger),
        column("seq", BigInteger),
    )
    rows = [(slot.device_id, slot.slot, *key) for slot, key in refolds]
    return values(*columns, name="since").data(rows).cte()


def _since(table: type[ReadingRow | DeviceEventRow | RefillRow], starts: CTE) -> Any:
    return select(table).join(
        starts,
        and_(
            col(table.device_id) == starts.c.device_id,
            col(table.slot) == starts.c.slot,
            tuple_(table.boot_id, table.seq) >= tuple_(starts.c.boot_id, starts.c.seq),
        ),
    )


def _insert(connection: Connection, table: type[SQLModel]) -> Insert:
    """Both dialects know the same ON CONFLICT; their types differ in name only."""
    if connection.dialect.name == "sqlite":
        return cast(Insert, sqlite_insert(table))
    return postgresql_insert(table)


def _many(connection: Connection, statement: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        connection.execute(statement, rows)
