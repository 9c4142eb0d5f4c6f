"""Whether a device may connect."""

import pytest

from devices import by_hand
from devices.by_hand import ManualDevice
from devices.credentials import (
    authenticator,
)
from devices.custody import revoke, rotate_secret
from tests.devices_world import KEY, OPERATOR, a_model


class RealTime:
    """Seconds that pass when told to."""

    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def real_time() -> RealTime:
    return RealTime()


async def test_a_device_connects_with_its_own_secret_only(world):
    maker_id = await world.maker(a_model())
    mine = await world.provisioned(maker_id, "washer-0001")
    other = await world.provisioned(maker_id, "washer-0002")
    authenticate = authenticator(world.database, KEY)
    assert await authenticate("washer-0001", mine.secret)
    assert not await authenticate("washer-0001", other.secret)
    assert not await authenticate("washer-0001", "")
    assert not await authenticate("washer-0003", mine.secret)


async def test_a_revocation_is_noticed_within_a_second(world, real_time):
    made = await world.provisioned(await world.maker(a_model()))
    authenticate = authenticator(world.database, KEY, now_s=real_time)
    assert await authenticate("washer-0001", made.secret)
    await revoke(
        "washer-0001", OPERATOR, transaction=world.database.transaction, clock=world.clock
    )
    real_time.now_s = 1.0
    assert not await authenticate("washer-0001", made.secret)


async def test_a_device_provisioned_a_moment_ago_can_connect(world, real_time):
    authenticate = authenticator(world.database, KEY, now_s=real_time)
    assert not await authenticate("washer-0001", "too early")
    made = await world.provisioned(await world.maker(a_model()))
    assert await authenticate("washer-0001", made.secret)


async def test_a_dumb_appliance_has_no_secret_that_would_do(world):
    cupboard = ManualDevice(
        name="Cupboard",
        title="Rice",
        category="rice",
        fits=("rice",),
        capacity=2000,
        unit="g",
        typical_use_per_day=60,
    )
    row = await by_hand.add(
        await world.owner(),
        cupboard,
        transaction=world.database.transaction,
        clock=world.clock,
        ids=world.ids,
    )
    assert not await authenticator(world.database, KEY)(row.device_id, "")


async def test_a_new_secret_is_good_although_the_old_one_is_remembered(world, real_time):
    made = await world.provisioned(await world.maker(a_model()))
    authenticate = authenticator(world.database, KEY, now_s=real_time)
    assert await authenticate("washer-0001", made.secret)
    parts = {"transaction": world.database.transaction, "clock": world.clock}
    secret = await rotate_secret("washer-0001", OPERATOR, key=KEY, ids=world.ids, **parts)
    assert not await authenticate("washer-0001", secret)  # at the same moment
    real_time.now_s = 0.2
    assert await authenticate("washer-0001", secret)
    assert not await authenticate("washer-0001", made.secret)
