"""What is kept of the device itself: whether it is online, and when it was last heard."""

from datetime import timedelta

from devices.intake import Arrival
from devices.tables import DeviceRow, heard_at
from tests.conftest import NOON
from tests.devices_world import received

WASHER = "washer-0001"


def reading(seq: int, hours: float) -> Arrival:
    body = {
        "boot_id": 1,
        "seq": seq,
        "measured_at": NOON.isoformat(),
        "slots": {"detergent": {"level": 0.8}},
    }
    return received(WASHER, "telemetry", body, NOON + timedelta(hours=hours))


def a_status(state: str, boot_id: int = 1, hours: float = 0) -> Arrival:
    body = {"state": state, "boot_id": boot_id, "firmware": f"1.{boot_id}"}
    return received(WASHER, "status", body, NOON + timedelta(hours=hours))


async def test_birth_and_last_will_say_whether_the_device_is_online(world):
    await world.claimed()
    await world.send(a_status("online", boot_id=2))
    await world.send(a_status("offline", boot_id=1, hours=1))
    (device,) = await world.rows(DeviceRow)
    assert (device.is_online, device.boot_id, device.firmware) == (True, 2, "1.2")
    await world.send(a_status("offline", boot_id=2, hours=2))
    (device,) = await world.rows(DeviceRow)
    assert (device.is_online, device.last_heard_at) == (False, NOON + timedelta(hours=2))


async def test_when_a_device_was_heard_is_told_by_its_slots_and_by_itself(world):
    await world.claimed()
    batches = [
        [reading(1, hours=0)],
        [reading(1, hours=1)],
        [reading(2, hours=2)],
        [reading(3, hours=3), reading(3, hours=3)],
        [received(WASHER, "telemetry", {"seq": 9}, NOON + timedelta(hours=4))],
    ]
    found = []
    for batch in batches:
        await world.send(*batch)
        (device,), slot = await world.rows(DeviceRow), await world.slot()
        found.append((device.last_heard_at, heard_at(device, [slot.heard_at])))
    at = [NOON + timedelta(hours=hours) for hours in range(5)]
    # The first of a reading changes its slot; what else is heard is noted at the device.
    assert found == list(zip([None, at[1], at[1], at[3], at[4]], at, strict=True))
