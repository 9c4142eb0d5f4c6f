"""Many rows in one statement: a batch crosses to the database and back in few steps.

Row by row the driver gives up the interpreter lock, and where an event loop works beside it, as
in the demo, a thousand rows cost more in waiting than in writing. PostgreSQL takes rows
apart that come as one JSON value and gives what is read as one. SQLite would need three times
as long to take JSON apart as for the parameters of some rows at once, and twice as long to
write it as to give its rows.
"""

# ruff: noqa: S608 - names of our own tables and columns are all that is put into statements
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from itertools import chain, islice
from typing import Any, Final, NamedTuple, TypeVar

import msgspec
import psycopg
from sqlalchemy import JSON, Column, Connection, Dialect, Table
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel

from core.database import UtcDateTime

R = TypeVar("R", bound=msgspec.Struct)
Columns = Mapping[str, Sequence[Any]]  # the cells of some rows, by column
Changes = tuple[int, int]  # the version that others made, rows that this connection changed


AS_JSON: Final = msgspec.json.Encoder().encode
LENGTH_WITH_FRACTION: Final = 30  # with quotes and comma

MOST_AT_ONCE: Final = 256  # rows whose cells are SQLite's parameters; a power of two
MOST_STATEMENTS: Final = 256  # one for each table, choice of columns and size
MOST_AS_JSON: Final = 1_000  # rows in one parameter of PostgreSQL


def instants(at: Sequence[datetime]) -> list[str]:
    """As SQLAlchemy stores them on SQLite; PostgreSQL reads it too. Many at once, because each
    alone takes four times as long.
    """
    # A list of 2026-11-22T12:00:00.123456Z and, at whole seconds, 2026-11-22T12:00:00Z.
    text = AS_JSON(at).decode()
    if text.count('Z"') < len(at):
        return instants([each.astimezone(UTC) for each in at])
    texts = text[2:-3].replace("T", " ").split('Z","') if at else []
    if len(text) == len(at) * LENGTH_WITH_FRACTION + 1:
        return texts
    return [each if "." in each else f"{each}.000000" for each in texts]


@lru_cache(maxsize=256)
def plain(value: StrEnum | bool) -> str | int:
    """As the database keeps it. The sqlite3 module takes its time over whatever is not exactly
    a text or a number, and looks for a way to adapt it.
    """
    return int(value) if isinstance(value, bool) else str(value.value)


def insert_rows(
    connection: Connection,
    table: type[SQLModel],
    blocks: Iterable[Columns],
    *,
    replacing: tuple[str, ...] = (),
) -> None:
    """A row whose key is there is left alone, or `replacing` is set in it. In `blocks` instants
    are texts of `instants`, dates are ISO texts, and JSON is its text.
    """
    dialect, of = connection.dialect, _of(table)
    with _driver(connection) as driver, _queued(connection):
        for shape, parameters in _statements(dialect, blocks):
            driver.execute(_insertion(dialect, of, shape, replacing), parameters)


def update_rows(
    connection: Connection, table: type[SQLModel], cells: Columns, *, rising: str = ""
) -> None:
    """The primary key finds the row, the other columns are set in it; where there is one that
    only rises, in rows in which it does.
    """
    dialect, of = connection.dialect, _of(table)
    with _driver(connection) as driver, _queued(connection):
        for shape, parameters in _statements(dialect, [cells]):
            driver.execute(_change(dialect, of, shape, rising), parameters)


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


class _Shape(NamedTuple):
    """Of a statement. Few, as to prepare one of 256 rows takes as long as to write hundreds."""

    columns: tuple[str, ...]
    rows: int = 1


def _statements(
    dialect: Dialect, blocks: Iterable[Columns]
) -> Iterator[tuple[_Shape, tuple[Any, ...]]]:
    """With their parameters."""
    of = _of_sqlite if dialect.name == "sqlite" else _of_postgresql
    return chain.from_iterable(map(of, blocks))


def _of_postgresql(block: Columns) -> Iterator[tuple[_Shape, tuple[Any, ...]]]:
    rows = zip(*block.values(), strict=True)
    while some := list(islice(rows, MOST_AS_JSON)):
        yield _Shape(tuple(block)), (_json(some),)


def _of_sqlite(block: Columns) -> Iterator[tuple[_Shape, tuple[Any, ...]]]:
    """Of few sizes, so that the driver keeps them prepared."""
    first, size = 0, MOST_AT_ONCE
    left = len(next(iter(block.values())))
    while left:
        while size > left:
            size //= 2
        rows = zip(*(cells[first : first + size] for cells in block.values()), strict=True)
        yield _Shape(tuple(block), size), tuple(chain.from_iterable(rows))
        first, left = first + size, left - size


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


@lru_cache(maxsize=MOST_STATEMENTS)
def _insertion(
    dialect: Dialect, table: Table, shape: _Shape, replacing: tuple[str, ...]
) -> str:
    key = ", ".join(each.name for each in table.primary_key)
    changes = ", ".join(f"{name} = excluded.{name}" for name in replacing)
    act = f"({key}) DO UPDATE SET {changes}" if replacing else "DO NOTHING"
    # Without its WHERE, SQLite takes ON for a join's.
    return (
        f"INSERT INTO {table.name} ({', '.join(shape.columns)}) "
        f"{_given(dialect, table, shape)} WHERE true ON CONFLICT {act}"
    )


@lru_cache(maxsize=MOST_STATEMENTS)
def _change(dialect: Dialect, table: Table, shape: _Shape, rising: str) -> str:
    key = [each.name for each in table.primary_key]
    changes = ", ".join(f"{name} = new.{name}" for name in shape.columns if name not in key)
    wanted = [f"{table.name}.{name} = new.{name}" for name in key]
    if rising:
        wanted.append(f"{table.name}.{rising} < new.{rising}")
    given, where = _given(dialect, table, shape), " AND ".join(wanted)
    return f"UPDATE {table.name} SET {changes} FROM ({given}) AS new WHERE {where}"


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


def _given(dialect: Dialect, table: Table, shape: _Shape) -> str:
    """The rows of the parameters, by the names of their columns."""
    if dialect.name == "sqlite":
        row = f"({', '.join('?' * len(shape.columns))})"
        cells = {name: f"column{n}" for n, name in enumerate(shape.columns, 1)}
        batch = f"(VALUES {', '.join([row] * shape.rows)})"
    else:
        cells = {name: _cell(dialect, table.c[name], n) for n, name in enumerate(shape.columns)}
        batch = "jsonb_array_elements(CAST(%s AS jsonb)) AS batch(value)"
    named = (f"{cell} AS {name}" for name, cell in cells.items())
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
