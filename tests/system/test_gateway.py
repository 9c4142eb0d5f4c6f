"""The gateway, packet by packet, in front of a real database."""

import asyncio
import json
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from broker import connection
from broker.gateway import Gateway
from broker.ingest import Committed
from core import mqtt
from core.clock import WallClock
from core.mqtt import ConnackCode, Publish, Will
from devices.intake import Arrival
from tests import doors
from tests.doors import Door, eventually, raw_client, refilled, status, telemetry, washer

OWN = "v1/devices/washer-0001/"


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Door]:
    async with doors.gateway(tmp_path) as opened:
        yield opened


def level(seq: int, packet_id: int, qos: int = 1) -> Publish:
    return Publish(OWN + "telemetry", telemetry(seq), qos, packet_id)


async def test_no_puback_before_the_commit(door):
    async with washer(door.port) as client:
        door.book.is_open.clear()
        client.send(level(1, 7), mqtt.Pingreq())
        assert await client.receive() == mqtt.Pingresp()  # it read the level, and says nothing
        assert not door.door.is_quiet
        assert door.book.committed() == []
        door.book.is_open.set()
        assert await client.receive() == mqtt.Puback(7)
        assert door.book.names() == ["telemetry 17 1"]
    assert door.door.is_quiet


async def test_what_was_not_acknowledged_comes_again_as_a_duplicate(door):
    door.book.is_open.clear()
    async with washer(door.port) as client:
        client.send(level(1, 7), mqtt.Pingreq())
        assert await client.receive() == mqtt.Pingresp()
        client.kill()
    door.book.is_open.set()
    await eventually(lambda: door.door.is_quiet)
    async with washer(door.port) as client:
        client.send(Publish(OWN + "telemetry", telemetry(1), 1, 7, is_duplicate=True))
        assert await client.receive() == mqtt.Puback(7)
    assert door.book.outcomes == ["recorded", "duplicate"]
    assert door.book.names() == ["telemetry 17 1"]


async def test_a_failed_commit_acknowledges_nothing_and_ends_the_connection(door, caplog):
    async with washer(door.port) as client, washer(door.port, "washer-0002") as neighbour:
        door.book.is_disk_full = True
        client.send(level(1, 7))
        assert await client.is_closed()
        door.book.is_disk_full = False
        neighbour.send(Publish("v1/devices/washer-0002/telemetry", telemetry(1), 1, 8))
        assert await neighbour.receive() == mqtt.Puback(8)
    assert door.book.names() == []
    assert "a batch of 1 messages failed" in caplog.text


async def test_the_second_quality_of_service_is_received_after_the_commit(door):
    async with washer(door.port) as client:
        client.send(level(1, 7, qos=2))
        assert await client.receive() == mqtt.Pubrec(7)
        assert door.book.names() == ["telemetry 17 1"]
        client.send(mqtt.Pubrel(7))
        assert await client.receive() == mqtt.Pubcomp(7)


async def test_arrivals_during_a_commit_share_the_next_batch_in_their_order(door):
    async with washer(door.port) as client:
        door.book.is_open.clear()
        client.send(level(1, 1))
        await eventually(lambda: not door.door.is_quiet)
        client.send(*(level(seq, seq) for seq in range(2, 1_500)), mqtt.Pingreq())
        assert await client.receive() == mqtt.Pingresp()
        door.book.is_open.set()
        assert [await client.receive() for _ in range(1_499)] == [
            mqtt.Puback(packet_id) for packet_id in range(1, 1_500)
        ]
    assert len(door.book.batches) <= 4
    assert len(door.book.names()) == 1_499


async def test_a_device_is_not_read_while_the_ingest_is_behind(door, monkeypatch):
    monkeypatch.setattr(door.door.batches, "largest", 1_000)  # what one device sends at once
    count = 8_000
    async with washer(door.port) as client:
        door.book.is_open.clear()
        for seq in range(1, count + 1):
            client.send(level(seq, seq))
        await eventually(lambda: door.door.batches.is_full)
        for _ in range(100):  # turns of the loop, each with a chance to read
            await asyncio.sleep(0)
        assert door.door.counters.messages < count
        client.send(mqtt.Pingreq())
        door.book.is_open.set()
        received = [await client.receive() for _ in range(count + 1)]
    assert len(set(received)) == count + 1
    assert len(door.book.names()) == count


@pytest.mark.parametrize("topic", ["v1/devices/washer-0002/telemetry", OWN + "command", "x"])
async def test_a_publish_to_another_topic_ends_the_connection_and_is_counted(door, topic):
    async with washer(door.port) as client:
        client.send(Publish(topic, telemetry(1), 1, 7))
        assert await client.is_closed()
    assert door.door.counters.refused == 1
    assert door.book.committed() == []


