"""The worker's loop."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from sqlalchemy.exc import OperationalError
from sqlmodel.ext.asyncio.session import AsyncSession

from accounts.scoping import ALL_OWNERS
from core import outbox
from core.clock import SteppedClock
from core.database import Database
from core.outbox import OutboxRow, Work
from runtime.worker import Worker


class BusyAtFirst:
    """Transactions of a database whose first is refused, as when another process writes."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.refused = 0

    @asynccontextmanager
    async def __call__(self, scope: object) -> AsyncIterator[AsyncSession]:
        if not self.refused:
            self.refused += 1
            raise OperationalError("BEGIN IMMEDIATE", None, Exception("database is locked"))
        async with self._database.transaction(scope) as session:
            yield session


async def test_a_busy_database_does_not_end_the_worker(
    database: Database, clock: SteppedClock
) -> None:
    stop = asyncio.Event()
    busy = BusyAtFirst(database)

    async def finish(_row: OutboxRow) -> None:
        stop.set()

    async with database.transaction(ALL_OWNERS) as session:
        await outbox.add(session, Work(kind="finish", payload={}, due_at=clock.now()))
    worker = Worker(
        use_cases={"finish": finish},
        transaction=busy,
        clock=clock,
        wall=clock,
        lease=timedelta(minutes=1),
    )
    async with asyncio.timeout(60):
        await worker.run(stop)
    assert stop.is_set()
    assert busy.refused == 1


async def test_a_row_that_hangs_does_not_hold_up_the_others(
    database: Database, clock: SteppedClock
) -> None:
    stop, released, done = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def hang(_row: OutboxRow) -> None:
        await released.wait()

    async def finish(_row: OutboxRow) -> None:
        done.set()

    async with database.transaction(ALL_OWNERS) as session:
        await outbox.add(session, Work(kind="hang", payload={}, due_at=clock.now()))
        await outbox.add(session, Work(kind="finish", payload={}, due_at=clock.now()))
    worker = Worker(
        use_cases={"hang": hang, "finish": finish},
        transaction=database.transaction,
        clock=clock,
        wall=clock,
        lease=timedelta(minutes=1),
    )
    running = asyncio.create_task(worker.run(stop))
    async with asyncio.timeout(60):
        await done.wait()
        stop.set()
        released.set()
        await running
    async with database.snapshot(ALL_OWNERS) as session:
        assert await outbox.next_due_at(session) is None
