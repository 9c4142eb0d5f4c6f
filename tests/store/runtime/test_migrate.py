import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect
from sqlmodel import SQLModel

import accounts.tables
import core.outbox
import devices.tables
import replenishment.tables
import vendor_policy.log.tables
import vendor_policy.tables
from core.database import blocking_engine
from runtime.migrate import migrate

TABLES = (
    accounts.tables,
    core.outbox,
    devices.tables,
    replenishment.tables,
    vendor_policy.log.tables,
    vendor_policy.tables,
)
INDEXES = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"


def indexes(file: Path) -> dict[str, str]:
    """Statements as SQLite keeps them, conditions included."""
    with closing(sqlite3.connect(file)) as connection:
        return dict(connection.execute(INDEXES).fetchall())


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    engine = blocking_engine(url)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def tables(url: str) -> set[str]:
    with connected(url) as connection:
        return set(inspect(connection).get_table_names())


def test_upgrading_an_empty_database_gives_the_tables_of_the_code(
    empty_database_url: str,
) -> None:
    migrate(empty_database_url)
    with connected(empty_database_url) as connection:
        assert compare_metadata(MigrationContext.configure(connection), SQLModel.metadata) == []


def test_partial_indexes_keep_their_conditions(tmp_path: Path) -> None:
    migrate(f"sqlite:///{tmp_path / 'migrated.db'}")
    with connected(f"sqlite:///{tmp_path / 'created.db'}") as connection:
        SQLModel.metadata.create_all(connection)
    assert indexes(tmp_path / "migrated.db") == indexes(tmp_path / "created.db")
    assert "WHERE closed_at IS NULL" in indexes(tmp_path / "migrated.db")["uq_need_open"]


def test_every_step_can_be_taken_back(empty_database_url: str) -> None:
    migrate(empty_database_url)
    migrate(empty_database_url, to="base")
    assert tables(empty_database_url) == {"alembic_version"}
    migrate(empty_database_url)
    assert "order" in tables(empty_database_url)


def test_processes_that_start_together_migrate_once(empty_database_url: str) -> None:
    program = f"from runtime.migrate import migrate; migrate({empty_database_url!r})"
    started = [subprocess.Popen([sys.executable, "-c", program]) for _ in range(3)]
    assert [process.wait(timeout=60) for process in started] == [0, 0, 0]
    assert "order" in tables(empty_database_url)
