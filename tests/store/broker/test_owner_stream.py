"""An owner's program at the gateway hears all that the maker can see of his devices."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, get_args, get_type_hints
from uuid import UUID

import pytest
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel

from accounts import principal
from accounts.principal import Audience
from accounts.scoping import ALL_OWNERS
from accounts.tables import ApiKeyRow
from api.app import REST
from api.deps import Maker
from broker.owner_client import OwnerClient
from core import mqtt
from core.clock import SteppedClock
from core.database import Database
from core.ids import SeededIds
from core.mqtt import ConnackCode, Publish
from devices import ownership, wire
from runtime.owner_news import StreamedDeviceView
from tests.devices_world import KEY, World
from tests.doors import RawClient, eventually, raw_client
from tests.gateway_world import Scene, scene_of

TELEMETRY = {
    "v": 1,
    "boot_id": 17,
    "seq": 4211,
    "measured_at": "2026-11-20T11:59:00Z",
    "slots": {"detergent": {"level": 0.62, "raw": "62 %"}},
    "rssi_dbm": -61,  # not ours, and yet his
}


@pytest.fixture
async def scene(database: Database, clock: SteppedClock) -> AsyncIterator[Scene]:
    async with scene_of(World(database, clock, SeededIds(1))) as scene:
        yield scene


async def key_of(scene: Scene, owner_id: UUID, audience: Audience = Audience.OWNER) -> str:
    world = scene.world
    async with world.database.transaction(ALL_OWNERS) as session:
        return principal.issue_api_key(
            session, audience, owner_id, label="home", ids=world.ids, wall=world.clock.now()
        )


@asynccontextmanager
async def program(
    scene: Scene, *filters: str, owner_id: UUID | None = None, qos: int = 1, name: str = "home"
) -> AsyncIterator[RawClient]:
    """An owner's program that has subscribed and knows the present state."""
    owner_id = owner_id or scene.owner_id
    key = await key_of(scene, owner_id)
    async with raw_client(scene.port) as client:
        client.send(mqtt.Connect(name, username=f"owners/{owner_id}", password=key.encode()))
        assert await client.receive() == mqtt.Connack()
        wanted = tuple((f"v1/owners/{owner_id}/{each}", qos) for each in filters)
        client.send(mqtt.Subscribe(1, wanted))
        assert await client.receive() == mqtt.Suback(1, (qos,) * len(filters))
        await scene.look()
        yield client


async def said(client: RawClient) -> Publish:
    packet = await client.receive()
    assert isinstance(packet, Publish)
    if packet.qos:
        client.send(mqtt.Puback(packet.packet_id))
    return packet


async def is_silent(client: RawClient) -> bool:
    client.send(mqtt.Pingreq())
    return await client.receive() == mqtt.Pingresp()


async def report(scene: Scene, channel: str, body: dict[str, Any]) -> bytes:
    """As the washer; returns what it sent."""
    payload = json.dumps(body).encode()
    async with scene.connected() as washer:
        washer.send(Publish(scene.own + channel, payload, 1, 7))
        assert await washer.receive() == mqtt.Puback(7)
    return payload


async def test_a_reading_reaches_the_owner_as_it_was_sent_once_it_is_committed(scene):
    async with program(scene, "devices/+/telemetry") as client:
        payload = await report(scene, "telemetry", TELEMETRY)
        heard = await said(client)
        topic = f"v1/owners/{scene.owner_id}/devices/washer-0001/telemetry"
        assert (heard.topic, heard.payload, heard.qos) == (topic, payload, 1)
        await report(scene, "telemetry", TELEMETRY)  # again: he has it already
        assert await is_silent(client)
    assert scene.gateway.counters.streamed == 1


async def test_every_field_that_a_device_can_send_is_in_the_stream(scene):
    """The payload is handed on byte for byte, on the channel it came on."""
    messages = {
        "telemetry": TELEMETRY,
        "event": {
            **{key: TELEMETRY[key] for key in ("v", "boot_id", "measured_at")},
            "seq": 4212,
            "event": "refilled",
            "slot": "detergent",
            "detail": "by hand",
        },
        "status": {"v": 1, "state": "online", "boot_id": 17, "firmware": "2.1"},
    }
    assert set(messages) == set(get_args(wire.Channel))
    for channel, model in (("event", wire.Event), ("status", wire.Status)):
        assert set(messages[channel]) == set(model.model_fields)
    async with program(scene, *(f"devices/+/{channel}" for channel in messages)) as client:
        for channel, body in messages.items():
            payload = await report(scene, channel, body)
            heard = await said(client)
            assert heard.topic.endswith(f"/devices/washer-0001/{channel}")
            assert heard.payload == payload


