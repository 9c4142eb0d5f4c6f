"""One batch through a real transaction."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from accounts.scoping import ALL_OWNERS
from broker.ingest import ingest, oversized
from core.clock import SteppedClock
from core.database import Database, Writer
from core.ids import SeededIds
from devices import readings
from devices.batch import Outcome
from devices.intake import Arrival
from devices.tables import DeviceEventRow, DeviceRow, QuarantineRow, ReadingRow, SlotRow
from tests.devices_world import World, a_model
from tests.doors import Book, DiskFull, refilled, status, telemetry

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    opened = Book(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def writer(database: Database) -> Iterator[Writer]:
    opened = Writer(database.url)
    yield opened
    opened.close()


@pytest.fixture
async def world(database: Database, clock: SteppedClock) -> World:
    """Two washers of one owner."""
    world = World(database, clock, SeededIds(1))
    owner_id, maker_id = await world.owner(), await world.maker(a_model())
    for device_id in ("washer-0001", "washer-0002"):
        await world.claim(owner_id, await world.provisioned(maker_id, device_id))
    return world


class Poisoned(Exception):
    pass


def poisoned_by(payload: bytes):
    def record(connection: Connection, batch: Sequence[Arrival]) -> list[Outcome]:
        outcomes = readings.record(connection, batch)
        if payload in [each.payload for each in batch]:
            raise Poisoned("cannot be\0recorded")
        return outcomes

    return record


BATCH = [
    Arrival("washer-0001", "status", status("online"), NOON),
    Arrival("washer-0001", "telemetry", telemetry(1), NOON),
    Arrival("washer-0001", "telemetry", telemetry(2, level=1.7), NOON),
    Arrival("washer-0001", "event", refilled(3), NOON),
    Arrival("washer-0002", "event", b"{", NOON),
    Arrival("washer-0002", "event", refilled(1), NOON),
    oversized("washer-0002", "telemetry", 1_000_000, NOON),
]


async def test_a_batch_is_one_transaction_and_bad_messages_do_not_hold_up_good_ones(book):
    committed = await ingest(BATCH, writer=book.writer, record=book.record)
    assert book.batches == [len(BATCH)]
    good, bad = "recorded", "quarantined"
    assert committed.outcomes == [good, good, bad, good, bad, good, bad]
    assert book.names("washer-0002")[-1] == "too_large 1000000 bytes"


async def test_receipts_name_events_that_are_safe_and_nothing_else(book):
    expected = {"washer-0001": [(17, 3)], "washer-0002": [(17, 1)]}
    first = await ingest(BATCH, writer=book.writer, record=book.record)
    again = await ingest(BATCH, writer=book.writer, record=book.record)
    assert first.receipts == again.receipts == expected


async def test_a_failed_transaction_leaves_nothing(book):
    book.is_disk_full = True
    with pytest.raises(DiskFull):
        await ingest(BATCH, writer=book.writer, record=book.record)
    assert book.committed() == []


async def test_one_message_that_cannot_be_recorded_does_not_hold_up_its_batch(world, writer):
    batch = [Arrival("washer-0001", "telemetry", telemetry(seq), NOON) for seq in (1, 2, 3)]
    committed = await ingest(batch, writer=writer, record=poisoned_by(telemetry(2)))
    assert committed.outcomes == ["recorded", "quarantined", "recorded"]
    assert [each.seq for each in await world.rows(ReadingRow)] == [1, 3]
    (kept,) = await world.rows(QuarantineRow)
    assert (kept.code, kept.payload) == ("not_processed", telemetry(2))
    assert kept.value == r"Poisoned: cannot be\u0000recorded"


async def test_a_device_that_cannot_be_read_any_more_does_not_hold_up_its_neighbours(
    world, writer
):
    async with world.database.transaction(ALL_OWNERS) as session:
        (await session.get_one(SlotRow, ("washer-0002", "detergent"))).spec = {"damaged": True}
    batch = [
        Arrival("washer-0001", "event", refilled(1), NOON),
        Arrival("washer-0002", "event", refilled(1), NOON),
    ]
    committed = await ingest(batch, writer=writer)
    assert committed.outcomes == ["recorded", "quarantined"]
    assert committed.receipts == {"washer-0001": [(17, 1)]}  # the other keeps its event
    assert [each.code for each in await world.rows(QuarantineRow)] == ["not_processed"]


async def test_a_database_that_does_not_answer_quarantines_nothing(world, writer):
    def locked(_connection: Connection, _batch: Sequence[Arrival]) -> list[Outcome]:
        raise OperationalError("BEGIN IMMEDIATE", None, Exception("database is locked"))

    batch = [Arrival("washer-0001", "telemetry", telemetry(1), NOON)]
    with pytest.raises(OperationalError):
        await ingest(batch, writer=writer, record=locked)
    assert await world.rows(QuarantineRow) == []


async def test_a_nul_in_the_words_of_a_device_is_kept_as_json_writes_it(world, writer):
    start = b'{"v":1,"boot_id":1,"seq":%d,"measured_at":null,'
    reading = start % 1 + b'"slots":{"detergent":{"level":0.5,"raw":"a\\u0000b"}}}'
    broken = start % 2 + b'"slots":{"\\u0000":{"level":0.5}}}'
    fault = start % 3 + b'"event":"fault","detail":"a\\u0000b"}'
    birth = b'{"v":1,"boot_id":1,"state":"online","firmware":"1\\u00002"}'
    batch = [
        Arrival("washer-0001", channel, payload, NOON)
        for channel, payload in (
            ("telemetry", reading),
            ("telemetry", broken),
            ("event", fault),
            ("status", birth),
        )
    ]
    committed = await ingest(batch, writer=writer)
    assert committed.outcomes == ["recorded", "quarantined", "recorded", "recorded"]
    async with world.database.snapshot(ALL_OWNERS) as session:
        device = await session.get_one(DeviceRow, "washer-0001")
    assert device.firmware == r"1\u00002"
    assert [each.raw for each in await world.rows(ReadingRow)] == [r"a\u0000b"]
    assert [each.detail for each in await world.rows(DeviceEventRow)] == [r"a\u0000b"]
    (kept,) = await world.rows(QuarantineRow)
    assert "\0" not in kept.field + kept.value + kept.fix
    assert kept.payload == broken
