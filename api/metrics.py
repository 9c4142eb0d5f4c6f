"""How an owner's decisions turn out, and what products cost over time."""

from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.deps import Now, Owner, PlatformDep, Reading
from api.schemas import MoneyView, Output
from core.money import Money
from replenishment import decision_metrics
from replenishment.decision_metrics import MoveFact, OrderFact
from replenishment.order_states import OrderEvent
from replenishment.quiet import Said
from replenishment.tables import NeedRow, OrderEventRow, OrderRow
from vendor_policy.dry_runs import SPAN, records_since
from vendor_policy.price_history import PriceSeries, price_history

router = APIRouter(tags=["metrics"])


class MetricsView(Output):
    """Of twelve months. `answered`: orders that a member said yes to; `override_ppm`: of these,
    with another offer than the policy's. `approval_delay_s`: median, null if never asked.
    `stock_outs`: needs during which the stock was found empty.
    """

    orders: int
    automatic: int
    answered: int
    overridden: int
    rejected: int
    expired: int
    override_ppm: int
    approval_delay_s: int | None
    needs: int
    stock_outs: int


class PricePointView(Output):
    seen_at: datetime
    price: MoneyView


class PriceSeriesView(Output):
    """One SKU in one shop; a point where the price changed. Of one pack, delivery out."""

    gtin: str
    title: str
    vendor: str
    vendor_name: str
    sku: str
    pack_quantity: int
    unit: str
    points: list[PricePointView]
    last_seen_at: datetime

    @classmethod
    def of(cls, series: PriceSeries) -> "PriceSeriesView":
        return cls(
            gtin=series.gtin,
            title=series.title,
            vendor=series.vendor,
            vendor_name=series.vendor_name,
            sku=series.sku,
            pack_quantity=series.pack_quantity,
            unit=series.unit,
            points=[
                PricePointView(
                    seen_at=each.seen_at,
                    price=MoneyView.of(Money(each.price_minor, series.currency)),
                )
                for each in series.points
            ],
            last_seen_at=series.last_seen_at,
        )


@router.get("/metrics")
async def get_metrics(session: Reading, owner: Owner, now: Now) -> MetricsView:
    """Override rate, how long a yes takes, stock-outs. Test orders do not count."""
    orders = await _orders(session, now)
    needs = await session.exec(select(NeedRow).where(col(NeedRow.opened_at) >= now - SPAN))
    found = decision_metrics.metrics(
        orders,
        await _moves(session, now, {each.order_id for each in orders}),
        [
            bool(each.quiet_facts) and Said.from_json(each.quiet_facts).is_empty
            for each in needs
        ],
    )
    delay_s = found.approval_delay_s
    whole = asdict(found) | {"approval_delay_s": None if delay_s is None else round(delay_s)}
    return MetricsView(**whole)


async def _orders(session: AsyncSession, now: datetime) -> list[OrderFact]:
    found = await session.exec(
        select(OrderRow).where(
            col(OrderRow.created_at) >= now - SPAN, col(OrderRow.is_test).is_(False)
        )
    )
    return [
        OrderFact(
            order_id=each.order_id,
            is_override=each.is_override,
            is_automatic=each.mandate_id is not None,
        )
        for each in found
    ]


async def _moves(session: AsyncSession, now: datetime, of: set[UUID]) -> list[MoveFact]:
    found = await session.exec(
        select(OrderEventRow)
        .where(col(OrderEventRow.at) >= now - SPAN)
        .order_by(col(OrderEventRow.order_event_id))
    )
    return [
        MoveFact(each.order_id, OrderEvent(each.event), each.at)
        for each in found
        if each.order_id in of
    ]


@router.get("/prices")
async def get_prices(platform: PlatformDep, owner: Owner) -> list[PriceSeriesView]:
    """By product and shop, as your own decisions of twelve months saw them."""
    async with platform.database.snapshot(owner.party_id) as session:
        records = await records_since(session, platform.clock.now() - SPAN)
    found = await platform.offload(price_history, records)
    return [PriceSeriesView.of(each) for each in found]
