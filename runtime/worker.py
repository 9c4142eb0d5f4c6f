"""Hop 4: takes due outbox rows and calls the use case that their kind names.

A row whose use case fails is logged and claimed again later; nothing else stops for it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.exc import DBAPIError

from accounts.scoping import ALL_OWNERS
from core import outbox
from core.clock import Clock
from core.database import Transaction
from core.outbox import OutboxRow

log = logging.getLogger(__name__)

UseCase = Callable[[OutboxRow], Awaitable[None]]

AT_ONCE = 10  # rows claimed together by who works alone
LANES = 4  # rows worked beside each other, so that a shop that hangs holds up only its own
POLL_S = 0.5  # how soon a row that came due is seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """`clock` says what is due; `wall` measures leases."""

    use_cases: Mapping[str, UseCase]
    transaction: Transaction
    clock: Clock
    wall: Clock
    lease: timedelta

    async def run(self, stop: asyncio.Event) -> None:
        """Works until `stop` is set; a row that has begun is finished. A database that is busy
        for too long is tried again: rows claimed meanwhile come back when their lease is over.
        """
        async with asyncio.TaskGroup() as group:
            for _ in range(LANES):
                group.create_task(self._lane(stop))

    async def _lane(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                count = await self.run_due(most=1)
            except DBAPIError:
                log.exception("the worker could not use the database")
                count = 0
            if count == 0:
                await wait(stop, POLL_S)

    async def run_due(self, *, most: int = AT_ONCE) -> int:
        """Does all that is due now, also what that makes due, one row after the other; returns
        how many rows. `most`: rows claimed together.
        """
        count = 0
        done: list[OutboxRow] = []
        while rows := await self._claim(done, most):
            done = [row for row in rows if await self._do(row)]
            count += len(rows)
        return count

    async def _claim(self, done: Sequence[OutboxRow], most: int) -> Sequence[OutboxRow]:
        """The next rows; those done are removed in the same transaction."""
        async with self.transaction(ALL_OWNERS) as session:
            await outbox.done(session, done)
            return await outbox.claim(
                session,
                now=self.clock.now(),
                wall=self.wall.now(),
                lease=self.lease,
                most=most,
            )

    async def _do(self, row: OutboxRow) -> bool:
        """False: it failed, and is left to be claimed again later."""
        try:
            await self.use_cases[row.kind](row)
        except Exception as error:
            log.exception("outbox row %s (%s) failed", row.outbox_id, row.kind)
            problem = f"{type(error).__name__}: {error}"
            async with self.transaction(ALL_OWNERS) as session:
                await outbox.failed(session, row, error=problem, now=self.clock.now())
            return False
        return True


async def wait(stop: asyncio.Event, seconds: float) -> None:
    """No longer than until `stop` is set."""
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
