"""A world to act in."""

import pytest

from core.clock import SteppedClock
from core.database import Database
from core.ids import SeededIds
from tests.devices_world import World


@pytest.fixture
def world(database: Database, clock: SteppedClock) -> World:
    return World(database, clock, SeededIds(1))
