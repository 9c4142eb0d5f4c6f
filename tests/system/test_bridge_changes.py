"""A device that says when its filter was changed: a refill then, told until its receipt."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiomqtt
import pytest

from broker.bridges import publishing
from broker.bridges.publishing import DeviceCredential, Publishing, Sight
from broker.bridges.reading import Reading
from devices import wire
from tests.system.mosquitto import Mosquitto

DEADLINE_S = 60
SECRETS = {"bridged-1": "of the bridge", "platform": "of the platform"}


@dataclass(slots=True)
class Purifier:
    """Shows what it is set to, at once."""

    reading: Reading
    firmware: str = "bridge purifier 1"
    opened: Any = field(default=nullcontext)

    async def look(self) -> Sight:
        return Sight(name="purifier", serial="1", readings=(self.reading,))


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    broker = Mosquitto(tmp_path, SECRETS)
    with broker.running():
        yield broker


@asynccontextmanager
async def platform(mosquitto: Mosquitto) -> AsyncIterator[aiomqtt.Client]:
    name = "platform"
    async with aiomqtt.Client(
        "127.0.0.1", mosquitto.port, username=name, password=SECRETS[name]
    ) as client:
        await client.subscribe("v1/devices/bridged-1/+", qos=1)
        yield client


async def heard(client: aiomqtt.Client, channel: str) -> dict[str, Any]:
    async with asyncio.timeout(DEADLINE_S):
        async for message in client.messages:
            if str(message.topic).endswith(channel) and isinstance(message.payload, bytes):
                return dict(json.loads(message.payload))
    raise AssertionError(channel)


@asynccontextmanager
async def bridging(
    purifier: Purifier, mosquitto: Mosquitto, folder: Path
) -> AsyncIterator[None]:
    credential = DeviceCredential(
        host="127.0.0.1",
        port=mosquitto.port,
        device_id="bridged-1",
        secret=SECRETS["bridged-1"],
    )
    to = Publishing(
        credential=credential,
        interval_s=0.2,
        state_folder=folder,
        slots=frozenset({"filter"}),
    )
    stop = asyncio.Event()
    running = asyncio.create_task(publishing.run(purifier, to, stop=stop))
    try:
        yield
    finally:
        stop.set()
        with suppress(TimeoutError):
            await asyncio.wait_for(running, 10)


async def test_a_change_is_a_refill_told_again_until_its_receipt(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    started_at = datetime.now(UTC)
    worn = Reading(slot="filter", kind="air-filter", level_pct=4, raw="condition=4")
    purifier = Purifier(worn)
    async with platform(mosquitto) as client:
        async with bridging(purifier, mosquitto, tmp_path):
            assert (await heard(client, "telemetry"))["slots"]["filter"]["level"] == 0.04
            changed_at = datetime.now(UTC) - timedelta(milliseconds=1)
            purifier.reading = Reading(
                slot="filter",
                kind="air-filter",
                level_pct=100,
                raw="condition=100",
                changed_at=changed_at,
            )
            event = await heard(client, "event")
            after = await heard(client, "telemetry")
        assert (event["event"], event["slot"]) == ("refilled", "filter")
        assert started_at < datetime.fromisoformat(event["measured_at"]) == changed_at
        assert event["seq"] < after["seq"]
        assert after["slots"]["filter"]["level"] == 1
        async with bridging(purifier, mosquitto, tmp_path):
            while (again := await heard(client, "event")) and not _is_booted(tmp_path, 2):
                pass
            assert again == event  # unchanged after a restart, boot_id and seq included
            receipt = {"events": [[event["boot_id"], event["seq"]]]}
            topic = wire.topic("bridged-1", "receipt")
            await client.publish(topic, json.dumps(receipt), qos=1)
            async with asyncio.timeout(DEADLINE_S):
                kept = tmp_path / "bridged-1.changes"
                while json.loads(kept.read_text())["waiting"]:  # noqa: ASYNC110 - a file
                    await asyncio.sleep(0.05)


def _is_booted(folder: Path, times: int) -> bool:
    return (folder / "bridged-1.boot").read_text() == str(times)