async def test_what_could_not_be_taken_is_shown_too(scene):
    async with program(scene, "devices/#") as client:
        await said(client)  # the device as it is
        payload = await report(scene, "telemetry", {**TELEMETRY, "boot_id": -1})
        heard = await said(client)
    assert heard.topic.endswith("/devices/washer-0001/quarantine")
    assert heard.payload == payload


def fields_for_makers() -> dict[str, str]:
    """Field and route, of all that REST tells a manufacturer about a device."""
    found = {}
    for rest in REST:
        for route in iter_route_contexts(rest.router.routes):
            hints = get_type_hints(route.endpoint, include_extras=True)
            if Maker in hints.values():
                for view in models_in(hints["return"]):
                    found |= dict.fromkeys(view.model_fields, route.path)
    return found


def models_in(hint: Any) -> set[type[BaseModel]]:
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        nested = {
            each for field in hint.model_fields.values() for each in models_in(field.annotation)
        }
        return {hint} | nested
    return {each for part in get_args(hint) for each in models_in(part)}


async def test_the_owner_sees_every_field_that_the_maker_sees(scene):
    secrets = {"secret", "claim_code"}  # how a device proves itself; shown once to its maker
    for_maker = {
        name: path for name, path in fields_for_makers().items() if name not in secrets
    }
    assert for_maker  # such as serial
    async with program(scene, "devices/+") as client:
        device = json.loads((await said(client)).payload)
    unseen = {name: path for name, path in for_maker.items() if name not in {*device, *secrets}}
    assert not unseen, f"add them to {StreamedDeviceView.__name__}: {unseen}"
    assert (device["serial"], device["model"]["name"]) == ("SN 1", "washer")


async def two_by_kind(client: RawClient) -> dict[str, Publish]:
    return {packet.topic.split("/")[3]: packet for packet in [await said(client) for _ in "12"]}


async def test_stocks_and_devices_come_as_they_are_and_then_when_they_change(scene):
    async with program(scene, "devices/+", "stocks/+") as client:
        first = {
            packet.topic.split("/")[3]: packet for packet in [await said(client) for _ in "12"]
        }
        assert all(packet.is_retained for packet in first.values())
        assert json.loads(first["stocks"].payload)["in_slot"] is None
        await scene.look()
        assert await is_silent(client)
        scene.world.clock.step_to(scene.world.clock.now().replace(minute=1))
        await report(scene, "telemetry", TELEMETRY)
        scene.watch._told.clear()  # real time would have passed
        await scene.look()
        later = {
            packet.topic.split("/")[3]: packet for packet in [await said(client) for _ in "12"]
        }
        assert not any(packet.is_retained for packet in later.values())
        assert json.loads(later["stocks"].payload)["in_slot"] == 620.0
        assert json.loads(later["devices"].payload)["boot_id"] == 17


async def test_the_last_status_of_each_device_is_retained(scene):
    status = {"v": 1, "state": "online", "boot_id": 17, "firmware": "2.1"}
    await report(scene, "status", status)
    async with program(scene, "devices/+/status") as client:
        retained = await said(client)
        assert retained.is_retained
        assert json.loads(retained.payload) == status


async def test_another_owner_hears_nothing_and_may_not_ask(scene):
    neighbour_id = await scene.world.owner()
    async with program(scene, "#", owner_id=neighbour_id) as client:
        foreign = (f"v1/owners/{scene.owner_id}/#", "v1/owners/+/devices/+/telemetry", "#",
                   "v1/devices/washer-0001/telemetry")  # fmt: skip
        client.send(mqtt.Subscribe(2, tuple((each, 1) for each in foreign)))
        assert await client.receive() == mqtt.Suback(2, (mqtt.SUBSCRIPTION_REFUSED,) * 4)
        await report(scene, "telemetry", TELEMETRY)
        await scene.look()
        assert await is_silent(client)
    assert scene.gateway.counters.refused == 4


