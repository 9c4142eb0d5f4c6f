"""What the readings say of one stock: what is in its slots, what they used, who is silent.

Reads within the caller's transaction.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from devices import history, stock
from devices.containers import is_container
from devices.levels import DayUse as Used
from devices.stock import StockSlot
from devices.tables import DeviceRow
from replenishment.explanation import LevelSource
from replenishment.forecast import DayUse, SlotHistory

LEARNED_FROM: Final = timedelta(days=400)  # the retention; older use weighs below 2 %


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """`in_slot`: units over all slots, None while any of them is unknown. `is_stale`: a device
    has been silent for longer than it promised. `is_test`: of a test device.
    """

    slots: tuple[SlotHistory, ...]
    sources: tuple[LevelSource, ...]
    by_hand: tuple[bool, ...]  # of each slot: between its owner's words nothing measures it
    in_slot: float | None
    is_stale: bool
    is_test: bool
    containers: tuple[StockSlot, ...]  # that fill: their level never causes an order


async def observed(
    session: AsyncSession, stock_id: UUID, *, at: datetime, today: date
) -> Observed:
    """`today`: where the owner lives; it is still open and teaches nothing."""
    state = await stock.state(session, stock_id, at)
    places = [(each.device_id, each.slot) for each in state.slots]
    uses = await history.day_uses(
        session, places, from_on=today - LEARNED_FROM, before_on=today
    )
    return Observed(
        slots=tuple(
            _history(each, uses.get(place, []))
            for place, each in zip(places, state.slots, strict=True)
        ),
        sources=tuple(map(_source, state.slots)),
        by_hand=tuple(each.is_by_hand for each in state.slots),
        in_slot=state.in_slot,
        is_stale=state.is_stale,
        containers=tuple(each for each in state.slots if is_container(each.spec)),
        is_test=await _has_test_device(session, [device_id for device_id, _ in places]),
    )


def _history(slot: StockSlot, uses: list[Used]) -> SlotHistory:
    """Without the first day of all, which was seen in part only (exposure 0)."""
    return SlotHistory(
        typical_use_per_day=slot.spec.typical_use_per_day,
        category=slot.spec.category,
        use=[
            DayUse(day_on=each.day_on, used=each.used, exposure_days=each.exposure_days)
            for each in uses
            if each.exposure_days > 0
        ],
    )


def _source(slot: StockSlot) -> LevelSource:
    return LevelSource(
        device_id=slot.device_id,
        slot=slot.slot,
        amount=slot.in_slot,
        measured_at=slot.measured_at,
    )


async def _has_test_device(session: AsyncSession, device_ids: list[str]) -> bool:
    found = await session.exec(
        select(DeviceRow.device_id)
        .where(col(DeviceRow.device_id).in_(device_ids), col(DeviceRow.is_test))
        .limit(1)
    )
    return found.first() is not None
