"""aiomqtt, told by its command line what to do; see tests/system/interoperability.py."""

import asyncio
import ssl
import sys

import aiomqtt

from tests.system.clients import wishes


async def main() -> None:
    wanted = wishes.read()
    will = aiomqtt.Will(wanted.will, wanted.payload, 1, retain=True) if wanted.will else None
    versions = {4: aiomqtt.ProtocolVersion.V311, 5: aiomqtt.ProtocolVersion.V5}
    client = aiomqtt.Client(
        "127.0.0.1",
        wanted.port,
        identifier=wanted.name,
        username=wanted.name,
        password=wanted.secret,
        protocol=versions[wanted.version],
        tls_context=ssl.create_default_context(cafile=wanted.ca) if wanted.ca else None,
        will=will,
    )
    async with client:
        if wanted.act == "publish":
            await client.publish(wanted.topic, wanted.payload, qos=wanted.qos)
            print("published", flush=True)
            return
        await client.subscribe(wanted.topic, qos=1)
        print("ready", flush=True)
        async for message in client.messages:
            print(message.payload.decode(), flush=True)


try:
    asyncio.run(main())
except aiomqtt.MqttError as error:
    print(f"refused: {error}", flush=True)
    sys.exit(1)
