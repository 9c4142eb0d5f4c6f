"""Door 2: our own session with Mosquitto or any other MQTT 3.1.1 broker.

The session is persistent and a PUBACK means committed, so what the broker accepted waits there
while the platform is away. What the broker promised its devices is the broker's own affair.
"""

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final, cast

from broker.batches import LARGEST_PACKET, Batches, Ingest
from broker.counters import Counters
from broker.ingest import CHANNELS, oversized
from broker.receipts import Receipts
from core import mqtt, mqtt_decoder
from core.clock import Clock
from core.mqtt_decoder import Decoder, MalformedPacket
from devices import wire
from devices.intake import Arrival

logger = logging.getLogger(__name__)

KEEP_ALIVE_S: Final = 30
PATIENCE: Final = 1.5  # times the keep-alive interval without a word from the broker
# Twice that of the gateway: no device waits, as the broker has acknowledged to it.
LARGEST_BATCH: Final = 16_000
# While a batch is under way nobody waits for more. The broker writes message by message, and
# to read them so costs as much as to take them.
READ_EVERY_S: Final = 0.005
FIRST_DELAY_S: Final = 0.5  # before connecting again; doubles up to
LONGEST_DELAY_S: Final = 30.0

MOST_TOPICS: Final = 200_000  # that are remembered
_CHANNELS: Final = {str(channel): channel for channel in CHANNELS}
_topic_of = lru_cache(maxsize=MOST_TOPICS)(mqtt_decoder.topic_of)


