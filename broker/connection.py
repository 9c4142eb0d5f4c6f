"""One device's connection to the gateway: MQTT 3.1.1, own topics only.

A message is acknowledged when its batch is committed, by `Batches`. MQTT 3.1.1 has no "no" to a
PUBLISH, so whoever publishes to a topic that is not his loses the connection.
"""

import asyncio
import logging
from collections.abc import Sequence
from typing import Final, Protocol, cast

from broker.batches import LARGEST_PACKET, Batches
from broker.counters import Counters
from broker.ingest import CHANNELS, Arrival, oversized
from core import mqtt
from core.clock import Clock
from core.mqtt import ConnackCode
from core.mqtt_decoder import Decoder, MalformedPacket
from devices import wire

logger = logging.getLogger(__name__)

CONNECT_WITHIN_S: Final = 10.0
PATIENCE: Final = 1.5  # times the keep-alive interval, MQTT 3.1.2.10

_ACKNOWLEDGEMENT: Final[dict[int, type[mqtt.Puback | mqtt.Pubrec]]] = {
    1: mqtt.Puback,
    2: mqtt.Pubrec,
}


class Gate(Protocol):
    """What a connection needs of its gateway."""

    batches: Batches
    clock: Clock
    counters: Counters

    async def authenticate(self, device_id: str, secret: bytes) -> bool: ...

    def opened(self, connection: "Connection") -> None: ...

    def admitted(self, connection: "Connection") -> None:
        """An older connection of the same device ends here."""

    def lost(self, connection: "Connection") -> None: ...


