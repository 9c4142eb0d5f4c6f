"""Many rows as one value: what goes to the database comes back as it was, on both."""

import json
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import Struct
from sqlalchemy import Connection, delete, select

from core import store
from core.database import blocking_engine
from core.store import Columns, insert_rows, instants, rows_of, update_rows
from devices.tables import (
    DayUseRow,
    DeviceRow,
    QuarantineCountRow,
    ReadingRow,
    SlotRow,
    StockRow,
)

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
YEAR_2000 = datetime(2000, 1, 1)  # noqa: DTZ001 - hypothesis wants it without a zone
THE_BATCH = {
    "SCAN json_each VIRTUAL TABLE INDEX 1:",
    "SCAN 2 CONSTANT ROWS",
    "SCAN (subquery-2)",
}
READING = tuple(ReadingRow.model_fields)
NUMBERS = st.none() | st.floats(min_value=0, max_value=1e12)
WORDS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=60)


class Device(Struct, array_like=True):
    device_id: str
    boot_id: int
    last_heard_at: datetime | None
    is_online: bool
    firmware: str | None
    slot: str | None
    spec: str | None
    fold: str | None
    in_slot: float | None


def devices(connection: Connection, *device_ids: str) -> list[Device]:
    found = rows_of(connection, DeviceRow, SlotRow, Device, ("device_id", device_ids))
    return sorted(found, key=lambda each: (each.device_id, each.slot or ""))


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    engine = blocking_engine(database_url)
    with engine.begin() as opened:
        yield opened
    engine.dispose()


def cells(columns: tuple[str, ...], *rows: tuple[object, ...]) -> Columns:
    return {name: [row[n] for row in rows] for n, name in enumerate(columns)}


def insert_readings(connection: Connection, *rows: tuple[object, ...]) -> None:
    insert_rows(connection, ReadingRow, [cells(READING, *rows)])


def a_reading(
    seq: int, at: datetime, level: float | None, raw: str | None
) -> tuple[object, ...]:
    measured_at, received_at = instants([at, NOON])
    whole = ("washer-0001", "a", 2**53, seq, measured_at, received_at, True)
    return (*whole, level, None, None, "ok", raw, "applied")


@given(st.lists(st.tuples(st.datetimes(YEAR_2000), NUMBERS, st.none() | WORDS), max_size=5))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_inserted_comes_back_bit_by_bit(connection, found):
    connection.execute(delete(ReadingRow))
    at = [each.replace(tzinfo=UTC) for each, _, _ in found]
    rows = [a_reading(n, at[n], level, raw) for n, (_, level, raw) in enumerate(found)]
    insert_readings(connection, *rows)
    stored = connection.execute(select(ReadingRow).order_by(ReadingRow.seq)).all()
    assert [(row.measured_at, row.level, row.raw) for row in stored] == [
        (at[n], level, raw) for n, (_, level, raw) in enumerate(found)
    ]
    assert {(row.boot_id, row.has_clock, row.quantity) for row in stored} <= {
        (2**53, True, None)
    }


@pytest.mark.parametrize("number", [1, 255, 256, 257, 2_300])
def test_any_number_of_rows_goes_in_with_and_without_empty_cells(
    connection: Connection, number: int
):
    levels = [None if n % 300 < 270 else n / number for n in range(number)]
    rows = [a_reading(n, NOON, level, None) for n, level in enumerate(levels)]
    insert_rows(connection, ReadingRow, [cells(READING, *rows), cells(READING)])
    stored = connection.execute(select(ReadingRow.level).order_by(ReadingRow.seq))
    assert stored.scalars().all() == levels


def test_an_update_takes_away_what_is_empty_now(connection: Connection):
    with_devices(connection)
    emptied = cells(("device_id", "slot", "in_slot"), ("washer-1", "a", None))
    update_rows(connection, SlotRow, emptied)
    assert [each.in_slot for each in devices(connection, "washer-1", "washer-2")] == [
        None,
        0.1 + 0.2,
    ]


ZONES = st.sampled_from([UTC, ZoneInfo("UTC"), timezone(timedelta(hours=-3, minutes=-30))])


@given(
    st.lists(
        st.builds(
            lambda at, zone, is_whole: at.replace(
                tzinfo=zone, microsecond=0 if is_whole else at.microsecond
            ),
            st.datetimes(YEAR_2000),
            ZONES,
            st.booleans(),
        )
    )
)
def test_instants_are_written_in_utc_and_so_long_that_they_sort(found: list[datetime]):
    assert instants(found) == [f"{each.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}" for each in found]


def test_an_instant_is_stored_in_utc(connection: Connection):
    tokyo = NOON.astimezone(timezone(timedelta(hours=9)))
    insert_readings(connection, a_reading(1, tokyo, 0.5, None))
    assert connection.execute(select(ReadingRow.measured_at)).scalar_one() == NOON


def test_a_row_that_is_there_is_left_alone(connection: Connection):
    insert_readings(connection, a_reading(1, NOON, 0.5, None))
    insert_readings(connection, a_reading(1, NOON, 0.7, None), a_reading(2, NOON, 0.7, None))
    levels = connection.execute(select(ReadingRow.level).order_by(ReadingRow.seq))
    assert levels.scalars().all() == [0.5, 0.7]


def test_or_replaced_where_that_is_wanted(connection: Connection):
    columns = ("device_id", "slot", "day_on", "used", "exposure_days")
    for used in (1.5, 2.5):
        row = ("washer-0001", "a", "2026-11-20", used, 1)
        insert_rows(connection, DayUseRow, [cells(columns, row)], replacing=("used",))
    [stored] = connection.execute(select(DayUseRow)).all()
    assert (stored.day_on, stored.used) == (date(2026, 11, 20), 2.5)


