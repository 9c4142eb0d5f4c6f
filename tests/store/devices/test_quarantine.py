"""Who sees what was not taken."""

from datetime import date, timedelta

from accounts.scoping import ALL_OWNERS
from accounts.tables import NoticeRow
from core.outbox import OutboxRow
from devices import quarantine
from devices.tables import DeviceRow, QuarantineCountRow, QuarantineRow
from tests.conftest import NOON
from tests.devices_world import a_model, received


def garbage(device_id: str, seq: int = 1, hours: float = 0):
    at = NOON + timedelta(hours=hours)
    return received(device_id, "telemetry", {"seq": seq}, at)


def level(seq: int, fraction: float):
    at = NOON + timedelta(hours=seq)
    slots = {"detergent": {"level": fraction}}
    body = {"boot_id": 1, "seq": seq, "measured_at": at.isoformat(), "slots": slots}
    return received("washer-0001", "telemetry", body, at)


async def tell(world, device_id: str = "washer-0001", hours: float = 0) -> None:
    """The worker comes by, if ingest asked for it."""
    world.clock.step_to(NOON + timedelta(hours=hours))
    asked = [row for row in await world.rows(OutboxRow) if row.kind == "tell_recurring"]
    for row in asked:
        async with world.database.transaction(ALL_OWNERS) as session:
            await session.delete(await session.get_one(OutboxRow, row.outbox_id))
        await quarantine.tell_recurring(
            row.payload["device_id"],
            transaction=world.database.transaction,
            clock=world.clock,
            ids=world.ids,
        )


async def told(world) -> list[tuple[str, dict]]:
    return [(row.text_key, row.params) for row in await world.rows(NoticeRow)]


async def test_an_owner_sees_what_his_devices_sent_since_the_claim_and_nobody_elses(world):
    maker_id = await world.maker(a_model())
    mine, other = await world.owner(), await world.owner()
    for owner_id, device_id in ((mine, "washer-0001"), (other, "washer-0002")):
        await world.claim(owner_id, await world.provisioned(maker_id, device_id))
    await world.send(garbage("washer-0001"), garbage("washer-0002"), garbage("nobody"))
    for scope in (mine, ALL_OWNERS):
        async with world.database.snapshot(scope) as session:
            found = await quarantine.of_owner(session, mine)
        assert [each.device_id for each in found] == ["washer-0001"]


async def test_a_developer_sees_the_makers_test_devices_only(world):
    maker_id = await world.maker(a_model())
    for device_id in ("washer-0001", "washer-0002"):
        await world.provisioned(maker_id, device_id)
    async with world.database.transaction(ALL_OWNERS) as session:
        (await session.get_one(DeviceRow, "washer-0002")).is_test = True
    await world.send(garbage("washer-0001"), garbage("washer-0002"))
    async with world.database.snapshot(ALL_OWNERS) as session:
        found = await quarantine.of_tests(session, maker_id)
    assert [each.device_id for each in found] == ["washer-0002"]


async def test_the_count_knows_more_than_the_kept_payloads(world):
    await world.claimed()
    await world.send(*(garbage("washer-0001", n) for n in range(150)))
    async with world.database.snapshot(ALL_OWNERS) as session:
        counted = await quarantine.count(session, "washer-0001", since_on=date(2026, 11, 20))
        later = await quarantine.count(session, "washer-0001", since_on=date(2026, 11, 21))
    assert (counted, later) == (150, 0)


async def test_three_quarantined_messages_within_a_day_are_told_to_the_owner_once(world):
    owner_id = await world.claimed()
    await world.send(garbage("washer-0001", 1), garbage("washer-0001", 2, hours=20))
    await tell(world, hours=20)
    assert await told(world) == []
    await world.send(garbage("washer-0001", 3, hours=23))
    await tell(world, hours=23)
    await world.send(garbage("washer-0001", 4, hours=30))
    await tell(world, hours=30)
    (notice,) = await world.rows(NoticeRow)
    assert notice.owner_id == owner_id
    assert (notice.text_key, notice.params) == (
        "notice.recurring",
        {"device": "Waschmaschine", "n": 3},
    )
    assert notice.link == "/devices/washer-0001/quarantine"


async def test_what_lasts_is_told_again_after_a_week(world):
    await world.claimed()
    for first_h in (0, 24 * 8):
        await world.send(*(garbage("washer-0001", n, hours=first_h) for n in range(3)))
        await tell(world, hours=first_h)
    assert len(await told(world)) == 2


async def test_now_and_then_a_bad_message_is_not_told(world):
    await world.claimed()
    for day in range(6):
        await world.send(garbage("washer-0001", day, hours=13 * day))
        await tell(world, hours=13 * day)
    assert await told(world) == []


async def test_nobody_is_told_of_a_device_that_is_nobodys(world):
    await world.provisioned(await world.maker(a_model()))
    await world.send(*(garbage("washer-0001", n) for n in range(3)))
    await tell(world)
    assert await told(world) == []


async def test_a_flood_asks_the_worker_once(world):
    await world.claimed()
    for first in (0, 50, 100):
        await world.send(*(garbage("washer-0001", first + n) for n in range(50)))
    asked = [row for row in await world.rows(OutboxRow) if row.kind == "tell_recurring"]
    assert len(asked) == 1


async def test_a_glitch_that_a_late_reading_clears_leaves_the_quarantine(world):
    await world.claimed()
    await world.send(level(1, 0.3), level(3, 0.9), level(5, 0.25))
    assert [row.code for row in await world.rows(QuarantineRow)] == ["glitch"]
    await world.send(level(4, 0.9))
    assert await world.rows(QuarantineRow) == []
    assert [row.messages for row in await world.rows(QuarantineCountRow)] == [0]
