"""Listens to a device that speaks MQTT in words of its own, at the owner's broker."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Final

import aiomqtt

from broker.bridges.heard import Heard, SeveralDevices
from broker.bridges.mqtt.dialect import Dialect
from broker.bridges.publishing import RETRY_S, DeviceUnreadable, Sight

FIRST_WORD_S: Final = 330.0  # Tasmota reports every 300 s unless told otherwise
SETTLE_S: Final = 2.0  # after the first word, for its neighbours

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class MqttAddress:
    """The owner's broker, and which of its devices is meant; empty: the only one."""

    host: str
    port: int = 1883
    user: str = ""
    password: str = ""
    device_id: str = ""


class MqttDevice:
    def __init__(self, address: MqttAddress, kind: str, dialect: Dialect) -> None:
        self.firmware = f"bridge {kind} 1"
        self._address = address
        self._kind = kind
        self._dialect = dialect
        self._heard = Heard(address.device_id)
        self._has_word = asyncio.Event()
        self._problem = ""

    def opened(self) -> AbstractAsyncContextManager[None]:
        return self._listening()

    async def look(self) -> Sight:
        """Waits for the device's next word. Raises DeviceUnreadable."""
        try:
            async with asyncio.timeout(FIRST_WORD_S):
                await self._has_word.wait()
        except TimeoutError:
            raise self._unreadable(self._problem or "nothing was heard of it") from None
        await asyncio.sleep(SETTLE_S)
        self._has_word.clear()
        try:
            readings = self._heard.taken()
        except SeveralDevices as error:
            raise self._unreadable(f"{error}; name one with --device") from None
        named = next((each.device_id for each in readings if each.device_id), "")
        return Sight(
            name=f"{self._kind} {named}".strip(),
            serial=named or self._address.device_id,
            readings=readings,
        )

    def _unreadable(self, why: str) -> DeviceUnreadable:
        return DeviceUnreadable(f"{self._address.host}:{self._address.port}", why)

    @asynccontextmanager
    async def _listening(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self._listen())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _listen(self) -> None:
        while True:
            try:
                await self._listen_once()
            except aiomqtt.MqttError as error:
                self._problem = str(error)
                _log.warning("%s: no connection, trying again: %s", self._address.host, error)
            await asyncio.sleep(RETRY_S)

    async def _listen_once(self) -> None:
        address, subscribed = self._address, set[str]()
        async with aiomqtt.Client(
            address.host,
            address.port,
            username=address.user or None,
            password=address.password or None,
            logger=_log,
        ) as client:
            await self._subscribe(client, subscribed)
            async for message in client.messages:
                payload = message.payload if isinstance(message.payload, bytes) else b""
                if self._heard.hear(self._dialect.hear(str(message.topic), payload)):
                    self._has_word.set()
                await self._subscribe(client, subscribed)

    async def _subscribe(self, client: aiomqtt.Client, subscribed: set[str]) -> None:
        """Discovery names new topics while it is heard, and takes others away."""
        wanted = set(self._dialect.topics)
        for topic in sorted(wanted - subscribed):
            await client.subscribe(topic, qos=1)
        for topic in sorted(subscribed - wanted):
            await client.unsubscribe(topic)
        subscribed.clear()
        subscribed.update(wanted)
