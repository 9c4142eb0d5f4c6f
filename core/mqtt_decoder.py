"""MQTT 3.1.1 packets out of a stream of bytes.

Pure. Whatever arrives, `Decoder.feed` raises nothing but MalformedPacket, holds at most one
packet of the allowed size, and gives the same packets however the stream is cut.
Source: OASIS MQTT 3.1.1; section numbers are those of the standard.
"""

import struct
from collections.abc import Callable
from typing import Final

from core import mqtt

QOS_1: Final = mqtt.PUBLISH | 0x02  # first byte of a PUBLISH, neither retained nor sent again

_U16: Final = struct.Struct(">H")
# Its type and flags, a length of two bytes at most, and that of the topic.
_HEAD: Final = struct.Struct(">BBBH").unpack_from
_SMALLEST_PUBLISH: Final = 6  # bytes of a PUBLISH with a packet id


class MalformedPacket(Exception):
    """The stream cannot be read any further. `decoded_before` are the packets of the same chunk
    that came before the fault.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.decoded_before: list[mqtt.Packet] = []


def topic_of(raw: bytes) -> str:
    """Of a PUBLISH. Raises MalformedPacket."""
    topic = _text(raw)
    if not mqtt.is_topic(topic):
        raise MalformedPacket("a PUBLISH to an empty topic or to wildcards")
    return topic


class Decoder:
    """Packets out of a stream that arrives in pieces of any length."""

    __slots__ = ("_bytes_to_skip", "_max_packet_bytes", "_rest", "_topic_of")

    def __init__(
        self, max_packet_bytes: int, topic_of: Callable[[bytes], str] = topic_of
    ) -> None:
        """topic_of: where few topics come again and again, one that remembers them."""
        self._max_packet_bytes = max_packet_bytes
        self._rest = b""
        self._bytes_to_skip = 0
        self._topic_of = topic_of

    def feed(self, chunk: bytes) -> list[mqtt.Packet]:
        """The packets that are complete with this chunk. After MalformedPacket the decoder is
        of no further use.
        """
        packets: list[mqtt.Packet] = []
        try:
            if self._bytes_to_skip:
                chunk = self._without_skipped(chunk)
            self._decode(self._rest + chunk if self._rest else chunk, packets)
        except MalformedPacket as malformed:
            malformed.decoded_before = packets
            raise
        return packets

    def _without_skipped(self, chunk: bytes) -> bytes:
        skipped = min(self._bytes_to_skip, len(chunk))
        self._bytes_to_skip -= skipped
        return chunk[skipped:]

    def _decode(self, buffer: bytes, packets: list[mqtt.Packet]) -> None:
        at = self._small_publishes(buffer, 0, packets)
        while at < len(buffer):
            found = self._packet_at(buffer, at)
            if found is None:
                break
            packet, at = found
            packets.append(packet)
            at = self._small_publishes(buffer, at, packets)
        self._rest = buffer[at:]
        self._bytes_to_skip += max(0, at - len(buffer))

    def _small_publishes(self, buffer: bytes, at: int, packets: list[mqtt.Packet]) -> int:
        """Takes the packets that come by the thousand without a detour: complete, below 16 KiB,
        with qos 1. Returns where another one begins, which is left to `_packet_at`.
        """
        last = len(buffer)
        while last - at >= _SMALLEST_PUBLISH:
            first_byte, length, more, topic_bytes = _HEAD(buffer, at)
            start = at + 2
            if length < 0x80:
                topic_bytes = more << 8 | topic_bytes >> 8
            else:
                length, start = length & 0x7F | more << 7, at + 3
            end, number_at = start + length, start + 2 + topic_bytes
            if (
                first_byte != QOS_1
                or length > 0x3FFF
                or end > last
                or number_at + 2 > end
                or end - at > self._max_packet_bytes
            ):
                break
            packet_id = buffer[number_at] << 8 | buffer[number_at + 1]
            if packet_id == 0:
                break
            topic = self._topic_of(buffer[start + 2 : number_at])
            packets.append(mqtt.Publish(topic, buffer[number_at + 2 : end], 1, packet_id))
            at = end
        return at

    def _packet_at(self, buffer: bytes, at: int) -> tuple[mqtt.Packet, int] | None:
        """The packet that begins at `at`, and its end; None while bytes are missing."""
        first_byte = buffer[at]
        decode = _DECODERS.get(first_byte)
        if decode is None:
            raise MalformedPacket(f"no packet starts with 0x{first_byte:02x}")
        span = _body_span(buffer, at + 1)
        if span is None:
            return None
        start, end = span
        if end - at > self._max_packet_bytes:
            oversized = _oversized(first_byte, buffer, start, end)
            return None if oversized is None else (oversized, end)
        if end > len(buffer):
            return None
        return decode(first_byte, buffer[start:end]), end


def _body_span(buffer: bytes, at: int) -> tuple[int, int] | None:
    """(start, end) of the body whose length stands at `at`; None while bytes are missing."""
    length = 0
    for place, byte in enumerate(buffer[at : at + 4]):
        length |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            start = at + place + 1
            return start, start + length
    if len(buffer) >= at + 4:
        raise MalformedPacket("the length takes more than four bytes")
    return None


def _oversized(first_byte: int, buffer: bytes, start: int, end: int) -> mqtt.Packet | None:
    """None while the head is incomplete."""
    if first_byte & 0xF0 != mqtt.PUBLISH:
        raise MalformedPacket(f"a packet of {end - start} bytes is too large")
    present = buffer[start:end]
    if len(present) < 2 or len(present) < min(end - start, 4 + _U16.unpack_from(present)[0]):
        return None
    topic, packet_id, payload_at = _publish_head(first_byte, present)
    payload_bytes = end - start - payload_at
    return mqtt.OversizedPublish(topic, payload_bytes, first_byte >> 1 & 3, packet_id)


class _Reader:
    """Takes fields off the front of a body."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._at = 0

    def take(self, count: int) -> bytes:
        self._at += count
        if self._at > len(self._body):
            raise MalformedPacket("the packet ends inside a field")
        return self._body[self._at - count : self._at]

    def byte(self) -> int:
        return self.take(1)[0]

    def word(self) -> int:
        number: int = _U16.unpack(self.take(2))[0]
        return number

    def field(self) -> bytes:
        return self.take(self.word())

    def text(self) -> str:
        return _text(self.field())

    def number(self) -> int:
        packet_id = self.word()
        if packet_id == 0:
            raise MalformedPacket("packet id 0")
        return packet_id

    @property
    def has_more(self) -> bool:
        return self._at < len(self._body)

    def end(self) -> None:
        if self.has_more:
            raise MalformedPacket(f"{len(self._body) - self._at} bytes too many")