async def test_a_subscription_outside_the_own_topics_is_refused(door):
    async with washer(door.port) as client:
        wanted = (OWN + "receipt", OWN + "#", OWN + "+", "#", "v1/devices/+/receipt",
                  "v1/devices/washer-00012/receipt", "v1/devices/washer-0001")  # fmt: skip
        client.send(mqtt.Subscribe(3, tuple((each, 2) for each in wanted)))
        refused = mqtt.SUBSCRIPTION_REFUSED
        assert await client.receive() == mqtt.Suback(3, (1, 1, 1, *[refused] * 4))
    assert door.door.counters.refused == 4


async def test_a_payload_of_a_million_bytes_is_quarantined_by_name_and_the_device_cut_off(door):
    async with washer(door.port) as client:
        client.send(Publish(OWN + "telemetry", bytes(1_000_000), 1, 7))
        assert await client.is_closed()
    await eventually(lambda: door.book.names() == ["too_large 1000000 bytes"])
    assert door.door.counters.too_large == 1


@pytest.mark.parametrize(
    "raw", [b"GET / HTTP/1.1\r\n\r\n", b"\x30\xff\xff\xff\xff\xff", b"\xc0\x00", b"\x00" * 9]
)
async def test_a_stream_that_is_no_mqtt_is_closed_and_counted(door, raw):
    async with raw_client(door.port) as client:
        client.send_bytes(raw)
        assert await client.is_closed()
    assert door.door.counters.malformed == 1


async def test_what_came_before_the_fault_is_taken(door):
    async with washer(door.port) as client:
        client.send_bytes(mqtt.encode(level(1, 7)) + b"\x00")
        assert await client.is_closed()
    await eventually(lambda: door.book.names() == ["telemetry 17 1"])
    assert door.door.counters.malformed == 1


@pytest.mark.parametrize(
    ("connect", "code"),
    [
        (mqtt.Connect("a"), ConnackCode.BAD_CREDENTIALS),
        (mqtt.Connect("a", username="washer-0001"), ConnackCode.BAD_CREDENTIALS),
        (mqtt.Connect("a", username="washer-0001", password=b"x"), ConnackCode.BAD_CREDENTIALS),
        (mqtt.Connect("a", username="nobody", password=b"x"), ConnackCode.BAD_CREDENTIALS),
        (mqtt.Connect("", is_clean_session=False), ConnackCode.IDENTIFIER_REJECTED),
        (
            mqtt.Connect(
                "a",
                username="washer-0001",
                password=b"first-secret",
                will=Will("v1/devices/washer-0002/status", b""),
            ),
            ConnackCode.NOT_AUTHORISED,
        ),
    ],
)
async def test_a_connect_is_refused_with_the_code_of_its_reason(door, connect, code):
    async with raw_client(door.port) as client:
        client.send(connect)
        assert await client.receive() == mqtt.Connack(code)
        assert await client.is_closed()
    assert door.door.counters.refused == 1
    assert door.door.connected_count == 0


@pytest.mark.parametrize(("name", "protocol_level"), [(b"\0\4MQTT", 5), (b"\0\6MQIsdp", 3)])
async def test_another_version_of_mqtt_is_refused_with_its_own_code(door, name, protocol_level):
    body = name + bytes([protocol_level, 2, 0, 60]) + bytes(3)
    async with raw_client(door.port) as client:
        client.send_bytes(bytes([0x10, len(body)]) + body)
        assert await client.receive() == mqtt.Connack(ConnackCode.UNACCEPTABLE_PROTOCOL)
        assert await client.is_closed()


async def test_a_registry_that_fails_is_no_wrong_secret(tmp_path):
    async def broken(device_id: str, secret: bytes) -> bool:
        raise doors.DiskFull

    async def ingest(batch: list[Arrival]) -> Committed:
        raise AssertionError("nobody was admitted")

    gateway = Gateway(authenticate=broken, ingest=ingest, clock=WallClock())
    port = await gateway.start("127.0.0.1", 0)
    async with raw_client(port) as client:
        client.send(mqtt.Connect("a", username="washer-0001", password=b"x"))
        assert await client.receive() == mqtt.Connack(ConnackCode.SERVER_UNAVAILABLE)
    await gateway.close()


async def test_a_client_need_not_wait_for_its_connack(door):
    async with raw_client(door.port) as client:
        client.send(
            mqtt.Connect("a", username="washer-0001", password=b"first-secret"),
            mqtt.Subscribe(1, ((OWN + "receipt", 0),)),
            level(1, 2),
        )
        assert [await client.receive() for _ in range(3)] == [
            mqtt.Connack(),
            mqtt.Suback(1, (0,)),
            mqtt.Puback(2),
        ]


