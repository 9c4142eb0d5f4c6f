"""Dumb appliances and cupboards: nothing measures them, so their owner says what he does.

What he says takes the way of any reading. "Opened a new pack" also says that the one before is
used up, which is how the forecast learns from a pack that nobody weighs.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import Field
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.clock import Clock
from core.database import Transaction
from core.ids import Ids
from devices import ownership, readings, wire
from devices.batch import Outcome
from devices.intake import Arrival
from devices.models import Frozen, Measure, SlotName, SlotSpec, Unit
from devices.ownership import Claim
from devices.stock import SettingRefused, Units
from devices.tables import (
    DeviceEventRow,
    DeviceRow,
    OwnershipRow,
    ReadingRow,
    SlotRow,
    StockRow,
)

RAW: Final = "by hand"
EMPTY, FULL = 0.0, 1.0  # levels
FILLED: Final = wire.EventKind.REFILLED

Said = float | Literal[wire.EventKind.REFILLED]  # a level, or that somebody filled it


class NotReportedByHand(Exception):
    def __init__(self, device_id: str, slot: str) -> None:
        super().__init__(f"{device_id} has no slot {slot} that its owner reports by hand")


class ManualDevice(Frozen):
    """A dumb appliance or a cupboard: one slot, and what of it is at home already."""

    name: Annotated[str, Field(min_length=1, max_length=80)]
    place: Annotated[str, Field(max_length=80)] = ""
    title: Annotated[str, Field(min_length=1, max_length=80)]  # of the slot
    title_de: Annotated[str, Field(max_length=80)] = ""
    category: SlotName
    fits: Annotated[tuple[str, ...], Field(min_length=1, max_length=20)]
    capacity: Annotated[int, Field(gt=0, le=10_000_000)]  # what a full pack holds
    unit: Unit
    typical_use_per_day: Annotated[float, Field(gt=0)]
    dose: Annotated[float, Field(gt=0)] | None = None  # of one use, where uses are counted
    is_full: bool = False  # a new pack is open now; otherwise its level is unknown
    spares: Units = 0  # at home, unopened
    mode: Annotated[str, Field(pattern="^(off|notify|ask)$")] = "ask"

    @property
    def spec(self) -> SlotSpec:
        return SlotSpec(
            slot=self.category,
            title=self.title,
            title_de=self.title_de,
            category=self.category,
            fits=self.fits,
            capacity=self.capacity,
            unit=self.unit,
            measure=Measure.LEVEL,
            typical_use_per_day=self.typical_use_per_day,
            most_per_day=max(self.capacity, self.typical_use_per_day),  # never held
            dose=self.dose,
        )


async def add(
    owner_id: UUID,
    device: ManualDevice,
    *,
    transaction: Transaction,
    clock: Clock,
    ids: Ids,
) -> OwnershipRow:
    """Raises pydantic's ValidationError for a slot that cannot be."""
    now, device_id, spec = clock.now(), f"by-hand-{ids.uuid().hex[:12]}", device.spec
    claim = Claim(owner_id=owner_id, code="", name=device.name, place=device.place)
    async with transaction(owner_id) as session:
        row = DeviceRow(device_id=device_id, serial="", secret_hash="", created_at=now)
        session.add(row)
        await session.flush()
        slot = SlotRow(device_id=device_id, slot=spec.slot, spec=spec.model_dump(mode="json"))
        session.add(slot)
        owned = await ownership.bind(session, row, claim, device.name, now, ids)
        stock = await session.get_one(StockRow, slot.stock_id)
        stock.spares, stock.mode = device.spares, device.mode
        await session.flush()
        if device.is_full:
            await _say(session, slot, [FULL], now)
        return owned


