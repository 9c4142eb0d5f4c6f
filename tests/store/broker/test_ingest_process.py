"""The same ingest, in a process of its own."""

import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from broker.ingest import oversized
from broker.ingest_process import IngestProcess
from core.clock import SteppedClock
from core.database import Database
from core.ids import SeededIds
from core.offload import ProcessEnded
from devices.intake import Arrival
from devices.tables import ReadingRow
from tests.devices_world import World, a_model
from tests.doors import refilled, status, telemetry

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)

BATCH = [
    Arrival("washer-0001", "status", status("online"), NOON),
    Arrival("washer-0001", "telemetry", telemetry(1), NOON),
    Arrival("washer-0001", "telemetry", telemetry(2, level=1.7), NOON),
    Arrival("washer-0001", "event", refilled(3), NOON),
    Arrival("washer-0001", "event", b"\xff", NOON),
    oversized("washer-0001", "telemetry", 1_000_000, NOON),
]


@pytest.fixture
def ingest(database: Database) -> Iterator[IngestProcess]:
    process = IngestProcess(database.url)
    yield process
    process.close()


@pytest.fixture
async def world(database: Database, clock: SteppedClock) -> World:
    world = World(database, clock, SeededIds(1))
    maker_id = await world.maker(a_model())
    await world.claim(await world.owner(), await world.provisioned(maker_id, "washer-0001"))
    return world


async def test_outcomes_and_receipts_come_back_from_the_other_process(
    world: World, ingest: IngestProcess
):
    committed = await ingest(BATCH)
    good, bad = "recorded", "quarantined"
    assert committed.outcomes == [good, good, bad, good, bad, bad]
    assert committed.receipts == {"washer-0001": [(17, 3)]}
    assert [row.seq for row in await world.rows(ReadingRow)] == [1]
    assert (await ingest(BATCH[1:2])).outcomes == ["duplicate"]


async def test_a_killed_process_loses_nothing_that_was_committed_and_is_replaced(
    world: World, ingest: IngestProcess
):
    assert (await ingest(())).outcomes == []
    await ingest(BATCH[:2])
    assert ingest.pid is not None
    os.kill(ingest.pid, signal.SIGKILL)
    with pytest.raises(ProcessEnded):
        await ingest(BATCH)
    assert (await ingest(BATCH)).outcomes[1] == "duplicate"
    assert [row.seq for row in await world.rows(ReadingRow)] == [1]


async def test_a_database_that_cannot_be_written_is_told(tmp_path: Path):
    without_tables = IngestProcess(f"sqlite+aiosqlite:///{tmp_path}/empty.db")
    with pytest.raises(OperationalError, match="no such table"):
        await without_tables(BATCH)
    without_tables.close()
