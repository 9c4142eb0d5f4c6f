"""What tests of several packages share: a database of their own, a clock that stands still."""

import shutil
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from sqlalchemy import event
from sqlmodel import SQLModel

import accounts.tables  # noqa: F401 - all tables must be known before they are made
import devices.tables  # noqa: F401
import replenishment.tables  # noqa: F401
import vendor_policy.log.tables
import vendor_policy.tables  # noqa: F401
from core.clock import SteppedClock
from core.database import Database, blocking_engine
from tests import cheap_passwords
from tests.postgresql import UNSAFE, PostgreSql, postgresql

ROOT = Path(__file__).parents[1]
DIALECTS = ("sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql))
# What runs on PostgreSQL too: every statement of its own kind, and the way of the money. The
# rest uses the same sessions in the same manner.
ON_BOTH = (
    "tests/store/broker/",
    "tests/store/core/",
    "tests/store/devices/",
    "tests/store/replenishment/test_approvals.py",
    "tests/store/replenishment/test_automatic.py",
    "tests/store/replenishment/test_following.py",
    "tests/store/replenishment/test_fulfil.py",
    "tests/store/replenishment/test_order_machine.py",
    "tests/store/replenishment/test_replenish.py",
    "tests/store/runtime/test_migrate.py",
)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)

settings.register_profile("plain", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("plain")
cheap_passwords.use()


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock(NOON)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "postgresql: needs a PostgreSQL server")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "dialect" in metafunc.fixturenames:
        file = metafunc.definition.path.relative_to(ROOT).as_posix()
        metafunc.parametrize("dialect", DIALECTS if file.startswith(ON_BOTH) else DIALECTS[:1])


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgreSql]:
    """With a database that has the tables."""
    with postgresql(**UNSAFE) as server, server.database("nachschub") as url:
        _create_tables(url)
        yield server


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("template") / "nachschub.db"
    _create_tables(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def sqlite_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sqlite") / "nachschub.db"


@pytest.fixture
def database_url(dialect: str, request: pytest.FixtureRequest) -> str:
    """Of a database with all tables and no rows."""
    if dialect == "sqlite":
        file: Path = request.getfixturevalue("sqlite_file")
        for old in file.parent.iterdir():  # with what a write-ahead log left beside it
            old.unlink()
        shutil.copyfile(request.getfixturevalue("sqlite_template"), file)
        return f"sqlite+aiosqlite:///{file}"
    server: PostgreSql = request.getfixturevalue("postgresql_server")
    server.wipe("nachschub")
    return server.url("nachschub")


@pytest.fixture
def empty_database_url(
    dialect: str, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[str]:
    if dialect == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path}/empty.db"
    else:
        server: PostgreSql = request.getfixturevalue("postgresql_server")
        with server.database("nachschub_empty") as url:
            yield url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """Without connections yet. What the engine has compiled for the tests before is kept: a
    quarter of all computing went into compiling the same statements for each test.
    """
    found = _database_at(database_url)
    yield found
    await found.close()


@cache
def _database_at(url: str) -> Database:
    found = Database(url)
    if url.startswith("sqlite"):
        event.listen(found.engine.sync_engine, "connect", _unsafe)
    return found


def _unsafe(connection: Any, _record: object) -> None:
    """As tests.postgresql.UNSAFE."""
    connection.execute("PRAGMA synchronous = OFF")


def _create_tables(url: str) -> None:
    engine = blocking_engine(url)
    SQLModel.metadata.create_all(engine)
    engine.dispose()
