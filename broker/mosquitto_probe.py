"""One plain MQTT client that tells what a broker answered, packet by packet.

For checks and measurements; what talks to devices is `broker.gateway` and `broker.subscriber`.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, TypeVar

from core import mqtt
from core.mqtt_decoder import Decoder, MalformedPacket

P = TypeVar("P")

PATIENCE_S: Final = 10.0
LARGEST_ANSWER: Final = 1_000_000  # bytes
AT_ONCE: Final = 100  # messages in flight


class NoAnswer(Exception):
    """The broker cannot be reached, closed the connection or stayed silent."""


@dataclass(frozen=True, slots=True)
class Address:
    host: str
    port: int
    tls: ssl.SSLContext | None = None


class Probe:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._decoder = Decoder(LARGEST_ANSWER)
        self._waiting: list[mqtt.Packet] = []

    def send(self, *packets: mqtt.Packet) -> None:
        self._writer.write(b"".join(map(mqtt.encode, packets)))

    async def expect(self, kind: type[P], within_s: float = PATIENCE_S) -> P:
        """The next packet of this kind; others wait for their turn. Raises NoAnswer."""
        try:
            async with asyncio.timeout(within_s):
                while True:
                    for index, packet in enumerate(self._waiting):
                        if isinstance(packet, kind):
                            del self._waiting[index]
                            return packet
                    self._waiting += await self._read()
        except TimeoutError:
            raise NoAnswer(f"no {kind.__name__} within {within_s:g} s") from None

    async def connect(self, packet: mqtt.Connect) -> mqtt.Connack:
        self.send(packet)
        return await self.expect(mqtt.Connack)

    async def subscribe(self, *filters: str) -> tuple[int, ...]:
        """The granted qualities of service, SUBSCRIPTION_REFUSED among them."""
        self.send(mqtt.Subscribe(1, tuple((each, 1) for each in filters)))
        return (await self.expect(mqtt.Suback)).codes

    async def publish(
        self, topic: str, payloads: Sequence[bytes], *, is_retained: bool = False
    ) -> None:
        """With quality 1, each acknowledged. Raises NoAnswer."""
        for start in range(0, len(payloads), AT_ONCE):
            part = payloads[start : start + AT_ONCE]
            for number, payload in enumerate(part, start=1):
                self.send(mqtt.Publish(topic, payload, 1, number, is_retained=is_retained))
            for _ in part:
                await self.expect(mqtt.Puback)

    async def receive(self, within_s: float = PATIENCE_S) -> mqtt.Publish:
        """The next message, acknowledged. Raises NoAnswer."""
        message = await self.expect(mqtt.Publish, within_s)
        if message.qos:
            self.send(mqtt.Puback(message.packet_id))
        return message

    async def closed(self, within_s: float) -> bool:
        """Whether the broker ends the connection in time."""
        try:
            async with asyncio.timeout(within_s):
                while await self._reader.read(65_536):
                    pass
        except TimeoutError:
            return False
        except OSError:
            pass
        return True

    async def disconnect(self) -> None:
        """Without the last will, and with all that was sent."""
        self.send(mqtt.Disconnect())
        self._writer.close()
        await asyncio.wait([asyncio.create_task(self._writer.wait_closed())])

    def abort(self) -> None:
        self._writer.transport.abort()

    async def _read(self) -> list[mqtt.Packet]:
        try:
            chunk = await self._reader.read(65_536)
            packets = self._decoder.feed(chunk)
        except (OSError, MalformedPacket) as problem:
            raise NoAnswer(str(problem)) from None
        if not chunk:
            raise NoAnswer("it closed the connection")
        return packets


@asynccontextmanager
async def opened(address: Address) -> AsyncIterator[Probe]:
    """A connection that is cut at the end of the block. Raises NoAnswer."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            streams = await asyncio.open_connection(address.host, address.port, ssl=address.tls)
    except (OSError, TimeoutError) as error:
        reason = str(error) or "no answer"
        raise NoAnswer(f"{address.host}:{address.port}: {reason}") from None
    probe = Probe(*streams)
    try:
        yield probe
    finally:
        probe.abort()
