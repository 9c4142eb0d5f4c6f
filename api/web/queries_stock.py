"""One stock: its history as a chart, what the forecast learned from, its settings."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from accounts.principal import Principal
from accounts.texts import Share, Text, text
from api.refusals import NotFound
from api.web import household, queries_forecast, queries_orders, wording
from api.web.charts import Depletion, Happened, Holder, LevelChart, Measured, level_chart
from api.web.household import Household, OwnedDevice, days_of_supply
from api.web.queries_forecast import forecast_view
from api.web.views import (
    ByHand,
    Coming,
    Gauge,
    MandateLine,
    Mode,
    ProductChoice,
    SharingView,
    StockSettings,
    StockView,
)
from core.money import PPM, Money
from devices import history, ownership
from devices.models import SlotSpec
from devices.ownership import StocksDiffer
from devices.tables import SlotRow, StockRow
from replenishment.forecast import Forecaster
from replenishment.tables import OrderRow
from vendor_policy.declarations import ProductCard
from vendor_policy.mandates import Mandate
from vendor_policy.tables import MandateRow, ProductCardRow

HISTORY: Final = timedelta(days=60)
BUCKET: Final = timedelta(hours=6)  # one point of the line
PAST_ORDERS: Final = 5
CURRENCY: Final = "EUR"


async def find_stock(session: AsyncSession, stock_id: UUID) -> StockRow:
    """Raises NotFound, also for another owner's stock."""
    found = await session.exec(select(StockRow).where(StockRow.stock_id == stock_id))
    stock = found.one_or_none()
    if stock is None:
        raise NotFound(f"stock {stock_id}")
    return stock


async def stock_view(
    session: AsyncSession,
    stock_id: UUID,
    member: Principal,
    now: datetime,
    forecaster: Forecaster,
) -> StockView:
    stock = await find_stock(session, stock_id)
    home = await household.load(session, now, member.language)
    slots = home.places(stock_id)
    orders = await _orders(session, stock_id)
    coming, past = await _shown(session, member, home.live_orders.get(stock_id), orders)
    return StockView(
        stock_id=stock_id,
        name=home.titles[stock_id],
        device_names=home.device_names(stock_id),
        unit=stock.unit,
        supply=days_of_supply(stock, now),
        gauges=tuple(_gauge(home, owned, slot) for owned, slot in slots),
        chart=await _chart(session, stock, [slot for _, slot in slots], orders, now),
        learned=queries_forecast.learned(stock),
        waiting=queries_forecast.waiting(stock, now, member.timezone),
        forecast=await forecast_view(session, stock, home, member, forecaster),
        mode=_mode(stock),
        mandate=await _mandate(session, stock),
        settings=_settings(stock),
        on_shelf=household.spares(stock),
        products=await _products(session, stock),
        live_order=coming,
        past_orders=past,
        by_hand=tuple(_by_hand(owned, slot) for owned, slot in slots if owned.model is None),
        sharing=_sharing(home, stock),
        may_change=member.may_change,
    )


def _sharing(home: Household, stock: StockRow) -> SharingView:
    slots = home.places(stock.stock_id)
    return SharingView(
        others=tuple(
            (each.stock_id, f"{home.titles[each.stock_id]} ({', '.join(names)})")
            for each in home.stocks.values()
            if (names := home.device_names(each.stock_id)) and _could_share(stock, each)
        ),
        slots=tuple(
            (owned.device.device_id, slot.slot, f"{owned.ownership.name}, {_title(home, slot)}")
            for owned, slot in slots
            if len(slots) > 1
        ),
    )


def _title(home: Household, slot: SlotRow) -> str:
    return SlotSpec.model_validate(slot.spec).title_in(home.language)


def _could_share(stock: StockRow, other: StockRow) -> bool:
    try:
        return bool(ownership.common_fits(stock, other))
    except StocksDiffer:
        return False


async def _shown(
    session: AsyncSession, member: Principal, live: OrderRow | None, orders: Sequence[OrderRow]
) -> tuple[Coming | None, tuple[Coming, ...]]:
    """The live order and the newest of the others."""
    known = await queries_orders.names(session, orders, member.language)
    newest = [each for each in orders[: PAST_ORDERS + 1] if each is not live]
    past = tuple(queries_orders.coming(each, known) for each in newest)
    return queries_orders.coming(live, known) if live else None, past


def _settings(stock: StockRow) -> StockSettings:
    minor = stock.stock_out_minor_per_day
    return StockSettings(
        spares=stock.spares,
        least=stock.least,
        target=stock.target,
        most=stock.most,
        keeps_days=stock.keeps_days,
        service_level_ppm=stock.service_level_ppm,
        stock_out=None if minor is None else Money(minor, CURRENCY),
        priced_ppm=(stock.forecast or {}).get("service_level_ppm"),
    )


def _mode(stock: StockRow) -> Mode:
    modes: dict[str, Mode] = {"off": "off", "notify": "notify", "ask": "ask", "auto": "auto"}
    return modes[stock.mode]


def _gauge(home: Household, owned: OwnedDevice, slot: SlotRow) -> Gauge:
    """Named after its device, as the page is already the stock's."""
    of_home = home.gauge(owned, slot)
    return Gauge(
        name=owned.ownership.name,
        stock_id=None,
        level_ppm=of_home.level_ppm,
        condition=of_home.condition,
        supply=_in_slot(home, owned, slot),
    )