def with_devices(connection: Connection) -> None:
    for n in (1, 2, 3):
        row = DeviceRow(device_id=f"washer-{n}", serial="", secret_hash="", created_at=NOON)
        connection.execute(DeviceRow.__table__.insert(), row.model_dump())
        slot = SlotRow(device_id=f"washer-{n}", slot="a", spec={"b": [1]}, in_slot=0.1 + 0.2)
        connection.execute(SlotRow.__table__.insert(), slot.model_dump())


def test_rows_are_updated_by_their_key_and_no_others(connection: Connection):
    with_devices(connection)
    columns = ("device_id", "boot_id", "last_heard_at", "is_online", "firmware")
    rows = [("washer-3", 7, *instants([NOON]), True, "1.2"), ("washer-9", 7, None, True, None)]
    update_rows(connection, DeviceRow, cells(columns, *rows))
    slot = "a", '{"b": [1]}', "null", 0.1 + 0.2
    assert devices(connection, "washer-1", "washer-3", "washer-9") == [
        Device("washer-1", -1, None, False, None, *slot),
        Device("washer-3", 7, NOON, True, "1.2", *slot),
    ]


def test_what_only_rises_is_left_alone_where_the_row_has_more(connection: Connection):
    with_devices(connection)
    columns = ("device_id", "boot_id", "firmware")
    for boot_id, firmware in ((7, "new"), (7, "same"), (6, "old"), (8, "newer")):
        rows = cells(columns, ("washer-1", boot_id, firmware), ("washer-2", 5, firmware))
        update_rows(connection, DeviceRow, rows, rising="boot_id")
        found = devices(connection, "washer-1", "washer-2", "washer-3")
        known = ("newer" if boot_id == 8 else "new", "new", None)
        assert tuple(each.firmware for each in found) == known


def test_a_row_comes_with_each_that_names_it_and_alone_where_none_does(connection: Connection):
    with_devices(connection)
    more = SlotRow(device_id="washer-1", slot="b", spec={})
    connection.execute(SlotRow.__table__.insert(), more.model_dump())
    connection.execute(delete(SlotRow).where(SlotRow.device_id == "washer-2"))
    found = devices(connection, "washer-1", "washer-2")
    assert [(each.device_id, each.slot, each.spec) for each in found] == [
        ("washer-1", "a", '{"b": [1]}'),
        ("washer-1", "b", "{}"),
        ("washer-2", None, None),
    ]


def test_who_waits_for_a_row_sees_what_was_written_beside_it_meanwhile(database_url: str):
    engine = blocking_engine(database_url)
    with engine.begin() as connection:
        with_devices(connection)

    def seen() -> str | None:
        with engine.begin() as connection:
            [found] = devices(connection, "washer-1")
            return found.fold

    with ThreadPoolExecutor(max_workers=1) as elsewhere:
        with engine.begin() as connection:
            devices(connection, "washer-1")
            waiting = elsewhere.submit(seen)
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.5)
            columns = ("device_id", "slot", "fold")
            fold = ("washer-1", "a", '{"key": [1, 2]}')
            update_rows(connection, SlotRow, cells(columns, fold))
        assert waiting.result(timeout=10) == '{"key": [1, 2]}'
    engine.dispose()


def test_json_goes_and_comes_as_its_text_and_numbers_lose_nothing(connection: Connection):
    with_devices(connection)
    fold = '{"key":[1,2],"amount":0.30000000000000004,"words":"a \\"b\\" \\u00fc"}'
    columns = ("device_id", "slot", "fold")
    update_rows(connection, SlotRow, cells(columns, ("washer-1", "a", fold)))
    [found] = devices(connection, "washer-1")
    assert (found.spec, found.fold, found.in_slot) == ('{"b": [1]}', fold, 0.1 + 0.2)
    stored = select(SlotRow.fold).where(SlotRow.device_id == "washer-1")
    assert connection.execute(stored).scalar_one() == json.loads(fold)


def test_nothing_is_asked_or_written_for_nothing(connection: Connection):
    insert_rows(connection, QuarantineCountRow, [])
    insert_rows(connection, QuarantineCountRow, [cells(("device_id",))])
    update_rows(connection, QuarantineCountRow, cells(("device_id",)))
    assert devices(connection) == []
    assert devices(connection, "washer-1") == []


def test_sqlite_finds_each_row_by_its_key_and_reads_no_table_whole(sqlite_template: Path):
    engine = blocking_engine(f"sqlite:///{sqlite_template}")
    slot, stock, device = (each.__table__ for each in (SlotRow, StockRow, DeviceRow))
    of_devices = store._selection(engine.dialect, (device, slot), ("slot",), "device_id")
    of_stocks = store._selection(engine.dialect, (stock, slot), ("in_slot",), "stock_id")
    shape = store._Shape(("device_id", "slot", "fold"), 2)
    statements = [
        (store._change(engine.dialect, slot, shape, ""), ("",) * 6),
        (store._change(engine.dialect, slot, shape, "fold"), ("",) * 6),
        (of_devices, ("[]",)),
        (of_stocks, ("[]",)),
    ]
    engine.dispose()
    with sqlite3.connect(sqlite_template) as connection:
        for each, parameters in statements:
            plan = connection.execute(f"EXPLAIN QUERY PLAN {each}", parameters).fetchall()
            scans = {step for *_, step in plan if step.startswith("SCAN")}
            assert scans <= THE_BATCH, (each, scans)
    connection.close()
