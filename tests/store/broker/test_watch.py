"""Commands, sessions, statuses and withdrawn secrets, from their tables to the device."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest

from core import mqtt
from core.clock import SteppedClock
from core.database import Database
from core.ids import SeededIds
from core.mqtt import ConnackCode, Publish
from devices import custody
from devices.commands import NEWS_FOR
from devices.tables import CommandRow, MqttSessionRow
from tests import doors
from tests.devices_world import KEY, OPERATOR, World
from tests.doors import RawClient, eventually, raw_client
from tests.gateway_world import Scene, scene_at, scene_of


@pytest.fixture
async def scene(database: Database, clock: SteppedClock) -> AsyncIterator[Scene]:
    async with scene_of(World(database, clock, SeededIds(1))) as scene:
        yield scene


async def subscribe(client: RawClient, scene: Scene, channel: str, qos: int = 1) -> None:
    client.send(mqtt.Subscribe(1, ((scene.own + channel, qos),)))
    assert await client.receive() == mqtt.Suback(1, (qos,))


async def said(client: RawClient) -> Publish:
    packet = await client.receive()
    assert isinstance(packet, Publish)
    return packet


async def waiting(scene: Scene) -> int:
    rows = await scene.world.rows(CommandRow)
    return sum(row.delivered_at is None for row in rows)


async def test_a_command_stays_until_the_device_has_acknowledged_it(scene):
    async with scene.connected() as client:
        await subscribe(client, scene, "command")
        await scene.tell(order="placed")
        await scene.look()
        command = await said(client)
        assert (command.topic, command.qos, command.is_duplicate) == (
            scene.own + "command",
            1,
            False,
        )
        assert json.loads(command.payload) == {
            "v": 1,
            "slots": ["detergent"],
            "order": "placed",
        }
        await scene.look()
        assert await waiting(scene) == 1
        client.send(mqtt.Puback(command.packet_id), mqtt.Pingreq())
        assert await client.receive() == mqtt.Pingresp()  # and was not sent twice
        await scene.look()
    assert await waiting(scene) == 0
    assert scene.gateway.counters.commands == 1


async def test_commands_wait_for_a_device_that_is_away_and_come_in_their_order(scene):
    for state in ("placed", "shipped", "delivered"):
        await scene.tell(order=state)
        await scene.look()
    scene.world.clock.step_to(scene.world.clock.now() + timedelta(days=6))
    async with scene.connected() as client:
        await scene.look()
        await subscribe(client, scene, "command")
        await scene.look()
        told = [json.loads((await said(client)).payload)["order"] for _ in range(3)]
    assert told == ["placed", "shipped", "delivered"]


async def test_after_a_week_a_command_is_old_news(scene):
    await scene.tell(order="placed")
    scene.world.clock.step_to(scene.world.clock.now() + NEWS_FOR)
    async with scene.connected() as client:
        await subscribe(client, scene, "command")
        await scene.look()
        client.send(mqtt.Pingreq())
        assert await client.receive() == mqtt.Pingresp()


async def test_what_was_not_acknowledged_comes_again_under_its_own_packet_id(scene):
    await scene.tell(order="placed")
    async with scene.connected() as client:
        await subscribe(client, scene, "command")
        await scene.look()
        first = await said(client)
    async with AsyncExitStack() as stack:  # the platform was killed meanwhile
        again = await scene_at(stack, scene.world, scene.made, scene.owner_id)
        async with again.connected() as client:
            await subscribe(client, again, "command")
            await again.look()
            second = await said(client)
    assert not first.is_duplicate
    assert second.is_duplicate
    assert (second.packet_id, second.payload) == (first.packet_id, first.payload)


async def test_a_device_that_subscribed_with_qos_0_hears_a_command_once(scene):
    await scene.tell(order="placed")
    async with scene.connected() as client:
        await subscribe(client, scene, "command", qos=0)
        await scene.look()
        assert (await said(client)).qos == 0
        await scene.look()
    assert await waiting(scene) == 0


async def test_many_commands_come_in_portions_as_they_are_acknowledged(scene):
    for number in range(50):
        await scene.tell(number=number)
    numbers = []
    async with scene.connected() as client:
        await subscribe(client, scene, "command")
        for portion in (20, 20, 10):
            await scene.look()
            for _ in range(portion):
                command = await said(client)
                numbers.append(json.loads(command.payload)["number"])
                client.send(mqtt.Puback(command.packet_id))
            client.send(mqtt.Pingreq())
            assert await client.receive() == mqtt.Pingresp()
        await scene.look()
    assert numbers == list(range(50))
    assert await waiting(scene) == 0


async def test_a_session_outlives_connection_and_platform(scene):
    async with scene.connected(is_clean=False) as client:
        await subscribe(client, scene, "command")
        await scene.look()
    await scene.tell(order="placed")
    async with AsyncExitStack() as stack:
        again = await scene_at(stack, scene.world, scene.made, scene.owner_id)
        async with again.connected(is_clean=False, has_session=True) as client:
            await again.look()
            assert json.loads((await said(client)).payload)["order"] == "placed"


async def test_a_clean_session_leaves_nothing_behind(scene):
    async with scene.connected(is_clean=False) as client:
        await subscribe(client, scene, "command")
        await scene.look()
        assert len(await scene.world.rows(MqttSessionRow)) == 1
    async with scene.connected():
        await scene.look()
    assert await scene.world.rows(MqttSessionRow) == []
    async with scene.connected(is_clean=False, has_session=False):
        pass


async def test_an_unsubscribed_topic_is_forgotten_by_the_session(scene):
    async with scene.connected(is_clean=False) as client:
        await subscribe(client, scene, "command")
        client.send(mqtt.Unsubscribe(2, (scene.own + "command",)))
        assert await client.receive() == mqtt.Unsuback(2)
        await scene.look()
    (row,) = await scene.world.rows(MqttSessionRow)
    assert row.filters == {}


async def test_the_last_status_is_retained(scene):
    birth = json.dumps({"v": 1, "state": "online", "boot_id": 17, "firmware": "2.1"}).encode()
    async with scene.connected() as client:
        await subscribe(client, scene, "status")
        await scene.look()  # it has said nothing yet
        client.send(Publish(scene.own + "status", birth, 1, 7, is_retained=True))
        assert await client.receive() == mqtt.Puback(7)
    async with AsyncExitStack() as stack:
        again = await scene_at(stack, scene.world, scene.made, scene.owner_id)
        async with again.connected() as client:
            await subscribe(client, again, "status")
            await again.look()
            retained = await said(client)
    assert retained.is_retained
    assert json.loads(retained.payload) == json.loads(birth)


async def test_a_revoked_device_is_cut_off_with_the_next_look_and_stays_out(scene):
    world = scene.world
    async with scene.connected() as client:
        await scene.look()
        await custody.revoke(
            "washer-0001", OPERATOR, transaction=world.database.transaction, clock=world.clock
        )
        await scene.look()
        assert await client.is_closed()
    assert scene.gateway.counters.revoked == 1
    await eventually(lambda: scene.gateway.connected_count == 0)
    async with AsyncExitStack() as stack:
        again = await scene_at(stack, world, scene.made, scene.owner_id)
        async with raw_client(again.port) as client:
            client.send(again.connect())
            assert await client.receive() == mqtt.Connack(ConnackCode.BAD_CREDENTIALS)


async def test_a_new_secret_ends_the_connection_with_the_old_one_only(scene):
    world = scene.world
    async with scene.connected() as old:
        secret = await custody.rotate_secret(
            "washer-0001",
            OPERATOR,
            key=KEY,
            transaction=world.database.transaction,
            clock=world.clock,
            ids=world.ids,
        )
        await scene.look()
        assert await old.is_closed()
    async with AsyncExitStack() as stack:
        again = await scene_at(stack, world, scene.made, scene.owner_id)
        async with again.connected(secret=secret) as new:
            for _ in range(2):
                await again.look()
            new.send(mqtt.Pingreq())
            assert await new.receive() == mqtt.Pingresp()


async def test_a_secret_that_was_good_a_moment_ago_is_found_out_later(scene):
    """The door remembers a right secret for a second; the look after it corrects that."""
    world = scene.world
    async with scene.connected():
        pass
    await custody.revoke(
        "washer-0001", OPERATOR, transaction=world.database.transaction, clock=world.clock
    )
    await scene.look()
    async with scene.connected() as client:
        await scene.look()
        assert await client.is_closed()


async def test_what_the_database_failed_is_done_with_the_next_look(scene, monkeypatch):
    await scene.tell(order="placed")
    async with scene.connected(is_clean=False) as client:
        await subscribe(client, scene, "#")

        async def gone(*_: object, **__: object) -> None:
            raise doors.DiskFull

        for function in ("take_waiting", "written_since"):
            with monkeypatch.context() as patched:
                patched.setattr(f"devices.commands.{function}", gone)
                with pytest.raises(doors.DiskFull):
                    await scene.look()
        await scene.look()
        command = await said(client)
        client.send(mqtt.Puback(command.packet_id), mqtt.Pingreq())
        assert await client.receive() == mqtt.Pingresp()
        with monkeypatch.context() as patched:
            patched.setattr("devices.commands.acknowledge", gone)
            with pytest.raises(doors.DiskFull):
                await scene.look()
        await scene.look()
    assert await waiting(scene) == 0


async def test_incidents_are_logged_at_most_once_a_minute(scene, caplog):
    for _ in range(3):
        async with raw_client(scene.port) as client:
            client.send(scene.connect(secret="guess"))  # noqa: S106 - wrong on purpose
            await client.receive()
        await scene.look()
    lines = [each.message for each in caplog.records if each.name == "broker.watch"]
    assert lines == ["at the gateway, since its start: refused 1, failed_sign_ins 1"]
