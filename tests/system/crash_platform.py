"""A platform that kills itself: gateway and worker, with a plan for where to end.

Run as `python -m tests.system.crash_platform HOME MQTT_PORT`. Each line on stdin is one life:
`T3 before` dies before the first commit of that hop, `T3 after` just after it, `none` lives on.
When a life has ended, its exit code is a line on stdout: -9 for a kill. A life is a process of
its own, forked off before anything is opened; so it starts without the time that imports take.
"""

import asyncio
import gc
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, event, func, select
from sqlalchemy.orm import Session
from sqlmodel.ext.asyncio.session import AsyncSession

from broker.ingest import ingest
from core.database import Database, Writer
from core.settings import Settings
from devices.tables import ReadingRow
from replenishment.order_states import OrderEvent
from replenishment.tables import OrderEventRow
from runtime import wiring
from runtime.wiring import Sources

T = TypeVar("T")

HOP_OF_MOVE: Final = {
    OrderEvent.APPROVE: "T2",
    OrderEvent.SUBMIT: "T3",
    OrderEvent.ACKNOWLEDGE: "T4",
}


@dataclass(frozen=True, slots=True)
class Plan:
    hop: str
    side: str

    def reached(self, hops: set[str], side: str) -> None:
        if self.hop in hops and self.side == side:
            os.kill(os.getpid(), signal.SIGKILL)


class DyingWriter(Writer):
    """T1 is a batch that stored a reading."""

    def __init__(self, url: str, plan: Plan) -> None:
        super().__init__(url)
        self._plan = plan

    async def run(self, work: Callable[[Connection], T]) -> T:
        hops: set[str] = set()

        def watched(connection: Connection) -> T:
            known = _readings(connection)
            result = work(connection)
            if _readings(connection) > known:
                hops.add("T1")
            self._plan.reached(hops, "before")
            return result

        result = await super().run(watched)
        self._plan.reached(hops, "after")
        return result


class DyingDatabase(Database):
    """T2, T3 and T4 are told by the move that a transaction writes into an order's history."""

    def __init__(self, url: str, plan: Plan) -> None:
        super().__init__(url)
        self._plan = plan

    @asynccontextmanager
    async def transaction(self, scope: object) -> AsyncIterator[AsyncSession]:
        hops: set[str] = set()

        def watch(session: Session, _context: Any) -> None:
            moves = [each.event for each in session.new if isinstance(each, OrderEventRow)]
            hops.update(HOP_OF_MOVE[move] for move in moves if move in HOP_OF_MOVE)

        async with super().transaction(scope) as session:
            event.listen(session.sync_session, "after_flush", watch)
            yield session
            await session.flush()
            self._plan.reached(hops, "before")
        self._plan.reached(hops, "after")


def _readings(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(ReadingRow)).scalar_one()


async def live(settings: Settings, plan: Plan) -> None:
    sources = Sources(
        database=DyingDatabase(settings.database, plan),
        ingest=partial(ingest, writer=DyingWriter(settings.database, plan)),
    )
    async with wiring.opened(settings, public_url="", sources=sources) as platform:
        door = wiring.gateway(platform)
        await door.start(settings.mqtt_host, settings.mqtt_port)
        await platform.worker.run(asyncio.Event())


def main(home: Path, port: int) -> None:
    settings = Settings(home=home, mqtt_port=port, allow_loopback_shops=True, claim_lease_s=1)
    gc.freeze()  # so that no life copies these pages only to look through them
    while line := sys.stdin.readline():
        child = os.fork()
        if child == 0:
            hop, _, side = line.strip().partition(" ")
            asyncio.run(live(settings, Plan(hop, side)))
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
