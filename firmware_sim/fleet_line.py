"""One unit's connection, lean enough for ten thousand in a process: asyncio and our own codec.

A message counts when the broker has acknowledged it; lost connections are made again and what
was not acknowledged is repeated. Events are kept and sent again, unchanged, until the
platform's receipt names them.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final, cast

from pydantic import ValidationError

from core import mqtt
from core.mqtt import ConnackCode
from core.mqtt_decoder import Decoder, MalformedPacket
from devices import wire
from firmware_sim.faults import Transmission

WINDOW: Final = 20  # messages of one unit on their way
CONNECTING_AT_ONCE: Final = 100
RETRY_S: Final = 0.5
ANSWER_S: Final = 30.0  # from the CONNECT to its answer
KEEP_ALIVE_S: Final = 600
LARGEST_PACKET: Final = 64 * 1024  # bytes, of what we are sent


class Break(Enum):
    """What a line that breaks takes with it."""

    MESSAGE = auto()
    ACKNOWLEDGEMENT = auto()


@dataclass(slots=True, kw_only=True)
class Net:
    """What all lines share. `fate`: whether the line breaks under this message."""

    host: str
    port: int
    fate: Callable[[Transmission], Break | None]
    sent: Callable[[Transmission], None]
    acknowledged: Callable[[Transmission], None]
    received: Callable[[str, tuple[int, int]], None]  # by the platform's receipt
    counts: Counter[str] = field(default_factory=Counter)
    refused: dict[str, str] = field(default_factory=dict)  # why, by device id
    gate: asyncio.Semaphore = field(
        default_factory=lambda: asyncio.Semaphore(CONNECTING_AT_ONCE)
    )


class Line(asyncio.Protocol):
    __slots__ = (
        "_birth",
        "_decoder",
        "_device_id",
        "_is_broken",
        "_is_resting",
        "_kept",
        "_net",
        "_next_id",
        "_opened",
        "_opening",
        "_queue",
        "_secret",
        "_transport",
        "_unacknowledged",
        "_waited",
        "is_open",
    )

    def __init__(self, device_id: str, secret: str, net: Net) -> None:
        self.is_open = False
        self._device_id = device_id
        self._secret = secret.encode()
        self._net = net
        self._birth: Transmission | None = None
        self._queue: deque[Transmission] = deque()
        self._unacknowledged: dict[int, Transmission] = {}
        self._kept: dict[tuple[int, int], Transmission] = {}
        self._waited: set[tuple[int, int]] = set()  # kept when it was last reminded
        self._next_id = 0
        self._is_resting = False  # offline on purpose
        self._is_broken = False  # hears nothing more
        self._transport: asyncio.Transport | None = None
        self._opening: asyncio.Task[None] | None = None
        self._opened: asyncio.Future[None] | None = None

    @property
    def is_settled(self) -> bool:
        return not (self._queue or self._unacknowledged or self._kept)

    @property
    def is_up(self) -> bool:
        """Connected, or offline on purpose."""
        return self.is_open or self._is_resting

    @property
    def waiting(self) -> int:
        return len(self._queue) + len(self._unacknowledged)

    def take(self, transmissions: Iterable[Transmission]) -> None:
        self._queue.extend(transmissions)
        if self._queue:
            self._is_resting = False
            self._go_on()

    def rest(self) -> None:
        """Offline until there is something to send again."""
        self._is_resting = True
        self._hang_up()

    def remind(self) -> None:
        """Sends events again that were without a receipt the last time as well."""
        if self._is_resting or self._queue or self._unacknowledged:
            return
        due = [each for name, each in self._kept.items() if name in self._waited]
        self._waited = set(self._kept)
        self._net.counts["events sent again"] += len(due)
        self.take(due)

    def close(self) -> None:
        self._is_resting = True
        if self.is_open and self._transport:
            self._transport.write(mqtt.encode(mqtt.Disconnect()))
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._decoder = Decoder(LARGEST_PACKET)
        self._is_broken = False
        self._transport.write(mqtt.encode(self._hello()))

    def data_received(self, chunk: bytes) -> None:
        if self._is_broken:
            self._hang_up()
            return
        try:
            packets = self._decoder.feed(chunk)
        except MalformedPacket as malformed:
            packets = malformed.decoded_before
            self._hang_up()
        for packet in packets:
            self._hear(packet)
        self._push()

    def connection_lost(self, _error: Exception | None) -> None:
        if self.is_open:
            self._net.counts["connections ended"] += 1
        self.is_open, self._transport = False, None
        self._answered()
        if not self._is_resting:
            asyncio.get_running_loop().call_later(RETRY_S, self._go_on)

    def _hello(self) -> mqtt.Connect:
        birth = self._birth
        will = mqtt.Will(birth.topic, birth.will, 1, True) if birth and birth.will else None
        return mqtt.Connect(
            self._device_id,
            keep_alive_s=KEEP_ALIVE_S,
            username=self._device_id,
            password=self._secret,
            will=will,
        )

    def _hear(self, packet: mqtt.Packet) -> None:
        match packet:
            case mqtt.Puback(packet_id) if packet_id in self._unacknowledged:
                self._net.acknowledged(self._unacknowledged.pop(packet_id))
            case mqtt.Publish(topic=topic) if topic.endswith("/receipt"):
                self._take_receipt(packet.payload)
            case mqtt.Publish(qos=1, packet_id=packet_id):
                self._write(mqtt.encode(mqtt.Puback(packet_id)))
            case mqtt.Connack(ConnackCode.ACCEPTED):
                self._begin()
            case mqtt.Connack(code):
                self._net.refused[self._device_id] = code.name
                self._hang_up()

    def _begin(self) -> None:
        """What was on its way goes again, after the birth."""
        self.is_open = True
        self._answered()
        self._net.refused.pop(self._device_id, None)
        self._net.counts["connections"] += 1
        topics = [wire.topic(self._device_id, each) for each in ("receipt", "command")]
        filters = tuple((topic, qos) for qos, topic in enumerate(topics))
        subscribe = mqtt.Subscribe(self._new_id(), filters)
        self._write(mqtt.encode(subscribe))
        again = [(i, each) for i, each in self._unacknowledged.items() if not each.will]
        self._unacknowledged = {}
        if self._birth:
            self._publish(self._new_id(), self._birth)
        for packet_id, each in again:
            self._net.counts["messages sent again"] += 1
            self._publish(packet_id, each, is_duplicate=True)

    def _push(self) -> None:
        while self._queue and self.is_open and not self._is_broken:
            if self._queue[0].will:
                self._be_born()
                return
            if len(self._unacknowledged) >= WINDOW:
                return
            self._first_time(self._queue.popleft())

    def _first_time(self, transmission: Transmission) -> None:
        if transmission.channel == "event":
            self._kept[transmission.boot_id, transmission.seq] = transmission
        fate = self._net.fate(transmission)
        if fate is Break.MESSAGE:
            self._unacknowledged[self._new_id()] = transmission
            self._hang_up()
            return
        self._is_broken = fate is Break.ACKNOWLEDGEMENT
        self._publish(self._new_id(), transmission)

    def _be_born(self) -> None:
        """The unit starts anew, with another will, once what it had said is acknowledged."""
        if not self._unacknowledged:
            self._birth = self._queue.popleft()
            self._hang_up()

    def _publish(
        self, packet_id: int, transmission: Transmission, *, is_duplicate: bool = False
    ) -> None:
        self._unacknowledged[packet_id] = transmission
        self._net.sent(transmission)
        packet = mqtt.Publish(
            transmission.topic,
            transmission.payload,
            1,
            packet_id,
            is_retained=transmission.will is not None,
            is_duplicate=is_duplicate,
        )
        self._write(mqtt.encode(packet))

    def _take_receipt(self, payload: bytes) -> None:
        try:
            receipt = wire.Receipt.model_validate_json(payload)
        except ValidationError:
            self._net.counts["receipts that cannot be read"] += 1
            return
        for event in receipt.events:
            if self._kept.pop(event, None) is not None:
                self._net.received(self._device_id, event)

    def _new_id(self) -> int:
        self._next_id = self._next_id % 0xFFFF + 1
        return self._new_id() if self._next_id in self._unacknowledged else self._next_id

    def _write(self, packets: bytes) -> None:
        if self._transport and not self._transport.is_closing():
            self._transport.write(packets)

    def _hang_up(self) -> None:
        if self._transport:
            self._transport.abort()

    def _go_on(self) -> None:
        if self.is_open:
            self._push()
        elif not self._is_resting and self._transport is None and self._opening is None:
            if self._birth is None and self._queue and self._queue[0].will:
                self._birth = self._queue.popleft()
            self._opening = asyncio.create_task(self._open())
            self._opening.add_done_callback(self._is_opened)

    def _is_opened(self, opening: asyncio.Task[None]) -> None:
        self._opening = None
        failed = opening.cancelled() or opening.exception() is not None
        if failed or (self._transport is None and not self._is_resting):
            asyncio.get_running_loop().call_later(RETRY_S, self._go_on)

    async def _open(self) -> None:
        """Raises OSError and TimeoutError; then it is tried again."""
        loop = asyncio.get_running_loop()
        async with self._net.gate, asyncio.timeout(ANSWER_S):
            self._opened = loop.create_future()
            try:
                await loop.create_connection(lambda: self, self._net.host, self._net.port)
                await self._opened
            except TimeoutError:
                self._hang_up()
                raise

    def _answered(self) -> None:
        if self._opened and not self._opened.done():
            self._opened.set_result(None)
