"""What was kept with `--in-all`: a robot, a plug and Home Assistant, in one process."""

import asyncio
import json
from pathlib import Path

import aiomqtt

from core.clock import SteppedClock
from core.database import Database
from devices import wire
from runtime import adoption, bridges, home_assistant, home_assistant_link
from runtime.adoption import Bridge, Kept, Platform
from tests.store.api.world import World, a_home, a_world
from tests.system.mosquitto import Mosquitto

DEADLINE_S = 60
Heard = dict[str, bytes]  # payloads by topic
ROBOT = {"result": [{"main_brush_work_time": 540_000, "filter_work_time": 540_001}]}
SECRETS = {
    "bridged-1": "of the robot",
    "bridged-2": "of the plug",
    "household": "of the household",
    "platform": "of the platform",
}


def kept(device_id: str, *slots: str, model: str = "") -> Kept:
    return Kept(device_id=device_id, secret=SECRETS[device_id], slots=slots, model=model)


def keep_all(folder: Path, file: Path, mosquitto: Mosquitto) -> None:
    at = f"mqtt://household:of%20the%20household@127.0.0.1:{mosquitto.port}"
    plug = {"plug": "tasmota", "appliance": "washer", "device": "plug_1"}
    robot = kept("bridged-1", "main-brush", "filter", model="roborock-robot")
    told = (
        Bridge(kind="roborock", address=str(file), interval_s=1, in_all=True),
        Bridge(kind="plug", address=at, options=plug, in_all=True),
        Bridge(kind=home_assistant_link.KIND, address=at, options={"owner": ""}, in_all=True),
        Bridge(kind="dyson", address="tcp://nowhere", in_all=True),  # fails
        Bridge(kind="roborock", address="elsewhere.json"),
    )
    devices = (robot, kept("bridged-2", "detergent"), None, robot, robot)
    for bridge, device in zip(told, devices, strict=True):
        adoption.keep(adoption.file_of(bridge, folder), bridge, device)


async def heard(mosquitto: Mosquitto, folder: Path, world: World, *topics: str) -> Heard:
    """The last payload of each, once all were heard."""
    platform = Platform(url="", mqtt_host="127.0.0.1", mqtt_port=mosquitto.port, folder=folder)
    found: Heard = {}
    async with (
        asyncio.timeout(DEADLINE_S),
        aiomqtt.Client(
            "127.0.0.1", mosquitto.port, username="platform", password=SECRETS["platform"]
        ) as client,
    ):
        await client.subscribe("#", qos=1)
        async with bridges.running(platform, world, asyncio.Event()) as count:
            assert count == 4
            async for message in client.messages:
                found[str(message.topic)] = bytes(message.payload)
                if set(topics) <= found.keys():
                    return found
    raise AssertionError


async def test_all_that_was_kept_runs_and_one_that_fails_leaves_the_others_alone(
    tmp_path: Path, database: Database, clock: SteppedClock
) -> None:
    world = await a_world(database, clock)
    nora = await a_home(world, "nora")
    file, folder = tmp_path / "robot.json", tmp_path / "bridges"
    file.write_text(json.dumps(ROBOT))
    mosquitto = Mosquitto(tmp_path, SECRETS)
    keep_all(folder, file, mosquitto)
    assert {each.stat().st_mode & 0o777 for each in folder.glob("*.json")} == {0o600}
    availability = home_assistant.availability_topic(home_assistant.node_of(nora.owner_id))
    topics = [f"v1/devices/bridged-{n}/telemetry" for n in (1, 2)]
    with mosquitto.running():
        told = await heard(mosquitto, folder, world, availability, *topics)
    assert told[availability] == b"online"
    parsed = wire.parse("telemetry", told[topics[0]])
    assert isinstance(parsed, wire.Parsed)
    assert isinstance(parsed.message, wire.Telemetry)
    slots = parsed.message.slots
    assert slots["main-brush"].level == 0.5
    assert (slots["filter"].level, slots["filter"].state) == (None, wire.SlotState.EMPTY)
