"""What `decide` is asked about one need: offers as seen, policy in force, facts of today.

Reads within the caller's transaction; `decide` itself sees the result only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from replenishment import maker_claims, orders, track_record
from replenishment.order_states import OrderState
from replenishment.tables import OrderEventRow, OrderLineRow, OrderRow
from vendor_policy import store
from vendor_policy.facts import PRIOR, Facts
from vendor_policy.needs import Need
from vendor_policy.offers import Offer
from vendor_policy.record import Correlation, Question
from vendor_policy.store import PolicyInForce

REFUSAL_COUNTS: Final = timedelta(days=1)  # then a new sight of the offer is believed again


async def question(
    session: AsyncSession, need: Need, in_force: PolicyInForce, *, at: datetime, zone: ZoneInfo
) -> Question:
    """An offer the shop would not sell at checkout is handed over as out of stock, which is
    what the shop said last. The need is given what makers say of products for it.
    """
    seen = await store.fresh_offers(session, need.category, at)
    unsold = await _unsold(session, UUID(need.need_id), at)
    return Question(
        needs=(
            replace(need, claims=await maker_claims.of_stock(session, UUID(need.stock_id))),
        ),
        offers=tuple(
            replace(offer, in_stock=False) if _terms(offer) in unsold else offer
            for offer in seen
        ),
        refused=await store.refused_offers(session, need.category),
        policy=in_force.policy,
        policy_version=in_force.version,
        facts=await _facts(session, UUID(need.stock_id), at=at, zone=zone),
    )


async def _facts(
    session: AsyncSession, stock_id: UUID, *, at: datetime, zone: ZoneInfo
) -> Facts:
    last = await track_record.last_bought(session, stock_id)
    paid = None if last is None else await track_record.paid(session, last)
    return Facts(
        now_at=at,
        today_on=at.astimezone(zone).date(),
        prior=PRIOR,
        deliveries=await track_record.deliveries(session, at=at),
        last_paid={} if paid is None else {str(stock_id): paid},
        present_supplier={} if last is None else {str(stock_id): last.vendor_id},
        bought_on=_bought_on(stock_id, last, zone),
        reliability=await track_record.reliability(session, at=at),
    )


def _bought_on(stock_id: UUID, last: OrderRow | None, zone: ZoneInfo) -> Mapping[str, date]:
    if last is None or last.placed_at is None:
        return {}
    return {str(stock_id): last.placed_at.astimezone(zone).date()}


Terms = tuple[str, str, int]  # vendor, SKU, price of a pack in minor units


def _terms(offer: Offer) -> Terms:
    return offer.vendor, offer.sku, offer.price.minor


async def _unsold(session: AsyncSession, need_id: UUID, at: datetime) -> frozenset[Terms]:
    """What shops lately would not sell for this need. One that asked another total at checkout
    than its catalogue said is not believed again on the same terms while the need lasts: two
    such shops would else be tried in turn until the stock is empty.
    """
    since = {
        OrderState.REFUSED: at - REFUSAL_COUNTS,
        OrderState.CANCELLED: at - REFUSAL_COUNTS,
        OrderState.CHANGED: None,
    }
    unsold: set[Terms] = set()
    for state, since_at in since.items():
        unsold.update(await _ended_by_vendor(session, need_id, state, since_at))
    return frozenset(unsold)


async def _ended_by_vendor(
    session: AsyncSession, need_id: UUID, state: OrderState, since: datetime | None
) -> Sequence[Terms]:
    """`since` None: since there is the need."""
    when = () if since is None else (col(OrderEventRow.at) >= since,)
    found = await session.exec(
        select(OrderRow.vendor_id, OrderLineRow.sku, OrderLineRow.price_minor)
        .join(OrderLineRow, col(OrderLineRow.order_id) == OrderRow.order_id)
        .join(OrderEventRow, col(OrderEventRow.order_id) == OrderRow.order_id)
        .where(
            OrderRow.need_id == need_id,
            OrderRow.state == state,
            OrderEventRow.after == state,
            OrderEventRow.by == orders.VENDOR,
            *when,
        )
    )
    return found.all()


def cause(correlation: str) -> Correlation | None:
    """The message behind a review, from `device_id/boot_id/seq`; None: a clock or a person."""
    match correlation.split("/"):
        case [device_id, boot_id, seq] if boot_id.isdigit() and seq.isdigit():
            return Correlation(device_id=device_id, boot_id=int(boot_id), seq=int(seq))
    return None
