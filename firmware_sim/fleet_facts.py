"""What truly happened in a simulated fleet, one line of JSON each.

Pure. Units are the slot's own: ml, g or fills.
"""

from datetime import datetime
from typing import TypeAlias

import msgspec
from msgspec import Struct


class Made(Struct, frozen=True, gc=False, tag_field="fact"):
    device_id: str
    model: str
    serial: str  # of another device too, where serials are identical
    household: int | None


class Sent(Struct, frozen=True, gc=False, tag_field="fact"):
    """A reading or an event that a device has said; more than once if it was duplicated."""

    device_id: str
    channel: str
    boot_id: int
    seq: int
    payload: msgspec.Raw  # JSON as it is on the wire


class Acknowledged(Struct, frozen=True, gc=False, tag_field="fact"):
    device_id: str
    boot_id: int
    seq: int


class Received(Struct, frozen=True, gc=False, tag_field="fact"):
    """The platform's own receipt named an event."""

    device_id: str
    boot_id: int
    seq: int


class Injected(Struct, frozen=True, gc=False, tag_field="fact"):
    device_id: str
    fault: str
    at: datetime


class Garbled(Struct, frozen=True, gc=False, tag_field="fact"):
    """Garbage of one kind, at the end of the run: how often it was written to the line, and
    how often it was acknowledged.
    """

    device_id: str
    code: str  # that it is to be quarantined with
    sent: int
    acknowledged: int


class Left(Struct, frozen=True, gc=False, tag_field="fact"):
    """One slot at the end of the run."""

    device_id: str
    slot: str
    content: float
    used: float  # since the first reading
    refills: int
    capacity: float


Fact: TypeAlias = Made | Sent | Acknowledged | Received | Injected | Garbled | Left

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Fact)


def line(fact: Fact) -> bytes:
    return _encoder.encode(fact) + b"\n"


def of_line(text: bytes) -> Fact:
    fact: Fact = _decoder.decode(text)
    return fact
