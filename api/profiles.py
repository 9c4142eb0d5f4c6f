"""The learned profile of one stock in one JSON document that another provider can read.

Use a day is the whole of it: every forecaster can learn again from that and the corrections.
"""

from datetime import date, datetime
from typing import Any, Final, Literal
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from api.corrections import CorrectionView
from api.schemas import Output
from devices import history, stock
from devices.tables import StockRow
from replenishment import correcting

FORMAT: Final = "nachschub-profile"


class DayUseView(Output):
    """`used` units over the `exposure_days` days that end with `day_on`; 0 days: the first day,
    seen in part only.
    """

    day_on: date
    used: float
    exposure_days: int


class SlotProfileView(Output):
    device_id: str
    slot: str
    capacity: int
    typical_use_per_day: float  # as its maker declared
    day_use: list[DayUseView]


class ProfileView(Output):
    """Quantities in `unit`. `learned`: what the forecast makes of it now."""

    format: Literal["nachschub-profile"] = FORMAT
    version: Literal[1] = 1
    exported_at: datetime
    name: str
    category: str
    unit: str
    fits: list[str]
    slots: list[SlotProfileView]
    corrections: list[CorrectionView]
    learned: dict[str, Any] | None


async def profile(session: AsyncSession, stock_id: UUID, now: datetime) -> ProfileView:
    row = await session.get_one(StockRow, stock_id)
    state = await stock.state(session, stock_id, now)
    uses = await history.day_uses(
        session,
        [(each.device_id, each.slot) for each in state.slots],
        from_on=date.min,
        before_on=date.max,
    )
    return ProfileView(
        exported_at=now,
        name=row.name,
        category=row.category,
        unit=row.unit,
        fits=row.fits,
        slots=[
            SlotProfileView(
                device_id=each.device_id,
                slot=each.slot,
                capacity=each.spec.capacity,
                typical_use_per_day=each.spec.typical_use_per_day,
                day_use=[
                    DayUseView(
                        day_on=day.day_on, used=day.used, exposure_days=day.exposure_days
                    )
                    for day in uses.get((each.device_id, each.slot), [])
                ],
            )
            for each in state.slots
        ],
        corrections=[
            CorrectionView.of(each)
            for each in await correcting.in_force(session, row.owner_id, stock_id)
        ],
        learned=row.forecast,
    )
