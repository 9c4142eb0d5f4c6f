"""aiosqlite with one trip to its thread for each statement, where its own cursor makes four.

A trip, with the wake-ups of thread and event loop, costs more than a small statement itself.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Self, cast

import aiosqlite

ROWS_A_TRIP = 64  # asked for by aiosqlite's own iteration, which nothing here uses


@dataclass(slots=True)
class Fetched:
    """All that a finished statement leaves behind."""

    rows: list[Any] = field(default_factory=list)
    description: tuple[Any, ...] | None = None
    rowcount: int = -1
    lastrowid: int | None = None


class OneHopConnection(aiosqlite.Connection):
    """`connect` opens the database, on the connection's own thread."""

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        super().__init__(connect, ROWS_A_TRIP)
        self._thread.daemon = True  # an aborted start must not keep the process alive

    def cursor(self) -> "OneHopCursor":  # type: ignore[override]
        return OneHopCursor(self)

    async def fetched(self, sql: str, parameters: Any, *, is_many: bool) -> Fetched:
        there_and_back = self._execute(  # type: ignore[no-untyped-call]
            self._fetch, sql, parameters, is_many=is_many
        )
        return cast(Fetched, await there_and_back)

    def _fetch(self, sql: str, parameters: Any, *, is_many: bool) -> Fetched:
        with closing(self._conn.cursor()) as cursor:
            (cursor.executemany if is_many else cursor.execute)(sql, parameters)
            return Fetched(
                rows=cursor.fetchall() if cursor.description else [],
                description=cursor.description,
                rowcount=cursor.rowcount,
                lastrowid=cursor.lastrowid,
            )


class OneHopCursor:
    """The part of a cursor that SQLAlchemy uses. A statement is run, fetched whole and closed
    in one go; nothing here reads row by row.
    """

    arraysize = 1

    def __init__(self, connection: OneHopConnection) -> None:
        self._connection = connection
        self._last = Fetched()

    async def __aenter__(self) -> Self:
        return self

    @property
    def description(self) -> tuple[Any, ...] | None:
        return self._last.description

    @property
    def rowcount(self) -> int:
        return self._last.rowcount

    @property
    def lastrowid(self) -> int | None:
        return self._last.lastrowid

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        self._last = await self._connection.fetched(sql, parameters, is_many=False)

    async def executemany(self, sql: str, parameters: Iterable[Sequence[Any]]) -> None:
        self._last = await self._connection.fetched(sql, parameters, is_many=True)

    async def fetchall(self) -> list[Any]:
        return self._last.rows

    async def close(self) -> None:
        self._last.rows = []


def connect(database: str, **options: Any) -> OneHopConnection:
    """What SQLAlchemy awaits for a new connection; the arguments are those of sqlite3."""
    return OneHopConnection(partial(sqlite3.connect, database, **options))
