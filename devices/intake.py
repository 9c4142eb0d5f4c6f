"""What is good in one message of one device, and what is not and why.

Pure. A fault costs the slot it concerns, never its neighbours. Device and slots are given as
they were known before the message.
"""

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from devices import telemetry, wire
from devices.checkpoints import Track
from devices.levels import JUMP, LEVEL, LONG_AGO, QUANTITY, USAGE, Key, Measured
from devices.models import SlotSpec
from devices.wire import Fault

CLOCK_AHEAD: Final = timedelta(days=1)
CLOCK_BEHIND: Final = -timedelta(days=400)  # nothing older is kept: such a clock was never set
Place = tuple[str, str]  # (device_id, slot)
StockId = str  # as the database spells a UUID, which takes longer to make than its row
ReadingName = tuple[str, str, int, int]  # (device_id, slot, boot_id, seq)

OF_ONE_SLOT: Final = frozenset({wire.EventKind.REFILLED, wire.EventKind.REPLENISH_REQUESTED})


class Arrival(Struct, frozen=True, gc=False):
    """One message as it came. `received_at`: the platform's business time."""

    device_id: str
    channel: wire.Channel
    payload: bytes
    received_at: datetime
    fault: Fault | None = None  # found at the door, which kept nothing of the payload

    @property
    def topic(self) -> str:
        return wire.topic(self.device_id, self.channel)


class Reading(Measured, frozen=True, kw_only=True, gc=False):
    """What one message said of one slot, as it is stored."""

    device_id: str
    slot: str
    received_at: datetime
    has_clock: bool
    level: float | None
    quantity: float | None  # units of the slot
    raw: str | None

    @property
    def name(self) -> ReadingName:
        return (self.device_id, self.slot, *self.key)


def amount_of(level: float | None, quantity: float | None, spec: SlotSpec) -> float | None:
    """Units that can be used (consumed) or that are free (filled)."""
    amount = quantity if level is None else level * spec.capacity
    if amount is not None and spec.direction == "filled":
        amount = max(0.0, spec.capacity - amount)
    return amount


class DeviceEvent(Struct, frozen=True, kw_only=True, gc=False):
    device_id: str
    boot_id: int
    seq: int
    event: wire.EventKind
    slot: str | None
    detail: str | None
    measured_at: datetime
    received_at: datetime

    @property
    def key(self) -> Key:
        return self.boot_id, self.seq


class KnownSlot(Struct, frozen=True, kw_only=True, gc=False):
    device_id: str
    slot: str
    stock_id: StockId | None
    spec: SlotSpec
    track: Track
    heard_at: datetime | None

    @property
    def place(self) -> Place:
        return self.device_id, self.slot


class KnownDevice(Struct, frozen=True, kw_only=True):
    device_id: str
    zone: ZoneInfo
    is_revoked: bool
    boot_id: int
    last_heard_at: datetime | None
    is_online: bool
    firmware: str | None
    slots: dict[str, KnownSlot] = {}  # each has its own: msgspec copies an empty one


class Taken(Struct, frozen=True, kw_only=True, gc=False):
    """`late`: those of the readings after which something newer was folded already, or which
    were folded themselves.
    """

    faults: tuple[Fault, ...] = ()
    readings: tuple[Reading, ...] = ()
    late: tuple[ReadingName, ...] = ()
    event: DeviceEvent | None = None
    status: wire.Status | None = None
    boot_id: int = -1  # of what was good in it


class Heard:
    """What a batch's messages say of the device itself."""

    def __init__(self, device: KnownDevice) -> None:
        self.device_id = device.device_id
        self.boot_id = device.boot_id
        self.last_heard_at = device.last_heard_at or LONG_AGO
        self.is_online = device.is_online
        self.firmware = device.firmware

    def add(self, taken: Taken, received_at: datetime) -> None:
        if received_at > self.last_heard_at:  # noqa: PLR1730 - max() costs more
            self.last_heard_at = received_at
        if taken.boot_id > self.boot_id:  # noqa: PLR1730
            self.boot_id = taken.boot_id
        status = taken.status
        # A last will or birth of an earlier start says nothing about now.
        if status and status.boot_id >= self.boot_id:
            self.is_online = status.state == "online"
            self.firmware = status.firmware or self.firmware


def take(device: KnownDevice | None, arrival: Arrival) -> Taken:
    if device is None or device.is_revoked:
        return Taken(faults=(_stranger(device, arrival.device_id),))
    if arrival.fault:
        return Taken(faults=(arrival.fault,))
    parsed = telemetry.parse(arrival.channel, arrival.payload)
    # What nearly every message is stands first: a class that it is not takes longer to ask.
    if not isinstance(parsed, telemetry.Parsed):
        return Taken(faults=(parsed.fault,))
    message = parsed.message
    if not isinstance(message, telemetry.Telemetry) and isinstance(message, wire.Status):
        return Taken(status=message, boot_id=message.boot_id)
    return _measured(device, message, parsed.faults, arrival.received_at)


def _measured(
    device: KnownDevice,
    message: telemetry.Telemetry | wire.Event,
    faults: tuple[Fault, ...],
    received_at: datetime,
) -> Taken:
    at, has_clock = message.measured_at, False
    if at is not None:
        ahead = at - received_at
        if ahead > CLOCK_AHEAD:
            return Taken(faults=(_clock_ahead(at, received_at),))
        has_clock = ahead >= CLOCK_BEHIND
    measured_at = at if at is not None and has_clock else received_at
    if isinstance(message, telemetry.Telemetry):
        moment = _Moment(device, measured_at, received_at, has_clock)
        return _take_readings(moment, message, faults)
    return _take_event(device, message, measured_at, received_at)


