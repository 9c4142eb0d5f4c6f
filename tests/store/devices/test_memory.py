"""What the ingest remembers from batch to batch is never older than what is stored."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest
from sqlalchemy import Connection, event, update

from core.database import Writer
from devices import memory, readings
from devices.batch import Outcome
from devices.intake import Arrival
from devices.tables import DeviceRow
from tests.conftest import NOON
from tests.devices_world import World, received

WASHER = "washer-0001"


def reading(seq: int, level: float) -> Arrival:
    at = NOON + timedelta(hours=seq)
    slots = {"detergent": {"level": level}}
    body = {"boot_id": 1, "seq": seq, "measured_at": at.isoformat(), "slots": slots}
    return received(WASHER, "telemetry", body, at)


@pytest.fixture
def writer(world: World) -> Iterator[Writer]:
    opened = Writer(world.database.url)
    yield opened
    opened.close()


async def send(writer: Writer, *batch: Arrival) -> list[Outcome]:
    return await writer.run(lambda connection: readings.record(connection, batch))


async def devices_read(writer: Writer, *batch: Arrival) -> int:
    """How often SQLite was asked for devices."""
    statements: list[str] = []

    def record(connection: Connection, batch: Sequence[Arrival]) -> None:
        sqlite = connection.connection.driver_connection
        sqlite.set_trace_callback(statements.append)
        readings.record(connection, batch)
        sqlite.set_trace_callback(None)

    await writer.run(lambda connection: record(connection, batch))
    return sum("FROM device" in each for each in statements)


async def test_rows_are_read_again_only_after_somebody_else_has_written(world, writer):
    if world.database.engine.dialect.name != "sqlite":
        return  # PostgreSQL does not tell; rows are locked and read
    await world.claimed()
    assert await devices_read(writer, reading(1, 0.8)) == 1
    assert await devices_read(writer, reading(2, 0.7)) == 0
    await world.set_stock((await world.stock()).stock_id, review_level=600.0)
    assert await devices_read(writer, reading(3, 0.65)) == 1
    assert await devices_read(writer, reading(4, 0.6)) == 0


async def test_batches_fold_on_from_what_is_remembered(world, writer):
    await world.claimed()
    for seq in range(1, 6):
        assert await send(writer, reading(seq, 1 - seq / 10)) == [Outcome.RECORDED]
    assert await send(writer, reading(5, 0.5), reading(3, 0.7)) == [Outcome.DUPLICATE] * 2
    slot, (device,) = await world.slot(), await world.rows(DeviceRow)
    assert (slot.in_slot, slot.fold["key"], device.boot_id) == (500, [1, 5], 1)


async def test_what_another_connection_changed_is_seen_by_the_next_batch(world, writer):
    await world.claimed()
    await send(writer, reading(1, 0.8))
    async with world.database.engine.begin() as connection:
        await connection.execute(update(DeviceRow).values(revoked_at=NOON))
    assert await send(writer, reading(2, 0.7)) == [Outcome.QUARANTINED]


async def test_what_others_changed_by_the_same_connection_is_seen_too(world, writer):
    await world.claimed()
    await send(writer, reading(1, 0.8))
    await writer.run(lambda each: each.execute(update(DeviceRow).values(revoked_at=NOON)))
    assert await send(writer, reading(2, 0.7)) == [Outcome.QUARANTINED]


async def test_a_batch_that_was_rolled_back_is_not_remembered(world, writer):
    await world.claimed()
    await send(writer, reading(1, 0.8))

    def fail(connection: Connection) -> None:
        readings.record(connection, [reading(2, 0.2)])
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await writer.run(fail)
    assert await send(writer, reading(2, 0.7)) == [Outcome.RECORDED]
    assert (await world.slot()).in_slot == 700


async def test_a_batch_whose_commit_failed_is_not_remembered(world, writer):
    await world.claimed()
    await send(writer, reading(1, 0.8))

    def fail(_connection: Connection) -> None:
        raise ZeroDivisionError

    event.listen(writer._engine, "commit", fail)
    with pytest.raises(ZeroDivisionError):
        await send(writer, reading(2, 0.2))
    event.remove(writer._engine, "commit", fail)
    assert await send(writer, reading(2, 0.7)) == [Outcome.RECORDED]
    assert (await world.slot()).in_slot == 700


async def test_more_devices_than_are_remembered_are_read_again(world, writer, monkeypatch):
    monkeypatch.setattr(memory, "MOST_DEVICES", 0)
    await world.claimed()
    for seq in (1, 2):
        assert await send(writer, reading(seq, 1 - seq / 10)) == [Outcome.RECORDED]
    assert (await world.slot()).in_slot == 800
