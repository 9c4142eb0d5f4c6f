"""What one connection and one address may ask of the gateway, over real sockets."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path

import pytest

from broker.limits import Limits
from core import mqtt
from core.mqtt import ConnackCode, Publish
from tests import doors
from tests.doors import Door, eventually, raw_client, telemetry, washer

OWN = "v1/devices/washer-0001/"
Opened = Callable[..., AbstractAsyncContextManager[Door]]


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    """A door with these limits, where loopback is an address like any other."""

    @asynccontextmanager
    async def limited(**limits: float) -> AsyncIterator[Door]:
        async with doors.gateway(tmp_path, limits=Limits(**limits)) as door:
            yield door

    return limited


def level(seq: int) -> Publish:
    return Publish(OWN + "telemetry", telemetry(seq), 1, seq)


@pytest.mark.parametrize(
    "limits",
    [{"messages_per_s": 20, "burst_messages": 10}, {"address_messages_per_s": 10}],
    ids=["connection", "address"],
)
async def test_whoever_sends_too_fast_is_read_slowly_and_loses_nothing(opened, limits):
    loop = asyncio.get_running_loop()
    async with opened(**limits) as door, washer(door.port) as client:
        began_s = loop.time()
        for first in (1, 11, 21, 31):
            client.send(*(level(seq) for seq in range(first, first + 10)))
            for seq in range(first, first + 10):
                assert await client.receive() == mqtt.Puback(seq)
        assert loop.time() - began_s > 0.9
        assert len(door.book.names()) == 40
        assert door.door.counters.throttled >= 1


async def test_a_fast_sender_does_not_slow_its_neighbour(opened):
    async with (
        opened(messages_per_s=1, burst_messages=5) as door,
        washer(door.port) as client,
        washer(door.port, "washer-0002") as neighbour,
    ):
        client.send(*(level(seq) for seq in range(1, 31)))
        await eventually(lambda: door.door.counters.throttled == 1)
        neighbour.send(Publish("v1/devices/washer-0002/telemetry", telemetry(1), 1, 1))
        async with asyncio.timeout(10):  # the sender's own take 25 s
            assert await neighbour.receive() == mqtt.Puback(1)


async def test_waiting_for_a_fast_sender_is_no_silence(opened):
    async with (
        opened(messages_per_s=4, burst_messages=1) as door,
        washer(door.port, keep_alive_s=1) as client,
    ):
        client.send(*(level(seq) for seq in range(1, 13)))  # three seconds' worth
        assert [await client.receive() for _ in range(12)] == [
            mqtt.Puback(seq) for seq in range(1, 13)
        ]
        await eventually(lambda: door.door.counters.throttled == 1)
        client.send(mqtt.Pingreq())
        assert await client.receive() == mqtt.Pingresp()


@pytest.mark.parametrize(
    "limits", [{"connections_per_address": 2}, {"connections": 2}], ids=["address", "door"]
)
async def test_a_connection_too_many_is_turned_away_and_one_that_leaves_makes_room(
    opened, limits
):
    async with opened(**limits) as door, washer(door.port) as client:
        async with washer(door.port, "washer-0002"), raw_client(door.port) as third:
            with suppress(ConnectionError):
                assert await third.is_closed()
            assert door.door.counters.turned_away == 1
        await eventually(lambda: door.door.connected_count == 1)
        async with washer(door.port, "washer-0002"):
            client.send(mqtt.Pingreq())
            assert await client.receive() == mqtt.Pingresp()


async def test_an_address_with_too_many_wrong_secrets_is_not_listened_to(opened):
    guess = mqtt.Connect("a", username="washer-0001", password=b"guess")
    right = mqtt.Connect("a", username="washer-0001", password=b"first-secret")
    codes = []
    async with opened(failed_sign_ins_per_minute=3) as door:
        for connect in (guess, guess, guess, guess, right):
            async with raw_client(door.port) as client:
                client.send(connect)
                answer = await client.receive()
                assert isinstance(answer, mqtt.Connack)
                codes.append(answer.code)
    wrong, later = ConnackCode.BAD_CREDENTIALS, ConnackCode.SERVER_UNAVAILABLE
    assert codes == [wrong, wrong, wrong, later, later]
    assert door.door.counters.failed_sign_ins == 3  # the registry was not asked again
    assert door.door.counters.incidents() == {"refused": 5, "failed_sign_ins": 3}


async def test_wrong_secrets_do_not_disturb_who_is_in_already(opened):
    async with opened(failed_sign_ins_per_minute=1) as door, washer(door.port) as client:
        async with raw_client(door.port) as guesser:
            guesser.send(mqtt.Connect("a", username="washer-0001", password=b"guess"))
            await guesser.receive()
        client.send(level(1))
        assert await client.receive() == mqtt.Puback(1)


async def test_a_client_that_reads_nothing_is_dropped(opened, caplog):
    caplog.set_level("INFO")
    async with opened(slow_reader_s=0.1) as door:
        reader = socket.socket()
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.connect(("127.0.0.1", door.port))
        connect = mqtt.Connect("a", username="washer-0001", password=b"first-secret")
        reader.sendall(mqtt.encode(connect))
        reader.sendall(mqtt.encode(mqtt.Subscribe(1, ((OWN + "command", 0),))))
        await eventually(
            lambda: door.door.deliver("washer-0001", OWN + "command", bytes(1_000_000))
        )
        while door.door.deliver("washer-0001", OWN + "command", bytes(1_000_000)):
            pass
        await eventually(lambda: door.door.connected_count == 0)
        reader.close()
        assert door.door.counters.slow_readers == 1
    assert "connection of washer-0001 ended: it read nothing for 0.1 s" in caplog.text


async def test_a_packet_above_the_bound_is_not_read(opened):
    async with opened(packet_bytes=500) as door, washer(door.port) as client:
        client.send(Publish(OWN + "telemetry", bytes(600), 1, 7))
        assert await client.is_closed()
        await eventually(lambda: door.book.names() == ["too_large 600 bytes"])
    assert door.door.counters.too_large == 1


async def test_whoever_shakes_hands_in_silence_is_not_waited_for(opened, monkeypatch):
    monkeypatch.setattr("broker.connection.CONNECT_WITHIN_S", 0.05)
    async with opened(connections_per_address=1) as door:
        async with raw_client(door.port) as stranger:
            assert await stranger.is_closed()
        async with washer(door.port):  # the stranger's place is free again
            assert door.door.connected_count == 1
