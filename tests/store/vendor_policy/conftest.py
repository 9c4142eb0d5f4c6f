"""The wired world of `tests.world`."""

import pytest

from core.clock import SteppedClock
from core.database import Database
from tests.world import World


@pytest.fixture
async def world(database: Database, clock: SteppedClock) -> World:
    return await World(database, clock).build()
