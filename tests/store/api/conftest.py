"""A platform with two households: `nora` and the `neighbour`."""

import pytest

from core.clock import SteppedClock
from core.database import Database
from tests.store.api.world import Home, World, a_home, a_world


@pytest.fixture
async def world(database: Database, clock: SteppedClock) -> World:
    return await a_world(database, clock)


@pytest.fixture
async def nora(world: World) -> Home:
    return await a_home(world, "nora")


@pytest.fixture
async def neighbour(world: World) -> Home:
    return await a_home(world, "neighbour")
