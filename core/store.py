"""Many rows in one statement and one value: a batch crosses to the database and back as JSON.

Row by row the driver gives up the interpreter lock and waits to have it again while the event
loop works, so that a thousand rows cost more in waiting than in writing. Here the database
takes a batch apart and puts it together, on its own time.
"""

# ruff: noqa: S608 - names of our own tables and columns are all that is put into statements
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final, TypeVar

import msgspec
from sqlalchemy import JSON, Boolean, Column, Connection, Dialect, Float, Table
from sqlmodel import SQLModel

from core.database import UtcDateTime

R = TypeVar("R", bound=msgspec.Struct)
Rows = Sequence[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class _Spelling:
    """Where the two databases differ. `batch`: the rows of the parameter, each as `value`."""

    batch: str
    texts: str
    array: str
    collect: str
    lock: str


SPELLINGS: Final = {
    "sqlite": _Spelling(
        batch="json_each(?)",
        texts="json_each(?)",
        array="json_array",
        collect="json_group_array",
        lock="",
    ),
    "postgresql": _Spelling(
        batch="jsonb_array_elements(CAST(%s AS jsonb)) AS batch(value)",
        texts="jsonb_array_elements_text(CAST(%s AS jsonb)) AS batch(value)",
        array="json_build_array",
        collect="json_agg",
        lock="FOR UPDATE",
    ),
}


def instant(at: datetime) -> str:
    """As SQLAlchemy stores it on SQLite; PostgreSQL reads it too."""
    utc = at if at.tzinfo is UTC else at.astimezone(UTC)
    return utc.isoformat(" ", "microseconds")[:-6]  # without its +00:00


def insert_rows(
    connection: Connection,
    table: type[SQLModel],
    columns: tuple[str, ...],
    rows: Rows,
    *,
    replacing: tuple[str, ...] = (),
) -> None:
    """A row whose key is there is left alone, or `replacing` is set in it. In `rows` instants
    are texts of `instant`, and JSON is its text.
    """
    if rows:
        statement = _insertion(connection.dialect, _of(table), columns, replacing)
        connection.exec_driver_sql(statement, (_json(rows),))


def update_rows(
    connection: Connection, table: type[SQLModel], columns: tuple[str, ...], rows: Rows
) -> None:
    """The primary key finds the row, the other `columns` are set in it."""
    if rows:
        statement = _change(connection.dialect, _of(table), columns)
        connection.exec_driver_sql(statement, (_json(rows),))


def rows_of(
    connection: Connection,
    table: type[SQLModel],
    kind: type[R],
    where: tuple[str, Collection[str]],
) -> list[R]:
    """Of the rows whose column `where[0]` is one of the texts `where[1]`, the columns that are
    the fields of `kind`, an `array_like` struct.
    """
    return _rows_of(connection, table, kind, where, is_locked=False)


def locked_rows_of(
    connection: Connection,
    table: type[SQLModel],
    kind: type[R],
    where: tuple[str, Collection[str]],
) -> list[R]:
    """The same; on PostgreSQL each row stays locked, taken in the order of the column."""
    return _rows_of(connection, table, kind, where, is_locked=True)


def _rows_of(
    connection: Connection,
    table: type[SQLModel],
    kind: type[R],
    where: tuple[str, Collection[str]],
    *,
    is_locked: bool,
) -> list[R]:
    key, values = where
    if not values:
        return []
    columns = kind.__struct_fields__
    statement = _selection(connection.dialect, _of(table), columns, key, is_locked)
    found = connection.exec_driver_sql(statement, (_json(list(values)),)).scalar()
    return [] if found is None else msgspec.json.decode(found, type=list[kind])  # type: ignore[valid-type]


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _of(table: type[SQLModel]) -> Table:
    found: Table = table.__table__  # type: ignore[attr-defined]
    return found


@lru_cache(maxsize=256)
def _insertion(
    dialect: Dialect, table: Table, columns: tuple[str, ...], replacing: tuple[str, ...]
) -> str:
    key = ", ".join(each.name for each in table.primary_key)
    changes = ", ".join(f"{name} = excluded.{name}" for name in replacing)
    act = f"({key}) DO UPDATE SET {changes}" if replacing else "DO NOTHING"
    # Without its WHERE, SQLite takes ON for a join's.
    return (
        f"INSERT INTO {table.name} ({', '.join(columns)}) "
        f"SELECT {_taken(dialect, table, columns)} FROM {SPELLINGS[dialect.name].batch} "
        f"WHERE true ON CONFLICT {act}"
    )


@lru_cache(maxsize=256)
def _change(dialect: Dialect, table: Table, columns: tuple[str, ...]) -> str:
    key = [each.name for each in table.primary_key]
    changes = ", ".join(f"{name} = new.{name}" for name in columns if name not in key)
    same = " AND ".join(f"{table.name}.{name} = new.{name}" for name in key)
    return (
        f"UPDATE {table.name} SET {changes} "
        f"FROM (SELECT {_taken(dialect, table, columns)} "
        f"FROM {SPELLINGS[dialect.name].batch}) AS new WHERE {same}"
    )


@lru_cache(maxsize=256)
def _selection(
    dialect: Dialect, table: Table, columns: tuple[str, ...], key: str, is_locked: bool
) -> str:
    words = SPELLINGS[dialect.name]
    shown = ", ".join(_shown(dialect, table.c[name]) for name in columns)
    kind = table.c[key].type.compile(dialect)
    wanted = f"SELECT CAST(value AS {kind}) FROM {words.texts}"
    rows = f"FROM {table.name} WHERE {key} IN ({wanted})"
    if not (is_locked and words.lock):
        return f"SELECT CAST({words.collect}({words.array}({shown})) AS text) {rows}"
    found = f"SELECT {words.array}({shown}) AS found {rows} ORDER BY {key} {words.lock}"
    return f"SELECT CAST({words.collect}(found) AS text) FROM ({found}) AS locked"


def _taken(dialect: Dialect, table: Table, columns: tuple[str, ...]) -> str:
    return ", ".join(
        f"{_cell(dialect, table.c[name], n)} AS {name}" for n, name in enumerate(columns)
    )


def _cell(dialect: Dialect, column: Column[Any], n: int) -> str:
    """The cell `n` of a row in the parameter, as the column keeps it."""
    cell = f"value->>{n}"
    if dialect.name == "sqlite":
        return cell
    if isinstance(column.type, UtcDateTime):
        return f"CAST({cell} AS timestamp) AT TIME ZONE 'UTC'"
    return f"CAST({cell} AS {column.type.compile(dialect)})"


def _shown(dialect: Dialect, column: Column[Any]) -> str:
    """The column in JSON that loses nothing; what is JSON itself comes as its text. SQLite
    would give 15 digits of a float.
    """
    name = column.name
    if dialect.name == "postgresql":
        return f"CAST({name} AS text)" if isinstance(column.type, JSON) else name
    match column.type:
        case UtcDateTime():
            return f"{name} || 'Z'"
        case Boolean():
            return f"json(iif({name}, 'true', 'false'))"
        case Float():
            return f"json(iif({name} IS NULL, 'null', printf('%!.17g', {name})))"
    return name
