"""Needs: opened when a stock falls to its reorder point, closed when it is above it again.

Works inside the caller's transaction.
"""

from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from pydantic import TypeAdapter
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.gtin import normalised_gtin
from devices.tables import StockRow
from replenishment import orders, quiet
from replenishment.case import Case
from replenishment.order_states import LIVE
from replenishment.outlook import Outlook
from replenishment.quiet import Change, Quiet, Said
from replenishment.reorder import QuantityRange
from replenishment.tables import NeedRow, OrderRow
from vendor_policy.needs import Need, micro

BELOW_REORDER_POINT: Final = "need.below_reorder_point"
REQUESTED: Final = "need.requested"  # by the device, while there is still enough

_NEED: TypeAdapter[Need] = TypeAdapter(Need)


async def open_need(session: AsyncSession, stock_id: UUID) -> NeedRow | None:
    found = await session.exec(
        select(NeedRow).where(NeedRow.stock_id == stock_id, col(NeedRow.closed_at).is_(None))
    )
    return found.one_or_none()


async def opened(case: Case, outlook: Outlook, quantity: QuantityRange) -> NeedRow:
    """The stock's open need, described as of now; a new one if there is none."""
    row = await open_need(case.session, case.stock.stock_id)
    if row is None:
        case.stock.needs_so_far += 1
        row = NeedRow(
            need_id=orders.need_id(case.stock.stock_id, case.stock.needs_so_far),
            owner_id=case.owner.owner_id,
            stock_id=case.stock.stock_id,
            body={},
            opened_at=case.at,
        )
        case.session.add(row)
    row.correlation = row.correlation or case.occasion.correlation
    row.body = _NEED.dump_python(_described(case, row, outlook, quantity), mode="json")
    await case.session.flush()
    return row


def _described(case: Case, row: NeedRow, outlook: Outlook, quantity: QuantityRange) -> Need:
    stock = case.stock
    depletion = outlook.depletion(outlook.position.on_hand or 0.0, case.today)
    # The table's column is text; its values were validated when the model was declared.
    return _NEED.validate_python(
        {
            "need_id": str(row.need_id),
            "stock_id": str(stock.stock_id),
            "category": stock.category,
            "fits": tuple(stock.fits),
            "unit": stock.unit,
            "quantity_least": quantity.least,
            "quantity_target": quantity.target,
            "quantity_most": quantity.most,
            "needed_by_on": depletion.p10_on,
            "depletion": depletion,
            "use_per_day_micro": micro(outlook.forecast.demand.mean),
            "products": tuple(filter(None, map(normalised_gtin, stock.products))),
            "reason": BELOW_REORDER_POINT if outlook.is_due else REQUESTED,
        }
    )


def need(row: NeedRow) -> Need:
    return _NEED.validate_python(row.body)


async def is_requested(session: AsyncSession, stock_id: UUID) -> bool:
    """Whether a request of the device waits to be acted upon."""
    row = await open_need(session, stock_id)
    if row is None or row.attempts or row.quiet_reason:
        return False
    return need(row).reason == REQUESTED


async def close(session: AsyncSession, stock_id: UUID, *, at: datetime) -> None:
    row = await open_need(session, stock_id)
    if row is not None:
        row.closed_at = at


def speak(row: NeedRow, said: Said) -> None:
    """Remembers what the owner is asked or what is ordered, for a no that may follow; what was
    declined before stays declined.
    """
    if row.quiet_facts:
        said = replace(said, declined=Said.from_json(row.quiet_facts).declined)
    row.quiet_reason = Quiet.NO
    row.quiet_until = None
    row.quiet_facts = said.to_json()
    row.risk_ppm = said.risk_ppm


def hush(row: NeedRow, reason: Quiet, *, until: datetime | None = None) -> None:
    """From now on only a change against what was said last breaks the quiet."""
    row.quiet_reason = reason
    row.quiet_until = until
    if reason is Quiet.REJECTED and row.quiet_facts:
        row.quiet_facts = Said.from_json(row.quiet_facts).with_declined().to_json()


def change(row: NeedRow, reason: Quiet, now: Said, *, at: datetime) -> Change | None:
    """What is different from what was said last; None: nothing that counts, or no quiet."""
    if not reason:
        return None
    before = Said.from_json(row.quiet_facts)
    return quiet.change(reason, before, now, until=row.quiet_until, at=at)


async def unmet(session: AsyncSession, category: str) -> list[UUID]:
    """Stocks of a category with an open need and no live order: a fresh sight of offers may
    change what can be done for them.
    """
    is_live = (
        select(OrderRow.order_id)
        .where(OrderRow.stock_id == NeedRow.stock_id, col(OrderRow.state).in_(LIVE))
        .exists()
    )
    found = await session.exec(
        select(NeedRow.stock_id)
        .join(StockRow, col(StockRow.stock_id) == NeedRow.stock_id)
        .where(StockRow.category == category, col(NeedRow.closed_at).is_(None), ~is_live)
        .order_by(col(NeedRow.stock_id))
    )
    return list(found)
