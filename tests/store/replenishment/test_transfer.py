"""A device that leaves its owner takes its mandates with it."""

import pytest
from sqlmodel import select

from accounts.principal import Audience, Principal
from accounts.scoping import ALL_OWNERS
from devices.ownership import NotYourDevice
from devices.tables import OwnershipRow
from replenishment import transfer
from replenishment.order_states import OrderState
from tests.household import WASHER
from tests.mandated import accept, proposed
from tests.world import World
from vendor_policy.tables import MandateRow


@pytest.fixture(autouse=True)
async def owned(world: World) -> None:
    async with world.transaction(ALL_OWNERS) as session:
        session.add(
            OwnershipRow(
                owner_id=world.owner_id,
                device_id=WASHER,
                name="Washing machine",
                claimed_at=world.clock.now(),
            )
        )


async def mandates(world: World) -> list[MandateRow]:
    async with world.database.snapshot(ALL_OWNERS) as session:
        return list(await session.exec(select(MandateRow)))


async def test_giving_a_device_away_voids_its_mandate_and_pulls_its_order_back(world: World):
    await accept(world)
    order = await proposed(world)
    assert order.state == OrderState.APPROVED
    code = await transfer.give_away(
        WASHER,
        world.anna,
        key=b"k" * 32,
        transaction=world.transaction,
        clock=world.clock,
        ids=world.ids,
    )
    assert len(code) == 12
    [mandate] = await mandates(world)
    assert mandate.revoked_at == world.clock.now()
    assert await world.state(order) is OrderState.CANCELLED


@pytest.mark.parametrize("audience", [Audience.OWNER, Audience.OPERATOR])
async def test_deregistering_a_device_voids_its_mandate(world: World, audience: Audience):
    await accept(world)
    by = Principal(
        audience=audience,
        party_id=world.owner_id if audience is Audience.OWNER else world.ids.uuid(),
        name="someone",
    )
    await transfer.deregister(WASHER, by, transaction=world.transaction, clock=world.clock)
    [mandate] = await mandates(world)
    assert mandate.revoked_at is not None
    async with world.database.snapshot(ALL_OWNERS) as session:
        assert (await session.exec(select(OwnershipRow))).all() == []


async def test_another_owner_voids_nothing(world: World):
    await accept(world)
    stranger = Principal(audience=Audience.OWNER, party_id=world.ids.uuid(), name="stranger")
    with pytest.raises(NotYourDevice):
        await transfer.deregister(
            WASHER, stranger, transaction=world.transaction, clock=world.clock
        )
    [mandate] = await mandates(world)
    assert mandate.revoked_at is None
