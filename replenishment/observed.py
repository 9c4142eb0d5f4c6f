"""What the readings say of one stock: what is in its slots, what they used, who is silent.

Reads within the caller's transaction.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from devices.models import DeviceModel, SlotSpec
from devices.tables import DayUseRow, DeviceModelRow, DeviceRow, SlotRow
from replenishment.forecast import DayUse, SlotHistory

LEARNED_FROM: Final = timedelta(days=180)  # six half-lives; older use weighs below 2 %
SHORTEST_SILENCE: Final = timedelta(hours=48)
MISSED_READINGS: Final = 3  # of the promised interval
BY_HAND: Final = timedelta(days=30)  # how long an owner's own report of a dumb appliance counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """`in_slot`: units over all slots, None while any of them is unknown. `is_stale`: a device
    has been silent for max(48 h, three promised intervals). `is_test`: of a test device.
    """

    slots: tuple[SlotHistory, ...]
    in_slot: float | None
    is_stale: bool
    is_test: bool


async def observed(session: AsyncSession, stock_id: UUID, *, at: datetime) -> Observed:
    found = await session.exec(
        select(SlotRow, DeviceRow, DeviceModelRow)
        .join(DeviceRow, col(DeviceRow.device_id) == SlotRow.device_id)
        .outerjoin(DeviceModelRow, col(DeviceModelRow.model_id) == DeviceRow.model_id)
        .where(SlotRow.stock_id == stock_id)
        .order_by(col(SlotRow.device_id), col(SlotRow.slot))
    )
    rows = found.all()
    amounts = [slot.in_slot for slot, _, _ in rows]
    known = [amount for amount in amounts if amount is not None]
    return Observed(
        slots=tuple([await _history(session, slot, at.date()) for slot, _, _ in rows]),
        in_slot=sum(known) if rows and len(known) == len(rows) else None,
        is_stale=any(_is_silent(slot, model, at) for slot, _, model in rows),
        is_test=any(device.is_test for _, device, _ in rows),
    )


async def _history(session: AsyncSession, slot: SlotRow, today: date) -> SlotHistory:
    """Without the first day of all, which was seen in part only (exposure 0)."""
    used = await session.exec(
        select(DayUseRow).where(
            DayUseRow.device_id == slot.device_id,
            DayUseRow.slot == slot.slot,
            col(DayUseRow.day_on) >= today - LEARNED_FROM,
            col(DayUseRow.exposure_days) > 0,
        )
    )
    return SlotHistory(
        typical_use_per_day=SlotSpec.model_validate(slot.spec).typical_use_per_day,
        use=[
            DayUse(day_on=row.day_on, used=row.used, exposure_days=row.exposure_days)
            for row in used
        ],
    )


def _is_silent(slot: SlotRow, model: DeviceModelRow | None, at: datetime) -> bool:
    """A slot that was never heard of is unknown, not silent."""
    return slot.heard_at is not None and at - slot.heard_at > _patience(model)


def _patience(model: DeviceModelRow | None) -> timedelta:
    if model is None:
        return BY_HAND
    promised = DeviceModel.model_validate(model.description).data_sheet.every_hours
    return max(SHORTEST_SILENCE, MISSED_READINGS * timedelta(hours=promised))
