"""Looking around: a real mDNS responder and a real Mosquitto on 127.0.0.1."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import aiomqtt
import pytest
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

from devices.discovered import Discovery, Found
from runtime import discovering
from runtime.discovering import Places
from tests.system.mosquitto import Mosquitto
from tests.system.programs import free_port

DEADLINE_S = 60
SECRETS = {"robot": "of the robot", "kim": "of kim"}


@pytest.fixture
async def printer() -> AsyncIterator[None]:
    """What a printer says of itself, by zeroconf's own responder."""
    info = AsyncServiceInfo(
        "_ipp._tcp.local.",
        "Office printer._ipp._tcp.local.",
        addresses=[socket.inet_aton("127.0.0.1")],
        port=8631,
        properties={"rp": "ipp/print", "ty": "Kyocera ECOSYS M2040dn"},
        server="office.local.",
    )
    async with AsyncZeroconf(interfaces=["127.0.0.1"]) as responder:
        await (await responder.async_register_service(info))
        yield


async def until_found(places: Places, kind: str) -> Discovery:
    async with asyncio.timeout(DEADLINE_S):
        while True:
            told = await discovering.look(places, wait_s=1)
            if any(each.kind == kind for each in told.found):
                return told


@pytest.mark.usefixtures("printer")
async def test_a_printer_is_found_on_the_interface_that_was_chosen() -> None:
    told = await until_found(Places(interfaces=("127.0.0.1",), brokers=()), "ipp")
    address = "ipp://127.0.0.1:8631/ipp/print"
    assert Found(kind="ipp", name="Kyocera ECOSYS M2040dn", address=address) in told.found


async def test_nobody_is_asked_unless_a_place_is_named() -> None:
    assert await discovering.look(Places(interfaces=(), brokers=())) == Discovery(found=())


async def test_what_a_broker_announces_is_found_and_no_password_is_told(tmp_path: Path) -> None:
    config = {"name": "Food", "state_topic": "a/b", "device": {"identifiers": ["feeder-1"]}}
    mosquitto = Mosquitto(tmp_path, SECRETS)
    with mosquitto.running():
        async with aiomqtt.Client(
            "127.0.0.1", mosquitto.port, username="robot", password=SECRETS["robot"]
        ) as client:
            topic = "homeassistant/sensor/feeder/food/config"
            await client.publish(topic, json.dumps(config), qos=1, retain=True)
        at = f"mqtt://kim:of%20kim@127.0.0.1:{mosquitto.port}"
        told = await until_found(Places(interfaces=(), brokers=(at,)), "home-assistant")
    assert [each.name for each in told.found] == ["feeder-1: Food"]
    assert told.problems == ()
    assert "kim" not in told.found[0].command("CODE", "http://p")


async def test_a_place_that_cannot_be_asked_is_named_and_leaves_the_others() -> None:
    port = free_port()
    places = Places(
        interfaces=("192.0.2.1",),  # of documentation: no interface here has it
        brokers=(f"mqtt://kim:secret@127.0.0.1:{port}", "tcp://x"),
    )
    told = await discovering.look(places, wait_s=0.5)
    assert told.found == ()
    assert len(told.problems) == 3
    assert any(f"127.0.0.1:{port}" in each for each in told.problems)
    assert not any("secret" in each for each in told.problems)
