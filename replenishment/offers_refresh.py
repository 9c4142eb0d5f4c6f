"""Use case 3: see what one vendor offers in one category, and keep it as the stored mirror.

The vendor is asked outside any transaction; what it showed and the next look are written in
one. Items that lack a mandatory fact are refused, with the field named.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from accounts.scoping import ALL_OWNERS
from core import outbox
from core.clock import Clock
from core.database import Transaction
from core.gtin import normalised_gtin
from core.ids import Ids
from devices.tables import StockRow
from replenishment import needs, work
from replenishment.fulfil import VendorOf
from replenishment.vendors.port import CatalogueItem, Unknown, Unreadable
from vendor_policy import offers, store
from vendor_policy.declarations import ProductCard
from vendor_policy.log import listings
from vendor_policy.log import store as log
from vendor_policy.offers import MissingFacts, Offer, Trader
from vendor_policy.store import Sight
from vendor_policy.tables import VendorRow

EVERY: Final = timedelta(hours=6)  # while something of the category is needed
WITHOUT_NEED: Final = timedelta(hours=24)  # a review looks first anyway before it decides
AFTER_PROBLEM: Final = timedelta(minutes=15)
OFFERS_LIVE: Final = timedelta(hours=12)
REGION: Final = "DE"  # where parcels go, ISO 3166-1 alpha-2; the mirror is kept for one


class Look(StrEnum):
    SEEN = "seen"
    FAILED = "failed"
    UNWANTED = "unwanted"  # no such vendor, or nobody has a stock of that category


async def schedule(session: AsyncSession, *, at: datetime) -> None:
    """A look at every category of every vendor; those nobody needs end with it."""
    for vendor in await store.vendors(session):
        for category in vendor.categories:
            await outbox.add(session, work.refresh_offers(vendor.vendor_id, category, at))


async def refresh(
    vendor_id: str,
    category: str,
    *,
    transaction: Transaction,
    clock: Clock,
    ids: Ids,
    vendor_of: VendorOf,
) -> Look:
    """Leaves a row for the next look, and one for every stock whose need this may meet."""
    async with transaction(ALL_OWNERS) as session:
        vendor = await _if_wanted(session, vendor_id, category)
    if vendor is None:
        return Look.UNWANTED
    shown = await (await vendor_of(vendor_id)).search(category)
    at = clock.now()
    async with transaction(ALL_OWNERS) as session:
        if isinstance(shown, Unknown | Unreadable):
            sight = Sight(vendor_id=vendor_id, category=category, at=at, problem=_told(shown))
        else:
            sight = Sight(vendor_id=vendor_id, category=category, at=at)
            cards = await store.cards(session, _gtins(shown))
            await _keep(session, sight, _judged(shown, vendor, cards, at), ids=ids)
        is_news = await store.put_sight(session, sight)
        unmet = await needs.unmet(session, category)
        wait = AFTER_PROBLEM if sight.problem else EVERY if unmet else WITHOUT_NEED
        await outbox.add(session, work.refresh_offers(vendor_id, category, at + wait))
        if is_news or not sight.problem:
            await outbox.add(session, *(work.review(stock_id, at) for stock_id in unmet))
        return Look.FAILED if sight.problem else Look.SEEN


async def _if_wanted(session: AsyncSession, vendor_id: str, category: str) -> VendorRow | None:
    """The vendor, when it sells that category and somebody has a stock of it."""
    wanting = select(StockRow.stock_id).where(StockRow.category == category).exists()
    found = await session.exec(
        select(VendorRow).where(VendorRow.vendor_id == vendor_id, wanting)
    )
    vendor = found.one_or_none()
    return vendor if vendor is not None and category in vendor.categories else None


async def _keep(
    session: AsyncSession, sight: Sight, seen: Sequence[Offer | MissingFacts], *, ids: Ids
) -> None:
    """The mirror holds what was seen, and the log that it was."""
    await store.replace_offers(session, sight, seen)
    listing = log.ListingSight(
        vendor_id=sight.vendor_id,
        category=sight.category,
        entries=listings.entries(seen),
        at=sight.at,
        expires_at=sight.at + OFFERS_LIVE,
    )
    await log.note_listing(session, listing, ids=ids)


def _told(problem: Unknown | Unreadable) -> str:
    if isinstance(problem, Unreadable):
        return f"{problem.field}: {problem.detail}"
    return f"no answer: {problem.detail}"


def _gtins(items: Sequence[CatalogueItem]) -> list[str]:
    found = (normalised_gtin(item.gtin) for item in items if item.gtin)
    return [gtin for gtin in found if gtin is not None]


def _judged(
    items: Sequence[CatalogueItem],
    vendor: VendorRow,
    cards: Mapping[str, ProductCard],
    at: datetime,
) -> list[Offer | MissingFacts]:
    sight = offers.Sight(seen_at=at, expires_at=at + OFFERS_LIVE, region=REGION)
    trader = Trader(
        vendor=vendor.vendor_id,
        name=vendor.name,
        is_verified=vendor.verified_at is not None,
    )
    declared = store.declaration(vendor)
    return [
        offers.assemble(
            item,
            trader=trader,
            declaration=declared,
            card=cards.get(normalised_gtin(item.gtin or "") or ""),
            sight=sight,
        )
        for item in items
    ]
