"""One connection to the gateway: a stranger until its CONNECT was admitted, then a client.

Reading stops while the ingest is behind, while the other side does not read what it was sent,
and while it sends faster than it may. MQTT 3.1.1.
"""

import asyncio
import logging
from collections.abc import Sequence
from enum import IntFlag
from typing import Any, Final, Protocol, cast

from broker.batches import Batches
from broker.counters import Counters
from broker.limits import Address, Bucket, Limits, TooManyConnections
from broker.line import Client
from core import mqtt
from core.clock import Clock
from core.mqtt import ConnackCode
from core.mqtt_decoder import Decoder, MalformedPacket

logger = logging.getLogger(__name__)

CONNECT_WITHIN_S: Final = 10.0
PATIENCE: Final = 1.5  # times the keep-alive interval, MQTT 3.1.2.10


class Pause(IntFlag):
    """Why a connection is not read."""

    NONE = 0
    BEHIND = 1  # the ingest is
    UNREAD = 2  # the client does not read what it is sent
    ASKED = 4  # whether it may come in
    TOO_FAST = 8


class Gate(Protocol):
    """What a connection needs of its gateway."""

    batches: Batches
    clock: Clock
    counters: Counters
    limits: Limits
    is_certified: bool  # a user name must be the common name of the client's certificate

    async def admit(self, connect: mqtt.Connect) -> Client | None:
        """None: a wrong secret."""

    def opened(self, connection: "Connection", host: str) -> Address | None:
        """Raises TooManyConnections."""

    def admitted(self, connection: "Connection", client: Client) -> None:
        """An older connection of the same device ends here."""

    def lost(self, connection: "Connection") -> None: ...


