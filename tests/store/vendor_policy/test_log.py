"""The log in the database: numbered once, signed, erasable, and one changed byte is found."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlmodel import delete, select

from accounts.scoping import ALL_OWNERS
from core import outbox
from core.database import Database
from core.outbox import OutboxRow
from replenishment import fulfil
from replenishment.order_states import OrderState
from replenishment.tables import OrderEventRow, OrderLineRow, OrderRow
from runtime import verify
from tests.mandated import accept, proposed
from tests.proof import bought, bundle_of
from tests.world import SIGNER, World
from vendor_policy.log import audit, sequencer, store
from vendor_policy.log.audit import Audited
from vendor_policy.log.bundles import BUNDLE, PROOF, read
from vendor_policy.log.notes import LogCheckpoint, SignedNote, Signer
from vendor_policy.log.tables import LeafRow, LogCheckpointRow, LogEntryRow
from vendor_policy.tables import DecisionRow


async def audited(world: World) -> Audited:
    async with world.transaction(ALL_OWNERS) as session:
        return await audit.audit(session)


async def sequence(world: World) -> int:
    return await sequencer.sequence(
        transaction=world.transaction, clock=world.clock, signer=SIGNER
    )


async def checkpoints(world: World) -> list[LogCheckpoint]:
    async with world.database.snapshot(ALL_OWNERS) as session:
        rows = await session.exec(select(LogCheckpointRow).order_by("size"))
        notes = [SignedNote.parsed(row.note) for row in rows]
    assert all(note.is_signed_by(SIGNER.key) for note in notes)
    return [LogCheckpoint.parsed(note.text) for note in notes]


async def test_all_that_is_decided_and_done_is_in_the_log_and_agrees(world: World):
    await bought(world)
    found = await audited(world)
    assert found.problems == ()
    assert found.records == found.leaves == (await checkpoints(world))[-1].size
    assert (
        found.records >= 2 + 2 + 4
    )  # listings of two shops, decision with its listings, moves


async def test_nothing_is_sent_before_its_decision_is_under_a_signed_checkpoint(world: World):
    await accept(world)
    order = await proposed(world)
    assert order.state == OrderState.APPROVED
    assert await world.submit(order.order_id) is OrderState.APPROVED
    assert world.purchases() == []
    assert not any(vendor.checkouts for vendor in world.vendors.values())
    await sequence(world)
    assert await world.submit(order.order_id) is OrderState.PLACED
    bundle = (
        read(BUNDLE, PROOF, await bundle_of(world, order)) if await sequence(world) else None
    )
    assert bundle is not None
    first = LogCheckpoint.parsed(SignedNote.parsed(bundle.first.checkpoint).text)
    (sent,) = [e.index for e in bundle.events if e.record["event"] == "submit"]
    assert bundle.decision.index < first.size <= sent


async def test_an_order_that_waits_for_the_log_is_sent_by_itself(world: World):
    await accept(world)
    order = await proposed(world)
    async with world.transaction(ALL_OWNERS) as session:
        await session.exec(delete(OutboxRow).where(OutboxRow.kind == store.SEQUENCE))
    await world.submit(order.order_id)
    await world.wait(10 * fulfil.logged.SOON)
    assert await world.state(order) is OrderState.PLACED


async def test_an_idle_log_leaves_no_work(world: World):
    await bought(world)
    async with world.database.snapshot(ALL_OWNERS) as session:
        rows = await session.exec(select(OutboxRow).where(OutboxRow.kind == store.SEQUENCE))
        assert rows.all() == []
    before = len(await checkpoints(world))
    assert await sequence(world) == 0
    assert len(await checkpoints(world)) == before


async def test_several_sequencers_number_every_leaf_once(world: World):
    async def append(number: int) -> None:
        for step in range(5):
            async with world.transaction(ALL_OWNERS) as session:
                session.add(LeafRow(commitment=bytes([number, step]) * 16))
            await sequence(world)

    await asyncio.gather(*(append(number) for number in range(4)))
    found = await audited(world)
    assert found.problems == ()
    assert found.leaves == 20
    sizes = [each.size for each in await checkpoints(world)]
    assert sizes == sorted(set(sizes))
    assert sizes[-1] == 20


async def test_many_that_wait_are_taken_in_batches(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(store, "AT_ONCE", 3)
    async with world.transaction(ALL_OWNERS) as session:
        session.add_all(LeafRow(commitment=bytes([n]) * 32) for n in range(8))
        await outbox.add(session, store.sequence_work(world.clock.now()))
    await world.work()
    assert [each.size for each in await checkpoints(world)] == [3, 6, 8]


async def test_another_key_cannot_go_on_with_the_log(world: World):
    await bought(world)
    other = Signer.of_seed(b"o" * 32, "nachschub.log")
    with pytest.raises(store.LogKeyChanged, match=SIGNER.name):
        async with world.transaction(ALL_OWNERS) as session:
            await store.open_log(session, other)


async def test_erasing_records_and_salts_leaves_every_other_proof_valid(world: World):
    order = await bought(world)
    before = await checkpoints(world)
    async with world.transaction(ALL_OWNERS) as session:
        salts = [row.salt for row in await session.exec(select(LogEntryRow))]
        await store.erase(session, order.owner_id)
        for table in (OrderEventRow, OrderLineRow, OrderRow, DecisionRow):
            await session.exec(delete(table).where(table.owner_id == order.owner_id))
    found = await audited(world)
    assert found.problems == ()
    assert found.records < found.leaves
    assert await checkpoints(world) == before
    await world.database.close()
    file = Path(world.database.url.partition(":///")[2])
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("VACUUM")
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type='table' AND name NOT IN ('outbox')"
        ).fetchall():
            values = str(connection.execute(f'SELECT * FROM "{name}"').fetchall())  # noqa: S608
            assert not [salt for salt in salts if str(salt) in values], name


FLIPS = [
    ("decision", "record"),
    ("decision", "record_hash"),
    ("log_entry", "salt"),
    ("log_entry", "body"),
    ("listing", "body"),
    ("listing", "salt"),
    ("leaf", "commitment"),
    ("tree_node", "hash"),
    ("log_checkpoint", "note"),
    ("log_head", "verifier_key"),
]


async def test_one_flipped_byte_in_the_database_is_found(world: World):
    await bought(world)
    await world.database.close()
    url = world.database.url
    file = Path(url.partition(":///")[2])
    assert (await verified(url)).problem is None
    for table, column in FLIPS:
        for row, value in read_column(file, table, column):
            is_text = isinstance(value, str)
            changed = bytearray(value.encode() if is_text else value)
            changed[len(changed) // 2] ^= 1
            write(file, table, column, row, changed.decode() if is_text else bytes(changed))
            assert (await verified(url)).problem is not None, (table, column)
            write(file, table, column, row, value)
    assert (await verified(url)).problem is None


async def verified(url: str) -> verify.Verified:
    database = Database(url)
    try:
        return await verify.verify_database(database.transaction)
    finally:
        await database.close()


def read_column(file: Path, table: str, column: str) -> list[tuple[int, str | bytes]]:
    """First and last row."""
    with closing(sqlite3.connect(file)) as connection:
        rows = connection.execute(
            f"SELECT rowid, {column} FROM {table} WHERE {column} IS NOT NULL"  # noqa: S608
        ).fetchall()
    assert rows, (table, column)
    return [rows[0], rows[-1]]


def write(file: Path, table: str, column: str, row: int, value: str | bytes) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (value, row))  # noqa: S608
