"""What a delivered parcel adds to the spares at home.

Works inside the caller's transaction.
"""

from datetime import datetime
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from devices.levels import Refill
from devices.models import SlotSpec
from devices.slot_changes import units_filled
from devices.tables import RefillRow, SlotRow, StockRow


async def put_away(
    session: AsyncSession, stock_id: UUID, units: int, *, delivered_at: datetime
) -> int:
    """The shop tells of a delivery hours after the door bell: what was filled in meanwhile is
    no spare any more. Returns the units that are.
    """
    found = await session.exec(
        select(StockRow).where(StockRow.stock_id == stock_id).with_for_update()
    )
    stock = found.one()
    left = units
    for refill, spec in await _refills_since(session, stock_id, delivered_at):
        bought_elsewhere = _filled(refill, spec) - refill.from_spares
        taken = min(left, max(0, bought_elsewhere))
        refill.from_spares += taken
        left -= taken
    stock.spares += left
    return left


async def _refills_since(
    session: AsyncSession, stock_id: UUID, delivered_at: datetime
) -> list[tuple[RefillRow, SlotSpec]]:
    found = await session.exec(
        select(RefillRow, SlotRow.spec)
        .join(
            SlotRow,
            (col(SlotRow.device_id) == RefillRow.device_id)
            & (col(SlotRow.slot) == RefillRow.slot),
        )
        .where(SlotRow.stock_id == stock_id, col(RefillRow.refilled_at) >= delivered_at)
        .order_by(col(RefillRow.refilled_at))
        .with_for_update()
    )
    return [(refill, SlotSpec.model_validate(spec)) for refill, spec in found]


def _filled(row: RefillRow, spec: SlotSpec) -> int:
    refill = Refill(
        key=(row.boot_id, row.seq), at=row.refilled_at, amount=row.amount, filled=row.filled
    )
    return units_filled(refill, spec)