class Connection(asyncio.Protocol):
    __slots__ = (
        "_address",
        "_admission",
        "_alarm",
        "_bucket",
        "_connect",
        "_decoder",
        "_early",
        "_gate",
        "_heard_s",
        "_is_over",
        "_loop",
        "_patience_s",
        "_pauses",
        "_received_at",
        "_slow",
        "_transport",
        "_will",
        "client",
    )

    def __init__(self, gate: Gate) -> None:
        self.client: Client | None = None  # until admitted
        self._gate = gate
        self._loop = asyncio.get_running_loop()
        self._decoder = Decoder(gate.limits.packet_bytes)
        self._bucket = Bucket(gate.limits.messages_per_s, gate.limits.burst_messages)
        self._address: Address | None = None
        self._connect: mqtt.Connect | None = None
        self._admission: asyncio.Task[Client | None] | None = None
        self._early: list[mqtt.Packet] = []  # sent before the CONNACK, as 3.1.4 allows
        self._will: mqtt.Will | None = None
        self._received_at = gate.clock.now()
        self._heard_s = self._loop.time()
        self._patience_s = CONNECT_WITHIN_S
        self._pauses = Pause.NONE
        self._slow: asyncio.TimerHandle | None = None
        self._is_over = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._alarm = self._loop.call_later(self._patience_s, self._check_silence)
        host = (self._transport.get_extra_info("peername") or ("",))[0]
        try:
            self._address = self._gate.opened(self, host)
        except TooManyConnections as too_many:
            self._gate.counters.turned_away += 1
            logger.info("a connection was turned away: %s", too_many)
            self._is_over = True
            self._transport.abort()

    def data_received(self, chunk: bytes) -> None:
        self._received_at = self._gate.clock.now()
        try:
            packets = self._decoder.feed(chunk)
        except MalformedPacket as malformed:
            self._receive(malformed.decoded_before)
            self._break_off(malformed.reason)
        else:
            self._receive(packets)

    def pause_writing(self) -> None:
        self._pause(Pause.UNREAD)
        self._slow = self._loop.call_later(self._gate.limits.slow_reader_s, self._drop_slow)

    def resume_writing(self) -> None:
        if self._slow is not None:
            self._slow.cancel()
            self._slow = None
        self._go_on(Pause.UNREAD)

    def connection_lost(self, _error: Exception | None) -> None:
        self._is_over = True
        self._alarm.cancel()
        if self._slow is not None:
            self._slow.cancel()
        if self._address is not None:
            self._address.connections -= 1
        self._speak_will()
        self._gate.lost(self)

    @property
    def is_writable(self) -> bool:
        return not (self._is_over or self._pauses & Pause.UNREAD)

    @property
    def unsent_bytes(self) -> int:
        return 0 if self._is_over else self._transport.get_write_buffer_size()

    def send(self, packets: bytes) -> None:
        if not self._is_over:
            self._transport.write(packets)

    def resume(self) -> None:
        self._heard_s = self._loop.time()  # nobody could be heard meanwhile
        self._go_on(Pause.BEHIND)

    def abandon(self, reason: str) -> None:
        """The client did not ask for this end, so its will is spoken."""
        if self._is_over:
            return
        who = self.client.name if self.client else "a stranger"
        logger.info("connection of %s ended: %s", who, reason)
        self._speak_will()
        self._hang_up()

    def stop_reading(self) -> None:
        self._pause(Pause.BEHIND)

    def close(self) -> None:
        """An end in good order: the client said goodbye, or the platform goes."""
        self._will = None
        self._hang_up()

    def _receive(self, packets: Sequence[mqtt.Packet]) -> None:
        client = self.client
        for packet in packets:
            if self._is_over:
                return
            if client is None:
                self._hear_stranger(packet)
            elif type(packet) is mqtt.Publish:
                client.publish(packet, self._received_at)
            else:
                self._take(client, packet)
        if client is not None and not self._is_over:
            self._heard_s = now_s = self._loop.time()
            self._slow_down(len(packets), now_s)
            if self._gate.batches.is_full:
                self._gate.batches.hold_back(self)
                self.stop_reading()

    def _slow_down(self, count: int, now_s: float) -> None:
        wait_s = self._bucket.add(count, now_s)
        if self._address is not None:
            wait_s = max(wait_s, self._address.messages.add(count, now_s))
        if wait_s > 0 and not self._pauses & Pause.TOO_FAST:
            self._gate.counters.throttled += 1
            self._pause(Pause.TOO_FAST)
            self._loop.call_later(wait_s, self._fast_enough)

    def _fast_enough(self) -> None:
        self._heard_s = self._loop.time()
        self._go_on(Pause.TOO_FAST)

    def _hear_stranger(self, packet: mqtt.Packet) -> None:
        if self._connect is not None:
            self._early.append(packet)
            return
        match packet:
            case mqtt.Connect(client_id="", is_clean_session=False):
                self._refuse(ConnackCode.IDENTIFIER_REJECTED, "an empty client id")
            case mqtt.Connect(username=str(), password=bytes()):
                self._ask(packet)
            case mqtt.Connect():
                self._refuse(ConnackCode.BAD_CREDENTIALS, "no user name or no password")
            case mqtt.UnsupportedConnect(level):
                # In the form of 3.1.1, as 3.1.2.2 says. The form of MQTT 5 (reason 0x84) would
                # be understood too, but gmqtt then gives up instead of falling back.
                self._refuse(ConnackCode.UNACCEPTABLE_PROTOCOL, f"protocol level {level}")
            case _:
                self._break_off("the first packet is no CONNECT")

    def _ask(self, connect: mqtt.Connect) -> None:
        address = self._address
        if address is not None and address.failed_sign_ins.is_full(self._loop.time()):
            self._refuse(ConnackCode.SERVER_UNAVAILABLE, "too many wrong secrets from there")
        elif self._gate.is_certified and connect.username != self._common_name():
            reason = f"{connect.username!r:.80} with the certificate of another"
            self._refuse(ConnackCode.NOT_AUTHORISED, reason)
        else:
            self._connect = connect
            self._admission = asyncio.create_task(self._gate.admit(connect))
            self._admission.add_done_callback(self._admit)
            self._pause(Pause.ASKED)

    def _common_name(self) -> str | None:
        """Of the certificate that the listener has verified."""
        certificate: dict[str, Any] = self._transport.get_extra_info("peercert") or {}
        names = dict(part for parts in certificate.get("subject", ()) for part in parts)
        return names.get("commonName")

    def _refuse(self, code: ConnackCode, reason: str) -> None:
        self._gate.counters.refused += 1
        self.send(mqtt.encode(mqtt.Connack(code)))
        self.abandon(f"refused, {reason}")

    def _admit(self, admission: asyncio.Task[Client | None]) -> None:
        connect, self._admission = self._connect, None
        if connect is None or admission.cancelled() or self._is_over:
            return
        failure = admission.exception()
        if failure is not None:
            logger.error("could not authenticate %.80r", connect.username, exc_info=failure)
            self._refuse(ConnackCode.SERVER_UNAVAILABLE, "the registry did not answer")
            return
        client = admission.result()
        if client is None:
            self._note_wrong_secret()
            self._refuse(
                ConnackCode.BAD_CREDENTIALS, f"wrong secret for {connect.username!r:.80}"
            )
        elif connect.will is not None and not client.may_publish(connect.will.topic):
            self._refuse(ConnackCode.NOT_AUTHORISED, f"a will to {connect.will.topic!r:.80}")
        else:
            self._start(client, connect)

    def _note_wrong_secret(self) -> None:
        self._gate.counters.failed_sign_ins += 1
        if self._address is not None:
            self._address.failed_sign_ins.add(1, self._loop.time())

    def _start(self, client: Client, connect: mqtt.Connect) -> None:
        self.client = client
        self._connect = None
        self._will = connect.will
        self._gate.counters.connections += 1
        self._gate.admitted(self, client)
        self._patience_s = PATIENCE * connect.keep_alive_s
        self._heard_s = self._loop.time()
        self._alarm.cancel()
        if connect.keep_alive_s:
            self._check_silence()
        self.send(mqtt.encode(mqtt.Connack(has_session=client.has_session)))
        client.started(self)
        self._go_on(Pause.ASKED)
        early, self._early = self._early, []
        self._receive(early)

    def _take(self, client: Client, packet: mqtt.Packet) -> None:
        match packet:
            case mqtt.Puback(packet_id):
                client.acknowledge(packet_id)
            case mqtt.Pingreq():
                self.send(mqtt.encode(mqtt.Pingresp()))
            case mqtt.Pubrel(packet_id):
                self.send(mqtt.encode(mqtt.Pubcomp(packet_id)))
            case mqtt.Subscribe(packet_id, filters):
                codes = tuple(client.subscribe(*each) for each in filters)
                self.send(mqtt.encode(mqtt.Suback(packet_id, codes)))
                client.subscribed()
            case mqtt.Unsubscribe(packet_id, filters):
                client.unsubscribe(filters)
                self.send(mqtt.encode(mqtt.Unsuback(packet_id)))
            case mqtt.OversizedPublish():
                client.refuse_oversized(packet, self._received_at)
            case mqtt.Disconnect():
                self.close()
            case _:
                self._break_off(f"a {type(packet).__name__} from a client in session")

    def _speak_will(self) -> None:
        will, self._will = self._will, None
        if will is not None and self.client is not None:
            self.client.speak(will, self._gate.clock.now())

    def _hang_up(self) -> None:
        self._is_over = True
        if self._pauses & Pause.UNREAD:
            self._transport.abort()  # close() would wait until everything is read
        else:
            self._transport.close()

    def _drop_slow(self) -> None:
        self._gate.counters.slow_readers += 1
        self.abandon(f"it read nothing for {self._gate.limits.slow_reader_s:g} s")

    def _break_off(self, reason: str) -> None:
        if not self._is_over:
            self._gate.counters.malformed += 1
            self.abandon(f"malformed, {reason}")

    def _pause(self, reason: Pause) -> None:
        self._pauses |= reason
        self._transport.pause_reading()

    def _go_on(self, reason: Pause) -> None:
        self._pauses &= ~reason
        if not self._pauses:
            self._transport.resume_reading()

    def _check_silence(self) -> None:
        now_s = self._loop.time()
        if self._pauses & (Pause.BEHIND | Pause.TOO_FAST):
            self._heard_s = now_s
        left_s = self._heard_s + self._patience_s - now_s
        if left_s <= 0:
            self.abandon(f"silent for {self._patience_s:g} s")
        else:
            self._alarm = self._loop.call_later(left_s, self._check_silence)
