"""Work and timers in the database: order, de-duplication, leases, backing off."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection
from sqlmodel import select

from accounts.scoping import ALL_OWNERS
from core import outbox
from core.database import Database, Writer
from core.outbox import OutboxRow, Work

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
WALL = datetime(2030, 1, 1, tzinfo=UTC)  # real time runs on its own
SECOND = timedelta(seconds=1)
LEASE = timedelta(seconds=30)


def review(stock: str, due_at: datetime = NOON, dedupe_key: str | None = None) -> Work:
    return Work(kind="review", payload={"stock": stock}, due_at=due_at, dedupe_key=dedupe_key)


async def add(database: Database, *work: Work) -> None:
    async with database.transaction(ALL_OWNERS) as session:
        await outbox.add(session, *work)


async def claim(
    database: Database, now: datetime = NOON, wall: datetime = WALL
) -> OutboxRow | None:
    async with database.transaction(ALL_OWNERS) as session:
        rows = await outbox.claim(session, now=now, wall=wall, lease=LEASE)
    return rows[0] if rows else None


async def claimed(database: Database, now: datetime = NOON, wall: datetime = WALL) -> OutboxRow:
    row = await claim(database, now, wall)
    assert row is not None
    return row


async def waiting(database: Database) -> list[tuple[str, datetime]]:
    async with database.snapshot(ALL_OWNERS) as session:
        rows = (await session.exec(select(OutboxRow).order_by("outbox_id"))).all()
    return [(row.payload["stock"], row.due_at) for row in rows]


async def test_what_has_been_due_longest_comes_first(database: Database) -> None:
    await add(
        database,
        review("last", NOON),
        review("first", NOON - 2 * SECOND),
        review("second", NOON - SECOND),
        review("also last", NOON),
    )
    order = [(await claimed(database)).payload["stock"] for _ in range(4)]
    assert order == ["first", "second", "last", "also last"]


async def test_nothing_is_claimed_before_it_is_due(database: Database) -> None:
    await add(database, review("beans", NOON + SECOND))
    assert await claim(database) is None
    assert (await claimed(database, NOON + SECOND)).payload == {"stock": "beans"}


async def test_a_row_keeps_what_it_was_given(database: Database) -> None:
    work = Work(
        kind="submit_order", payload={"order": 1}, due_at=NOON, correlation="washer-0001/3/7"
    )
    await add(database, work)
    row = await claimed(database)
    assert (row.kind, row.payload, row.correlation) == (
        work.kind,
        work.payload,
        work.correlation,
    )
    assert (row.due_at, row.attempts, row.last_error) == (NOON, 0, "")


async def test_while_a_row_waits_the_same_work_is_not_added_again(database: Database) -> None:
    await add(database, review("beans", NOON, "beans"))
    await add(database, review("beans", NOON, "beans"), review("toner", NOON, "toner"))
    assert await waiting(database) == [("beans", NOON), ("toner", NOON)]


@pytest.mark.parametrize("first", [NOON, NOON + SECOND])
async def test_of_the_same_work_the_earlier_due_time_stays(
    database: Database, first: datetime
) -> None:
    second = NOON + SECOND if first == NOON else NOON
    await add(database, review("beans", first, "beans"), review("beans", second, "beans"))
    assert await waiting(database) == [("beans", NOON)]


async def test_work_without_a_key_is_added_each_time(database: Database) -> None:
    await add(database, review("beans"), review("beans"))
    assert await waiting(database) == [("beans", NOON)] * 2


async def test_work_that_comes_while_the_same_is_being_done_waits_its_turn(
    database: Database,
) -> None:
    await add(database, review("beans", NOON, "beans"))
    first = await claimed(database)
    await add(database, review("beans", NOON, "beans"))
    second = await claimed(database)
    assert second.outbox_id != first.outbox_id


async def test_a_claimed_row_is_nobody_elses_until_the_lease_runs_out(
    database: Database,
) -> None:
    await add(database, review("beans"))
    row = await claimed(database)
    assert await claim(database, NOON + 99 * LEASE, WALL + LEASE - SECOND) is None
    again = await claimed(database, NOON, WALL + LEASE)
    assert again.outbox_id == row.outbox_id


async def test_workers_that_claim_at_once_get_different_rows(database: Database) -> None:
    await add(database, *(review(str(number)) for number in range(6)))
    rows = await asyncio.gather(*(claim(database) for _ in range(8)))
    stocks = [row.payload["stock"] for row in rows if row is not None]
    assert sorted(stocks) == ["0", "1", "2", "3", "4", "5"]


async def test_what_is_done_is_gone(database: Database) -> None:
    await add(database, review("beans"), review("toner"))
    row = await claimed(database)
    async with database.transaction(ALL_OWNERS) as session:
        await outbox.done(session, [row])
    assert await waiting(database) == [("toner", NOON)]


@pytest.mark.parametrize(
    ("attempts", "wait"),
    [
        (0, SECOND),
        (1, 2 * SECOND),
        (11, 2048 * SECOND),
        (12, 3600 * SECOND),
        (99, 3600 * SECOND),
    ],
)
async def test_a_failed_row_waits_twice_as_long_each_time_at_most_an_hour(
    database: Database, attempts: int, wait: timedelta
) -> None:
    async with database.transaction(ALL_OWNERS) as session:
        session.add(
            OutboxRow(kind="review", payload={"stock": "x"}, due_at=NOON, attempts=attempts)
        )
    row = await claimed(database)
    async with database.transaction(ALL_OWNERS) as session:
        await outbox.failed(session, row, error="Timeout: shop", now=NOON)
    assert await claim(database, NOON + wait - SECOND) is None
    again = await claimed(database, NOON + wait)  # the old lease does not hold it back
    assert (again.attempts, again.last_error) == (attempts + 1, "Timeout: shop")


async def test_work_is_added_only_if_its_cause_is_committed(database: Database) -> None:
    async def fail() -> None:
        async with database.transaction(ALL_OWNERS) as session:
            await outbox.add(session, review("beans"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await waiting(database) == []


async def test_the_writer_thread_adds_work_by_the_same_rules(database: Database) -> None:
    writer = Writer(database.url)

    def work(connection: Connection) -> None:
        outbox.add_sync(connection)
        outbox.add_sync(connection, review("beans", NOON + SECOND, "beans"))
        outbox.add_sync(connection, review("beans", NOON, "beans"))

    await writer.run(work)
    writer.close()
    assert await waiting(database) == [("beans", NOON)]


async def test_the_next_due_time_is_that_of_the_earliest_row(database: Database) -> None:
    async with database.snapshot(ALL_OWNERS) as session:
        assert await outbox.next_due_at(session) is None
    await add(database, review("late", NOON + SECOND), review("early", NOON))
    async with database.snapshot(ALL_OWNERS) as session:
        assert await outbox.next_due_at(session) == NOON
