"""Devices that speak MQTT in words of their own, at a real Mosquitto."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiomqtt
import pytest

from broker.bridges import mqtt_device, publishing
from broker.bridges.described import DescribedDialect
from broker.bridges.mqtt.dialect import Dialect
from broker.bridges.mqtt.table import DIALECTS
from broker.bridges.mqtt_device import MqttAddress, MqttDevice
from broker.bridges.publishing import DeviceCredential, DeviceUnreadable, Publishing
from devices.description_file import read
from devices.wire import SlotState
from tests.system.mosquitto import Mosquitto

DEADLINE_S = 60
SECRETS = {"household": "of the household", "bridged-1": "of the bridge"}
CONFIG = "homeassistant/sensor/cat/food/config"
FOOD = {"name": "Food level", "state_topic": "cat/food", "unit_of_measurement": "%"}
DESCRIPTION = """
format: 1
name: cistern
maker: Own
title: {en: Cistern}
simulated: true
sends: "How much water is left."
slots:
  water:
    title: {en: Water}
    category: water
    typical_use_per_day: 0.1
    most_per_day: 1
    condition: {mqtt: {topic: home/+/cistern, path: [distance]}, full: 200, rises: true}
"""


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    broker = Mosquitto(tmp_path, SECRETS)
    with broker.running():
        yield broker


@pytest.fixture
async def household(mosquitto: Mosquitto) -> AsyncIterator[aiomqtt.Client]:
    async with aiomqtt.Client(
        "127.0.0.1", mosquitto.port, username="household", password=SECRETS["household"]
    ) as client:
        yield client


def device(
    mosquitto: Mosquitto, kind: str, dialect: Dialect, device_id: str = ""
) -> MqttDevice:
    address = MqttAddress(
        host="127.0.0.1",
        port=mosquitto.port,
        user="household",
        password=SECRETS["household"],
        device_id=device_id,
    )
    return MqttDevice(address, kind, dialect)


async def seen(bridged: MqttDevice) -> publishing.Sight:
    return await asyncio.wait_for(bridged.look(), DEADLINE_S)


async def test_a_discovered_sensor_is_followed_until_it_is_taken_away(
    mosquitto: Mosquitto, household: aiomqtt.Client
) -> None:
    await household.publish(CONFIG, json.dumps(FOOD), retain=True)
    await household.publish("cat/food", "37.5", retain=True)
    bridged = device(mosquitto, "home-assistant", DIALECTS["home-assistant"]())
    async with bridged.opened():
        [food] = (await seen(bridged)).readings
        assert (food.slot, food.level_pct) == ("food-level", 37.5)
        await household.publish("cat/food", "36")
        assert (await seen(bridged)).readings[0].level_pct == 36
        await household.publish(CONFIG, b"", retain=True)
        [gone] = (await seen(bridged)).readings
        assert (gone.slot, gone.state) == ("food-level", SlotState.NOT_FITTED)


async def test_a_device_that_falls_silent_is_not_repeated(
    mosquitto: Mosquitto, household: aiomqtt.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mqtt_device, "FIRST_WORD_S", 3.0)
    topic = "valetudo/R/ConsumableMonitoringCapability/filter-main"
    await household.publish(topic, "540", retain=True)
    bridged = device(mosquitto, "valetudo", DIALECTS["valetudo"]())
    async with bridged.opened():
        assert [each.amount for each in (await seen(bridged)).readings] == [540]
        with pytest.raises(DeviceUnreadable, match="nothing was heard"):
            await seen(bridged)


async def test_of_several_devices_one_is_to_be_named(
    mosquitto: Mosquitto, household: aiomqtt.Client
) -> None:
    for name, level in (("oil", 40), ("cistern", 70)):
        await household.publish(
            f"zigbee2mqtt/{name}", json.dumps({"tank_level": level}), retain=True
        )
    bridged = device(mosquitto, "zigbee2mqtt", DIALECTS["zigbee2mqtt"]())
    async with bridged.opened():
        with pytest.raises(DeviceUnreadable, match="cistern, oil; name one"):
            await seen(bridged)
    one = device(mosquitto, "zigbee2mqtt", DIALECTS["zigbee2mqtt"](), "oil")
    async with one.opened():
        sight = await seen(one)
    assert (sight.serial, [each.level_pct for each in sight.readings]) == ("oil", [40])


async def test_a_newcomer_adds_a_device_by_one_file(
    mosquitto: Mosquitto, household: aiomqtt.Client
) -> None:
    await household.publish("home/cellar/cistern", '{"distance": 50}', retain=True)
    bridged = device(mosquitto, "mqtt", DescribedDialect(read(DESCRIPTION, "cistern.yaml")))
    async with bridged.opened():
        [water] = (await seen(bridged)).readings
    assert (water.slot, water.level_pct) == ("water", 75)


async def test_a_wrong_password_at_the_household_broker_is_named(
    mosquitto: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mqtt_device, "FIRST_WORD_S", 3.0)
    address = MqttAddress(host="127.0.0.1", port=mosquitto.port, user="household", password="x")  # noqa: S106
    bridged = MqttDevice(address, "dyson", DIALECTS["dyson"]())
    async with bridged.opened():
        with pytest.raises(DeviceUnreadable, match=r"[Nn]ot [Aa]uthori"):
            await seen(bridged)


async def test_a_bridge_stops_at_once_while_its_device_is_silent(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    bridged = device(mosquitto, "dyson", DIALECTS["dyson"]())
    credential = DeviceCredential(
        host="127.0.0.1",
        port=mosquitto.port,
        device_id="bridged-1",
        secret="of the bridge",  # noqa: S106
    )
    to = Publishing(
        credential=credential, interval_s=60, state_folder=tmp_path, slots=frozenset({"filter"})
    )
    stop = asyncio.Event()
    async with bridged.opened():
        running = asyncio.create_task(publishing.run(bridged, to, stop=stop))
        async with aiomqtt.Client(
            "127.0.0.1", mosquitto.port, username="household", password=SECRETS["household"]
        ) as client:
            await client.subscribe("v1/devices/bridged-1/status")
            async with asyncio.timeout(DEADLINE_S):
                async for message in client.messages:
                    if b"online" in bytes(str(message.payload), "utf-8"):
                        break
        stop.set()
        await asyncio.wait_for(running, DEADLINE_S)
