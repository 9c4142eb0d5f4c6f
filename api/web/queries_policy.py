"""The policy in force, the products it is about, and permission to order automatically."""

from datetime import datetime, timedelta
from itertools import groupby
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from accounts.principal import Principal
from accounts.texts import Text
from api.web.household import load
from api.web.queries_stock import find_stock, fitting_cards
from api.web.views_orders import MandateView, Option
from core.money import Money
from devices.tables import StockRow
from vendor_policy import policy as policies
from vendor_policy import store
from vendor_policy.declarations import ProductCard
from vendor_policy.policy import Policy
from vendor_policy.tables import ProductCardRow

USUAL_CAP_MINOR: Final = 2_500
USUAL_DAYS: Final = 180
LONGEST_DAYS: Final = 365


async def in_force(session: AsyncSession, owner_id: UUID) -> tuple[int, Policy]:
    """Version 0 is the balanced preset, until a first one is saved or used."""
    versions = await store.policy_versions(session, owner_id)
    if not versions:
        return 0, policies.preset()
    return versions[0].version, policies.from_json(versions[0].body)


async def category_cards(session: AsyncSession) -> dict[str, list[ProductCard]]:
    """Products of the categories this owner uses, by category."""
    used = {each.category for each in await session.exec(select(StockRow))}
    rows = await session.exec(select(ProductCardRow))
    cards = sorted(
        (ProductCard.model_validate(row.card) for row in rows), key=lambda each: each.category
    )
    grouped = groupby(cards, key=lambda each: each.category)
    return {category: list(each) for category, each in grouped if category in used}


async def mandate_view(
    session: AsyncSession,
    stock_id: UUID,
    member: Principal,
    now: datetime,
    problems: tuple[Text, ...] = (),
    days_between: str = "",
) -> MandateView:
    stock = await find_stock(session, stock_id)
    cards = await fitting_cards(session, stock)
    home = await load(session, now, member.language)
    today = now.astimezone(ZoneInfo(member.timezone)).date()
    return MandateView(
        stock_id=stock_id,
        stock_name=home.titles[stock_id],
        device_name=", ".join(home.device_names(stock_id)),
        products=tuple(
            Option(
                value=each.gtin,
                label=each.title,
                is_chosen=not stock.products or each.gtin in stock.products,
            )
            for each in cards
        ),
        vendors=tuple(
            Option(value=each.vendor_id, label=each.name, is_chosen=True)
            for each in await store.vendors_of(session, stock.category)
        ),
        cap=Money(USUAL_CAP_MINOR, "EUR"),
        currency="EUR",
        days_between=days_between,
        ends_on=today + timedelta(days=USUAL_DAYS),
        least_ends_on=today + timedelta(days=1),
        most_ends_on=today + timedelta(days=LONGEST_DAYS),
        problems=problems,
    )
