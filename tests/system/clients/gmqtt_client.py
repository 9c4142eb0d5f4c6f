"""gmqtt, told by its command line what to do; see tests/system/interoperability.py."""

import asyncio
import ssl
import sys

import gmqtt
from gmqtt.mqtt.handler import MQTTConnectError

from tests.system.clients import wishes


async def main() -> None:
    wanted = wishes.read()
    will = (
        gmqtt.Message(wanted.will, wanted.payload, qos=1, retain=True) if wanted.will else None
    )
    client = gmqtt.Client(wanted.name, will_message=will)
    client.set_auth_credentials(wanted.name, wanted.secret)
    client.set_config({"reconnect_retries": 1, "reconnect_delay": 0})
    subscribed, stopped = asyncio.Event(), asyncio.Event()
    client.on_subscribe = lambda *_: subscribed.set()

    def heard(_client, _topic, payload, _qos, _properties):
        print(payload.decode(), flush=True)
        return 0

    client.on_message = heard
    context = ssl.create_default_context(cafile=wanted.ca) if wanted.ca else False
    await client.connect("127.0.0.1", wanted.port, ssl=context, version=wanted.version)
    if wanted.act == "listen":
        client.subscribe(wanted.topic, qos=1)
        await subscribed.wait()
        print("ready", flush=True)
        await stopped.wait()
    client.publish(wanted.topic, wanted.payload, qos=wanted.qos)
    while wanted.qos and not client._persistent_storage.is_empty:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    await client.disconnect()
    print("published", flush=True)


try:
    asyncio.run(asyncio.wait_for(main(), 20))
except (MQTTConnectError, ConnectionError) as error:
    print(f"refused: {error}", flush=True)
    sys.exit(1)
