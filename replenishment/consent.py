"""Whether how an owner's forecasts and orders ended may be counted with those of others."""

from uuid import UUID

from sqlmodel import select

from accounts.tables import OwnerRow
from core.database import Transaction
from replenishment.tables import OrderCycleRow, TrialRow


async def share_outcomes(owner_id: UUID, *, is_shared: bool, transaction: Transaction) -> None:
    """Taken back: all that was kept for counting is erased, and gone from the next
    calibration.
    """
    async with transaction(owner_id) as session:
        owner = await session.get_one(OwnerRow, owner_id, with_for_update=True)
        owner.shares_outcomes = is_shared
        if is_shared:
            return
        for table in (TrialRow, OrderCycleRow):
            for row in await session.exec(select(table).where(table.owner_id == owner_id)):
                await session.delete(row)