def _text(raw: bytes) -> str:
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise MalformedPacket("text is not UTF-8") from None
    if "\0" in text:
        raise MalformedPacket("text contains U+0000")
    return text


def _publish_head(first_byte: int, body: bytes) -> tuple[str, int, int]:
    """(topic, packet id or 0, where the payload starts)."""
    if len(body) < 2:
        raise MalformedPacket("the packet ends inside a field")
    payload_at = topic_end = 2 + (body[0] << 8 | body[1])
    if first_byte & 0x06:
        payload_at += 2
    if payload_at > len(body):
        raise MalformedPacket("the packet ends inside a field")
    topic = topic_of(body[2:topic_end])
    if payload_at == topic_end:
        return topic, 0, payload_at
    packet_id = body[topic_end] << 8 | body[topic_end + 1]
    if packet_id == 0:
        raise MalformedPacket("packet id 0")
    return topic, packet_id, payload_at


def _decode_publish(first_byte: int, body: bytes) -> mqtt.Publish:
    topic, packet_id, payload_at = _publish_head(first_byte, body)
    return mqtt.Publish(
        topic,
        body[payload_at:],
        first_byte >> 1 & 3,
        packet_id,
        bool(first_byte & 0x01),
        bool(first_byte & 0x08),
    )


def _decode_connect(_: int, body: bytes) -> mqtt.Connect | mqtt.UnsupportedConnect:
    reader = _Reader(body)
    name, level = reader.field(), reader.byte()
    if (name, level) in {(b"MQIsdp", 3), (b"MQTT", 5)}:
        return mqtt.UnsupportedConnect(level)
    if (name, level) != (b"MQTT", mqtt.PROTOCOL_LEVEL):
        raise MalformedPacket("a CONNECT of an unknown protocol")
    flags = reader.byte()
    if flags & 0x01 or flags & 0xC0 == 0x40:
        raise MalformedPacket("CONNECT flags that exclude each other")  # 3.1.2.3, 3.1.2.9
    packet = mqtt.Connect(
        keep_alive_s=reader.word(),
        client_id=reader.text(),
        is_clean_session=bool(flags & 0x02),
        will=_decode_will(flags, reader),
        username=reader.text() if flags & 0x80 else None,
        password=reader.field() if flags & 0x40 else None,
    )
    reader.end()
    return packet


