"""Tells another server every reading, batch by batch, while everything else goes on.

At least once, and nothing is left out: a batch is noted as given after the server took it, so
a crash in between gives the same points again. A server that is away is tried again after 1, 2,
4, ... seconds; what it misses waits in the database, never in memory.
"""

import asyncio
import importlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Final

from accounts.scoping import ALL_OWNERS
from core.clock import Clock
from core.database import Transaction
from core.settings import Settings
from devices.mirror import points, store
from devices.mirror.store import Batch
from runtime.wiring import Platform
from runtime.worker import wait

logger = logging.getLogger(__name__)

POINTS_AT_ONCE: Final = 5_000
POLL_S: Final = 1.0  # how soon a new reading is seen
LONGEST_WAIT_S: Final = 60.0  # between two tries at a server that is away


@dataclass(frozen=True, slots=True)
class Taken:
    """The server has the points; but for some, if it says why."""

    why: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """The server has none of the points, because of one of them."""

    why: str


@dataclass(frozen=True, slots=True)
class Away:
    """No answer, or one that has nothing to do with the points: they are given again."""

    why: str


Answer = Taken | Refused | Away
Give = Callable[[Sequence[str]], Awaitable[Answer]]  # lines of the line protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirror:
    """`wall`: real time, of the server's answers."""

    give: Give
    transaction: Transaction
    snapshot: Transaction
    wall: Clock

    async def run(self, stop: asyncio.Event) -> None:
        fails = 0
        while not stop.is_set():
            try:
                is_more, why = await self.step()
            except Exception as problem:
                logger.exception("the mirror could not use the database")
                is_more, why = True, str(problem)
            if fails == 0 and why:
                logger.warning("the mirror is away: %s", why)
            if fails and not why:
                logger.info("the mirror is back")
            fails = fails + 1 if why else 0
            if why or not is_more:
                await wait(stop, min(2.0 ** (fails - 1), LONGEST_WAIT_S) if why else POLL_S)

    async def step(self) -> tuple[bool, str]:
        """Gives one batch; whether more waits, and why it was not taken."""
        async with self.snapshot(ALL_OWNERS) as session:
            connection = await session.connection()
            batch = await connection.run_sync(store.next_batch, POINTS_AT_ONCE)
        if not batch.notes:
            return batch.is_walking and await self._walk_on(), ""
        refused, answer = await self._give([points.line(each) for each in batch.readings])
        if isinstance(answer, Away):
            await self._note_failure(answer.why)
            return True, answer.why
        if answer.why:
            logger.warning("the mirror will not have some points: %s", answer.why)
        await self._note_success(batch, refused, answer.why)
        return True, ""

    async def _walk_on(self) -> bool:
        async with self.transaction(ALL_OWNERS) as session:
            connection = await session.connection()
            return await connection.run_sync(store.walk_on, POINTS_AT_ONCE)

    async def _give(self, lines: Sequence[str]) -> tuple[int, Taken | Away]:
        """A refused batch is given in halves, down to the lines that are the reason; how many
        those are. After Away the whole batch is given again.
        """
        answer = await self.give(lines) if lines else Taken()
        if not isinstance(answer, Refused):
            return 0, answer
        if len(lines) == 1:
            return 1, Taken(answer.why)
        half = len(lines) // 2
        first, answer = await self._give(lines[:half])
        if isinstance(answer, Away):
            return first, answer
        second, other = await self._give(lines[half:])
        return first + second, other if isinstance(other, Away) or other.why else answer

    async def _note_success(self, batch: Batch, refused: int, why: str) -> None:
        async with self.transaction(ALL_OWNERS) as session:
            connection = await session.connection()
            now = self.wall.now()
            await connection.run_sync(store.taken, batch, refused=refused, why=why, at=now)

    async def _note_failure(self, why: str) -> None:
        async with self.transaction(ALL_OWNERS) as session:
            connection = await session.connection()
            await connection.run_sync(store.failed, why, at=self.wall.now())


@asynccontextmanager
async def running(platform: Platform, stop: asyncio.Event) -> AsyncIterator[None]:
    """While the block runs; where no server is named, readings are noted no longer."""
    settings, database = platform.settings, platform.database
    async with database.transaction(ALL_OWNERS) as session:
        connection = await session.connection()
        if settings.mirror_url:
            await connection.run_sync(store.start, target(settings))
        else:
            await connection.run_sync(store.stop)
    if not settings.mirror_url:
        yield
        return
    with _server(settings) as give:
        mirror = Mirror(
            give=give,
            transaction=database.transaction,
            snapshot=database.snapshot,
            wall=platform.wall,
        )
        task = asyncio.create_task(mirror.run(stop))
        try:
            yield
        finally:
            stop.set()
            await task


def target(settings: Settings) -> str:
    return " ".join((settings.mirror_url, settings.mirror_org, settings.mirror_bucket))


def _server(settings: Settings) -> AbstractContextManager[Give]:
    """Its package is read here, because it costs half a second and only mirrors need it."""
    adapter = importlib.import_module("runtime.mirror_server")
    opened: AbstractContextManager[Give] = adapter.opened(settings)
    return opened