class Connection(asyncio.Protocol):
    def __init__(self, gate: Gate) -> None:
        self.device_id = ""  # until admitted
        self._gate = gate
        self._loop = asyncio.get_running_loop()
        self._decoder = Decoder(LARGEST_PACKET)
        self._connect: mqtt.Connect | None = None
        self._admission: asyncio.Task[bool] | None = None
        self._early: list[mqtt.Packet] = []  # sent before the CONNACK, as 3.1.4 allows
        self._channels: dict[str, wire.Channel] = {}  # by the topics this device may publish to
        self._filters: set[str] = set()
        self._will: mqtt.Will | None = None
        self._received_at = gate.clock.now()
        self._heard_s = self._loop.time()
        self._patience_s = CONNECT_WITHIN_S
        self._is_held_back = False  # the ingest is behind
        self._is_unread = False  # the client does not read what it is sent

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._alarm = self._loop.call_later(self._patience_s, self._check_silence)
        self._gate.opened(self)

    def data_received(self, chunk: bytes) -> None:
        self._received_at = self._gate.clock.now()
        try:
            self._receive(self._decoder.feed(chunk))
        except MalformedPacket as malformed:
            self._receive(malformed.decoded_before)
            self._break_off(malformed.reason)

    def pause_writing(self) -> None:
        self._is_unread = True
        self._choose_reading()

    def resume_writing(self) -> None:
        self._is_unread = False
        self._choose_reading()

    def connection_lost(self, _error: Exception | None) -> None:
        self._alarm.cancel()
        self._speak_will()
        self._gate.lost(self)

    def send(self, packets: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(packets)

    def resume(self) -> None:
        self._is_held_back = False
        self._heard_s = self._loop.time()  # nobody could be heard meanwhile
        self._choose_reading()

    def abandon(self, reason: str) -> None:
        """The device did not ask for this end, so its will is spoken."""
        if self._transport.is_closing():
            return
        logger.info("connection of %s ended: %s", self.device_id or "a stranger", reason)
        self._speak_will()
        self._hang_up()

    def stop_reading(self) -> None:
        self._is_held_back = True
        self._choose_reading()

    def close(self) -> None:
        """An end in good order: the device said goodbye, or the platform goes."""
        self._will = None
        self._hang_up()

    def deliver(self, topic: str, payload: bytes) -> bool:
        """With qos 0; False: not subscribed, or the device does not read."""
        is_wanted = any(mqtt.matches(each, topic) for each in self._filters)
        if not is_wanted or self._is_unread or self._transport.is_closing():
            return False
        self._transport.write(mqtt.encode(mqtt.Publish(topic, payload)))
        return True

    def _receive(self, packets: Sequence[mqtt.Packet]) -> None:
        for packet in packets:
            if self._transport.is_closing():
                return
            if self.device_id:
                self._take(packet)
            elif self._connect is None:
                self._open(packet)
            else:
                self._early.append(packet)
        self._heard_s = self._loop.time() if self.device_id else self._heard_s
        if self._gate.batches.is_full and not self._transport.is_closing():
            self._gate.batches.hold_back(self)
            self.stop_reading()

    def _open(self, packet: mqtt.Packet) -> None:
        match packet:
            case mqtt.Connect(client_id="", is_clean_session=False):
                self._refuse(ConnackCode.IDENTIFIER_REJECTED, "an empty client id")
            case mqtt.Connect(username=str(device_id), password=bytes(secret)):
                self._connect = packet
                self._admission = asyncio.create_task(
                    self._gate.authenticate(device_id, secret)
                )
                self._admission.add_done_callback(self._admit)
                self._choose_reading()
            case mqtt.Connect():
                self._refuse(ConnackCode.BAD_CREDENTIALS, "no device id or no secret")
            case mqtt.UnsupportedConnect(level):
                self._refuse(ConnackCode.UNACCEPTABLE_PROTOCOL, f"protocol level {level}")
            case _:
                self._break_off("the first packet is no CONNECT")

    def _refuse(self, code: ConnackCode, reason: str) -> None:
        self._gate.counters.refused += 1
        self.send(mqtt.encode(mqtt.Connack(code)))
        self.abandon(f"refused, {reason}")

    def _admit(self, admission: asyncio.Task[bool]) -> None:
        connect = self._connect
        if connect is None or admission.cancelled():
            return
        device_id, failure = connect.username or "", admission.exception()
        own = {wire.topic(device_id, channel): channel for channel in CHANNELS}
        if self._transport.is_closing():
            return
        if failure is not None:
            logger.error("could not authenticate %.80r", device_id, exc_info=failure)
            self._refuse(ConnackCode.SERVER_UNAVAILABLE, "the registry did not answer")
        elif not admission.result():
            self._refuse(ConnackCode.BAD_CREDENTIALS, f"wrong secret for {device_id!r:.80}")
        elif connect.will is not None and connect.will.topic not in own:
            self._refuse(ConnackCode.NOT_AUTHORISED, f"a will to {connect.will.topic!r:.80}")
        else:
            self.device_id, self._channels = device_id, own
            self._start(connect)

    def _start(self, connect: mqtt.Connect) -> None:
        self._gate.counters.connections += 1
        self._gate.admitted(self)
        self._will = connect.will
        self._patience_s = PATIENCE * connect.keep_alive_s
        self._heard_s = self._loop.time()
        self._alarm.cancel()
        if connect.keep_alive_s:
            self._check_silence()
        self.send(mqtt.encode(mqtt.Connack()))
        self._admission = None
        self._choose_reading()
        early, self._early = self._early, []
        self._receive(early)

    def _take(self, packet: mqtt.Packet) -> None:
        match packet:
            case mqtt.Publish():
                self._publish(packet)
            case mqtt.OversizedPublish():
                self._refuse_oversized(packet)
            case mqtt.Subscribe():
                self._subscribe(packet)
            case mqtt.Unsubscribe(packet_id, filters):
                self._filters.difference_update(filters)
                self.send(mqtt.encode(mqtt.Unsuback(packet_id)))
            case mqtt.Pubrel(packet_id):
                self.send(mqtt.encode(mqtt.Pubcomp(packet_id)))
            case mqtt.Pingreq():
                self.send(mqtt.encode(mqtt.Pingresp()))
            case mqtt.Disconnect():
                self.close()
            case _:
                self._break_off(f"a {type(packet).__name__} from a client in session")

    def _publish(self, packet: mqtt.Publish) -> None:
        channel = self._channels.get(packet.topic)
        if channel is None:
            self._refuse_topic(packet.topic)
            return
        self._gate.counters.messages += 1
        arrival = Arrival(self.device_id, channel, packet.payload, self._received_at)
        reply = (
            mqtt.encode(_ACKNOWLEDGEMENT[packet.qos](packet.packet_id)) if packet.qos else b""
        )
        self._gate.batches.add(arrival, self, reply)

    def _refuse_topic(self, topic: str) -> None:
        self._gate.counters.refused += 1
        self.abandon(f"it published to {topic!r:.80}")

    def _refuse_oversized(self, packet: mqtt.OversizedPublish) -> None:
        """Quarantined for the owner and the developer to see, then closed: reading on would let
        a device send without end.
        """
        channel = self._channels.get(packet.topic)
        if channel is None:
            self._refuse_topic(packet.topic)
            return
        self._gate.counters.too_large += 1
        arrival = oversized(self.device_id, channel, packet.payload_bytes, self._received_at)
        self._gate.batches.add(arrival, self)
        self.abandon(f"it sent a payload of {packet.payload_bytes} bytes")

    def _subscribe(self, packet: mqtt.Subscribe) -> None:
        prefix = wire.topic(self.device_id, "")
        codes = []
        for topic_filter, qos in packet.filters:
            if topic_filter.startswith(prefix):
                self._filters.add(topic_filter)
                codes.append(min(qos, 1))
            else:
                self._gate.counters.refused += 1
                codes.append(mqtt.SUBSCRIPTION_REFUSED)
        self.send(mqtt.encode(mqtt.Suback(packet.packet_id, tuple(codes))))

    def _speak_will(self) -> None:
        will, self._will = self._will, None
        if will is not None:
            channel = self._channels[will.topic]
            arrival = Arrival(self.device_id, channel, will.payload, self._gate.clock.now())
            self._gate.batches.add(arrival, self)

    def _hang_up(self) -> None:
        if self._is_unread:
            self._transport.abort()  # close() would wait until everything is read
        else:
            self._transport.close()

    def _break_off(self, reason: str) -> None:
        self._gate.counters.malformed += 1
        self.abandon(f"malformed, {reason}")

    def _choose_reading(self) -> None:
        if self._is_held_back or self._is_unread or self._admission is not None:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    def _check_silence(self) -> None:
        now_s = self._loop.time()
        if self._is_held_back:
            self._heard_s = now_s
        left_s = self._heard_s + self._patience_s - now_s
        if left_s <= 0:
            self.abandon(f"silent for {self._patience_s:g} s")
        else:
            self._alarm = self._loop.call_later(left_s, self._check_silence)