class _Moment(Struct, frozen=True, gc=False):
    device: KnownDevice
    measured_at: datetime
    received_at: datetime
    has_clock: bool


def _take_readings(
    moment: _Moment, message: telemetry.Telemetry, faults: tuple[Fault, ...]
) -> Taken:
    readings: tuple[Reading, ...] = ()
    late: tuple[ReadingName, ...] = ()
    key = message.boot_id, message.seq
    for name, said in message.slots.items():
        slot = moment.device.slots.get(name)
        if slot is None:
            faults = (*faults, _unknown_slot(moment.device, f"slots.{name}", name))
            continue
        reading = _reading(moment, slot, key, said)
        fault = _lost_boot(moment.device, slot, key[0], moment.measured_at)
        fault = fault or _wrong_measure(said, slot.spec, reading)
        if fault:
            faults = (*faults, fault)
            continue
        readings = (*readings, reading)
        if key <= slot.track.fold.key:
            late = (*late, reading.name)
    boot_id = message.boot_id if readings else -1
    return Taken(faults=faults, readings=readings, late=late, boot_id=boot_id)


def _lost_boot(
    device: KnownDevice, slot: KnownSlot, boot_id: int, measured_at: datetime
) -> Fault | None:
    """A boot before the saved state is a very late message if it was measured before it too,
    and otherwise a device that forgot how often it has started.
    """
    older = slot.track.saved.older
    if boot_id >= older.key[0] or not older.at or measured_at <= older.at:
        return None
    return Fault(
        code="old_boot",
        field="boot_id",
        value=str(boot_id),
        fix=f"boot_id must rise with every start and survive a power cut; "
        f"{device.boot_id} was seen already",
    )


def _reading(moment: _Moment, slot: KnownSlot, key: Key, said: telemetry.Slot) -> Reading:
    level, (quantity, used_total) = said.level, _in_unit(said, slot.spec.unit)
    return Reading(
        key=key,
        at=moment.measured_at,
        amount=amount_of(level, quantity, slot.spec),
        used_total=used_total,
        state=said.state,
        device_id=slot.device_id,
        slot=slot.slot,
        received_at=moment.received_at,
        has_clock=moment.has_clock,
        level=level,
        quantity=quantity,
        raw=said.raw,
    )


def _take_event(
    device: KnownDevice, message: wire.Event, measured_at: datetime, received_at: datetime
) -> Taken:
    slots = device.slots
    name = message.slot
    if name is None and message.event in OF_ONE_SLOT and len(slots) == 1:
        name = next(iter(slots))
    if name not in slots and (name is not None or message.event in OF_ONE_SLOT):
        return Taken(faults=(_unknown_slot(device, "slot", name or "none"),))
    fault = _lost_boot(device, slots[name], message.boot_id, measured_at) if name else None
    if fault:
        return Taken(faults=(fault,))
    event = DeviceEvent(
        device_id=device.device_id,
        boot_id=message.boot_id,
        seq=message.seq,
        event=message.event,
        slot=name,
        detail=message.detail,
        measured_at=measured_at,
        received_at=received_at,
    )
    return Taken(event=event, boot_id=message.boot_id)


def _in_unit(said: telemetry.Slot, unit: str) -> tuple[float | None, float | None]:
    """(quantity, used in total)"""
    match unit:
        case "ml":
            return said.quantity_ml, said.used_total_ml
        case "g":
            return said.quantity_g, said.used_total_g
        case "pieces":
            return said.quantity_pieces, said.used_total_pieces
    return None, None


def _wrong_measure(said: telemetry.Slot, spec: SlotSpec, reading: Reading) -> Fault | None:
    quantity = reading.quantity
    if quantity is not None and quantity > spec.capacity * (1 + JUMP):
        most = f"the slot holds {spec.capacity} {spec.unit}; send what is in it"
        return _bad_slot(spec, f"quantity_{spec.unit}", f"{quantity:g}", most)
    if said.state is not None:
        return None
    wanted = _missing(spec, reading)
    if wanted is None:
        return None
    fix = f"send `{wanted}`, as the device model declares"
    return _bad_slot(spec, wanted, str(said), fix)


def _missing(spec: SlotSpec, reading: Reading) -> str | None:
    """The field without which a slot like this says nothing."""
    measure = spec.measure
    if measure is LEVEL:
        return "level" if reading.amount is None else None
    if measure is QUANTITY:
        return f"quantity_{spec.unit}" if reading.amount is None else None
    if measure is USAGE:
        return f"used_total_{spec.unit}" if reading.used_total is None else None
    return "state"


def _bad_slot(spec: SlotSpec, name: str, value: str, fix: str) -> Fault:
    return Fault(
        code="bad_payload",
        field=f"slots.{spec.slot}.{name}",
        value=value[: wire.LONGEST_VALUE],
        fix=fix,
    )


def _unknown_slot(device: KnownDevice, where: str, name: str) -> Fault:
    slots = ", ".join(sorted(device.slots)) or "no slots"
    return Fault(
        code="unknown_slot",
        field=where,
        value=name,
        fix=f"name one of the slots of the device model: {slots}",
    )


def _stranger(device: KnownDevice | None, device_id: str) -> Fault:
    if device is None:
        code, fix = "unknown_device", "provision the device before it sends"
    else:
        code, fix = "revoked_device", "its credentials were revoked; provision it anew"
    return Fault(code=code, field="topic", value=device_id[: wire.LONGEST_VALUE], fix=fix)


def _clock_ahead(at: datetime, received_at: datetime) -> Fault:
    return Fault(
        code="clock_ahead",
        field="measured_at",
        value=at.isoformat(),
        fix=f"received at {received_at.isoformat()}; set the device's clock, or send null",
    )
