"""Telemetry as the ingest takes it: what `devices.wire` says, read without a detour.

Pure. A message that is right, as nearly all are, is decoded in less than half of the time that
the models of the contract need. For any other the contract is asked, which names field and fix.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from devices import wire
from devices.wire import LARGEST_NUMBER, LARGEST_PAYLOAD, Channel, SlotState

Counter = Annotated[int, Meta(ge=0, le=LARGEST_NUMBER)]
Amount = Annotated[float, Meta(ge=0, le=1e12)]

NUL: Final = "\0"  # a text with it is rewritten by the contract


class Slot(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """The fields of `wire.SlotReading`."""

    level: Annotated[float, Meta(ge=0, le=1)] | None = None
    quantity_ml: Amount | None = None
    quantity_g: Amount | None = None
    quantity_pieces: Amount | None = None
    used_total_ml: Amount | None = None
    used_total_g: Amount | None = None
    used_total_pieces: Amount | None = None
    state: SlotState | None = None
    raw: Annotated[str, Meta(max_length=200)] | None = None

    def __str__(self) -> str:
        return msgspec.json.encode(self).decode()


class Telemetry(Struct, frozen=True, kw_only=True, gc=False):
    """The fields of `wire.Telemetry`."""

    v: Annotated[int, Meta(ge=1, le=1)]
    boot_id: Counter
    seq: Counter
    measured_at: Annotated[datetime, Meta(tz=True)] | None
    slots: Annotated[dict[str, Slot], Meta(min_length=1, max_length=32)]


class Parsed(Struct, frozen=True, gc=False):
    """`faults` holds the slots that were left out; the rest of the message is good."""

    message: Telemetry | wire.Event | wire.Status
    faults: tuple[wire.Fault, ...] = ()


DECODER: Final = msgspec.json.Decoder(Telemetry)
SLOT_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


def parse(channel: Channel, payload: bytes) -> Parsed | wire.Quarantined:
    message = decoded(payload) if channel == "telemetry" else None
    if message is None or not is_storable(message):
        return by_contract(channel, payload)
    return Parsed(message)


def by_contract(channel: Channel, payload: bytes) -> Parsed | wire.Quarantined:
    """It says what is wrong."""
    parsed = wire.parse(channel, payload)
    if isinstance(parsed, wire.Quarantined):
        return parsed
    return Parsed(taken(parsed.message), parsed.faults)


def decoded(payload: bytes) -> Telemetry | None:
    """None: the contract is to be asked; also if the message is not `is_storable`, but whoever
    knows the device sees that in passing.
    """
    if len(payload) > LARGEST_PAYLOAD:
        return None
    try:
        return DECODER.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def is_storable(message: Telemetry) -> bool:
    return all(
        is_slot_name(name) and NUL not in (said.raw or "")
        for name, said in message.slots.items()
    )


def is_slot_name(name: str) -> bool:
    return SLOT_NAME.fullmatch(name) is not None


def taken(
    message: wire.Telemetry | wire.Event | wire.Status,
) -> Telemetry | wire.Event | wire.Status:
    """The same message, as the ingest takes it."""
    if not isinstance(message, wire.Telemetry):
        return message
    slots: Mapping[str, wire.SlotReading] = message.slots
    return Telemetry(
        v=1,
        boot_id=message.boot_id,
        seq=message.seq,
        measured_at=message.measured_at,
        slots={name: Slot(**said.model_dump()) for name, said in slots.items()},
    )
