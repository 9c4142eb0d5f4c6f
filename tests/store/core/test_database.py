"""What transactions promise, on both databases, between tasks and between processes."""

import asyncio
import sys
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError, StatementError
from sqlmodel import select

from accounts.scoping import ALL_OWNERS
from core.database import Database, Writer, blocking_engine, database_file, synchronous
from core.outbox import OutboxRow
from devices.tables import DeviceRow, QuarantineCountRow

TODAY = date(2026, 3, 1)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY = ("washer-0001", TODAY)

INCREMENTS = """
import asyncio, sys
from tests.store.core.test_database import increment_in_tasks
asyncio.run(increment_in_tasks(sys.argv[1], tasks=3, times=10))
"""


async def increment(database: Database) -> None:
    """Reads, lets others run, then writes: the way in which updates get lost."""
    async with database.transaction(ALL_OWNERS) as session:
        row = await session.get_one(QuarantineCountRow, KEY, with_for_update=True)
        before = row.messages
        await asyncio.sleep(0)
        row.messages = before + 1


async def increment_in_tasks(url: str, *, tasks: int, times: int) -> None:
    database = Database(url)

    async def increments() -> None:
        for _ in range(times):
            await increment(database)

    await asyncio.gather(*(increments() for _ in range(tasks)))
    await database.close()


async def start_counting(database: Database) -> None:
    async with database.transaction(ALL_OWNERS) as session:
        session.add(QuarantineCountRow(device_id=KEY[0], day_on=TODAY, messages=0))


async def count(database: Database) -> int:
    async with database.snapshot(ALL_OWNERS) as session:
        return (await session.get_one(QuarantineCountRow, KEY)).messages


async def test_no_increment_is_lost_between_tasks(database: Database) -> None:
    await start_counting(database)
    await increment_in_tasks(database.url, tasks=4, times=20)
    assert await count(database) == 80


async def test_no_increment_is_lost_between_processes(database: Database) -> None:
    await start_counting(database)
    program = [sys.executable, "-c", INCREMENTS, database.url]
    started = [await asyncio.create_subprocess_exec(*program) for _ in range(3)]
    assert [await process.wait() for process in started] == [0, 0, 0]
    assert await count(database) == 90


async def test_the_writer_thread_and_tasks_share_the_counter(database: Database) -> None:
    await start_counting(database)
    writer = Writer(database.url)

    def add_one(connection: Connection) -> None:
        messages = select(QuarantineCountRow.messages).with_for_update()
        before = connection.execute(messages).scalar_one()
        connection.execute(text("UPDATE quarantine_count SET messages = :n"), {"n": before + 1})

    written = (writer.run(add_one) for _ in range(20))
    await asyncio.gather(*written, increment_in_tasks(database.url, tasks=2, times=10))
    writer.close()
    assert await count(database) == 40


async def test_a_transaction_that_raises_leaves_nothing(database: Database) -> None:
    await start_counting(database)

    async def fail() -> None:
        async with database.transaction(ALL_OWNERS) as session:
            (await session.get_one(QuarantineCountRow, KEY)).messages = 7
            await session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await count(database) == 0


async def test_the_writer_thread_rolls_back_when_its_work_raises(database: Database) -> None:
    await start_counting(database)
    writer = Writer(database.url)

    def fail(connection: Connection) -> None:
        connection.execute(text("UPDATE quarantine_count SET messages = 7"))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await writer.run(fail)
    writer.close()
    assert await count(database) == 0


async def test_a_snapshot_sees_one_moment_and_stops_no_writer(database: Database) -> None:
    await start_counting(database)
    async with database.snapshot(ALL_OWNERS) as session:
        counted = select(QuarantineCountRow.messages)
        assert (await session.exec(counted)).one() == 0
        await increment(database)
        assert (await session.exec(counted)).one() == 0
    assert await count(database) == 1


async def test_a_snapshot_can_be_taken_while_a_transaction_is_open(database: Database) -> None:
    await start_counting(database)
    async with database.transaction(ALL_OWNERS) as session:
        (await session.get_one(QuarantineCountRow, KEY)).messages = 7
        await session.flush()
        assert await count(database) == 0
    assert await count(database) == 7


async def test_a_snapshot_never_commits(database: Database) -> None:
    await start_counting(database)
    async with database.snapshot(ALL_OWNERS) as session:
        (await session.get_one(QuarantineCountRow, KEY)).messages = 7
        await session.flush()
    assert await count(database) == 0


async def test_a_reference_to_nothing_is_refused(database: Database) -> None:
    orphan = {"device_id": "washer-0001", "serial": "1", "secret_hash": "", "created_at": NOON}
    with pytest.raises(IntegrityError, match=r"(?i)foreign key"):
        async with database.transaction(ALL_OWNERS) as session:
            session.add(DeviceRow.model_validate({**orphan, "model_id": "0" * 32}))


async def test_instants_come_back_aware_and_in_utc(database: Database) -> None:
    tokyo = timezone(timedelta(hours=9))
    async with database.transaction(ALL_OWNERS) as session:
        session.add(OutboxRow(kind="x", payload={}, due_at=NOON.astimezone(tokyo)))
    async with database.snapshot(ALL_OWNERS) as session:
        [row] = (await session.exec(select(OutboxRow))).all()
    assert row.due_at.isoformat() == "2026-03-01T12:00:00+00:00"


async def test_an_instant_without_zone_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="naive datetime"):
        async with database.transaction(ALL_OWNERS) as session:
            session.add(OutboxRow(kind="x", payload={}, due_at=NOON.replace(tzinfo=None)))


def test_an_engine_without_references_does_not_check_them(tmp_path: Path) -> None:
    for foreign_keys in (True, False):
        engine = blocking_engine(f"sqlite:///{tmp_path}/x.db", for_migrations=not foreign_keys)
        with engine.begin() as connection:
            checked = connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one()
        engine.dispose()
        assert bool(checked) is foreign_keys


@pytest.mark.parametrize(
    ("url", "file"),
    [
        ("sqlite+aiosqlite:////srv/x.db", Path("/srv/x.db")),
        ("sqlite+aiosqlite:///x.db", Path("x.db")),
        ("sqlite+aiosqlite://", None),
        ("sqlite+aiosqlite:///:memory:", None),
        ("postgresql+psycopg://user@host/x", None),
        ("postgresql+psycopg:///x", None),
    ],
)
def test_the_file_of_a_database(url: str, file: Path | None) -> None:
    assert database_file(url) == file


def test_the_blocking_driver_of_a_database() -> None:
    assert synchronous("sqlite+aiosqlite:///x.db") == "sqlite:///x.db"
    assert synchronous("postgresql+psycopg://host/x") == "postgresql+psycopg://host/x"
