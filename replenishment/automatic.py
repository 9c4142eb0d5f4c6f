"""Permission to order without asking: mandates, and the one switch that stops everything.

Each act is one transaction in the owner's own scope.
"""

from datetime import datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from accounts import notices
from accounts.principal import Audience, Principal
from accounts.tables import OwnerRow
from core import outbox
from core.clock import Clock
from core.database import Transaction
from core.ids import Ids
from devices.tables import StockRow
from replenishment import orders, work
from replenishment.order_states import OrderEvent, OrderState
from replenishment.orders import Cause
from replenishment.tables import OrderRow
from vendor_policy import store
from vendor_policy.mandates import Mandate
from vendor_policy.tables import MandateRow

STOPPABLE: Final = (OrderState.APPROVED, OrderState.SUBMITTING)


class MayNotChange(Exception):
    def __init__(self, principal: Principal) -> None:
        super().__init__(f"{principal.name} may not change what is ordered automatically")


class UnknownStock(Exception):
    def __init__(self, stock_id: UUID) -> None:
        super().__init__(f"there is no stock {stock_id}")


class UnknownMandate(Exception):
    def __init__(self, mandate_id: UUID) -> None:
        super().__init__(f"there is no mandate {mandate_id}")


async def stop(principal: Principal, *, transaction: Transaction, clock: Clock) -> int:
    """The kill switch. Also pulls back what mandates approved and no vendor has yet; returns
    how many orders that were. Their stocks are reviewed again, and the owner is asked. What a
    vendor may have is never sent again, and cancelled once the vendor shows it unsold.
    """
    _check(principal)
    async with transaction(principal.party_id) as session:
        owner = await session.get_one(OwnerRow, principal.party_id)
        owner.is_auto_stopped = True
        found = await session.exec(
            select(OrderRow)
            .where(col(OrderRow.state).in_(STOPPABLE), col(OrderRow.mandate_id).is_not(None))
            .with_for_update()
        )
        return await _pull_back(session, list(found), principal, at=clock.now())


async def resume(principal: Principal, *, transaction: Transaction, clock: Clock) -> None:
    _check(principal)
    async with transaction(principal.party_id) as session:
        owner = await session.get_one(OwnerRow, principal.party_id)
        owner.is_auto_stopped = False
        await notices.touch(session, owner.owner_id, at=clock.now())


async def accept(
    stock_id: UUID,
    mandate: Mandate,
    principal: Principal,
    *,
    transaction: Transaction,
    clock: Clock,
    ids: Ids,
) -> MandateRow:
    """From now on the stock orders by itself within the mandate, which replaces an earlier one.
    Raises MayNotChange and UnknownStock.
    """
    _check(principal)
    async with transaction(principal.party_id) as session:
        stock = await _stock(session, stock_id)
        at = clock.now()
        if stock.mandate_id is not None:
            (await session.get_one(MandateRow, stock.mandate_id)).revoked_at = at
        row = await store.accept_mandate(session, stock.owner_id, stock_id, mandate, ids=ids)
        stock.mandate_id = row.mandate_id
        stock.mode = "auto"
        await notices.touch(session, stock.owner_id, at=at)
        return row


async def revoke(
    mandate_id: UUID, principal: Principal, *, transaction: Transaction, clock: Clock
) -> int:
    """At once: the stock asks from now on, and what the mandate approved is pulled back as by
    the kill switch; returns how many orders no vendor had. Raises MayNotChange, UnknownMandate.
    """
    _check(principal)
    async with transaction(principal.party_id) as session:
        row = await session.get(MandateRow, mandate_id)
        if row is None:
            raise UnknownMandate(mandate_id)
        at = clock.now()
        row.revoked_at = row.revoked_at or at
        stock = await _stock(session, row.stock_id)
        if stock.mandate_id == mandate_id:
            stock.mandate_id = None
            stock.mode = "ask"
        found = await session.exec(
            select(OrderRow)
            .where(col(OrderRow.state).in_(STOPPABLE), OrderRow.mandate_id == mandate_id)
            .with_for_update()
        )
        return await _pull_back(session, list(found), principal, at=at)


async def is_allowed(session: AsyncSession, order: OrderRow, *, at: datetime) -> bool:
    """Whether it may be bought now: what a mandate approved only as long as that holds."""
    if order.mandate_id is None:
        return True
    owner = await session.get_one(OwnerRow, order.owner_id)
    mandate = await session.get_one(MandateRow, order.mandate_id)
    today = at.astimezone(ZoneInfo(owner.timezone)).date()
    is_over = mandate.revoked_at is not None or today > mandate.ends_on
    return not (owner.is_auto_stopped or is_over)


def _check(principal: Principal) -> None:
    if principal.audience is not Audience.OWNER or not principal.may_change:
        raise MayNotChange(principal)


async def _stock(session: AsyncSession, stock_id: UUID) -> StockRow:
    found = await session.exec(
        select(StockRow).where(StockRow.stock_id == stock_id).with_for_update()
    )
    stock = found.one_or_none()
    if stock is None:
        raise UnknownStock(stock_id)
    return stock


async def _pull_back(
    session: AsyncSession, stoppable: list[OrderRow], principal: Principal, *, at: datetime
) -> int:
    cause = Cause(by=principal.name, remark="automatic orders stopped")
    count = 0
    for order in stoppable:
        if order.state == OrderState.APPROVED:
            count += 1
            await orders.move(session, order, OrderEvent.CANCEL, at=at, cause=cause)
            await outbox.add(session, work.review(order.stock_id, at, order.correlation))
        else:
            await orders.move(session, order, OrderEvent.TAKE_BACK, at=at, cause=cause)
            await outbox.add(session, work.submit_order(order.order_id, at, order.correlation))
    await notices.touch(session, principal.party_id, at=at)
    return count
