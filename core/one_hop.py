"""aiosqlite with one trip to its thread for each statement, where its own cursor makes four.

A trip, with the wake-ups of thread and event loop, costs more than a small statement itself.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any, Self

import aiosqlite

ROWS_A_TRIP = 64  # asked for by aiosqlite's own iteration, which nothing here uses


class OneHopCursor:
    """The part of a cursor that SQLAlchemy uses. Runs a statement, keeps all rows and closes,
    in one go; nothing here reads row by row.
    """

    arraysize = 1

    def __init__(self, connection: "OneHopConnection") -> None:
        self._connection = connection
        self._rows: list[Any] = []
        self.description: tuple[Any, ...] | None = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        await self._connection._execute(self._run, sql, parameters, is_many=False)

    async def executemany(self, sql: str, parameters: Iterable[Sequence[Any]]) -> None:
        await self._connection._execute(self._run, sql, parameters, is_many=True)

    async def fetchall(self) -> list[Any]:
        return self._rows

    async def close(self) -> None:
        self._rows = []

    def _run(self, sql: str, parameters: Any, *, is_many: bool) -> None:
        """On the connection's thread."""
        cursor = self._connection._conn.cursor()
        try:
            (cursor.executemany if is_many else cursor.execute)(sql, parameters)
            self.description = cursor.description
            self._rows = cursor.fetchall() if cursor.description else []
            self.rowcount, self.lastrowid = cursor.rowcount, cursor.lastrowid
        finally:
            cursor.close()


class OneHopConnection(aiosqlite.Connection):
    def cursor(self) -> OneHopCursor:  # type: ignore[override]
        return OneHopCursor(self)


def connect(database: str, **options: Any) -> OneHopConnection:
    """What SQLAlchemy awaits for a new connection; the arguments are those of sqlite3."""
    connection = OneHopConnection(lambda: sqlite3.connect(database, **options), ROWS_A_TRIP)
    connection._thread.daemon = True  # an aborted start must not keep the process alive
    return connection
