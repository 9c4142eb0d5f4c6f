import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine
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


def url_of(file: Path) -> str:
    return f"sqlite+aiosqlite:///{file}"


def indexes(file: Path) -> dict[str, str]:
    """Statements as SQLite keeps them, conditions included."""
    with closing(sqlite3.connect(file)) as connection:
        return dict(connection.execute(INDEXES).fetchall())


def tables(file: Path) -> set[str]:
    with closing(sqlite3.connect(file)) as connection:
        rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        return {name for (name,) in rows}


def test_upgrading_an_empty_database_gives_the_tables_of_the_code(tmp_path: Path) -> None:
    migrate(url_of(tmp_path / "migrated.db"))
    engine = blocking_engine(url_of(tmp_path / "migrated.db"))
    with engine.begin() as connection:
        assert compare_metadata(MigrationContext.configure(connection), SQLModel.metadata) == []
    engine.dispose()


def test_partial_indexes_keep_their_conditions(tmp_path: Path) -> None:
    migrate(url_of(tmp_path / "migrated.db"))
    engine = create_engine(f"sqlite:///{tmp_path / 'created.db'}")
    SQLModel.metadata.create_all(engine)
    engine.dispose()
    assert indexes(tmp_path / "migrated.db") == indexes(tmp_path / "created.db")
    assert "WHERE closed_at IS NULL" in indexes(tmp_path / "migrated.db")["uq_need_open"]


def test_every_step_can_be_taken_back(tmp_path: Path) -> None:
    file = tmp_path / "migrated.db"
    migrate(url_of(file))
    migrate(url_of(file), to="base")
    assert tables(file) == {"alembic_version"}
    migrate(url_of(file))
    assert "order" in tables(file)


def test_processes_that_start_together_migrate_once(tmp_path: Path) -> None:
    program = f"from runtime.migrate import migrate; migrate({url_of(tmp_path / 'one.db')!r})"
    started = [subprocess.Popen([sys.executable, "-c", program]) for _ in range(3)]
    assert [process.wait(timeout=60) for process in started] == [0, 0, 0]
    assert "order" in tables(tmp_path / "one.db")