@lru_cache(maxsize=MOST_TOPICS)
def _place_of(topic: str) -> tuple[str, wire.Channel | None]:
    """The device and its channel; None: no topic of ours."""
    device_id, name = wire.split_topic(topic) or ("", "")
    return device_id, _CHANNELS.get(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    host: str
    port: int
    username: str
    password: str
    client_id: str = "nachschub-ingest"  # names the persistent session; one per process
    share_group: str = ""  # several processes share the load: $share/GROUP/...

    @property
    def filters(self) -> tuple[str, ...]:
        prefix = f"$share/{self.share_group}/" if self.share_group else ""
        return tuple(prefix + wire.topic("+", channel) for channel in CHANNELS)


class Subscriber:
    def __init__(self, *, broker: Broker, ingest: Ingest, clock: Clock) -> None:
        self.counters = Counters()
        self._broker = broker
        self._clock = clock
        self._batches = Batches(ingest, Receipts(self.deliver).send, largest=LARGEST_BATCH)
        self._session: _Session | None = None
        self._running: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Keeps a session open from now on, whether or not the broker is there yet."""
        self._running = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Takes nothing more, commits and acknowledges what it took, then disconnects."""
        if self._session is not None:
            self._session.stop_reading()
        await self._batches.drained()
        if self._session is not None:
            self._session.disconnect()
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait([self._running])

    @property
    def is_quiet(self) -> bool:
        """Nothing waits for its commit."""
        return self._batches.is_quiet

    @property
    def is_subscribed(self) -> bool:
        return self._session is not None and self._session.is_subscribed

    def deliver(self, _device_id: str, topic: str, payload: bytes) -> bool:
        """Publishes with qos 0. False: there is no session with the broker."""
        session = self._session
        if session is None or not session.is_subscribed:
            return False
        session.send(mqtt.encode(mqtt.Publish(topic, payload)))
        return True

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        delay_s = FIRST_DELAY_S
        while True:
            began_s = loop.time()
            reason = await self._stay_connected()
            if loop.time() - began_s > LONGEST_DELAY_S:
                delay_s = FIRST_DELAY_S
            address = f"{self._broker.host}:{self._broker.port}"
            logger.warning("broker %s: %s; again in %g s", address, reason, delay_s)
            await asyncio.sleep(delay_s)
            delay_s = min(LONGEST_DELAY_S, 2 * delay_s)

    async def _stay_connected(self) -> str:
        """Returns why the session ended."""
        loop = asyncio.get_running_loop()
        session = _Session(self._broker, self._batches, self._clock, self.counters)
        try:
            await loop.create_connection(lambda: session, self._broker.host, self._broker.port)
        except OSError as error:
            return f"cannot connect, {error}"
        self._session = session
        reason = await session.ended
        self._session = None
        return reason


class _Session(asyncio.Protocol):
    def __init__(
        self, broker: Broker, batches: Batches, clock: Clock, counters: Counters
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[str] = self._loop.create_future()
        self.is_subscribed = False
        self._broker = broker
        self._batches = batches
        self._clock = clock
        self._counters = counters
        self._decoder = Decoder(LARGEST_PACKET, _topic_of)
        self._heard_s = self._loop.time()
        self._is_held_back = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._alarm = self._loop.call_later(KEEP_ALIVE_S / 2, self._ping)
        connect = mqtt.Connect(
            self._broker.client_id,
            is_clean_session=False,
            keep_alive_s=KEEP_ALIVE_S,
            username=self._broker.username,
            password=self._broker.password.encode(),
        )
        self.send(mqtt.encode(connect))

    def data_received(self, chunk: bytes) -> None:
        self._heard_s = self._loop.time()
        try:
            packets = self._decoder.feed(chunk)
        except MalformedPacket as malformed:
            packets = malformed.decoded_before
            self._counters.malformed += 1
            self.abandon(f"it sent no MQTT, {malformed.reason}")
        self._receive(packets, self._clock.now())
        if self._batches.is_full:
            self._batches.hold_back(self)
            self.stop_reading()
        elif not self._batches.is_quiet:
            self._transport.pause_reading()
            self._loop.call_later(READ_EVERY_S, self._read_on)

    def connection_lost(self, error: Exception | None) -> None:
        self._alarm.cancel()
        self._end(f"connection lost, {error or 'closed by the broker'}")

    def send(self, packets: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(packets)

    def abandon(self, reason: str) -> None:
        self._end(reason)
        self._transport.close()

    def disconnect(self) -> None:
        self.send(mqtt.encode(mqtt.Disconnect()))
        self.abandon("closed")

    def stop_reading(self) -> None:
        self._is_held_back = True
        self._transport.pause_reading()

    def resume(self) -> None:
        self._is_held_back = False
        self._heard_s = self._loop.time()  # nobody could be heard meanwhile
        self._transport.resume_reading()

    def _read_on(self) -> None:
        if not (self._is_held_back or self._transport.is_closing()):
            self._transport.resume_reading()

    def _end(self, reason: str) -> None:
        self.is_subscribed = False
        if not self.ended.done():
            self.ended.set_result(reason)

    def _receive(self, packets: Iterable[mqtt.Packet], now: datetime) -> None:
        for packet in packets:
            if type(packet) is mqtt.Publish:
                device_id, channel = _place_of(packet.topic)
                if channel is None:
                    self._refuse(packet)
                    continue
                self._counters.messages += 1
                arrival = Arrival(device_id, channel, packet.payload, now)
                self._batches.add(arrival, self, mqtt.reply_to(packet))
            else:
                self._take(packet, now)

    def _take(self, packet: mqtt.Packet, now: datetime) -> None:
        match packet:
            case mqtt.OversizedPublish():
                self._set_aside(packet, now)
            case mqtt.Connack(mqtt.ConnackCode.ACCEPTED):
                wanted = tuple((each, 1) for each in self._broker.filters)
                self.send(mqtt.encode(mqtt.Subscribe(1, wanted)))
            case mqtt.Connack(code):
                self.abandon(f"it refused the platform's user, {code.name}")
            case mqtt.Suback(_, codes) if mqtt.SUBSCRIPTION_REFUSED in codes:
                self.abandon("it refused the subscription")
            case mqtt.Suback():
                self.is_subscribed = True
                logger.info("subscribed at %s:%d", self._broker.host, self._broker.port)

    def _set_aside(self, packet: mqtt.OversizedPublish, now: datetime) -> None:
        device_id, channel = _place_of(packet.topic)
        if channel is None:
            self._refuse(packet)
            return
        self._counters.too_large += 1
        arrival = oversized(device_id, channel, packet.payload_bytes, now)
        self._batches.add(arrival, self, mqtt.reply_to(packet))

    def _refuse(self, packet: mqtt.Publish | mqtt.OversizedPublish) -> None:
        self._counters.refused += 1
        self.send(mqtt.reply_to(packet))

    def _ping(self) -> None:
        now_s = self._loop.time()
        if not self._is_held_back and now_s - self._heard_s > PATIENCE * KEEP_ALIVE_S:
            self.abandon("silent for too long")
            return
        self.send(mqtt.encode(mqtt.Pingreq()))
        self._alarm = self._loop.call_later(KEEP_ALIVE_S / 2, self._ping)
