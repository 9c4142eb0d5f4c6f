"""A quarantined message is taken again once, or discarded, by whom it concerns."""

import json
from datetime import timedelta

import pytest

from accounts.principal import Audience, Principal
from accounts.scoping import ALL_OWNERS
from accounts.tables import NoticeRow
from core.outbox import OutboxRow
from devices import quarantine, quarantine_answers
from devices.batch import Outcome
from devices.quarantine_answers import RAW_SHOWN, CannotBeReleased, QuarantinedUnknown
from devices.tables import DeviceRow, QuarantineCountRow, QuarantineRow, ReadingRow, SlotRow
from tests.conftest import NOON
from tests.devices_world import World, a_model, a_spec, received


def ahead(seq: int = 1, days: float = 2):
    """Its clock is ahead; the reading is good once that day has come."""
    measured_at = NOON + timedelta(days=days)
    body = {"boot_id": 1, "seq": seq, "measured_at": measured_at.isoformat()}
    body |= {"slots": {"detergent": {"level": 0.5}}}
    return received("washer-0001", "telemetry", body, NOON)


def half_good(seq: int = 1):
    slots = {"detergent": {"level": 0.5}, "bleach": {"level": 0.5}}
    body = {"boot_id": 1, "seq": seq, "measured_at": NOON.isoformat(), "slots": slots}
    return received("washer-0001", "telemetry", body, NOON)


def of_owner(owner_id, *, role: str = "admin") -> Principal:
    return Principal(
        audience=Audience.OWNER, party_id=owner_id, name="k@example.org", role=role
    )


def of_maker(maker_id) -> Principal:
    return Principal(audience=Audience.MAKER, party_id=maker_id, name="factory")


async def release(world: World, quarantine_id: int, by: Principal) -> None:
    await quarantine_answers.release(
        quarantine_id, by, transaction=world.database.transaction, clock=world.clock
    )


async def the_worker_comes_by(world: World) -> int:
    """Does what was asked, as it would after a crash: the rows stay."""
    rows = [
        each for each in await world.rows(OutboxRow) if each.kind == quarantine_answers.RELEASE
    ]
    for row in rows:
        await quarantine_answers.take_again(
            row.payload["quarantine_id"],
            transaction=world.database.transaction,
            clock=world.clock,
        )
    return len(rows)


async def kept(world: World) -> list[int]:
    return sorted(each.quarantine_id for each in await world.rows(QuarantineRow))


async def test_what_has_become_true_is_recorded_once_and_leaves_the_quarantine(world: World):
    owner_id = await world.claimed()
    assert await world.send(ahead()) == [Outcome.QUARANTINED]
    [quarantine_id] = await kept(world)
    world.clock.step_to(NOON + timedelta(days=3))
    await release(world, quarantine_id, of_owner(owner_id))
    await release(world, quarantine_id, of_owner(owner_id))
    assert await world.rows(ReadingRow) == []
    assert await the_worker_comes_by(world) == 1
    assert await the_worker_comes_by(world) == 1  # killed before the row was removed
    [reading] = await world.rows(ReadingRow)
    assert (reading.level, reading.measured_at) == (0.5, NOON + timedelta(days=2))
    assert reading.received_at == NOON + timedelta(days=3)
    assert await kept(world) == []
    assert (await world.slot()).in_slot == 500


async def test_what_is_still_wrong_is_set_aside_again_and_may_be_tried_again(world: World):
    owner_id = await world.claimed()
    await world.send(ahead())
    [before] = await kept(world)
    await release(world, before, of_owner(owner_id))
    await the_worker_comes_by(world)
    [after] = await kept(world)
    assert after != before
    assert await world.rows(ReadingRow) == []
    await release(world, after, of_owner(owner_id))


async def test_of_a_message_that_was_good_in_part_only_the_rest_is_new(world: World):
    owner_id = await world.claimed()
    await world.send(half_good())
    [quarantine_id] = await kept(world)
    async with world.database.transaction(ALL_OWNERS) as session:
        spec = a_spec("bleach").model_dump(mode="json")
        session.add(SlotRow(device_id="washer-0001", slot="bleach", spec=spec))
    world.clock.step_to(NOON + timedelta(hours=1))
    await release(world, quarantine_id, of_owner(owner_id))
    await the_worker_comes_by(world)
    found = {each.slot: each.received_at for each in await world.rows(ReadingRow)}
    assert found == {"detergent": NOON, "bleach": NOON + timedelta(hours=1)}
    assert await kept(world) == []


async def test_a_message_without_a_time_of_its_own_was_measured_when_it_came(world: World):
    owner_id = await world.claimed()
    slots = {"detergent": {"level": 0.5}, "bleach": {"level": 0.5}}
    body = {"boot_id": 1, "seq": 1, "measured_at": None, "slots": slots}
    await world.send(received("washer-0001", "telemetry", body, NOON))
    async with world.database.transaction(ALL_OWNERS) as session:
        spec = a_spec("bleach").model_dump(mode="json")
        session.add(SlotRow(device_id="washer-0001", slot="bleach", spec=spec))
    world.clock.step_to(NOON + timedelta(hours=5))
    [quarantine_id] = await kept(world)
    await release(world, quarantine_id, of_owner(owner_id))
    await the_worker_comes_by(world)
    assert {each.measured_at for each in await world.rows(ReadingRow)} == {NOON}