async def report(
    owner_id: UUID,
    device_id: str,
    slot: str,
    amount: float,
    *,
    transaction: Transaction,
    clock: Clock,
) -> Outcome:
    """What the owner sees in it, in units.

    Raises NotReportedByHand, and SettingRefused for more than the slot holds.
    """
    async with transaction(owner_id) as session:
        row = await _slot(session, owner_id, device_id, slot)
        spec = SlotSpec.model_validate(row.spec)
        if not 0 <= amount <= spec.capacity:
            raise SettingRefused("amount", f"between 0 and {spec.capacity} {spec.unit}")
        is_more = row.in_slot is not None and amount > row.in_slot
        # a person's word that there is more needs no second reading
        said: list[Said] = [FILLED] if is_more else []
        return await _say(session, row, [*said, amount / spec.capacity], clock.now())


async def open_pack(
    owner_id: UUID, device_id: str, slot: str, *, transaction: Transaction, clock: Clock
) -> Outcome:
    """A new pack was opened: the old one is used up. Raises NotReportedByHand."""
    async with transaction(owner_id) as session:
        row = await _slot(session, owner_id, device_id, slot)
        used_up = [EMPTY] if row.in_slot else []
        return await _say(session, row, [*used_up, FILLED, FULL], clock.now())


async def use_once(
    owner_id: UUID, device_id: str, slot: str, *, transaction: Transaction, clock: Clock
) -> Outcome:
    """One tap of the counter. Raises NotReportedByHand, and SettingRefused where no dose is
    set or nobody has said yet what is in it.
    """
    async with transaction(owner_id) as session:
        row = await _slot(session, owner_id, device_id, slot)
        spec = SlotSpec.model_validate(row.spec)
        if spec.dose is None:
            raise SettingRefused("dose", "say what one use takes when you add the device")
        if row.in_slot is None:
            raise SettingRefused("amount", "say first what is in it, or open a new pack")
        left = max(0.0, row.in_slot - spec.dose)
        return await _say(session, row, [left / spec.capacity], clock.now())


async def _slot(session: AsyncSession, owner_id: UUID, device_id: str, slot: str) -> SlotRow:
    """Locked, so that two taps at once count twice."""
    statement = (
        select(SlotRow)
        .join(DeviceRow, col(DeviceRow.device_id) == col(SlotRow.device_id))
        .join(OwnershipRow, col(OwnershipRow.device_id) == col(SlotRow.device_id))
        .where(
            SlotRow.device_id == device_id,
            SlotRow.slot == slot,
            OwnershipRow.owner_id == owner_id,
            col(DeviceRow.model_id).is_(None),
        )
        .with_for_update(of=DeviceRow)
    )
    row = (await session.exec(statement)).one_or_none()
    if row is None:
        raise NotReportedByHand(device_id, slot)
    return row


async def _say(
    session: AsyncSession, row: SlotRow, said: Sequence[Said], now: datetime
) -> Outcome:
    """The outcome of the last."""
    first = await _last_seq(session, row.device_id) + 1
    batch = [_arrival(row, each, seq, now) for seq, each in enumerate(said, first)]
    connection = await session.connection()
    return (await connection.run_sync(readings.record, batch))[-1]


async def _last_seq(session: AsyncSession, device_id: str) -> int:
    last = [
        (
            await session.exec(select(func.max(table.seq)).where(table.device_id == device_id))
        ).one()
        for table in (ReadingRow, DeviceEventRow)
    ]
    return max((each for each in last if each is not None), default=0)


def _arrival(row: SlotRow, said: Said, seq: int, now: datetime) -> Arrival:
    channel: wire.Channel = "event" if said is FILLED else "telemetry"
    message = _event(row, seq, now) if said is FILLED else _telemetry(row, said, seq, now)
    return Arrival(
        device_id=row.device_id,
        channel=channel,
        payload=message.model_dump_json(exclude_none=True).encode(),
        received_at=now,
    )


def _event(row: SlotRow, seq: int, now: datetime) -> wire.Event:
    return wire.Event(v=1, boot_id=0, seq=seq, measured_at=now, event=FILLED, slot=row.slot)


def _telemetry(row: SlotRow, level: float, seq: int, now: datetime) -> wire.Telemetry:
    slots = {row.slot: wire.SlotReading(level=level, raw=RAW)}
    return wire.Telemetry(v=1, boot_id=0, seq=seq, measured_at=now, slots=slots)
