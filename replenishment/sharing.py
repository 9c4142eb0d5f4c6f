"""Which slots are counted and bought together, as one stock."""

from uuid import UUID

from accounts.principal import Principal
from core.clock import Clock
from core.database import Transaction
from core.ids import Ids
from devices import ownership
from devices.tables import StockRow
from replenishment import needs, orders


class OrderUnderway(Exception):
    """What it brings belongs to the stock it was ordered for."""

    def __init__(self, stock_id: UUID) -> None:
        super().__init__(f"an order for stock {stock_id} is under way; wait until it is here")


async def join(
    kept_id: UUID, joined_id: UUID, by: Principal, *, transaction: Transaction, clock: Clock
) -> None:
    """One stock from now on, with the settings of the kept one. Raises StockUnknown,
    StocksDiffer, and OrderUnderway for one of the joined stock.
    """
    async with transaction(by.party_id) as session:
        at = clock.now()
        await ownership.share_stock(session, by.party_id, kept_id, joined_id, at=at)
        if await orders.live(session, joined_id) is not None:
            raise OrderUnderway(joined_id)
        await needs.close(session, joined_id, at=at)


async def part(
    device_id: str,
    slot: str,
    by: Principal,
    *,
    transaction: Transaction,
    clock: Clock,
    ids: Ids,
) -> StockRow:
    """A stock of its own for the slot. Raises NotYourDevice and SlotIsAlone."""
    async with transaction(by.party_id) as session:
        return await ownership.part_stock(
            session, by.party_id, device_id, slot, at=clock.now(), ids=ids
        )
