"""Topics and payloads v1: the contract with firmware.

Pure. Bytes become one typed value here, once. Unknown fields are ignored, because firmware is
updated on its own schedule; wrong or impossible values are quarantined with field and fix.
"""

import json
from enum import StrEnum
from typing import Annotated, Final, Literal, TypeVar

from msgspec import Struct
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
)
from pydantic_core import ErrorDetails

from devices.models import SlotName

LARGEST_PAYLOAD: Final = 16 * 1024  # bytes
LONGEST_VALUE: Final = 200  # characters of an offending value that are kept
LARGEST_NUMBER: Final = 2**53 - 1  # exact in JSON everywhere

Channel = Literal["telemetry", "event", "status"]


class SlotState(StrEnum):
    OK = "ok"
    LOW = "low"
    EMPTY = "empty"
    FULL = "full"
    SOME_REMAINING = "some_remaining"
    UNKNOWN = "unknown"
    NOT_FITTED = "not_fitted"
    UNSUPPORTED = "unsupported"


class EventKind(StrEnum):
    REFILLED = "refilled"
    REPLENISH_REQUESTED = "replenish_requested"
    CYCLE_FINISHED = "cycle_finished"
    FAULT = "fault"


class _Wire(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True, allow_inf_nan=False)


Counter = Annotated[int, Field(ge=0, le=LARGEST_NUMBER)]
Amount = Annotated[float, Field(ge=0, le=1e12)]


def storable(text: str) -> str:
    """PostgreSQL keeps no NUL in a text: it stands there as JSON would write it."""
    return text.replace("\0", r"\u0000")


Remark = Annotated[str, Field(max_length=200), AfterValidator(storable)]


class SlotReading(_Wire):
    """What one slot held at one moment: absolute, never a change since last time, so that a
    lost message is repaired by the next one.
    """

    level: Annotated[float, Field(ge=0, le=1)] | None = None  # fraction of the slot's capacity
    quantity_ml: Amount | None = None
    quantity_g: Amount | None = None
    quantity_pieces: Amount | None = None
    used_total_ml: Amount | None = None  # never falls over the life of the slot
    used_total_g: Amount | None = None
    used_total_pieces: Amount | None = None
    state: Annotated[SlotState, Field(strict=False)] | None = None
    raw: Remark | None = None  # stored, never computed on


class _Message(_Wire):
    v: Literal[1]
    boot_id: Counter
    seq: Counter
    measured_at: AwareDatetime | None  # device clock; null: the device has none


class Telemetry(_Message):
    """One message of one device. `(device_id, boot_id, seq)` names it for good."""

    slots: Annotated[dict[SlotName, SlotReading], Field(min_length=1, max_length=32)]


class Event(_Message):
    """Kept by the device and sent again, unchanged, until a receipt names it."""

    event: Annotated[EventKind, Field(strict=False)]
    slot: SlotName | None = None
    detail: Remark | None = None


class Status(_Wire):
    """Birth message and last will; retained."""

    v: Literal[1]
    state: Literal["online", "offline"]
    boot_id: Counter
    firmware: Annotated[str, Field(max_length=80), AfterValidator(storable)] | None = None


class Receipt(BaseModel):
    """These events, as (boot_id, seq), are committed."""

    events: list[tuple[int, int]]


class Fault(Struct, frozen=True, kw_only=True, gc=False):
    """Why something a device sent was not taken, and what to change in the firmware."""

    # bad_payload, too_large, unknown_device, revoked_device, unknown_slot, clock_ahead,
    # old_boot, glitch or not_processed
    code: str
    field: str
    value: str
    fix: str


class Parsed(Struct, frozen=True, gc=False):
    """`faults` holds the slots that were left out; the rest of the message is good."""

    message: Telemetry | Event | Status
    faults: tuple[Fault, ...] = ()


class Quarantined(Struct, frozen=True, gc=False):
    """Nothing of the message could be used."""

    fault: Fault


def topic(device_id: str, channel: str) -> str:
    return f"v1/devices/{device_id}/{channel}"


def split_topic(text: str) -> tuple[str, str] | None:
    """(device id, channel) of a device's topic, None for any other."""
    match text.split("/"):
        case ["v1", "devices", device_id, channel] if device_id:
            return device_id, channel
    return None


def parse(channel: Channel, payload: bytes) -> Parsed | Quarantined:
    if len(payload) > LARGEST_PAYLOAD:
        size = f"{len(payload)} bytes"
        fix = f"send at most {LARGEST_PAYLOAD} bytes in one message"
        return Quarantined(Fault(code="too_large", field="payload", value=size, fix=fix))
    match channel:
        case "telemetry":
            return _parse_telemetry(payload)
        case "event":
            return _parse_as(Event, payload)
        case "status":
            return _parse_as(Status, payload)


M = TypeVar("M", Event, Status)


def _parse_as(model: type[M], payload: bytes) -> Parsed | Quarantined:
    try:
        return Parsed(model.model_validate_json(payload))
    except ValidationError as error:
        return Quarantined(_fault(error.errors()[0]))


def _parse_telemetry(payload: bytes) -> Parsed | Quarantined:
    try:
        return Parsed(Telemetry.model_validate_json(payload))
    except ValidationError as error:
        return _without_bad_slots(payload, error)


def _without_bad_slots(payload: bytes, error: ValidationError) -> Parsed | Quarantined:
    """One slot's nonsense must not cost the readings of its neighbours."""
    problems = error.errors()
    if any(each["loc"][:1] != ("slots",) or len(each["loc"]) < 2 for each in problems):
        return Quarantined(_fault(problems[0]))
    bad = {each["loc"][1]: each for each in problems}
    raw = json.loads(payload)
    raw["slots"] = {name: slot for name, slot in raw["slots"].items() if name not in bad}
    if not raw["slots"]:
        return Quarantined(_fault(problems[0]))
    good = Telemetry.model_validate_json(json.dumps(raw))
    return Parsed(good, tuple(_fault(each) for each in bad.values()))


def _fault(problem: ErrorDetails) -> Fault:
    field = ".".join(str(part) for part in problem["loc"]) or "payload"
    return Fault(
        code="bad_payload",
        field=field,
        value=repr(problem["input"])[:LONGEST_VALUE],
        fix=f"{field}: {problem['msg']}",
    )
