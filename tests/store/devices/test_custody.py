"""Who may do what with a device: its maker, its owner, the operator, and nobody else."""

from uuid import UUID

import pytest

from accounts.principal import Audience, Principal
from devices import custody, ownership
from devices.credentials import authenticator
from devices.custody import DeviceClaimed, DeviceRevoked
from devices.ownership import Claim, ClaimCodeUnknown, NotYourDevice
from devices.tables import DeviceRow, OwnershipRow, ReadingRow, StockRow
from tests.devices_world import KEY, OPERATOR, World, a_model, received


def maker(party_id: UUID) -> Principal:
    return Principal(audience=Audience.MAKER, party_id=party_id, name="maker")


def owner(party_id: UUID, role: str = "admin") -> Principal:
    return Principal(audience=Audience.OWNER, party_id=party_id, name="owner", role=role)


def means(world: World) -> dict[str, object]:
    return {"transaction": world.database.transaction, "clock": world.clock}


def making(world: World) -> dict[str, object]:
    return {**means(world), "key": KEY, "ids": world.ids}


async def is_admitted(world: World, secret: str) -> bool:
    return await authenticator(world.database, KEY)("washer-0001", secret)


async def test_another_secret_replaces_the_old_one_at_once(world):
    maker_id = await world.maker(a_model())
    made = await world.provisioned(maker_id)
    secret = await custody.rotate_secret("washer-0001", maker(maker_id), **making(world))
    assert await is_admitted(world, secret)
    assert not await is_admitted(world, made.secret)


async def test_an_owner_rotates_the_secret_of_a_claimed_device(world):
    made = await world.provisioned(await world.maker(a_model()))
    owner_id = await world.owner()
    await world.claim(owner_id, made)
    secret = await custody.rotate_secret("washer-0001", owner(owner_id), **making(world))
    assert await is_admitted(world, secret)


async def test_a_new_label_voids_the_old_one_until_the_device_is_claimed(world):
    maker_id, owner_id = await world.maker(a_model()), await world.owner()
    made = await world.provisioned(maker_id)
    code = await custody.renew_claim_code("washer-0001", maker(maker_id), **making(world))
    with pytest.raises(ClaimCodeUnknown):
        await world.claim(owner_id, made)
    await ownership.claim(Claim(owner_id=owner_id, code=code), **making(world))
    with pytest.raises(DeviceClaimed):
        await custody.renew_claim_code("washer-0001", maker(maker_id), **making(world))


async def test_a_revoked_device_stays_out_and_keeps_its_owners_readings(world):
    maker_id, owner_id = await world.maker(a_model()), await world.owner()
    made = await world.provisioned(maker_id)
    await world.claim(owner_id, made)
    await a_reading(world)
    await custody.revoke("washer-0001", maker(maker_id), **means(world))
    assert not await is_admitted(world, made.secret)
    assert len(await world.rows(ReadingRow)) == 1
    with pytest.raises(DeviceRevoked):
        await custody.rotate_secret("washer-0001", maker(maker_id), **making(world))


@pytest.mark.parametrize("by", ["owner", "operator"])
async def test_a_deregistered_device_leaves_nothing_behind_and_cannot_be_claimed(world, by):
    maker_id, owner_id = await world.maker(a_model()), await world.owner()
    made = await world.provisioned(maker_id)
    await world.claim(owner_id, made)
    await a_reading(world)
    who = OPERATOR if by == "operator" else owner(owner_id)
    await custody.deregister("washer-0001", who, **means(world))
    assert await world.rows(ReadingRow) == await world.rows(OwnershipRow) == []
    assert [row.mode for row in await world.rows(StockRow)] == ["off"]
    assert not await is_admitted(world, made.secret)
    with pytest.raises(ClaimCodeUnknown):
        await world.claim(await world.owner(), made)


async def test_a_maker_deregisters_what_nobody_owns_and_nothing_else(world):
    maker_id, owner_id = await world.maker(a_model()), await world.owner()
    made = await world.provisioned(maker_id)
    await world.claim(owner_id, made)
    with pytest.raises(DeviceClaimed):
        await custody.deregister("washer-0001", maker(maker_id), **means(world))
    assert await is_admitted(world, made.secret)
    code = await ownership.release(owner_id, "washer-0001", **making(world))
    await custody.deregister("washer-0001", maker(maker_id), **means(world))
    with pytest.raises(ClaimCodeUnknown):
        await ownership.claim(Claim(owner_id=owner_id, code=code), **making(world))


async def test_for_everybody_else_the_device_does_not_exist(world):
    made = await world.provisioned(await world.maker(a_model()))
    owner_id = await world.owner()
    await world.claim(owner_id, made)
    before = await world.rows(DeviceRow)
    vendor = Principal(audience=Audience.VENDOR, party_id=owner_id, name="vendor")
    strangers = [
        maker(await world.maker(name="Other")),
        maker(owner_id),
        owner(await world.owner()),
        owner(owner_id, role="viewer"),
        vendor,
    ]
    for by in strangers:
        for act in (custody.rotate_secret, custody.renew_claim_code):
            with pytest.raises(NotYourDevice):
                await act("washer-0001", by, **making(world))
        for act in (custody.revoke, custody.deregister):
            with pytest.raises(NotYourDevice):
                await act("washer-0001", by, **means(world))
    with pytest.raises(NotYourDevice):
        await custody.revoke("washer-9999", OPERATOR, **means(world))
    assert await world.rows(DeviceRow) == before


async def a_reading(world: World) -> None:
    body = {"boot_id": 1, "seq": 1, "measured_at": None, "slots": {"detergent": {"level": 0.5}}}
    await world.send(received("washer-0001", "telemetry", body, world.clock.now()))
