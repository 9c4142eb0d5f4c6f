"""The whole platform behind Mosquitto: a device provisioned by another process is admitted."""

import asyncio
import csv
import json
import os
import signal
import sys
from pathlib import Path

import pytest

from broker.mosquitto_probe import Address, opened
from core import mqtt
from runtime import broker_process
from runtime.broker_process import BrokerProcess
from tests.devices_world import a_model
from tests.processes import ROOT

SHIPPED = (ROOT / "mosquitto.conf").read_text()


async def nachschub(home: Path, *words: str) -> asyncio.subprocess.Process:
    environment = os.environ | {
        "NACHSCHUB_HOME": str(home),
        "NACHSCHUB_DOOR": "mosquitto",
        "NACHSCHUB_HTTP_PORT": "0",
        "PYTHONPATH": str(ROOT),
    }
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "runtime", *words, cwd=home.parent, env=environment,
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip


@pytest.fixture
async def broker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BrokerProcess:
    home = tmp_path / "var"
    assert await (await nachschub(home, "broker", "files")).wait() == 0
    async with broker_process.running(SHIPPED, home / "mosquitto") as process:
        monkeypatch.setenv("NACHSCHUB_MQTT_PORT", str(process.port))
        yield process


async def test_a_device_that_another_process_provisioned_is_admitted(broker, tmp_path):
    home = tmp_path / "var"
    platform = await nachschub(home, "all")
    try:
        assert platform.stdout is not None
        async with asyncio.timeout(120):
            while b"through the broker" not in await platform.stdout.readline():
                pass
        batch = {"manufacturer": "M", "model": a_model().model_dump(mode="json")}
        (tmp_path / "model.json").write_text(json.dumps(batch))
        (tmp_path / "fleet.csv").write_text("serial,device_id\nS-1,washer-0001\n")
        words = ("provision", "fleet.csv", "--model", "model.json", "--result", "made.csv")
        assert await (await nachschub(home, *words)).wait() == 0
        with (tmp_path / "made.csv").open(newline="") as file:
            [made] = csv.DictReader(file)
        login = mqtt.Connect(
            "washer-0001", username="washer-0001", password=made["secret"].encode()
        )
        async with asyncio.timeout(120):
            while not await is_admitted(broker, login):  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.1)
    finally:
        platform.send_signal(signal.SIGTERM)
        await platform.communicate()
    assert platform.returncode == 0


async def is_admitted(broker: BrokerProcess, login: mqtt.Connect) -> bool:
    async with opened(Address("127.0.0.1", broker.port)) as probe:
        return not (await probe.connect(login)).code
