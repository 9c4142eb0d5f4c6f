"""Who sees what was not taken."""

from datetime import date

from accounts.scoping import ALL_OWNERS
from devices import quarantine
from devices.tables import DeviceRow
from tests.conftest import NOON
from tests.devices_world import a_model, received


def garbage(device_id: str, seq: int = 1):
    return received(device_id, "telemetry", {"seq": seq}, NOON)


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
