"""Many rows in one statement: a batch crosses to the database and back in few steps.

Row by row the driver gives up the interpreter lock, and where an event loop works beside it, as
in the demo, a thousand rows cost more in waiting than in writing. PostgreSQL takes rows
apart that come as one JSON value and gives what is read as one. SQLite would need three times
as long to take JSON apart as for the parameters of some rows at once, and twice as long to
write it as to give its rows.
"""

# ruff: noqa: S608 - names of our own tables and columns are all that is put into statements
from collections.abc import Collection, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from itertools import chain, islice
from typing import Any, Final, TypeVar

import msgspec
import psycopg
from sqlalchemy import JSON, Column, Connection, Dialect, Table
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel

from core.database import UtcDateTime

R = TypeVar("R", bound=msgspec.Struct)
Rows = Iterable[tuple[Any, ...]]
Changes = tuple[int, int]  # the version that others made, rows that this connection changed


AS_JSON: Final = msgspec.json.Encoder().encode
LENGTH_WITH_FRACTION: Final = 29

MOST_AT_ONCE: Final = 256  # rows whose cells are SQLite's parameters; a power of two
MOST_AS_JSON: Final = 1_000  # rows in one parameter of PostgreSQL


def instant(at: datetime) -> str:
    """As SQLAlchemy stores it on SQLite; PostgreSQL reads it too."""
    # "2026-11-22T12:00:00.123456Z" with its quotes; isoformat takes several times as long.
    text = AS_JSON(at if at.tzinfo is UTC else at.astimezone(UTC)).decode()
    if len(text) == LENGTH_WITH_FRACTION:
        return f"{text[1:11]} {text[12:27]}"
    return f"{text[1:11]} {text[12:20]}.000000"


@lru_cache(maxsize=256)
def plain(value: StrEnum | bool) -> str | int:
    """As the database keeps it. The sqlite3 module takes its time over whatever is not exactly
    a text or a number, and looks for a way to adapt it.
    """
    return int(value) if isinstance(value, bool) else str(value.value)


def insert_rows(
    connection: Connection,
    table: type[SQLModel],
    columns: tuple[str, ...],
    rows: Rows,
    *,
    replacing: tuple[str, ...] = (),
) -> None:
    """A row whose key is there is left alone, or `replacing` is set in it. In `rows` instants
    are texts of `instant`, dates are ISO texts, and JSON is its text.
    """
    dialect, of = connection.dialect, _of(table)
    with _driver(connection) as driver, _queued(connection):
        for count, parameters in _parts(dialect, rows):
            driver.execute(_insertion(dialect, of, columns, replacing, count), parameters)


def update_rows(
    connection: Connection, table: type[SQLModel], columns: tuple[str, ...], rows: Rows
) -> None:
    """The primary key finds the row, the other `columns` are set in it."""
    dialect, of = connection.dialect, _of(table)
    with _driver(connection) as driver, _queued(connection):
        for count, parameters in _parts(dialect, rows):
            driver.execute(_change(dialect, of, columns, count), parameters)


def rows_of(
    connection: Connection,
    table: type[SQLModel],
    beside: type[SQLModel],
    kind: type[R],
    where: tuple[str, Collection[str]],
) -> list[R]:
    """Of each row whose column `where[0]` is one of the texts `where[1]`, the columns that are
    the fields of `kind`, an `array_like` struct; once for each row of `beside` that names it by
    the same column, and once with nothing of `beside` where none does. On PostgreSQL the rows
    of `table` stay locked, taken in the order of the column.
    """
    key, values = where
    if not values:
        return []
    dialect, wanted = connection.dialect, (_json(list(values)),)
    tables = _of(table), _of(beside)
    with _driver(connection) as driver:
        if dialect.name == "postgresql":
            # First: a statement that waits for a lock sees other tables as before the wait.
            driver.execute(_lock(dialect, tables[0], key), wanted)
        driver.execute(_selection(dialect, tables, kind.__struct_fields__, key), wanted)
        found = driver.fetchall()
    if dialect.name == "sqlite":
        return msgspec.convert(found, list[kind], strict=False)  # type: ignore[valid-type]
    return _decoder(kind).decode(found[0][0] or "[]")


def changes_so_far(connection: Connection) -> Changes | None:
    """The same as before, if neither another connection nor this one has changed a row since.
    None: the database does not tell. SQLite does, once the transaction has begun.
    """
    if connection.dialect.name != "sqlite":
        return None
    with _driver(connection) as driver:
        driver.execute("PRAGMA data_version")
        (version,) = driver.fetchone()
    sqlite: Any = connection.connection.driver_connection
    return version, sqlite.total_changes


@lru_cache(maxsize=256)
def _decoder(kind: type[R]) -> msgspec.json.Decoder[list[R]]:
    return msgspec.json.Decoder(list[kind])  # type: ignore[valid-type]


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _parts(dialect: Dialect, rows: Rows) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """(rows that the statement shows, its parameters). The sizes are few, so that the driver
    keeps their statements prepared.
    """
    left = iter(rows)
    if dialect.name != "sqlite":
        while batch := list(islice(left, MOST_AS_JSON)):
            yield 1, (_json(batch),)
        return
    while some := list(islice(left, MOST_AT_ONCE)):
        first, size = 0, MOST_AT_ONCE
        while first < len(some):
            while size > len(some) - first:
                size //= 2
            yield size, tuple(chain.from_iterable(some[first : first + size]))
            first += size