async def test_all_faults_of_a_message_go_together_and_it_stays_counted(world: World):
    owner_id = await world.claimed()
    slots = {"bleach": {"level": 0.5}, "starch": {"level": 0.5}}
    body = {"boot_id": 1, "seq": 1, "measured_at": NOON.isoformat(), "slots": slots}
    await world.send(received("washer-0001", "telemetry", body, NOON))
    rows = await world.rows(QuarantineRow)
    [message] = quarantine_answers.messages(rows)
    assert {each.code for each in message.faults} == {"unknown_slot"}
    assert len(message.faults) == len(rows) == 2
    await quarantine_answers.discard(
        message.quarantine_id, of_owner(owner_id), transaction=world.database.transaction
    )
    assert await kept(world) == []
    assert [each.messages for each in await world.rows(QuarantineCountRow)] == [1]


async def test_a_discarded_message_that_was_to_be_taken_again_is_gone(world: World):
    owner_id = await world.claimed()
    await world.send(ahead())
    [quarantine_id] = await kept(world)
    await release(world, quarantine_id, of_owner(owner_id))
    await quarantine_answers.discard(
        quarantine_id, of_owner(owner_id), transaction=world.database.transaction
    )
    await the_worker_comes_by(world)
    assert (await kept(world), await world.rows(ReadingRow)) == ([], [])


async def test_what_was_not_kept_whole_cannot_be_taken_again(world: World):
    owner_id = await world.claimed()
    at = NOON
    for seq, level in ((1, 0.3), (2, 0.9), (3, 0.29)):
        at += timedelta(hours=1)
        body = {"boot_id": 1, "seq": seq, "measured_at": at.isoformat()}
        body |= {"slots": {"detergent": {"level": level}}}
        await world.send(received("washer-0001", "telemetry", body, at))
    [glitch] = await kept(world)
    with pytest.raises(CannotBeReleased):
        await release(world, glitch, of_owner(owner_id))
    await quarantine_answers.discard(
        glitch, of_owner(owner_id), transaction=world.database.transaction
    )
    assert await kept(world) == []


async def test_nobody_else_touches_it(world: World):
    maker_id = await world.maker(a_model())
    owner_id, other_id = await world.owner(), await world.owner()
    await world.claim(owner_id, await world.provisioned(maker_id))
    await world.send(ahead())
    [quarantine_id] = await kept(world)
    strangers = [of_owner(other_id), of_owner(owner_id, role="viewer"), of_maker(maker_id)]
    for by in strangers:
        with pytest.raises(QuarantinedUnknown):
            await release(world, quarantine_id, by)
        with pytest.raises(QuarantinedUnknown):
            await quarantine_answers.discard(
                quarantine_id, by, transaction=world.database.transaction
            )
    assert await kept(world) == [quarantine_id]


async def test_a_maker_has_a_message_of_its_test_device_taken_again(world: World):
    maker_id = await world.maker(a_model())
    await world.provisioned(maker_id)
    async with world.database.transaction(ALL_OWNERS) as session:
        (await session.get_one(DeviceRow, "washer-0001")).is_test = True
    await world.send(ahead())
    [quarantine_id] = await kept(world)
    world.clock.step_to(NOON + timedelta(days=3))
    await release(world, quarantine_id, of_maker(maker_id))
    await the_worker_comes_by(world)
    assert len(await world.rows(ReadingRow)) == 1


async def test_what_the_owner_before_left_is_nobodys(world: World):
    maker_id = await world.maker(a_model())
    made = await world.provisioned(maker_id)
    await world.send(ahead())
    world.clock.step_to(NOON + timedelta(days=1))
    owner_id = await world.owner()
    await world.claim(owner_id, made)
    [quarantine_id] = await kept(world)
    with pytest.raises(QuarantinedUnknown):
        await release(world, quarantine_id, of_owner(owner_id))


async def test_a_raw_message_is_shown_bounded_and_in_signs_that_can_be_shown(world: World):
    await world.claimed()
    long = json.dumps({"v": 1, "junk": "x" * 5_000}).encode()
    row = QuarantineRow(
        quarantine_id=1,
        device_id="washer-0001",
        topic="v1/devices/washer-0001/telemetry",
        payload=b"\x00\xff\n" + long,
        code="bad_payload",
        field="payload",
        value="",
        fix="",
        received_at=NOON,
    )
    [message] = quarantine_answers.messages([row])
    assert message.raw.startswith('\ufffd\ufffd\ufffd{"v": 1')
    assert len(message.raw) == RAW_SHOWN + 2
    assert message.raw.endswith(" …")


async def test_a_lasting_implausible_slot_is_told_once_until_a_week_was_quiet(world: World):
    owner_id = await world.claimed()

    async def told_after(days: int) -> int:
        at = NOON + timedelta(days=days)
        world.clock.step_to(at)
        for n in range(3):
            moment = at + timedelta(minutes=n)
            await world.send(received("washer-0001", "telemetry", {"seq": n}, moment))
        await quarantine.tell_recurring(
            "washer-0001",
            transaction=world.database.transaction,
            clock=world.clock,
            ids=world.ids,
        )
        async with world.database.snapshot(owner_id) as session:
            rows = await quarantine.of_owner(session, owner_id)
        assert rows
        return len(await world.rows(NoticeRow))

    for day in range(0, 60, 6):
        assert await told_after(day) == 1
    assert await told_after(54 + 8) == 2
