"""Real clients at both doors: the gateway, and Mosquitto with the platform subscribed to it."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiomqtt
import paho.mqtt.client as paho
import pytest

from tests import processes
from tests.doors import (
    SECRETS,
    Door,
    behind_mosquitto,
    eventually,
    gateway,
    refilled,
    telemetry,
)

TELEMETRY = "v1/devices/washer-0001/telemetry"
EVENT = "v1/devices/washer-0001/event"
GUESS = "guess"
RECEIPT = "v1/devices/washer-0001/receipt"


@pytest.fixture(params=[gateway, behind_mosquitto])
async def door(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Door]:
    async with request.param(tmp_path) as opened:
        yield opened


def paho_client(device_id: str, secret: str) -> paho.Client:
    client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id=device_id)
    client.username_pw_set(device_id, secret)
    return client


def washer(port: int, device_id: str = "washer-0001") -> aiomqtt.Client:
    return aiomqtt.Client(
        "127.0.0.1", port, identifier=device_id, username=device_id, password=SECRETS[device_id]
    )


async def publish_with_mosquitto_pub(
    port: int, topic: str, payload: bytes, secret: str = SECRETS["washer-0001"]
) -> tuple[int, str]:
    """(exit status, what it said)."""
    path = processes.program("mosquitto_pub", "mosquitto-clients")
    arguments = ["-h", "127.0.0.1", "-p", str(port), "-q", "1", "-t", topic, "-s"]
    arguments += ["-u", "washer-0001", "-P", secret]
    process = await asyncio.create_subprocess_exec(
        path, *arguments, stdin=-1, stdout=-1, stderr=-1
    )
    said = await process.communicate(payload)
    return process.returncode or 0, b"".join(said).decode()


async def test_paho_reports_a_level(door):
    client = paho_client("washer-0001", SECRETS["washer-0001"])
    client.connect("127.0.0.1", door.port)
    client.loop_start()
    await eventually(client.is_connected)
    published = client.publish(TELEMETRY, telemetry(1), qos=1)
    await eventually(published.is_published)
    await eventually(lambda: door.book.names() == ["telemetry 17 1"])
    client.disconnect()
    client.loop_stop()


async def test_aiomqtt_reports_an_event_and_reads_its_receipt(door):
    async with washer(door.port) as client:
        await client.subscribe(RECEIPT)
        await client.publish(EVENT, refilled(4211), qos=1)
        receipt = await asyncio.wait_for(anext(client.messages), 60)
    assert json.loads(receipt.payload) == {"events": [[17, 4211]]}
    assert door.book.names() == ["event 17 4211"]


async def test_mosquitto_pub_reports_a_level(door):
    assert await publish_with_mosquitto_pub(door.port, TELEMETRY, telemetry(1)) == (0, "")
    await eventually(lambda: door.book.names() == ["telemetry 17 1"])


async def test_a_message_without_qos_arrives_too(door):
    async with washer(door.port) as client:
        await client.publish(TELEMETRY, telemetry(1), qos=0)
        await eventually(lambda: door.book.names() == ["telemetry 17 1"])


async def test_an_event_sent_again_is_a_duplicate_and_confirmed_again(door):
    async with washer(door.port) as client:
        await client.subscribe(RECEIPT)
        for _ in range(2):
            await client.publish(EVENT, refilled(1), qos=1)
            receipt = await asyncio.wait_for(anext(client.messages), 60)
            assert json.loads(receipt.payload) == {"events": [[17, 1]]}
    assert door.book.outcomes == ["recorded", "duplicate"]
    assert door.book.names() == ["event 17 1"]


async def test_a_wrong_secret_is_refused_to_paho(door):
    answers = []
    client = paho_client("washer-0001", "second-secret")
    client.on_connect = lambda *arguments: answers.append(arguments[3])  # the reason code
    client.connect("127.0.0.1", door.port)
    client.loop_start()
    await eventually(lambda: answers)
    client.disconnect()
    client.loop_stop()
    assert answers[0].is_failure


async def test_a_wrong_secret_is_refused_to_aiomqtt(door):
    stranger = aiomqtt.Client("127.0.0.1", door.port, username="washer-0001", password=GUESS)
    with pytest.raises(aiomqtt.MqttError, match=r"refused|Not auth|Bad user"):
        await stranger.__aenter__()


async def test_a_wrong_secret_is_refused_to_mosquitto_pub(door):
    status, said = await publish_with_mosquitto_pub(door.port, TELEMETRY, b"{}", secret=GUESS)
    assert status != 0
    assert "Connection Refused" in said
    assert door.book.names() == []


async def test_no_name_at_all_is_refused(door):
    with pytest.raises(aiomqtt.MqttError):
        await aiomqtt.Client("127.0.0.1", door.port).__aenter__()


async def test_a_message_to_someone_elses_topic_changes_nothing(door):
    forged = "v1/devices/washer-0002/telemetry"
    async with washer(door.port, "washer-0002") as neighbour:
        await publish_with_mosquitto_pub(door.port, forged, telemetry(666, 0.01))
        await neighbour.publish(forged, telemetry(1), qos=1)
        await eventually(lambda: door.book.names("washer-0002"))
    assert door.book.committed() == [("washer-0002", "telemetry 17 1")]


async def test_a_payload_of_a_million_bytes_is_refused_and_the_neighbour_goes_on(door):
    async with washer(door.port, "washer-0002") as neighbour:
        status, _ = await publish_with_mosquitto_pub(door.port, TELEMETRY, bytes(1_000_000))
        assert status != 0
        await neighbour.publish("v1/devices/washer-0002/telemetry", telemetry(1), qos=1)
        await eventually(lambda: door.book.names("washer-0002") == ["telemetry 17 1"])
    assert all(name.startswith("too_large") for name in door.book.names())


async def test_a_payload_of_20_kib_is_quarantined_and_the_next_one_is_read(door):
    async with washer(door.port) as client:
        await client.publish(TELEMETRY, bytes(20 * 1024), qos=1)
        await client.publish(TELEMETRY, telemetry(1), qos=1)
        await eventually(lambda: len(door.book.names()) == 2)
    assert door.book.names() == ["too_large 20480 bytes", "telemetry 17 1"]


async def start_firmware(port: int) -> asyncio.subprocess.Process:
    arguments = ["127.0.0.1", str(port), "washer-0001", SECRETS["washer-0001"]]
    example = processes.ROOT / "examples" / "firmware_paho.py"
    return await asyncio.create_subprocess_exec(
        sys.executable, example, *arguments, stdin=-1, stderr=-1
    )


async def test_the_firmware_example_reports_from_birth_to_goodbye(door):
    process = await start_firmware(door.port)
    async with asyncio.timeout(60):
        _, said = await process.communicate(b"0.62\nrefilled\n0.98\n")
    assert (process.returncode, said) == (0, b"")
    await eventually(lambda: len(door.book.names()) == 5)
    channels = [name.split()[0] for name in door.book.names()]
    assert channels == ["online", "telemetry", "event", "telemetry", "offline"]


async def test_the_firmware_example_sends_its_event_until_a_receipt_names_it(tmp_path):
    async with gateway(tmp_path) as door:
        door.book.is_open.clear()
        process = await start_firmware(door.port)
        talking = asyncio.create_task(process.communicate(b"refilled\n"))
        await eventually(lambda: door.door.counters.messages == 3)  # birth, event, event again
        door.book.is_open.set()
        async with asyncio.timeout(60):
            await talking
    assert process.returncode == 0
    channels = [name.split()[0] for name in door.book.names()]
    assert channels == ["online", "event", "offline"]
    assert door.book.outcomes.count("duplicate") >= 1
