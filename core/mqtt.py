"""MQTT 3.1.1: packets as values, their bytes, and topic filters.

Pure. `core.mqtt_decoder` goes the other way. Shared by the gateway, the subscriber and the
simulator. Source: OASIS MQTT 3.1.1; section numbers are those of the standard.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final, TypeAlias

from msgspec import Struct

LONGEST_FIELD: Final = 65_535  # bytes of a string or of binary data, 1.5.3
LONGEST_BODY: Final = 268_435_455  # bytes after the fixed header, 2.2.3
SUBSCRIPTION_REFUSED: Final = 0x80  # return code in a SUBACK, 3.9.3

PROTOCOL_LEVEL: Final = 4  # of MQTT 3.1.1
PUBLISH: Final = 0x30  # first byte without its flags
_U16: Final = struct.Struct(">H")
_REPLY: Final = struct.Struct(">HH").pack


class ConnackCode(IntEnum):
    ACCEPTED = 0
    UNACCEPTABLE_PROTOCOL = 1
    IDENTIFIER_REJECTED = 2
    SERVER_UNAVAILABLE = 3
    BAD_CREDENTIALS = 4
    NOT_AUTHORISED = 5


@dataclass(frozen=True, slots=True)
class Will:
    topic: str
    payload: bytes
    qos: int = 0
    is_retained: bool = False


@dataclass(frozen=True, slots=True)
class Connect:
    client_id: str
    is_clean_session: bool = True
    keep_alive_s: int = 60  # 0: none
    username: str | None = None
    password: bytes | None = None
    will: Will | None = None


@dataclass(frozen=True, slots=True)
class UnsupportedConnect:
    """A CONNECT of another version than 3.1.1; decoded only."""

    protocol_level: int  # 3 is MQTT 3.1, 5 is MQTT 5


@dataclass(frozen=True, slots=True)
class Connack:
    code: ConnackCode = ConnackCode.ACCEPTED
    has_session: bool = False


class Publish(Struct, gc=False):
    topic: str
    payload: bytes
    qos: int = 0
    packet_id: int = 0  # 1 to 65,535 when qos > 0
    is_retained: bool = False
    is_duplicate: bool = False


@dataclass(frozen=True, slots=True)
class OversizedPublish:
    """A PUBLISH above the decoder's bound, known by its head; the payload is skipped unread.
    Decoded only.
    """

    topic: str
    payload_bytes: int
    qos: int
    packet_id: int


@dataclass(frozen=True, slots=True)
class Puback:
    packet_id: int


@dataclass(frozen=True, slots=True)
class Pubrec:
    packet_id: int


@dataclass(frozen=True, slots=True)
class Pubrel:
    packet_id: int


@dataclass(frozen=True, slots=True)
class Pubcomp:
    packet_id: int


@dataclass(frozen=True, slots=True)
class Subscribe:
    packet_id: int
    filters: tuple[tuple[str, int], ...]  # (topic filter, highest qos wanted)


@dataclass(frozen=True, slots=True)
class Suback:
    packet_id: int
    codes: tuple[int, ...]  # qos granted or SUBSCRIPTION_REFUSED, one for each filter


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    packet_id: int
    filters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unsuback:
    packet_id: int


@dataclass(frozen=True, slots=True)
class Pingreq:
    pass


@dataclass(frozen=True, slots=True)
class Pingresp:
    pass


@dataclass(frozen=True, slots=True)
class Disconnect:
    pass


Packet: TypeAlias = (
    Connect | UnsupportedConnect | Connack
    | Publish | OversizedPublish | Puback | Pubrec | Pubrel | Pubcomp
    | Subscribe | Suback | Unsubscribe | Unsuback
    | Pingreq | Pingresp | Disconnect
)  # fmt: skip


def encode(packet: Packet) -> bytes:
    """Raises ValueError for what 3.1.1 cannot carry: a longer field, a packet id of 0."""
    return _ENCODERS[type(packet)](packet)


def reply_to(packet: Publish | OversizedPublish) -> bytes:
    """The acknowledgement that its qos asks for; nothing for qos 0."""
    if packet.qos == 0:
        return b""
    return _REPLY(0x4002 if packet.qos == 1 else 0x5002, packet.packet_id)


def _framed(first_byte: int, body: bytes) -> bytes:
    left = len(body)
    if left < 0x80:
        return bytes((first_byte, left)) + body
    if left > LONGEST_BODY:
        raise ValueError(f"a packet of {left} bytes is above {LONGEST_BODY}")
    header = bytearray((first_byte,))
    while left > 0x7F:
        header.append(left & 0x7F | 0x80)
        left >>= 7
    header.append(left)
    return bytes(header) + body


def _field(raw: bytes) -> bytes:
    if len(raw) > LONGEST_FIELD:
        raise ValueError(f"a field of {len(raw)} bytes is above {LONGEST_FIELD}")
    return _U16.pack(len(raw)) + raw


def _number(packet_id: int) -> bytes:
    if not 0 < packet_id <= 0xFFFF:
        raise ValueError(f"packet id {packet_id} is not in 1 to 65535")
    return _U16.pack(packet_id)


def _encode_publish(packet: Publish) -> bytes:
    flags = packet.is_duplicate << 3 | packet.qos << 1 | packet.is_retained
    number = _number(packet.packet_id) if packet.qos else b""
    return _framed(PUBLISH | flags, _field(packet.topic.encode()) + number + packet.payload)


def _encode_connect(packet: Connect) -> bytes:
    flags = packet.is_clean_session << 1
    fields = [packet.client_id.encode()]
    if packet.will is not None:
        flags |= 0x04 | packet.will.qos << 3 | packet.will.is_retained << 5
        fields += [packet.will.topic.encode(), packet.will.payload]
    if packet.username is not None:
        flags |= 0x80
        fields.append(packet.username.encode())
    if packet.password is not None:
        flags |= 0x40
        fields.append(packet.password)
    head = _field(b"MQTT") + bytes((PROTOCOL_LEVEL, flags)) + _U16.pack(packet.keep_alive_s)
    return _framed(0x10, head + b"".join(map(_field, fields)))


def _encode_subscribe(packet: Subscribe) -> bytes:
    filters = (_field(text.encode()) + bytes((qos,)) for text, qos in packet.filters)
    return _framed(0x82, _number(packet.packet_id) + b"".join(filters))


def _encode_unsubscribe(packet: Unsubscribe) -> bytes:
    filters = (_field(text.encode()) for text in packet.filters)
    return _framed(0xA2, _number(packet.packet_id) + b"".join(filters))


def _numbered(first_byte: int) -> Callable[[Any], bytes]:
    return lambda packet: bytes((first_byte, 2)) + _number(packet.packet_id)


def _empty(first_byte: int) -> Callable[[Any], bytes]:
    return lambda _: bytes((first_byte, 0))


_ENCODERS: Final[dict[type[Any], Callable[[Any], bytes]]] = {
    Connect: _encode_connect,
    Connack: lambda packet: bytes((0x20, 2, packet.has_session, packet.code)),
    Publish: _encode_publish,
    Puback: _numbered(0x40),
    Pubrec: _numbered(0x50),
    Pubrel: _numbered(0x62),
    Pubcomp: _numbered(0x70),
    Subscribe: _encode_subscribe,
    Suback: lambda packet: _framed(0x90, _number(packet.packet_id) + bytes(packet.codes)),
    Unsubscribe: _encode_unsubscribe,
    Unsuback: _numbered(0xB0),
    Pingreq: _empty(0xC0),
    Pingresp: _empty(0xD0),
    Disconnect: _empty(0xE0),
}


def is_topic(text: str) -> bool:
    """What one may publish to, 4.7."""
    return text != "" and "+" not in text and "#" not in text


def is_filter(text: str) -> bool:
    """What one may subscribe to: `+` fills a whole level, `#` the last one, 4.7.1."""
    levels = text.split("/")
    return (
        text != ""
        and all(level == "+" or "+" not in level for level in levels)
        and all(level == "#" or "#" not in level for level in levels)
        and "#" not in levels[:-1]
    )


def matches(topic_filter: str, topic: str) -> bool:
    """Wildcards in the first level leave out topics that start with `$`, 4.7.2."""
    if topic.startswith("$") and topic_filter[:1] in {"+", "#"}:
        return False
    wanted, present = topic_filter.split("/"), topic.split("/")
    if wanted[-1] == "#":
        wanted.pop()
        present = present[: len(wanted)]
    return len(wanted) == len(present) and all(
        level in {"+", name} for level, name in zip(wanted, present, strict=True)
    )
