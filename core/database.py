"""The database: engine, `transaction()` for writing, `snapshot()` for reading, a writer thread.

Nobody else commits. On SQLite every transaction takes the write lock at BEGIN, so that what it
read is still true when it writes; on PostgreSQL callers lock the row that serialises
(`SELECT ... FOR UPDATE`).
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

from sqlalchemy import (
    Connection,
    DateTime,
    Dialect,
    Engine,
    create_engine,
    event,
    func,
    select,
)
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.types import TypeDecorator
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from core import one_hop

T = TypeVar("T")

MIGRATION_TIMEOUT_MS = 120_000
WRITER_CACHE_KIB = 32 * 1024  # of pages; the readings of each slot go to a place of their own
CHECKPOINT_PAGES = 4_000  # of the log; a slot's page is changed often before it must be copied
BUSY_TIMEOUT_MS = 5_000  # how long SQLite waits for another process's write lock
ADVISORY_LOCK = 7_105_413_201_668_239  # a number nobody else takes
READ_ONLY = "nachschub_read_only"
# What one consistent view needs: on SQLite no write lock, on PostgreSQL more than its default.
ONE_VIEW: Final[dict[str, dict[str, Any]]] = {
    "sqlite": {READ_ONLY: True},
    "postgresql": {"isolation_level": "REPEATABLE READ"},
}

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


# Without an adapter for it the driver looks for a way to adapt None, raises an error in vain,
# and then takes None as it is: a microsecond for each empty cell.
sqlite3.register_adapter(type(None), {None: None}.get)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC instant. SQLite keeps no zone, so it is taken off and put back here."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a naive datetime has no instant: {value.isoformat()}")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002 - signature of SQLAlchemy
    ) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


class Transaction(Protocol):
    """What use cases receive: `async with transaction(scope) as session: ...`

    `scope` says whose rows the session may touch (`accounts.scoping`).
    """

    def __call__(self, scope: object) -> AbstractAsyncContextManager[AsyncSession]: ...


class Database:
    def __init__(self, url: str) -> None:
        """url: sqlite+aiosqlite:///FILE or postgresql+psycopg://USER:PASSWORD@HOST/NAME."""
        self.url = url
        self.engine: AsyncEngine
        if url.startswith("sqlite"):
            options = {"async_creator_fn": one_hop.connect}
            self.engine = create_async_engine(url, connect_args=options)
            _prepare_sqlite(self.engine.sync_engine)
        else:
            # A connection of before the server's last restart is found out and replaced.
            self.engine = create_async_engine(url, pool_pre_ping=True)

    @asynccontextmanager
    async def transaction(self, scope: object) -> AsyncIterator[AsyncSession]:
        """Commits at the end of the block, rolls back when the block raises."""
        async with AsyncSession(self.engine, expire_on_commit=False) as session:
            session.info["scope"] = scope
            async with session.begin():
                yield session

    @asynccontextmanager
    async def snapshot(self, scope: object) -> AsyncIterator[AsyncSession]:
        """One consistent view for reading; takes no write lock; never commits."""
        async with AsyncSession(self.engine, expire_on_commit=False) as session:
            session.info["scope"] = scope
            await session.connection(execution_options=ONE_VIEW[self.engine.dialect.name])
            yield session

    async def close(self) -> None:
        await self.engine.dispose()


class Writer:
    """One thread with one connection of its own: the ingest path's synchronous transactions."""

    def __init__(self, url: str) -> None:
        self._engine = blocking_engine(url)
        if self._engine.dialect.name == "sqlite":
            event.listen(self._engine, "connect", _with_much_memory)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="writer")

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Runs `work` inside one transaction; the result is returned after the commit."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._run, work)

    def _run(self, work: Callable[[Connection], T]) -> T:
        try:
            with self._engine.begin() as connection:
                return work(connection)
        except BaseException:
            # What the work noted in the connection's `info` may not be stored.
            self._engine.dispose()
            raise

    def close(self) -> None:
        self._thread.shutdown(wait=True)
        self._engine.dispose()


def synchronous(url: str) -> str:
    """The same database by a blocking driver; psycopg is both."""
    return url.replace("+aiosqlite", "")


def blocking_engine(url: str, *, for_migrations: bool = False) -> Engine:
    """With the same rules of transactions, for the writer thread and for migrations: those wait
    for another process's as long as it takes, and SQLite lets them replace a table without
    deleting the rows that refer to it.
    """
    engine = create_engine(synchronous(url), pool_pre_ping=not url.startswith("sqlite"))
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(engine)
        if for_migrations:
            event.listen(engine, "connect", _for_migrations)
    return engine


def one_at_a_time(connection: Connection) -> None:
    """Waits until no other process is at the same, and lets none begin before the commit."""
    if connection.dialect.name == "postgresql":  # on SQLite BEGIN has done so
        connection.execute(select(func.pg_advisory_xact_lock(ADVISORY_LOCK)))


def database_file(url: str) -> Path | None:
    """Where an SQLite URL points, None for other databases and for memory."""
    head, _, path = url.partition(":///")
    is_file = head.startswith("sqlite") and path not in ("", ":memory:")
    return Path(path) if is_file else None


def _prepare_sqlite(engine: Engine) -> None:
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)


def _on_connect(connection: Any, _record: object) -> None:
    # The driver must not open transactions by itself: it would do so at the first write only,
    # and two tasks that read before they write would lose each other's updates.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout = {BUSY_TIMEOUT_MS}",
        "journal_mode = WAL",
        f"wal_autocheckpoint = {CHECKPOINT_PAGES}",
        "synchronous = FULL",
        "foreign_keys = ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _with_much_memory(connection: Any, _record: object) -> None:
    connection.execute(f"PRAGMA cache_size = -{WRITER_CACHE_KIB}")
    # Else pages go to a file before a statement of many rows changes them, where it could fail
    # halfway: nearly as many writes as those of the log.
    connection.execute("PRAGMA temp_store = MEMORY")


def _for_migrations(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA foreign_keys = OFF")  # has no effect inside a transaction
    connection.execute(f"PRAGMA busy_timeout = {MIGRATION_TIMEOUT_MS}")


def _on_begin(connection: Connection) -> None:
    read_only = connection.get_execution_options().get(READ_ONLY, False)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")