def _decode_will(flags: int, reader: _Reader) -> mqtt.Will | None:
    qos, is_retained = flags >> 3 & 3, bool(flags & 0x20)
    if not flags & 0x04:
        if qos or is_retained:
            raise MalformedPacket("CONNECT flags that exclude each other")  # 3.1.2.6
        return None
    topic, payload = reader.text(), reader.field()
    if qos == 3 or not mqtt.is_topic(topic):
        raise MalformedPacket("a will that cannot be published")
    return mqtt.Will(topic, payload, qos, is_retained)


def _decode_connack(_: int, body: bytes) -> mqtt.Connack:
    if len(body) != 2 or body[0] > 1 or body[1] > max(mqtt.ConnackCode):
        raise MalformedPacket("a CONNACK of another version")
    return mqtt.Connack(mqtt.ConnackCode(body[1]), bool(body[0]))


def _decode_subscribe(_: int, body: bytes) -> mqtt.Subscribe:
    reader = _Reader(body)
    packet_id = reader.number()
    filters = []
    while reader.has_more:
        text, qos = _filter(reader), reader.byte()
        if qos > 2:
            raise MalformedPacket(f"a subscription with qos {qos}")
        filters.append((text, qos))
    if not filters:
        raise MalformedPacket("a SUBSCRIBE to nothing")
    return mqtt.Subscribe(packet_id, tuple(filters))


def _decode_suback(_: int, body: bytes) -> mqtt.Suback:
    reader = _Reader(body)
    packet_id, codes = reader.number(), tuple(body[2:])
    if not codes or not {0, 1, 2, mqtt.SUBSCRIPTION_REFUSED}.issuperset(codes):
        raise MalformedPacket("a SUBACK with unknown codes")
    return mqtt.Suback(packet_id, codes)


def _decode_unsubscribe(_: int, body: bytes) -> mqtt.Unsubscribe:
    reader = _Reader(body)
    packet_id = reader.number()
    filters = []
    while reader.has_more:
        filters.append(_filter(reader))
    if not filters:
        raise MalformedPacket("an UNSUBSCRIBE from nothing")
    return mqtt.Unsubscribe(packet_id, tuple(filters))


def _filter(reader: _Reader) -> str:
    text = reader.text()
    if not mqtt.is_filter(text):
        raise MalformedPacket("a topic filter with misplaced wildcards")
    return text


def _numbered(kind: Callable[[int], mqtt.Packet]) -> Callable[[int, bytes], mqtt.Packet]:
    def decode(_: int, body: bytes) -> mqtt.Packet:
        if len(body) != 2:
            raise MalformedPacket("an acknowledgement that is not two bytes long")
        return kind(_Reader(body).number())

    return decode


def _empty(kind: Callable[[], mqtt.Packet]) -> Callable[[int, bytes], mqtt.Packet]:
    def decode(_: int, body: bytes) -> mqtt.Packet:
        _Reader(body).end()
        return kind()

    return decode


# By first byte: the packet type and the flags that 2.2.2 allows with it.
_DECODERS: Final[dict[int, Callable[[int, bytes], mqtt.Packet]]] = {
    0x10: _decode_connect,
    0x20: _decode_connack,
    **{mqtt.PUBLISH | flags: _decode_publish for flags in range(16) if flags & 0x06 != 0x06},
    0x40: _numbered(mqtt.Puback),
    0x50: _numbered(mqtt.Pubrec),
    0x62: _numbered(mqtt.Pubrel),
    0x70: _numbered(mqtt.Pubcomp),
    0x82: _decode_subscribe,
    0x90: _decode_suback,
    0xA2: _decode_unsubscribe,
    0xB0: _numbered(mqtt.Unsuback),
    0xC0: _empty(mqtt.Pingreq),
    0xD0: _empty(mqtt.Pingresp),
    0xE0: _empty(mqtt.Disconnect),
}
