"""What is good in one message of one device, and what is not and why.

Pure. A fault costs the slot it concerns, never its neighbours. Device and slots are given as
they were known before the message.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from devices import telemetry, wire
from devices.checkpoints import Track
from devices.levels import JUMP, Key, Measured
from devices.models import Measure, SlotSpec
from devices.wire import Fault

CLOCK_AHEAD: Final = timedelta(days=1)
CLOCK_BEHIND: Final = timedelta(days=400)  # nothing older is kept: such a clock was never set
ReadingName = tuple[str, int, int, str]  # (device_id, boot_id, seq, slot)

OF_ONE_SLOT: Final = frozenset({wire.EventKind.REFILLED, wire.EventKind.REPLENISH_REQUESTED})


class Reading(Struct, frozen=True, kw_only=True, gc=False):
    """What one message said of one slot, as it is stored."""

    device_id: str
    boot_id: int
    seq: int
    slot: str
    measured_at: datetime
    received_at: datetime
    has_clock: bool
    level: float | None
    quantity: float | None  # units of the slot
    used_total: float | None
    state: str | None
    raw: str | None

    @property
    def key(self) -> Key:
        return self.boot_id, self.seq

    @property
    def name(self) -> ReadingName:
        return self.device_id, self.boot_id, self.seq, self.slot

    def measured(self, spec: SlotSpec) -> Measured:
        amount = self.quantity if self.level is None else self.level * spec.capacity
        if amount is not None and spec.direction == "filled":
            amount = max(0.0, spec.capacity - amount)
        return Measured(
            key=self.key,
            at=self.measured_at,
            amount=amount,
            used_total=self.used_total,
            state=wire.SlotState(self.state) if self.state else None,
        )


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
    stock_id: UUID | None
    spec: SlotSpec
    track: Track
    heard_at: datetime | None


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
    faults: tuple[Fault, ...] = ()
    readings: tuple[Reading, ...] = ()
    event: DeviceEvent | None = None
    status: wire.Status | None = None


def take(
    device: KnownDevice | None,
    device_id: str,
    parsed: telemetry.Parsed | wire.Quarantined,
    received_at: datetime,
) -> Taken:
    if device is None or device.is_revoked:
        return Taken(faults=(_stranger(device, device_id),))
    if isinstance(parsed, wire.Quarantined):
        return Taken(faults=(parsed.fault,))
    message = parsed.message
    if isinstance(message, wire.Status):
        return Taken(status=message)
    at, has_clock = message.measured_at, False
    if at:
        ahead = at - received_at
        if ahead > CLOCK_AHEAD:
            return Taken(faults=(_clock_ahead(at, received_at),))
        has_clock = ahead >= -CLOCK_BEHIND
    moment = _Moment(device, message, at if at and has_clock else received_at, received_at)
    if isinstance(message, wire.Event):
        return _take_event(moment, message)
    return _take_readings(moment, message, parsed.faults, has_clock=has_clock)


class _Moment(Struct, frozen=True, gc=False):
    device: KnownDevice
    message: telemetry.Telemetry | wire.Event
    measured_at: datetime
    received_at: datetime

    def lost_boot(self, slot: KnownSlot) -> Fault | None:
        """A boot before the saved state is a very late message if it was measured before it
        too, and otherwise a device that forgot how often it has started.
        """
        older, message = slot.track.older, self.message
        if message.boot_id >= older.key[0] or not older.at or self.measured_at <= older.at:
            return None
        return Fault(
            code="old_boot",
            field="boot_id",
            value=str(message.boot_id),
            fix=f"boot_id must rise with every start and survive a power cut; "
            f"{self.device.boot_id} was seen already",
        )


def _take_readings(
    moment: _Moment, message: telemetry.Telemetry, faults: tuple[Fault, ...], *, has_clock: bool
) -> Taken:
    found, readings = list(faults), []
    for name, said in message.slots.items():
        slot = moment.device.slots.get(name)
        if slot is None:
            found.append(_unknown_slot(moment.device, f"slots.{name}", name))
        elif fault := moment.lost_boot(slot) or _wrong_measure(said, slot.spec):
            found.append(fault)
        else:
            readings.append(_reading(moment, slot, said, has_clock=has_clock))
    return Taken(faults=tuple(found), readings=tuple(readings))


def _reading(
    moment: _Moment, slot: KnownSlot, said: telemetry.Slot, *, has_clock: bool
) -> Reading:
    level, quantity, used_total = _amounts(said, slot.spec)
    return Reading(
        device_id=slot.device_id,
        boot_id=moment.message.boot_id,
        seq=moment.message.seq,
        slot=slot.slot,
        measured_at=moment.measured_at,
        received_at=moment.received_at,
        has_clock=has_clock,
        level=level,
        quantity=quantity,
        used_total=used_total,
        state=said.state,
        raw=said.raw,
    )


def _take_event(moment: _Moment, message: wire.Event) -> Taken:
    slots = moment.device.slots
    name = message.slot
    if name is None and message.event in OF_ONE_SLOT and len(slots) == 1:
        name = next(iter(slots))
    if name not in slots and (name is not None or message.event in OF_ONE_SLOT):
        return Taken(faults=(_unknown_slot(moment.device, "slot", name or "none"),))
    fault = moment.lost_boot(slots[name]) if name else None
    if fault:
        return Taken(faults=(fault,))
    event = DeviceEvent(
        device_id=moment.device.device_id,
        boot_id=message.boot_id,
        seq=message.seq,
        event=message.event,
        slot=name,
        detail=message.detail,
        measured_at=moment.measured_at,
        received_at=moment.received_at,
    )
    return Taken(event=event)


def _amounts(
    said: telemetry.Slot, spec: SlotSpec
) -> tuple[float | None, float | None, float | None]:
    """(level, quantity, used in total), the latter two in the slot's unit."""
    match spec.unit:
        case "ml":
            return said.level, said.quantity_ml, said.used_total_ml
        case "g":
            return said.level, said.quantity_g, said.used_total_g
        case "pieces":
            return said.level, said.quantity_pieces, said.used_total_pieces
    return said.level, None, None


def _wrong_measure(said: telemetry.Slot, spec: SlotSpec) -> Fault | None:
    level, quantity, used_total = _amounts(said, spec)
    if quantity is not None and quantity > spec.capacity * (1 + JUMP):
        most = f"the slot holds {spec.capacity} {spec.unit}; send what is in it"
        return _bad_slot(spec, f"quantity_{spec.unit}", f"{quantity:g}", most)
    if said.state is not None:
        return None
    match spec.measure:
        case Measure.LEVEL if level is None and quantity is None:
            wanted = "level"
        case Measure.QUANTITY if level is None and quantity is None:
            wanted = f"quantity_{spec.unit}"
        case Measure.USAGE if used_total is None:
            wanted = f"used_total_{spec.unit}"
        case Measure.STATE:
            wanted = "state"
        case _:
            return None
    return _bad_slot(spec, wanted, str(said), f"send `{wanted}`, as the device model declares")


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
