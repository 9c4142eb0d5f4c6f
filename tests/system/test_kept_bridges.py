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
from tests.store.api.world import a_home, a_world
from tests.system.mosquitto import Mosquitto

DEADLINE_S = 60
ROBOT = {"result": [{"main_brush_work_time": 540_000, "filter_work_time": 540_001}]}
SECRETS = {
    "bridged-1": "of the robot",
    "bridged-2": "of the plug",
    "household": "of the household",
    "platform": "of the platform",
}


def kept(device_id: str, *slots: str, model: str = "") -> Kept:
    return Kept(device_id=device_id, secret=SECRETS[device_id], slots=slots, model=model)


async def test_all_that_was_kept_runs_and_one_that_fails_leaves_the_others_alone(
    tmp_path: Path, database: Database, clock: SteppedClock
) -> None:
    world = await a_world(database, clock)
    nora = await a_home(world, "nora")
    file, folder = tmp_path / "robot.json", tmp_path / "bridges"
    file.write_text(json.dumps(ROBOT))
    mosquitto = Mosquitto(tmp_path, SECRETS)
    with mosquitto.running():
        at = f"mqtt://household:of%20the%20household@127.0.0.1:{mosquitto.port}"
        for number, (kind, address, options, device) in enumerate(
            (
                (
                    "roborock",
                    str(file),
                    {},
                    kept("bridged-1", "main-brush", "filter", model="roborock-robot"),
                ),
                (
                    "plug",
                    at,
                    {"plug": "tasmota", "appliance": "washer", "device": "plug_1"},
                    kept("bridged-2", "detergent"),
                ),
                (home_assistant_link.KIND, at, {"owner": ""}, None),
                ("dyson", "tcp://nowhere", {}, kept("bridged-1")),
                ("roborock", "elsewhere.json", {}, kept("bridged-1")),
            )
        ):
            meant = Bridge(
                kind=kind, address=address, options=options, interval_s=1, in_all=number < 4
            )
            adoption.keep(adoption.file_of(meant, folder), meant, device)
        platform = Platform(
            url="", mqtt_host="127.0.0.1", mqtt_port=mosquitto.port, folder=folder
        )
        assert {each.stat().st_mode & 0o777 for each in folder.glob("*.json")} == {0o600}
        availability = home_assistant.availability_topic(home_assistant.node_of(nora.owner_id))
        wanted = {f"v1/devices/bridged-{n}/telemetry" for n in (1, 2)} | {availability}
        heard: dict[str, bytes] = {}
        async with (
            asyncio.timeout(DEADLINE_S),
            aiomqtt.Client(
                "127.0.0.1", mosquitto.port, username="platform", password=SECRETS["platform"]
            ) as client,
        ):
            await client.subscribe("#", qos=1)
            async with bridges.running(platform, world, asyncio.Event()) as count:
                async for message in client.messages:
                    heard[str(message.topic)] = bytes(message.payload)
                    if wanted <= heard.keys():
                        break
    assert count == 4
    assert heard[availability] == b"online"
    parsed = wire.parse("telemetry", heard["v1/devices/bridged-1/telemetry"])
    assert isinstance(parsed, wire.Parsed)
    assert isinstance(parsed.message, wire.Telemetry)
    told = parsed.message.slots
    assert told["main-brush"].level == 0.5
    assert (told["filter"].level, told["filter"].state) == (None, wire.SlotState.EMPTY)
