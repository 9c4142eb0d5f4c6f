"""What tests of several packages share: a database of their own, a clock that stands still."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import settings
from sqlmodel import SQLModel

import accounts.tables  # noqa: F401 - all tables must be known before they are made
import devices.tables  # noqa: F401
import replenishment.tables  # noqa: F401
import vendor_policy.log.tables
import vendor_policy.tables  # noqa: F401
from core.clock import SteppedClock
from core.database import Database

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)

settings.register_profile("plain", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("plain")


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock(NOON)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    found = Database(f"sqlite+aiosqlite:///{tmp_path}/nachschub.db")
    async with found.engine.begin() as connection:
        await connection.run_sync(SQLModel.metadata.create_all)
    yield found
    await found.close()