def _in_slot(home: Household, owned: OwnedDevice, slot: SlotRow) -> Text:
    in_slot = home.in_slot(owned, slot)
    if in_slot is None:
        return text("supply.unknown" if owned.model else "supply.not_said")
    unit = SlotSpec.model_validate(slot.spec).unit
    if unit == "fill":
        return text("gauge.level", share=Share(round(in_slot * PPM)))
    return text("stock.in_slot", amount=wording.measured(in_slot, unit))


def _by_hand(owned: OwnedDevice, slot: SlotRow) -> ByHand:
    spec = SlotSpec.model_validate(slot.spec)
    return ByHand(capacity=spec.capacity, unit=spec.unit, tap=household.tap(owned, slot))


async def _orders(session: AsyncSession, stock_id: UUID) -> Sequence[OrderRow]:
    """Newest first."""
    found = await session.exec(
        select(OrderRow)
        .where(OrderRow.stock_id == stock_id)
        .order_by(col(OrderRow.created_at).desc())
    )
    return found.all()


async def _mandate(session: AsyncSession, stock: StockRow) -> MandateLine | None:
    row = await session.get(MandateRow, stock.mandate_id) if stock.mandate_id else None
    if row is None or row.revoked_at is not None:
        return None
    mandate = Mandate.model_validate(row.body)
    return MandateLine(
        mandate_id=row.mandate_id,
        products=mandate.products,
        vendors=mandate.vendors,
        cap=Money(mandate.order_most_minor, mandate.currency),
        days_between=mandate.days_between,
        ends_on=mandate.ends_on,
    )


async def fitting_cards(session: AsyncSession, stock: StockRow) -> list[ProductCard]:
    cards = [
        ProductCard.model_validate(row.card)
        for row in await session.exec(select(ProductCardRow).order_by(ProductCardRow.gtin))
    ]
    return [
        each
        for each in cards
        if each.category == stock.category and set(each.fits) & set(stock.fits)
    ]


async def _products(session: AsyncSession, stock: StockRow) -> tuple[ProductChoice, ...]:
    return tuple(
        ProductChoice(
            gtin=card.gtin,
            title=card.title,
            brand=card.brand,
            pack=wording.quantity(card.pack_quantity, card.unit),
            is_chosen=card.gtin in stock.products,
        )
        for card in await fitting_cards(session, stock)
    )


async def _chart(
    session: AsyncSession,
    stock: StockRow,
    slots: Sequence[SlotRow],
    orders: Sequence[OrderRow],
    now: datetime,
) -> LevelChart | None:
    first = now - HISTORY
    capacity = sum(SlotSpec.model_validate(each.spec).capacity for each in slots)
    reorder_level = (stock.review_level or 0) - stock.spares
    return level_chart(
        Holder(capacity=capacity, unit=stock.unit, reorder_level=reorder_level),
        await levels(session, slots, now),
        [*await _refills(session, slots, first), *_marks(orders, first)],
        now=now,
        forecast=_depletion(stock, now),
    )


async def levels(
    session: AsyncSession, slots: Sequence[SlotRow], now: datetime
) -> list[Measured]:
    """Units in all slots together at the end of each BUCKET; None while one is unknown."""
    first = now - HISTORY
    by_slot = [await _quantities(session, slot, first, now) for slot in slots]
    points: list[Measured] = []
    last: list[float | None] = [None] * len(slots)
    at = 0
    while (end := first + at * BUCKET) <= now:
        for number, quantities in enumerate(by_slot):
            last[number] = quantities.get(at, last[number])
        known = [each for each in last if each is not None]
        is_known = bool(known) and len(known) == len(slots)
        if points or is_known:
            points.append(Measured(end, sum(known) if is_known else None))
        at += 1
    return points


async def _quantities(
    session: AsyncSession, slot: SlotRow, first: datetime, now: datetime
) -> dict[int, float | None]:
    """By bucket, the last level in it; None: the device could not say."""
    series = await history.level_series(
        session, slot.device_id, slot.slot, since=first, until=now
    )
    return {
        int((each.at - first) / BUCKET) + 1: each.amount
        for each in series
        if not each.is_glitch
    }


async def _refills(
    session: AsyncSession, slots: Sequence[SlotRow], since: datetime
) -> list[Happened]:
    places = [(each.device_id, each.slot) for each in slots]
    found = await history.refills(session, places, since=since)
    return [Happened(each.refilled_at, "refill") for each in found]


def _marks(orders: Iterable[OrderRow], since: datetime) -> list[Happened]:
    return [
        Happened(each.placed_at, "order")
        for each in orders
        if each.placed_at is not None and each.placed_at >= since
    ]


def _depletion(stock: StockRow, now: datetime) -> Depletion | None:
    """Of what is in the device, as the line above it: the spares come after that."""
    told = stock.forecast or {}
    days = told.get("days_of_supply")
    if not days:
        return None
    passed = (now - datetime.fromisoformat(told["at"])) / timedelta(days=1)
    inside, spares = told["position"]["in_slot"], told["position"]["spares"]
    share = inside / (inside + spares) if inside else 0.0
    p10, p50, p90 = (max(0.0, days[key] * share - passed) for key in ("p10", "p50", "p90"))
    return Depletion(p10_days=p10, p50_days=p50, p90_days=p90)
