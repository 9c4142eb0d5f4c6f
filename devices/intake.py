"""What is good in one message of one device, and what is not and why.

Pure. A fault costs the slot it concerns, never its neighbours. Device and slots are given as
they were known before the message.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from devices import telemetry, wire
from devices.checkpoints import Track
from devices.levels import JUMP, STATE, USAGE, Key, Measured
from devices.models import Gauge, Measure, Unit
from devices.wire import Fault

CLOCK_AHEAD: Final = timedelta(days=1)
CLOCK_BEHIND: Final = -timedelta(days=400)  # nothing older is kept: such a clock was never set
Place = tuple[str, str]  # (device_id, slot)
StockId = str  # as the database spells a UUID, which takes longer to make than its row
ReadingName = tuple[str, str, int, int]  # (device_id, slot, boot_id, seq)

# What a message may say in each unit: how much is there, and how much was used in total.
IN_UNIT: Final[dict[Unit, Callable[[telemetry.Slot], tuple[float | None, float | None]]]] = {
    "ml": attrgetter("quantity_ml", "used_total_ml"),
    "g": attrgetter("quantity_g", "used_total_g"),
    "pieces": attrgetter("quantity_pieces", "used_total_pieces"),
    "fill": lambda _: (None, None),
}
OF_ONE_SLOT: Final = frozenset({wire.EventKind.REFILLED, wire.EventKind.REPLENISH_REQUESTED})


class Arrival(Struct, frozen=True, array_like=True, gc=False):
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


def amount_of(level: float | None, quantity: float | None, gauge: Gauge) -> float | None:
    """Units that can be used (consumed) or that are free (filled)."""
    amount = quantity if level is None else level * gauge.capacity
    if amount is not None and gauge.direction == "filled":
        amount = max(0.0, gauge.capacity - amount)
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


class KnownSlot(Struct, kw_only=True, gc=False):
    """As before the batch; only `devices.memory` changes it, when all is written."""

    place: Place
    device_id: str
    slot: str
    stock_id: StockId | None
    gauge: Gauge
    track: Track
    heard_at: datetime | None


class KnownDevice(Struct, kw_only=True):
    """`boot_id`: the highest that was heard. `last_heard_at`: when it said anything else than
    what changes a slot, whose `heard_at` tells that. Its slots are as before the batch.
    """

    device_id: str
    zone: ZoneInfo
    is_revoked: bool
    boot_id: int
    last_heard_at: datetime
    is_online: bool
    firmware: str | None
    slots: dict[str, KnownSlot] = {}  # each has its own: msgspec copies an empty one

    def hear(self, taken: "Taken", received_at: datetime) -> bool:
        """What a message says of the device itself; whether that is anything new."""
        is_started = taken.boot_id > self.boot_id
        if is_started:
            self.boot_id = taken.boot_id
        if taken.readings:
            return is_started
        self.last_heard_at = max(self.last_heard_at, received_at)
        status = taken.status
        # A last will or birth of an earlier start says nothing about now.
        if status and status.boot_id >= self.boot_id:
            self.is_online = status.state == "online"
            self.firmware = status.firmware or self.firmware
        return True


class Taken(Struct, kw_only=True, gc=False):
    """`late`: those of the readings after which something newer was folded already, or which
    were folded themselves.
    """

    faults: list[Fault] = []  # each has its own: msgspec copies an empty one
    readings: list[Reading] = []
    late: list[ReadingName] = []
    event: DeviceEvent | None = None
    status: wire.Status | None = None
    boot_id: int = -1  # of what was good in it


def take(device: KnownDevice | None, arrival: Arrival) -> Taken:
    if device is None or device.is_revoked:
        return Taken(faults=[_stranger(device, arrival.device_id)])
    if arrival.fault:
        return Taken(faults=[arrival.fault])
    if arrival.channel == "telemetry":
        message = telemetry.decoded(arrival.payload)
        if message is not None:  # as nearly always
            return _take_telemetry(device, message, arrival, [])
    return _by_contract(device, arrival)


def _by_contract(device: KnownDevice, arrival: Arrival) -> Taken:
    parsed = telemetry.by_contract(arrival.channel, arrival.payload)
    if isinstance(parsed, wire.Quarantined):
        return Taken(faults=[parsed.fault])
    message = parsed.message
    if isinstance(message, wire.Status):
        return Taken(status=message, boot_id=message.boot_id)
    if isinstance(message, wire.Event):
        return _take_event(device, message, arrival.received_at)
    return _take_telemetry(device, message, arrival, list(parsed.faults))


def _take_telemetry(
    device: KnownDevice,
    message: telemetry.Telemetry,
    arrival: Arrival,
    faults: list[Fault],
) -> Taken:
    """`faults`: of the slots that were left out."""
    received_at = arrival.received_at
    at = _measured_at(message.measured_at, received_at)
    if not isinstance(at, datetime):
        return Taken(faults=[at])
    boot_id = message.boot_id
    key, is_old = (boot_id, message.seq), boot_id < device.boot_id
    has_clock = at is message.measured_at
    readings: list[Reading] = []
    late: list[ReadingName] = []
    for name, said in message.slots.items():
        slot = device.slots.get(name)
        if slot is None:
            if not telemetry.is_slot_name(name):
                return _by_contract(device, arrival)
            faults.append(_unknown_slot(device, f"slots.{name}", name))
            continue
        reading = _reading(slot, said, key, at, received_at, has_clock)
        fault = _lost_boot(device, slot, boot_id, at) if is_old else None
        fault = fault or _wrong_measure(said, slot.gauge, reading)
        if fault:
            faults.append(fault)
            continue
        readings.append(reading)
        if key <= slot.track.fold.key:
            late.append(reading.name)
    return Taken(
        faults=faults, readings=readings, late=late, boot_id=boot_id if readings else -1
    )


def _measured_at(at: datetime | None, received_at: datetime) -> datetime | Fault:
    """`at`, or `received_at` where the device has no clock or never set it."""
    if at is None:
        return received_at
    ahead = at - received_at
    if ahead > CLOCK_AHEAD:
        return _clock_ahead(at, received_at)
    return at if ahead >= CLOCK_BEHIND else received_at


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


def _reading(
    slot: KnownSlot,
    said: telemetry.Slot,
    key: Key,
    at: datetime,
    received_at: datetime,
    has_clock: bool,
) -> Reading:
    gauge, level, raw = slot.gauge, said.level, said.raw
    quantity, used_total = IN_UNIT[gauge.unit](said)
    return Reading(
        key=key,
        at=at,
        amount=amount_of(level, quantity, gauge),
        used_total=used_total,
        state=said.state,
        device_id=slot.device_id,
        slot=slot.slot,
        received_at=received_at,
        has_clock=has_clock,
        level=level,
        quantity=quantity,
        raw=wire.storable(raw) if raw and telemetry.NUL in raw else raw,
    )


def _take_event(device: KnownDevice, message: wire.Event, received_at: datetime) -> Taken:
    measured_at = _measured_at(message.measured_at, received_at)
    if not isinstance(measured_at, datetime):
        return Taken(faults=[measured_at])
    slots = device.slots
    name = message.slot
    if name is None and message.event in OF_ONE_SLOT and len(slots) == 1:
        name = next(iter(slots))
    if name not in slots and (name is not None or message.event in OF_ONE_SLOT):
        return Taken(faults=[_unknown_slot(device, "slot", name or "none")])
    fault = _lost_boot(device, slots[name], message.boot_id, measured_at) if name else None
    if fault:
        return Taken(faults=[fault])
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


def _wrong_measure(said: telemetry.Slot, gauge: Gauge, reading: Reading) -> Fault | None:
    quantity = reading.quantity
    if quantity is not None and quantity > gauge.capacity * (1 + JUMP):
        most = f"the slot holds {gauge.capacity} {gauge.unit}; send what is in it"
        return _bad_slot(gauge, f"quantity_{gauge.unit}", f"{quantity:g}", most)
    measure = gauge.measure
    found = reading.used_total if measure is USAGE else reading.amount
    if reading.state is not None or (found is not None and measure is not STATE):
        return None
    wanted = _wanted(gauge)
    fix = f"send `{wanted}`, as the device model declares"
    return _bad_slot(gauge, wanted, str(said), fix)


def _wanted(gauge: Gauge) -> str:
    """The field without which a slot like this says nothing."""
    match gauge.measure:
        case Measure.LEVEL | Measure.STATE:
            return str(gauge.measure)
        case Measure.QUANTITY:
            return f"quantity_{gauge.unit}"
        case Measure.USAGE:
            return f"used_total_{gauge.unit}"


def _bad_slot(gauge: Gauge, name: str, value: str, fix: str) -> Fault:
    return Fault(
        code="bad_payload",
        field=f"slots.{gauge.slot}.{name}",
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
