"""The home page and the inbox of asks."""

from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from accounts.principal import Principal
from accounts.tables import OwnerRow
from accounts.texts import Text, text
from api.web import household, queries_orders
from api.web.household import Household, depletion_at
from api.web.views import ApprovalsView, DeviceCard, DevicesView, HomeView, Month
from core.money import Money
from devices.cycles import corrections
from replenishment import addresses
from replenishment.order_states import COMING, OrderState
from replenishment.tables import OrderRow

CURRENCY = "EUR"  # of a month in which nothing was bought


async def home_view(session: AsyncSession, member: Principal, now: datetime) -> HomeView:
    home = await household.load(session, now, member.language)
    owner = await session.get_one(OwnerRow, member.party_id)
    on_the_way = [each for each in home.live_orders.values() if each.state in COMING]
    known = await queries_orders.names(session, on_the_way, member.language)
    asks = await queries_orders.ask_cards(session, home, member)
    cards = tuple(home.card(each) for each in home.devices)
    return HomeView(
        headline=_headline(len(asks), cards),
        lead=_next(home, member),
        asks=asks,
        devices=cards,
        chores=home.chores(),
        coming=tuple(queries_orders.coming(each, known) for each in on_the_way),
        month=await _month(session, member, now),
        may_change=member.may_change,
        is_auto_stopped=owner.is_auto_stopped,
        has_address=addresses.is_complete(owner),
    )


def _headline(asks: int, devices: tuple[DeviceCard, ...]) -> Text:
    low = sum(
        (gauge.condition in ("low", "empty") and gauge.tag == text("mode.notify.tag"))
        or (gauge.condition == "empty" and gauge.tag == text("mode.off.tag"))
        for device in devices
        for gauge in device.gauges
    )
    if not devices:
        return text("home.empty")
    if asks:
        return text("home.asks_some_low" if low else "home.asks_all_stocked", n=asks)
    return text("home.low", n=low) if low else text("home.stocked")


def _next(home: Household, member: Principal) -> Text | None:
    """Which stock is empty first, of those for which nothing is under way."""
    empty = [
        (at, home.titles[stock.stock_id])
        for stock in home.stocks.values()
        if stock.stock_id not in home.live_orders and (at := depletion_at(stock))
    ]
    if not empty:
        return None
    at, name = min(empty)
    day = max(at, home.now).astimezone(ZoneInfo(member.timezone)).date()
    return text("home.next", stock=name, day_on=day)


async def _month(session: AsyncSession, member: Principal, now: datetime) -> Month:
    zone = ZoneInfo(member.timezone)
    month_on = now.astimezone(zone).date().replace(day=1)
    begin = datetime.combine(month_on, datetime.min.time(), tzinfo=zone)
    placed = (
        await session.exec(select(OrderRow).where(col(OrderRow.placed_at) >= begin))
    ).all()
    placed = [each for each in placed if each.state != OrderState.CANCELLED]
    waiting = (
        await session.exec(
            select(OrderRow).where(OrderRow.state == OrderState.AWAITING_APPROVAL)
        )
    ).all()
    currency = next((each.currency for each in [*placed, *waiting]), CURRENCY)
    return _sums(month_on, placed, list(waiting), currency)


def _sums(
    month_on: date, placed: list[OrderRow], waiting: list[OrderRow], currency: str
) -> Month:
    """In one currency; orders in another are left out rather than added up wrongly."""

    def total(orders: list[OrderRow]) -> Money:
        minor = sum(each.total_minor for each in orders if each.currency == currency)
        return Money(minor, currency)

    return Month(
        month_on=month_on, spent=total(placed), orders=len(placed), waiting=total(waiting)
    )


async def approvals_view(
    session: AsyncSession, member: Principal, now: datetime
) -> ApprovalsView:
    home = await household.load(session, now, member.language)
    return ApprovalsView(asks=await queries_orders.ask_cards(session, home, member))


async def devices_view(session: AsyncSession, member: Principal, now: datetime) -> DevicesView:
    home = await household.load(session, now, member.language)
    cards = [home.card(each) for each in home.devices]
    of_plugs = await corrections.plugs(session, [each.device_id for each in cards])
    return DevicesView(
        devices=tuple(replace(e, has_cycles=e.device_id in of_plugs) for e in cards),
        may_change=member.may_change,
    )
