"""The owner's policy as questions, and permission to order automatically."""

from datetime import datetime, timedelta
from itertools import groupby
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from accounts.principal import Principal
from accounts.texts import Share, Text, text
from api.web import queries_orders, wording
from api.web.household import load
from api.web.queries_stock import find_stock, fitting_cards
from api.web.views_orders import (
    CategoryCriteria,
    MandateView,
    Option,
    PolicyVersion,
    PolicyView,
    RuleLine,
)
from core.money import Money
from devices.tables import StockRow
from vendor_policy import policy as policies
from vendor_policy import store
from vendor_policy.declarations import ProductCard
from vendor_policy.policy import PRESETS, Policy
from vendor_policy.pricing import PER_QUANTITY
from vendor_policy.rules import Author
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


async def policy_view(
    session: AsyncSession, member: Principal, problems: tuple[Text, ...] = ()
) -> PolicyView:
    version, policy = await in_force(session, member.party_id)
    vendors = await queries_orders.vendor_names(session)
    return PolicyView(
        version=version,
        preset=policy.preset,
        presets=tuple((name, text(f"preset.{name}.means")) for name in PRESETS),
        ask_above=_amount(policy, policy.ask_above_minor),
        categories=await _categories(session, policy),
        vendors=tuple(
            Option(value=key, label=name, is_chosen=key in policy.vendors_blocked)
            for key, name in sorted(vendors.items(), key=lambda each: each[1])
        ),
        stock_out_per_day=Money(policy.stock_out_minor_per_day, policy.currency),
        rules=_rules(policy, vendors),
        versions=tuple(
            PolicyVersion(
                version=each.version,
                author=wording.policy_author(each.author),
                created_at=each.created_at,
            )
            for each in await store.policy_versions(session, member.party_id)
        ),
        may_change=member.may_change,
        problems=problems,
    )


def _amount(policy: Policy, minor: int | None) -> Money | str:
    return "" if minor is None else Money(minor, policy.currency)


async def category_cards(session: AsyncSession) -> dict[str, list[ProductCard]]:
    """Products of the categories this owner uses, by category."""
    used = {each.category for each in await session.exec(select(StockRow))}
    rows = await session.exec(select(ProductCardRow))
    cards = sorted(
        (ProductCard.model_validate(row.card) for row in rows), key=lambda each: each.category
    )
    grouped = groupby(cards, key=lambda each: each.category)
    return {category: list(each) for category, each in grouped if category in used}


async def _categories(session: AsyncSession, policy: Policy) -> tuple[CategoryCriteria, ...]:
    found = []
    for category, cards in (await category_cards(session)).items():
        unit = cards[0].unit
        allowed = next(
            (each.names for each in policy.brands_allowed if each.category == category), ()
        )
        band = policy.band(category)
        brands = sorted({each.brand for each in cards} | set(allowed))
        found.append(
            CategoryCriteria(
                category=category,
                title=wording.category(category),
                brands=tuple(
                    Option(value=brand, label=brand, is_chosen=brand in allowed)
                    for brand in brands
                ),
                per=wording.per(band.per_quantity if band else PER_QUANTITY[unit], unit),
                band_most=_amount(policy, band.most_minor if band else None),
            )
        )
    return tuple(found)


def _rules(policy: Policy, vendors: dict[str, str]) -> tuple[RuleLine, ...]:
    always = (
        (Author.TECHNICAL, text("policy.rule.compatible")),
        (Author.LAW, text("policy.rule.verified")),
        (Author.PLATFORM, text("policy.rule.fresh")),
    )
    wishes = ((Author.OWNER, words) for words in _wishes(policy, vendors))
    return tuple(RuleLine(words=words, author=author) for author, words in (*always, *wishes))


def _wishes(policy: Policy, vendors: dict[str, str]) -> list[Text]:
    found = [
        text(
            "policy.rule.brands",
            category=wording.category(each.category),
            names=", ".join(each.names),
        )
        for each in policy.brands_allowed
    ]
    found += [
        text(
            "policy.rule.band",
            category=wording.category(each.category),
            most=Money(each.most_minor, policy.currency),
            per=wording.per(each.per_quantity, each.unit),
        )
        for each in policy.price_bands
    ]
    if policy.vendors_blocked:
        blocked = ", ".join(vendors.get(each, each) for each in policy.vendors_blocked)
        found.append(text("policy.rule.vendors", names=blocked))
    if policy.products_blocked:
        found.append(text("policy.rule.products", n=len(policy.products_blocked)))
    if policy.ask_above_minor is not None:
        most = Money(policy.ask_above_minor, policy.currency)
        found.append(text("policy.rule.ask_above", most=most))
    return [*found, *_weights(policy)]


def _weights(policy: Policy) -> list[Text]:
    day = Money(policy.stock_out_minor_per_day, policy.currency)
    found = [text("policy.rule.stock_out", amount=day)]
    if policy.loyalty_credit_ppm:
        found.append(text("policy.rule.loyalty", share=Share(policy.loyalty_credit_ppm)))
    found += [
        text("policy.rule.credit", name=each.name, share=Share(each.credit_ppm))
        for each in (*policy.brand_credits, *policy.vendor_credits)
    ]
    found += [
        text(
            "policy.rule.credit",
            name=wording.attributes([each.name]),
            share=Share(each.credit_ppm),
        )
        for each in policy.attribute_credits
    ]
    return found


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
