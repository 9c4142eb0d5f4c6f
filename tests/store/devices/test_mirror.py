"""Every reading is given to the mirror at least once, whatever happens in between."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import Connection, insert

from accounts.scoping import ALL_OWNERS
from core.clock import SteppedClock
from core.database import Database
from devices import store as device_store
from devices.mirror import store
from devices.mirror.store import Batch, Lag
from devices.tables import MirrorNoteRow, MirrorRow, ReadingRow
from runtime import mirror
from runtime.mirror import Answer, Away, Mirror, Refused, Taken
from tests.conftest import NOON
from tests.devices_world import World, received

HERE, THERE = "http://127.0.0.1:8428  nachschub", "http://127.0.0.1:9428  nachschub"


class Server:
    """Takes every line but those with a word it will not have; can be away."""

    def __init__(self) -> None:
        self.points: list[str] = []
        self.writes = 0
        self.is_away = False
        self.will_not_have: str | None = None
        self.old: str | None = None
        self.lets_go_at: int | None = None

    async def give(self, lines: Sequence[str]) -> Answer:
        self.writes += 1
        if self.is_away or self.writes == self.lets_go_at:
            return Away("connection refused")
        if self.will_not_have and any(self.will_not_have in line for line in lines):
            return Refused("status 400: no such line")
        kept = [line for line in lines if not (self.old and self.old in line)]
        self.points += kept
        return Taken("status 422: too old" if len(kept) < len(lines) else "")

    def seqs(self) -> list[int]:
        found = (each.partition("seq=")[2].partition("i")[0] for each in self.points)
        return [int(each) for each in found]


async def on(database: Database, act, *arguments, **named):
    async with database.transaction(ALL_OWNERS) as session:
        connection = await session.connection()
        return await connection.run_sync(act, *arguments, **named)


async def started(database: Database, target: str = HERE) -> None:
    """What is stored already is noted at once."""
    await on(database, store.start, target)
    await on(database, store.walk_on, 1_000)


async def told(world: World, *seqs: int, boot_id: int = 1) -> None:
    for seq in seqs:
        at = NOON + timedelta(minutes=seq)
        said = {"detergent": {"level": round(1 - seq * 0.001, 3)}}
        body = {"boot_id": boot_id, "seq": seq, "measured_at": at.isoformat(), "slots": said}
        await world.send(received("washer-0001", "telemetry", body, at))


async def caught_up(database: Database, server: Server, clock: SteppedClock) -> None:
    found = await behind(database, server, clock)
    assert found == (False, ""), found


async def behind(database: Database, server: Server, clock: SteppedClock) -> tuple[bool, str]:
    """Steps until nothing waits, or something is wrong."""
    give = Mirror(
        give=server.give,
        transaction=database.transaction,
        snapshot=database.snapshot,
        wall=clock,
    )
    while (found := await give.step()) == (True, ""):
        pass
    return found


async def lag(database: Database) -> Lag | None:
    return await on(database, store.lag)


async def test_readings_from_before_and_after_the_start_are_given_once(
    world: World, database: Database, clock: SteppedClock
) -> None:
    await world.claimed()
    await told(world, 1, 2, 3)
    await started(database)
    await told(world, 4, 5)
    server = Server()
    await caught_up(database, server, clock)
    assert sorted(set(server.seqs())) == [1, 2, 3, 4, 5]
    await told(world, 6)
    server.points.clear()
    await caught_up(database, server, clock)
    assert server.seqs() == [6]
    assert server.points[0].startswith(
        "reading,device_id=washer-0001,model=washer,slot=detergent boot_id=1i,level_fraction="
    )
    assert all(each.given_at == NOON for each in await world.rows(MirrorNoteRow))


async def test_a_late_reading_and_one_of_an_earlier_boot_are_given_too(
    world: World, database: Database, clock: SteppedClock
) -> None:
    """A cursor over the keys, or over the time of measurement, would have passed them by."""
    await world.claimed()
    await started(database)
    server = Server()
    await told(world, 7)
    await caught_up(database, server, clock)
    await told(world, 3)
    await caught_up(database, server, clock)
    assert server.seqs() == [7, 3]


async def test_a_duplicate_message_is_no_new_point(
    world: World, database: Database, clock: SteppedClock
) -> None:
    await world.claimed()
    await started(database)
    await told(world, 1)
    await told(world, 1)
    server = Server()
    await caught_up(database, server, clock)
    assert server.seqs() == [1]


async def test_a_walk_in_steps_leaves_nothing_out_and_goes_on_after_a_restart(
    world: World, database: Database, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mirror, "POINTS_AT_ONCE", 4)
    await world.claimed()
    await told(world, *range(10))
    await on(database, store.start, HERE)
    server = Server()
    server.lets_go_at = 2
    assert await behind(database, server, clock) == (True, "connection refused")
    assert server.seqs() == [0, 1, 2, 3]
    await on(database, store.start, HERE)
    await told(world, 10)
    await caught_up(database, server, clock)
    assert set(server.seqs()) == set(range(11))


async def test_a_server_that_fell_over_is_given_again_what_it_had_taken_lately(
    world: World, database: Database, clock: SteppedClock
) -> None:
    """It may have answered before it wrote to disk, as VictoriaMetrics does."""
    await world.claimed()
    await started(database)
    server = Server()
    await told(world, 1)
    await caught_up(database, server, clock)
    clock.step_to(clock.now() + store.SETTLED + timedelta(seconds=1))
    await told(world, 2)
    await caught_up(database, server, clock)
    server.points.clear()
    server.is_away = True
    await told(world, 3)
    assert await behind(database, server, clock) == (True, "connection refused")
    server.is_away = False
    await caught_up(database, server, clock)
    assert server.seqs() == [2, 3]


async def test_while_the_server_is_away_readings_wait_and_the_lag_is_known(
    world: World, database: Database, clock: SteppedClock
) -> None:
    await world.claimed()
    await started(database)
    server = Server()
    await caught_up(database, server, clock)
    server.is_away = True
    await told(world, 1, 2, 3)
    clock.step_to(NOON + timedelta(hours=1))
    assert await behind(database, server, clock) == (True, "connection refused")
    clock.step_to(NOON + timedelta(hours=24))
    assert await behind(database, server, clock) == (True, "connection refused")
    found = await lag(database)
    assert found is not None
    assert (found.waiting, found.oldest_at) == (3, NOON + timedelta(minutes=1))
    assert found.failing_since == NOON + timedelta(hours=1)
    assert found.problem == "connection refused"
    server.is_away = False
    await caught_up(database, server, clock)
    found = await lag(database)
    assert found is not None
    assert (found.waiting, found.oldest_at, found.failing_since) == (0, None, None)
    assert (found.problem, found.written, found.is_walking) == ("", 3, False)


async def test_killed_between_the_answer_and_the_note_the_same_points_are_given_again(
    world: World, database: Database, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.claimed()
    await started(database)
    await told(world, 1, 2)
    server = Server()

    class Killed(BaseException):
        pass

    def die(*_arguments: object, **_named: object) -> None:
        raise Killed

    with monkeypatch.context() as changed:
        changed.setattr(store, "taken", die)
        with pytest.raises(Killed):
            await behind(database, server, clock)
    first = list(server.points)
    await caught_up(database, server, clock)
    assert server.points == [*first, *first]
    assert len(first) == 2


async def test_a_point_the_server_will_not_have_does_not_hold_up_the_others(
    world: World, database: Database, clock: SteppedClock
) -> None:
    await world.claimed()
    await started(database)
    await told(world, *range(20))
    server = Server()
    server.will_not_have = "seq=13i"
    await caught_up(database, server, clock)
    assert server.seqs() == [*range(13), *range(14, 20)]
    found = await lag(database)
    assert found is not None
    assert (found.written, found.refused) == (19, 1)
    assert found.refused_why == "status 400: no such line"


async def test_a_server_that_goes_away_in_the_middle_is_given_the_whole_batch_again(
    world: World, database: Database, clock: SteppedClock
) -> None:
    await world.claimed()
    await started(database)
    await told(world, *range(4))
    server = Server()
    server.will_not_have, server.lets_go_at = "seq=3i", 3
    assert await behind(database, server, clock) == (True, "connection refused")
    server.lets_go_at = None
    await caught_up(database, server, clock)
    assert set(server.seqs()) == {0, 1, 2}


async def test_points_older_than_the_bucket_keeps_are_not_given_one_by_one(
    world: World, database: Database, clock: SteppedClock
) -> None:
    await world.claimed()
    await started(database)
    await told(world, *range(5))
    server = Server()
    server.old = "seq=2i"
    await caught_up(database, server, clock)
    assert (server.seqs(), server.writes) == ([0, 1, 3, 4], 1)


async def test_what_was_erased_meanwhile_is_not_given(
    world: World, database: Database, clock: SteppedClock
) -> None:
    await world.claimed()
    await started(database)
    await told(world, 1, 2)
    await on(database, device_store.forget, "washer-0001")
    server = Server()
    await caught_up(database, server, clock)
    assert server.points == []
    assert all(each.given_at for each in await world.rows(MirrorNoteRow))


async def test_stopped_nothing_is_noted_and_started_again_nothing_is_missing(
    world: World, database: Database, clock: SteppedClock
) -> None:
    await world.claimed()
    await started(database)
    await told(world, 1)
    await on(database, store.stop)
    await told(world, 2)
    assert await world.rows(MirrorNoteRow) == []
    assert await world.rows(MirrorRow) == []
    assert await lag(database) is None
    await started(database)
    server = Server()
    await caught_up(database, server, clock)
    assert server.seqs() == [1, 2]


async def test_another_server_is_given_everything(
    world: World, database: Database, clock: SteppedClock
) -> None:
    await world.claimed()
    await started(database)
    await told(world, 1, 2)
    await caught_up(database, Server(), clock)
    await started(database, THERE)
    server = Server()
    await caught_up(database, server, clock)
    assert server.seqs() == [1, 2]


async def test_a_reading_committed_later_than_a_newer_one_is_not_passed_by(
    world: World, database: Database, clock: SteppedClock, dialect: str
) -> None:
    """Only PostgreSQL has two writers at once."""
    if dialect == "sqlite":
        return
    await world.claimed()
    await started(database)
    server = Server()
    async with database.engine.begin() as slow:
        await slow.execute(insertion(1))
        async with database.engine.begin() as quick:
            await quick.execute(insertion(2))
        await caught_up(database, server, clock)
        assert server.seqs() == [2]
    await caught_up(database, server, clock)
    assert server.seqs() == [2, 1]


def insertion(seq: int):
    return insert(ReadingRow).values(
        device_id="washer-0001",
        boot_id=1,
        seq=seq,
        slot="detergent",
        measured_at=NOON,
        received_at=NOON,
        has_clock=True,
        level=0.5,
        verdict="applied",
    )


async def test_a_note_that_came_while_a_batch_was_given_stays(
    world: World, database: Database, clock: SteppedClock
) -> None:
    await world.claimed()
    await started(database)
    await told(world, 1)
    batch = await on(database, store.next_batch, 10)
    await told(world, 2)
    await on(database, taken_now, batch)
    notes = await world.rows(MirrorNoteRow)
    assert {each.seq: each.given_at for each in notes} == {1: NOON, 2: None}
    assert [each.written for each in await world.rows(MirrorRow)] == [1]


def taken_now(connection: Connection, batch: Batch) -> None:
    store.taken(connection, batch, refused=0, why="", at=NOON)


async def test_it_goes_on_by_itself_until_it_is_told_to_stop(
    world: World, database: Database, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mirror, "POLL_S", 0.01)
    monkeypatch.setattr(mirror, "LONGEST_WAIT_S", 0.01)
    await world.claimed()
    await started(database)
    server, stop = Server(), asyncio.Event()
    running = Mirror(
        give=server.give,
        transaction=database.transaction,
        snapshot=database.snapshot,
        wall=clock,
    ).run(stop)
    server.is_away = True
    task = asyncio.create_task(running)
    await told(world, 1)
    async with asyncio.timeout(20):
        while server.writes < 3:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.01)
        server.is_away = False
        while server.seqs() != [1]:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        stop.set()
        await task
    assert [each.given_at for each in await world.rows(MirrorNoteRow)] == [clock.now()]