async def test_a_second_connection_of_a_device_takes_over(door):
    will = Will(OWN + "status", status("offline"), 1, True)
    async with washer(door.port, will=will) as older, washer(door.port) as newer:
        assert await older.is_closed()
        newer.send(Publish(OWN + "status", status("online"), 1, 1, is_retained=True))
        assert await newer.receive() == mqtt.Puback(1)
    assert [name.split()[0] for name in door.book.names()] == ["offline", "online"]


async def test_the_last_will_is_spoken_when_the_line_breaks(door):
    async with washer(door.port, will=Will(OWN + "status", status("offline"))) as client:
        client.kill()
        await eventually(lambda: door.book.names() == ["offline 0"])
    assert door.door.connected_count == 0


async def test_the_last_will_is_forgotten_after_a_goodbye(door):
    async with washer(door.port, will=Will(OWN + "status", status("offline"))) as client:
        client.send(level(1, 7), mqtt.Disconnect())
        assert await client.is_closed()
    await eventually(lambda: door.door.is_quiet and door.book.names())
    assert door.book.names() == ["telemetry 17 1"]


async def test_a_silent_device_is_cut_off_after_one_and_a_half_intervals(door):
    loop = asyncio.get_running_loop()
    will = Will(OWN + "status", status("offline"))
    async with washer(door.port, keep_alive_s=1, will=will) as client:
        began_s = loop.time()
        assert await client.is_closed()
        assert 1.4 < loop.time() - began_s < 5
    await eventually(lambda: door.book.names() == ["offline 0"])


async def test_receipts_name_all_events_at_most_once_a_second(door):
    loop = asyncio.get_running_loop()
    async with washer(door.port) as client:
        client.send(mqtt.Subscribe(1, ((OWN + "#", 1),)))
        assert await client.receive() == mqtt.Suback(1, (1,))
        began_s = loop.time()
        for seq in range(1, 251):
            client.send(Publish(OWN + "event", refilled(seq)))
        named: list[list[int]] = []
        receipts = 0
        while len(named) < 250:
            packet = await client.receive()
            assert isinstance(packet, Publish)
            assert (packet.topic, packet.qos) == (OWN + "receipt", 0)
            events = json.loads(packet.payload)["events"]
            assert len(events) <= 100
            named += events
            receipts += 1
        assert loop.time() - began_s > 0.9 * (receipts - 1)
    assert named == [[17, seq] for seq in range(1, 251)]


async def test_a_command_reaches_a_subscribed_device_only(door):
    topic, deliver = OWN + "command", partial(door.door.deliver, "washer-0001")
    assert not deliver(topic, b"{}")
    async with washer(door.port) as client:
        assert not deliver(topic, b"{}")
        client.send(mqtt.Subscribe(1, ((topic, 1),)))
        assert await client.receive() == mqtt.Suback(1, (1,))
        assert deliver(topic, b"{}")
        assert await client.receive() == Publish(topic, b"{}")
        client.send(mqtt.Unsubscribe(2, (topic,)))
        assert await client.receive() == mqtt.Unsuback(2)
        assert not deliver(topic, b"{}")


async def test_a_device_that_does_not_read_can_still_be_disconnected(door):
    topic = OWN + "command"
    async with washer(door.port) as client:
        client.send(mqtt.Subscribe(1, ((topic, 1),)))
        assert await client.receive() == mqtt.Suback(1, (1,))
        while door.door.deliver("washer-0001", topic, bytes(100_000)):
            pass  # never waits, so that the client never reads
        assert door.door.disconnect("washer-0001")
        await eventually(lambda: door.door.connected_count == 0)


async def test_whoever_says_nothing_is_not_waited_for(door, monkeypatch):
    monkeypatch.setattr(connection, "CONNECT_WITHIN_S", 0.05)
    async with raw_client(door.port) as client:
        assert await client.is_closed()


async def test_a_revoked_device_is_disconnected(door):
    assert not door.door.disconnect("washer-0001")
    async with washer(door.port) as client:
        assert door.door.disconnect("washer-0001")
        assert await client.is_closed()
    await eventually(lambda: door.door.connected_count == 0)


async def test_closing_commits_and_acknowledges_what_was_taken(tmp_path):
    async with (
        doors.gateway(tmp_path) as door,
        washer(door.port, will=Will(OWN + "status", status("offline"))) as client,
    ):
        door.book.is_open.clear()
        client.send(level(1, 7), mqtt.Pingreq())
        assert await client.receive() == mqtt.Pingresp()
        closing = asyncio.create_task(door.door.close())
        door.book.is_open.set()
        await closing
        assert await client.receive() == mqtt.Puback(7)
        assert await client.is_closed()
        assert door.book.names() == ["telemetry 17 1"]


async def test_a_port_in_use_is_an_os_error(door):
    second = Gateway(authenticate=doors.authenticate, ingest=door.door, clock=WallClock())
    with pytest.raises(OSError, match="in use"):
        await second.start("127.0.0.1", door.port)
