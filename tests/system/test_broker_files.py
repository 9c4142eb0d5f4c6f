"""The registry feeds a real Mosquitto by itself: provisioning, another secret, revocation."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from broker.mosquitto_probe import Address, opened
from core import mqtt
from core.mqtt import ConnackCode
from core.settings import Settings
from devices import custody, registry
from devices.registry import Provisioned, ToProvision
from runtime import broker_files, broker_process, wiring
from runtime.broker_files import BrokerFiles, BrokerStarting
from runtime.broker_process import BrokerProcess
from runtime.wiring import Platform
from tests.devices_world import OPERATOR, a_model
from tests.processes import ROOT

SHIPPED = (ROOT / "mosquitto.conf").read_text()


@pytest.fixture
async def platform(tmp_path: Path) -> AsyncIterator[Platform]:
    settings = Settings(home=tmp_path, door="mosquitto")
    async with wiring.opened(settings, public_url="") as opened_platform:
        stop = asyncio.Event()
        working = asyncio.create_task(opened_platform.worker.run(stop))
        yield opened_platform
        stop.set()
        await working


@pytest.fixture
async def broker(platform: Platform) -> AsyncIterator[BrokerProcess]:
    files = BrokerFiles.of(platform.settings, platform.database)
    await files.write()
    async with broker_process.running(SHIPPED, files.folder) as process:
        yield process


async def provisioned(platform: Platform, *device_ids: str) -> list[Provisioned]:
    parts = {
        "transaction": platform.database.transaction,
        "clock": platform.clock,
        "ids": platform.ids,
    }
    maker_id = await registry.register_manufacturer(
        "Maker", transaction=platform.database.transaction, ids=platform.ids
    )
    await registry.register_model(maker_id, a_model(), **parts)
    wanted = [ToProvision(model="washer", serial=each, device_id=each) for each in device_ids]
    return await registry.provision(maker_id, wanted, key=platform.device_key, **parts)


def login(device_id: str, secret: str) -> mqtt.Connect:
    return mqtt.Connect(device_id, username=device_id, password=secret.encode())


async def code_for(broker: BrokerProcess, packet: mqtt.Connect) -> ConnackCode:
    async with opened(Address("127.0.0.1", broker.port)) as probe:
        return (await probe.connect(packet)).code


async def within(seconds: float, broker: BrokerProcess, packet: mqtt.Connect) -> None:
    """Tried until it is admitted."""
    async with asyncio.timeout(seconds):
        while await code_for(broker, packet):  # noqa: ASYNC110 - another process sets no event
            await asyncio.sleep(0.05)


async def test_a_provisioned_device_is_admitted_within_five_seconds(platform, broker):
    [washer, dryer] = await provisioned(platform, "washer-0001", "dryer-0001")
    await within(5, broker, login("washer-0001", washer.secret))
    await within(5, broker, login("dryer-0001", dryer.secret))
    wrong = await code_for(broker, login("washer-0001", dryer.secret))
    assert wrong is ConnackCode.NOT_AUTHORISED


async def test_a_revoked_device_loses_its_live_connection_within_five_seconds(platform, broker):
    [washer, dryer] = await provisioned(platform, "washer-0001", "dryer-0001")
    await within(5, broker, login("dryer-0001", dryer.secret))
    address = Address("127.0.0.1", broker.port)
    async with opened(address) as revoked, opened(address) as other:
        await revoked.connect(login("washer-0001", washer.secret))
        await other.connect(login("dryer-0001", dryer.secret))
        start_s = time.monotonic()
        await custody.revoke(
            "washer-0001",
            OPERATOR,
            transaction=platform.database.transaction,
            clock=platform.clock,
        )
        assert await revoked.closed(5)
        assert time.monotonic() - start_s < 5
        other.send(mqtt.Pingreq())
        await other.expect(mqtt.Pingresp)
    again = await code_for(broker, login("washer-0001", washer.secret))
    assert again is ConnackCode.NOT_AUTHORISED


async def test_the_platform_connects_with_the_login_it_made_itself(platform, broker):
    settings = platform.settings
    password = broker_files.platform_password(settings)
    assert password == broker_files.platform_password(settings) != ""
    answer = await code_for(broker, login(settings.mqtt_user, password))
    assert answer is ConnackCode.ACCEPTED


async def test_a_stale_process_file_tells_nobody(platform, broker, tmp_path):
    assert broker_files.read_again(broker.folder / broker_files.PROCESS)
    await broker.kill()
    assert not broker_files.read_again(broker.folder / broker_files.PROCESS)
    stale = tmp_path / "stale.pid"
    stale.write_text("1")  # somebody else's process by now
    assert not broker_files.read_again(stale)
    await broker.start()


async def test_writers_at_the_same_moment_leave_whole_files(platform, broker):
    await provisioned(platform, "washer-0001")
    files = BrokerFiles.of(platform.settings, platform.database)
    await asyncio.gather(*(files.write() for _ in range(5)))
    lines = (files.folder / broker_files.PASSWORDS).read_text().splitlines()
    assert [line.partition(":")[0] for line in lines] == ["platform", "washer-0001"]


def test_a_broker_that_does_not_listen_yet_is_not_signalled(tmp_path, monkeypatch):
    process_file = tmp_path / "mosquitto.pid"
    process_file.write_text("1")
    monkeypatch.setattr(broker_files, "_running", lambda _: 1)
    monkeypatch.setattr(broker_files, "_listens_to_hangup", lambda _: False)
    with pytest.raises(BrokerStarting):
        broker_files.read_again(process_file)
