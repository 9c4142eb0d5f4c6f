"""What `decide` is asked about one need: offers as seen, policy in force, facts of today.

Reads within the caller's transaction; `decide` itself sees the result only.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from replenishment import orders, track_record
from replenishment.order_states import OrderState
from replenishment.tables import OrderEventRow, OrderLineRow, OrderRow
from vendor_policy import store
from vendor_policy.facts import PRIOR, Facts
from vendor_policy.needs import Need
from vendor_policy.offers import Offer
from vendor_policy.record import Correlation, Question
from vendor_policy.store import PolicyInForce

REFUSAL_COUNTS: Final = timedelta(days=1)  # then a new sight of the offer is believed again
CHANGES_BELIEVED: Final = 1  # a price that changed at checkout more often is no offer


async def question(
    session: AsyncSession, need: Need, in_force: PolicyInForce, *, at: datetime, today: date
) -> Question:
    """An offer the shop would not sell at checkout is handed over as out of stock, which is
    what the shop said last.
    """
    seen = await store.fresh_offers(session, need.category, at)
    unsold = await _unsold(session, UUID(need.need_id), at)
    return Question(
        needs=(need,),
        offers=tuple(
            replace(offer, in_stock=False) if _terms(offer) in unsold else offer
            for offer in seen
        ),
        refused=await store.refused_offers(session, need.category),
        policy=in_force.policy,
        policy_version=in_force.version,
        facts=await _facts(session, UUID(need.stock_id), at=at, today=today),
    )


async def _facts(session: AsyncSession, stock_id: UUID, *, at: datetime, today: date) -> Facts:
    last = await track_record.last_bought(session, stock_id)
    paid = None if last is None else await track_record.paid(session, last)
    return Facts(
        now_at=at,
        today_on=today,
        prior=PRIOR,
        deliveries=await track_record.deliveries(session, at=at),
        last_paid={} if paid is None else {str(stock_id): paid},
        present_supplier={} if last is None else {str(stock_id): last.vendor_id},
    )


Terms = tuple[str, str, int]  # vendor, SKU, price of a pack in minor units


def _terms(offer: Offer) -> Terms:
    return offer.vendor, offer.sku, offer.price.minor


async def _unsold(session: AsyncSession, need_id: UUID, at: datetime) -> frozenset[Terms]:
    """What shops lately would not sell for this need: refused, or changed once too often."""
    since = at - REFUSAL_COUNTS
    refused = [
        terms
        for state in (OrderState.REFUSED, OrderState.CANCELLED)
        for terms in await _ended_by_vendor(session, need_id, state, since)
    ]
    changed = await _ended_by_vendor(session, need_id, OrderState.CHANGED, since)
    often = [terms for terms in changed if changed.count(terms) > CHANGES_BELIEVED]
    return frozenset([*refused, *often])


async def _ended_by_vendor(
    session: AsyncSession, need_id: UUID, state: OrderState, since: datetime
) -> Sequence[Terms]:
    found = await session.exec(
        select(OrderRow.vendor_id, OrderLineRow.sku, OrderLineRow.price_minor)
        .join(OrderLineRow, col(OrderLineRow.order_id) == OrderRow.order_id)
        .join(OrderEventRow, col(OrderEventRow.order_id) == OrderRow.order_id)
        .where(
            OrderRow.need_id == need_id,
            OrderRow.state == state,
            OrderEventRow.after == state,
            OrderEventRow.by == orders.VENDOR,
            col(OrderEventRow.at) >= since,
        )
    )
    return found.all()


def cause(correlation: str) -> Correlation | None:
    """The message behind a review, from `device_id/boot_id/seq`; None: a clock or a person."""
    match correlation.split("/"):
        case [device_id, boot_id, seq] if boot_id.isdigit() and seq.isdigit():
            return Correlation(device_id=device_id, boot_id=int(boot_id), seq=int(seq))
    return None
