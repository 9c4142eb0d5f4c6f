"""A household on the broker of its Home Assistant: a real Mosquitto between the two."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiomqtt
import pytest

from core.clock import SteppedClock
from core.database import Database
from runtime import home_assistant, home_assistant_link
from runtime.home_assistant_link import Link
from tests.store.api.world import Home, World, a_home, a_world, state_of
from tests.system.mosquitto import Mosquitto

DEADLINE_S = 60
SECRETS = {"nachschub": "secret of ours", "hass": "secret of Home Assistant"}


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    found = Mosquitto(tmp_path, SECRETS)
    with found.running():
        yield found


@pytest.fixture
async def world(database: Database, clock: SteppedClock) -> World:
    return await a_world(database, clock)


@pytest.fixture
async def nora(world: World) -> Home:
    return await a_home(world, "nora")


class HomeAssistant:
    """Keeps what is retained, as Home Assistant sees it."""

    def __init__(self, client: aiomqtt.Client) -> None:
        self.client = client
        self.seen: dict[str, str] = {}

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(DEADLINE_S):
            while not is_so():
                message = await anext(aiter(self.client.messages))
                self.seen[str(message.topic)] = message.payload.decode()

    def config(self, name: str) -> dict:
        found = [
            payload
            for topic, payload in self.seen.items()
            if topic.endswith(f"_{name}/config") and payload
        ]
        return json.loads(found[0]) if found else {}


@pytest.fixture
async def hass(broker: Mosquitto) -> AsyncIterator[HomeAssistant]:
    async with aiomqtt.Client(
        "127.0.0.1", broker.port, username="hass", password=SECRETS["hass"]
    ) as client:
        await client.subscribe("#", qos=1)
        yield HomeAssistant(client)


@asynccontextmanager
async def linked(world: World, broker: Mosquitto) -> AsyncIterator[None]:
    stop = asyncio.Event()
    link = Link(
        host="127.0.0.1",
        port=broker.port,
        user="nachschub",
        password=SECRETS["nachschub"],
        every_s=0.3,
    )
    running = asyncio.create_task(home_assistant_link.run(link, world, stop=stop))
    yield
    stop.set()
    await asyncio.wait_for(running, DEADLINE_S)


async def test_a_press_in_home_assistant_approves_the_order_it_was_shown_for(
    world: World, nora: Home, hass: HomeAssistant, broker: Mosquitto
) -> None:
    async with linked(world, broker):
        await hass.until(lambda: bool(hass.config("approve") and hass.config("level")))
        assert hass.seen[home_assistant.availability_topic(node_of(nora))] == "online"
        state_topic = hass.config("level")["state_topic"]
        await hass.until(lambda: state_topic in hass.seen)
        assert set(json.loads(hass.seen[state_topic])) == {"level", "days_left", "next_order"}
        approve = hass.config("approve")
        assert approve["payload_press"] == str(nora.order_id)
        for wrong in (str(nora.record_id), "nonsense"):
            await hass.client.publish(approve["command_topic"], wrong, qos=1)
        assert await state_of(world, nora) == "awaiting_approval"
        await hass.client.publish(approve["command_topic"], approve["payload_press"], qos=1)
        await hass.until(lambda: not hass.config("approve"))  # answered: the button is gone
        assert await state_of(world, nora) == "approved"


async def test_all_is_told_again_when_home_assistant_was_started_anew(
    world: World, nora: Home, hass: HomeAssistant, broker: Mosquitto
) -> None:
    async with linked(world, broker):
        await hass.until(lambda: bool(hass.config("level") and hass.config("not_now")))
        hass.seen.clear()
        await hass.client.publish("homeassistant/status", "online", qos=1)
        await hass.until(lambda: bool(hass.config("level") and hass.config("not_now")))


async def test_what_was_announced_for_stocks_that_are_gone_is_removed(
    world: World, nora: Home, hass: HomeAssistant, broker: Mosquitto
) -> None:
    old = f"homeassistant/sensor/{node_of(nora)}/{'0' * 32}_level/config"
    await hass.client.publish(old, '{"state_topic":"x"}', qos=1, retain=True)
    async with linked(world, broker):
        await hass.until(lambda: hass.seen.get(old) == "")
    status = home_assistant.availability_topic(node_of(nora))
    await hass.until(lambda: hass.seen.get(status) == "offline")


def node_of(home: Home) -> str:
    return home_assistant.node_of(home.owner_id)