async def test_a_device_cannot_hear_its_owners_stream(scene):
    async with scene.connected() as washer:
        washer.send(mqtt.Subscribe(1, ((f"v1/owners/{scene.owner_id}/#", 1),)))
        assert await washer.receive() == mqtt.Suback(1, (mqtt.SUBSCRIPTION_REFUSED,))


@pytest.mark.parametrize("channel", ["telemetry", "command"])
async def test_an_owners_program_publishes_nothing(scene, channel):
    async with program(scene, "#") as client:
        client.send(Publish(scene.own + channel, b"{}", 1, 9))
        while isinstance(packet := await received_or_end(client), Publish):
            continue
        assert packet is None
    assert scene.gateway.counters.refused == 1
    assert scene.gateway.counters.messages == 0


async def received_or_end(client: RawClient) -> mqtt.Packet | None:
    try:
        return await client.receive()
    except EOFError:
        return None


async def test_whose_key_it_is_must_be_the_user_name(scene):
    other_id = await scene.world.owner()
    for owner_id, key in (
        (scene.owner_id, await key_of(scene, other_id)),
        (scene.owner_id, await key_of(scene, scene.owner_id, Audience.MAKER)),
        (scene.owner_id, "guess"),
    ):
        async with raw_client(scene.port) as client:
            connect = mqtt.Connect("x", username=f"owners/{owner_id}", password=key.encode())
            client.send(connect)
            assert await client.receive() == mqtt.Connack(ConnackCode.BAD_CREDENTIALS)


async def test_a_key_that_is_revoked_ends_the_stream(scene):
    async with program(scene, "orders/#") as client:
        async with scene.world.database.transaction(ALL_OWNERS) as session:
            for row in await scene.world.rows(ApiKeyRow):
                (await session.get_one(ApiKeyRow, row.key_hash)).revoked_at = row.created_at
        await scene.look()
        assert await client.is_closed()
    assert scene.gateway.counters.revoked == 1


async def test_a_device_that_is_given_away_leaves_the_stream_with_the_next_look(scene):
    world = scene.world
    async with program(scene, "devices/+/telemetry") as client:
        await ownership.release(
            scene.owner_id,
            "washer-0001",
            key=KEY,
            transaction=world.database.transaction,
            clock=world.clock,
            ids=world.ids,
        )
        await scene.look()
        await report(scene, "telemetry", TELEMETRY)
        assert await is_silent(client)


async def test_while_the_owners_cannot_be_looked_up_nobody_hears_anything(scene, monkeypatch):
    async with program(scene, "devices/+/telemetry") as client:
        now_s = scene.gateway.stream._now_s
        monkeypatch.setattr(scene.gateway.stream, "_now_s", lambda: now_s() + 6)
        await report(scene, "telemetry", TELEMETRY)
        assert await is_silent(client)


async def test_two_programs_of_one_owner_hear_the_same(scene):
    topic = "devices/+/telemetry"
    async with program(scene, topic) as one, program(scene, topic, qos=0, name="b") as two:
        payload = await report(scene, "telemetry", TELEMETRY)
        heard = [await said(client) for client in (one, two)]
    assert [(each.payload, each.qos) for each in heard] == [(payload, 1), (payload, 0)]
    await eventually(lambda: not scene.gateway.stream.clients)


async def test_a_program_that_never_acknowledges_is_dropped(scene, monkeypatch):
    monkeypatch.setattr("broker.owner_client.MOST_UNACKNOWLEDGED", 3)
    async with program(scene, "devices/+/telemetry") as client:
        for seq in range(4):
            await report(scene, "telemetry", {**TELEMETRY, "seq": seq})
        for _ in range(4):
            assert isinstance(await client.receive(), Publish)
        assert await client.is_closed()
    assert scene.gateway.counters.slow_readers == 1


def test_packet_ids_go_round_and_skip_what_is_under_way():
    client = OwnerClient(None, f"owners/{UUID(int=1)}", "a", "hash")  # type: ignore[arg-type]
    client._last_id = 0xFFFE
    client._unacknowledged = {0xFFFF, 1}
    assert client._next_id() == 2