@contextmanager
def _driver(connection: Connection) -> Iterator[Any]:
    """The driver's own cursor: SQLAlchemy's way to it takes longer than a batch of a few rows.
    What the driver raises is raised as SQLAlchemy would.
    """
    known: Any = connection.dialect.loaded_dbapi.Error
    cursor = connection.connection.cursor()
    try:
        yield cursor
    except known as error:
        raise DBAPIError.instance(
            "(of many rows)", None, error, known, dialect=connection.dialect
        ) from error
    finally:
        cursor.close()


def _queued(connection: Connection) -> AbstractContextManager[Any]:
    """PostgreSQL works at a statement while the writer thread makes the rows of the next. What
    goes wrong is told at the end.
    """
    driver = connection.connection.driver_connection
    return driver.pipeline() if isinstance(driver, psycopg.Connection) else nullcontext()


def _of(table: type[SQLModel]) -> Table:
    found: Table = table.__table__  # type: ignore[attr-defined]
    return found


@lru_cache(maxsize=256)
def _insertion(
    dialect: Dialect,
    table: Table,
    columns: tuple[str, ...],
    replacing: tuple[str, ...],
    count: int,
) -> str:
    key = ", ".join(each.name for each in table.primary_key)
    changes = ", ".join(f"{name} = excluded.{name}" for name in replacing)
    act = f"({key}) DO UPDATE SET {changes}" if replacing else "DO NOTHING"
    # Without its WHERE, SQLite takes ON for a join's.
    return (
        f"INSERT INTO {table.name} ({', '.join(columns)}) "
        f"{_given(dialect, table, columns, count)} WHERE true ON CONFLICT {act}"
    )


@lru_cache(maxsize=256)
def _change(dialect: Dialect, table: Table, columns: tuple[str, ...], count: int) -> str:
    key = [each.name for each in table.primary_key]
    changes = ", ".join(f"{name} = new.{name}" for name in columns if name not in key)
    same = " AND ".join(f"{table.name}.{name} = new.{name}" for name in key)
    given = _given(dialect, table, columns, count)
    return f"UPDATE {table.name} SET {changes} FROM ({given}) AS new WHERE {same}"


@lru_cache(maxsize=256)
def _selection(
    dialect: Dialect, tables: tuple[Table, Table], columns: tuple[str, ...], key: str
) -> str:
    table, beside = tables
    of = ((table if name in table.c else beside).c[name] for name in columns)
    shown = ", ".join(_shown(dialect, column) for column in of)
    rows = f"FROM {table.name} LEFT JOIN {beside.name} USING ({key}) WHERE {table.name}.{key}"
    if dialect.name == "sqlite":
        return f"SELECT {shown} {rows} IN (SELECT value FROM json_each(?))"
    wanted = _texts(dialect, table, key)
    return f"SELECT CAST(json_agg(json_build_array({shown})) AS text) {rows} IN ({wanted})"


@lru_cache(maxsize=256)
def _lock(dialect: Dialect, table: Table, key: str) -> str:
    wanted = _texts(dialect, table, key)
    return (
        f"SELECT FROM {table.name} WHERE {key} IN ({wanted}) "
        f"ORDER BY {table.name}.{key} FOR UPDATE"
    )


def _texts(dialect: Dialect, table: Table, key: str) -> str:
    """PostgreSQL's one parameter of texts, as the column keeps them."""
    kind = table.c[key].type.compile(dialect)
    batch = "jsonb_array_elements_text(CAST(%s AS jsonb)) AS batch(value)"
    return f"SELECT CAST(value AS {kind}) FROM {batch}"


def _given(dialect: Dialect, table: Table, columns: tuple[str, ...], count: int) -> str:
    """The rows of the parameters, by the names of their columns."""
    if dialect.name == "sqlite":
        row = f"({', '.join('?' * len(columns))})"
        cells = [f"column{n}" for n in range(1, len(columns) + 1)]
        batch = f"(VALUES {', '.join([row] * count)})"
    else:
        cells = [_cell(dialect, table.c[name], n) for n, name in enumerate(columns)]
        batch = "jsonb_array_elements(CAST(%s AS jsonb)) AS batch(value)"
    named = (f"{cell} AS {name}" for cell, name in zip(cells, columns, strict=True))
    return f"SELECT {', '.join(named)} FROM {batch}"


def _cell(dialect: Dialect, column: Column[Any], n: int) -> str:
    """The cell `n` of a row in the parameter, as the column keeps it."""
    cell = f"value->>{n}"
    if isinstance(column.type, UtcDateTime):
        return f"CAST({cell} AS timestamp) AT TIME ZONE 'UTC'"
    return f"CAST({cell} AS {column.type.compile(dialect)})"


def _shown(dialect: Dialect, column: Column[Any]) -> str:
    """The column; what is JSON itself comes as its text, and an instant with its zone."""
    name = f"{column.table.name}.{column.name}"
    if dialect.name == "postgresql":
        return f"CAST({name} AS text)" if isinstance(column.type, JSON) else name
    return f"{name} || 'Z'" if isinstance(column.type, UtcDateTime) else name
