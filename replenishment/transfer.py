"""A device leaves its owner: its mandates are void, then all that it sent is erased.

In this order, so that a crash in between leaves a device that still asks, never a mandate that
outlives its device.
"""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from sqlmodel import col, select

from accounts.principal import Audience, Principal
from accounts.scoping import ALL_OWNERS
from core.clock import Clock
from core.database import Transaction
from core.ids import Ids
from devices import custody, ownership
from devices.tables import OwnershipRow, SlotRow, StockRow
from replenishment import automatic


async def give_away(
    device_id: str,
    admin: Principal,
    *,
    key: bytes,
    transaction: Transaction,
    clock: Clock,
    ids: Ids,
) -> str:
    """The code with which the next owner claims it. Raises NotYourDevice, MayNotChange."""
    await void_mandates(device_id, admin, transaction=transaction, clock=clock)
    return await ownership.release(
        admin.party_id, device_id, key=key, transaction=transaction, clock=clock, ids=ids
    )


async def deregister(
    device_id: str, by: Principal, *, transaction: Transaction, clock: Clock
) -> None:
    """Raises NotYourDevice; and DeviceClaimed for a maker whose device has an owner."""
    if by.audience is Audience.OWNER:
        await void_mandates(device_id, by, transaction=transaction, clock=clock)
    elif by.audience is Audience.OPERATOR:
        async with transaction(ALL_OWNERS) as session:
            owned = select(OwnershipRow.owner_id).where(OwnershipRow.device_id == device_id)
            owner_id = (await session.exec(owned)).one_or_none()
        if owner_id is not None:
            in_place = replace(by, audience=Audience.OWNER, party_id=owner_id)
            await void_mandates(device_id, in_place, transaction=transaction, clock=clock)
    await custody.deregister(device_id, by, transaction=transaction, clock=clock)


async def void_mandates(
    device_id: str, admin: Principal, *, transaction: Transaction, clock: Clock
) -> None:
    """Of stocks that hold nothing but this device's slots."""
    for mandate_id in await _mandates(device_id, admin.party_id, transaction):
        await automatic.revoke(mandate_id, admin, transaction=transaction, clock=clock)


async def _mandates(device_id: str, owner_id: UUID, transaction: Transaction) -> Sequence[UUID]:
    async with transaction(owner_id) as session:
        elsewhere = select(SlotRow.stock_id).where(
            SlotRow.device_id != device_id, col(SlotRow.stock_id).is_not(None)
        )
        found = await session.exec(
            select(StockRow.mandate_id)
            .join(SlotRow, col(SlotRow.stock_id) == col(StockRow.stock_id))
            .where(
                SlotRow.device_id == device_id,
                col(StockRow.mandate_id).is_not(None),
                col(StockRow.stock_id).not_in(elsewhere),
            )
            .distinct()
        )
        return [each for each in found if each is not None]
