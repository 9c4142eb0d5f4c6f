"""Payloads of makers' clouds: from a file, asked for, or posted to us; and kept bridges."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from broker.bridges.clouds.table import DECODERS
from broker.bridges.payload_device import PayloadAddress, PayloadDevice, WebhookDevice
from broker.bridges.publishing import DeviceUnreadable
from runtime import bridges
from runtime.adoption import Bridge, Platform
from runtime.bridged import device_of
from runtime.startup import CannotStart
from tests.system.mosquitto import Mosquitto
from tests.system.programs import free_port

DEADLINE_S = 60
PLUG = {"plug": "tasmota", "appliance": "washer", "device": "plug_1"}
TOKEN = "a token of twenty-four s"  # noqa: S105 - of a test
LEVELS = [{"deviceId": "washer", "fillingLevels": {"twinDosContainer1FillingLevel": 63}}]
ROBOT = {"result": [{"main_brush_work_time": 540_000, "filter_work_time": 540_001}]}
SECRETS = {"bridged-1": "of the bridge", "platform": "of the platform"}


def device(kind: str, where: str, token: str = "") -> PayloadDevice:
    return PayloadDevice(PayloadAddress(kind=kind, where=where, token=token), DECODERS[kind])


async def test_a_file_is_read_anew_at_every_look(tmp_path: Path) -> None:
    file = tmp_path / "levels.json"
    bridged = device("miele", str(file))
    with pytest.raises(DeviceUnreadable, match="No such file"):
        await bridged.look()
    for level in (63, 62):
        LEVELS[0]["fillingLevels"] = {"twinDosContainer1FillingLevel": level}
        file.write_text(json.dumps(LEVELS))
        seen = await bridged.look()
        assert (seen.serial, [each.level_pct for each in seen.readings]) == ("washer", [level])


async def test_of_several_appliances_in_one_payload_one_is_named(tmp_path: Path) -> None:
    file = tmp_path / "levels.json"
    file.write_text(json.dumps([*LEVELS, LEVELS[0] | {"deviceId": "dishwasher"}]))
    with pytest.raises(DeviceUnreadable, match="dishwasher, washer; name one"):
        await device("miele", str(file)).look()
    one = device_of("miele", str(file), {"device": "washer"})
    assert (await one.look()).serial == "washer"


@asynccontextmanager
async def cloud(answer: bytes, status: str = "200 OK") -> AsyncIterator[tuple[str, list[str]]]:
    """A server in the place of a maker's; yields its URL and the requests it heard."""
    heard: list[str] = []

    async def reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append((await reader.readuntil(b"\r\n\r\n")).decode())
        head = (
            f"HTTP/1.1 {status}\r\nContent-Length: {len(answer)}\r\nConnection: close\r\n\r\n"
        )
        writer.write(head.encode() + answer)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(reply, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", heard


async def test_a_cloud_is_asked_at_any_base_url_with_the_owner_token() -> None:
    async with cloud(json.dumps(LEVELS).encode()) as (url, heard):
        seen = await device("miele", f"{url}/v1/devices/fillingLevels", TOKEN).look()
    assert seen.readings[0].slot == "twindos-1"
    assert heard[0].startswith("GET /v1/devices/fillingLevels ")
    assert f"authorization: bearer {TOKEN}" in heard[0].lower()


async def test_a_cloud_that_refuses_or_is_away_is_said_to_be_unreadable() -> None:
    async with cloud(b"", "401 Unauthorized") as (url, _):
        with pytest.raises(DeviceUnreadable, match="401"):
            await device("miele", url).look()
    with pytest.raises(DeviceUnreadable, match="ConnectError"):
        await device("miele", f"http://127.0.0.1:{free_port()}").look()


async def test_what_is_posted_is_taken_with_the_right_token_only() -> None:
    address = PayloadAddress(kind="roborock", where="webhook://127.0.0.1", token=TOKEN)
    bridged = WebhookDevice(address, DECODERS["roborock"], "127.0.0.1", 0)
    async with bridged.opened(), httpx.AsyncClient(trust_env=False) as client:
        base = f"http://127.0.0.1:{bridged.port}"
        async with asyncio.timeout(DEADLINE_S):
            statuses = []
            for path, content in ((TOKEN + "é", b"{}"), (TOKEN, b"x" * 2_000_000)):
                statuses.append(
                    (await client.post(f"{base}/{path}", content=content)).status_code
                )
            good = await client.post(f"{base}/{TOKEN}", json=ROBOT)
            seen = await bridged.look()
    assert (statuses, good.status_code) == ([404, 413], 204)
    assert [(each.slot, each.level_pct) for each in seen.readings] == [
        ("main-brush", 50),
        ("filter", None),
    ]


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    broker = Mosquitto(tmp_path, SECRETS)
    with broker.running():
        yield broker


@pytest.mark.parametrize(
    ("kind", "address", "options", "says"),
    [
        ("telex", "x", {}, "no such interface; one of ipp, snmp"),
        ("snmp", "http://printer", {}, "snmp://host:port"),
        ("snmp", "snmp://printer:99999", {}, "snmp://host:port"),
        ("dyson", "tcp://x", {}, "mqtt://host:port"),
        ("miele", "webhook://127.0.0.1:0", {"token": "short"}, "16 characters"),
        ("mqtt", "mqtt://127.0.0.1", {}, "description=FILE"),
        ("mqtt", "mqtt://127.0.0.1", {"description": "/no/such"}, "No such file"),
        ("miele", "x", {"model": "nothing"}, "no such model"),
        ("ipp", "ipp://127.0.0.1/x", {}, "not added yet"),
        ("plug", "tcp://x", {}, "mqtt://host:port"),
        ("plug", "mqtt://x", {}, "--set plug=, one of shelly1, shelly2"),
        ("plug", "mqtt://x", PLUG | {"appliance": "oven"}, "--set appliance=, one of washer"),
        ("plug", "mqtt://x", PLUG | {"device": ""}, "device=NAME"),
        ("plug", "mqtt://x", PLUG | {"dose": "nan"}, "dose=NUMBER"),
        ("plug", "mqtt://x", PLUG, "not added yet"),
    ],
)
async def test_a_wrong_bridge_says_what_is_wanted(
    kind: str, address: str, options: dict[str, str], says: str, tmp_path: Path
) -> None:
    meant = Bridge(kind=kind, address=address, options=options)
    platform = Platform(url="http://p", mqtt_host="127.0.0.1", mqtt_port=1, folder=tmp_path)
    with pytest.raises(CannotStart, match=says):
        await bridges.run(meant, platform, claim="", stop=asyncio.Event())
