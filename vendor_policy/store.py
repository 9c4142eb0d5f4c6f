"""Vendors, cards, offers, policies, mandates and records in the database.

Works inside the caller's transaction. Policies, mandates and records are only ever inserted.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.canonical import digest, dumps
from core.ids import Ids
from vendor_policy import offers, policy, record
from vendor_policy.declarations import ProductCard, VendorDeclaration
from vendor_policy.log import store as log
from vendor_policy.mandates import Mandate
from vendor_policy.offers import MissingFacts, Offer
from vendor_policy.policy import Policy
from vendor_policy.record import DecisionRecord
from vendor_policy.tables import (
    CatalogueSightRow,
    DecisionRow,
    MandateRow,
    OfferRow,
    PolicyRow,
    ProductCardRow,
    RefusedOfferRow,
    VendorRow,
)

PRESET_AUTHOR = "platform"  # of the version that stands until the owner saves one


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyInForce:
    version: int
    policy: Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """A trader as registered with the platform."""

    vendor_id: str
    name: str
    address: str
    register_number: str
    contact: str
    base_url: str
    dialect: str
    categories: tuple[str, ...]
    declaration: VendorDeclaration


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """One look at a vendor's category. `problem` is empty when it went well."""

    vendor_id: str
    category: str
    at: datetime
    problem: str = ""


async def policy_in_force(
    session: AsyncSession, owner_id: UUID, *, at: datetime, ids: Ids
) -> PolicyInForce:
    """The highest version. An owner without any gets the balanced preset as version 1."""
    row = await _newest_policy(session, owner_id)
    if row is None:
        row = await save_policy(
            session, owner_id, policy.preset(), author=PRESET_AUTHOR, at=at, ids=ids
        )
    return PolicyInForce(version=row.version, policy=policy.from_json(row.body))


async def save_policy(
    session: AsyncSession,
    owner_id: UUID,
    wanted: Policy,
    *,
    author: str,
    at: datetime,
    ids: Ids,
) -> PolicyRow:
    """The next version. The unique index refuses (IntegrityError) two of the same number."""
    newest = await _newest_policy(session, owner_id)
    row = PolicyRow(
        policy_id=ids.uuid(),
        owner_id=owner_id,
        version=1 if newest is None else newest.version + 1,
        body=policy.to_json(wanted),
        policy_hash=policy.policy_hash(wanted),
        author=author,
        created_at=at,
    )
    session.add(row)
    await session.flush()
    return row


async def policy_versions(session: AsyncSession, owner_id: UUID) -> Sequence[PolicyRow]:
    """Newest first."""
    found = await session.exec(
        select(PolicyRow)
        .where(PolicyRow.owner_id == owner_id)
        .order_by(col(PolicyRow.version).desc())
    )
    return found.all()


async def _newest_policy(session: AsyncSession, owner_id: UUID) -> PolicyRow | None:
    found = await session.exec(
        select(PolicyRow)
        .where(PolicyRow.owner_id == owner_id)
        .order_by(col(PolicyRow.version).desc())
        .limit(1)
    )
    return found.one_or_none()


async def register_vendor(
    session: AsyncSession, vendor: Vendor, *, verified_at: datetime | None
) -> None:
    """Adds the vendor, or replaces what it declared before."""
    declared = vendor.declaration.model_dump(mode="json")
    await session.merge(
        VendorRow(
            vendor_id=vendor.vendor_id,
            name=vendor.name,
            address=vendor.address,
            register_number=vendor.register_number,
            contact=vendor.contact,
            verified_at=verified_at,
            base_url=vendor.base_url,
            dialect=vendor.dialect,
            categories=list(vendor.categories),
            declaration=declared,
            declaration_hash=digest(dumps(declared)),
        )
    )


async def vendor(session: AsyncSession, vendor_id: str) -> VendorRow | None:
    return await session.get(VendorRow, vendor_id)


async def vendors(session: AsyncSession) -> Sequence[VendorRow]:
    found = await session.exec(select(VendorRow).order_by(col(VendorRow.vendor_id)))
    return found.all()


async def vendors_of(session: AsyncSession, category: str) -> list[VendorRow]:
    return [row for row in await vendors(session) if category in row.categories]


def declaration(row: VendorRow) -> VendorDeclaration:
    return VendorDeclaration.model_validate(row.declaration)


async def put_card(session: AsyncSession, card: ProductCard) -> None:
    await session.merge(ProductCardRow(gtin=card.gtin, card=card.model_dump(mode="json")))


async def cards(session: AsyncSession, gtins: Iterable[str]) -> Mapping[str, ProductCard]:
    """By GTIN of 14 digits; those without a card are left out."""
    found = await session.exec(
        select(ProductCardRow).where(col(ProductCardRow.gtin).in_(list(gtins)))
    )
    return {row.gtin: ProductCard.model_validate(row.card) for row in found}


async def fresh_offers(session: AsyncSession, category: str, at: datetime) -> tuple[Offer, ...]:
    """Unexpired ones, in no meaningful order."""
    found = await session.exec(
        select(OfferRow)
        .where(OfferRow.category == category, col(OfferRow.expires_at) > at)
        .order_by(col(OfferRow.vendor_id), col(OfferRow.sku))
    )
    return tuple(offers.from_json(row.offer) for row in found)


async def refused_offers(session: AsyncSession, category: str) -> tuple[MissingFacts, ...]:
    """Catalogue entries stopped at the door when the vendor was last looked at."""
    found = await session.exec(
        select(RefusedOfferRow)
        .where(RefusedOfferRow.category == category)
        .order_by(col(RefusedOfferRow.vendor_id), col(RefusedOfferRow.sku))
    )
    return tuple(
        MissingFacts(
            vendor=row.vendor_id,
            sku=row.sku,
            title=row.title,
            fields=tuple(field for field, _ in row.missing),
            reasons=tuple(reason for _, reason in row.missing),
        )
        for row in found
    )


async def replace_offers(
    session: AsyncSession, sight: Sight, seen: Sequence[Offer | MissingFacts]
) -> None:
    """What the vendor shows now, each SKU once; SKUs it no longer shows are gone."""
    skus = [each.sku for each in seen]
    for table in (OfferRow, RefusedOfferRow):
        is_old = (col(table.category) == sight.category) | col(table.sku).in_(skus)
        await session.exec(delete(table).where(col(table.vendor_id) == sight.vendor_id, is_old))
    session.add_all(
        _offer_row(each, sight) if isinstance(each, Offer) else _refused_row(each, sight)
        for each in seen
    )


def _offer_row(offer: Offer, sight: Sight) -> OfferRow:
    return OfferRow(
        vendor_id=offer.vendor,
        sku=offer.sku,
        category=sight.category,
        offer=offers.to_json(offer),
        seen_at=offer.seen_at,
        expires_at=offer.expires_at,
    )


def _refused_row(refused: MissingFacts, sight: Sight) -> RefusedOfferRow:
    return RefusedOfferRow(
        vendor_id=refused.vendor,
        sku=refused.sku,
        category=sight.category,
        title=refused.title,
        missing=[
            [field, reason]
            for field, reason in zip(refused.fields, refused.reasons, strict=True)
        ],
        seen_at=sight.at,
    )


async def put_sight(session: AsyncSession, sight: Sight) -> bool:
    """True when this look ended otherwise than the one before it."""
    row = await session.get(CatalogueSightRow, (sight.vendor_id, sight.category))
    if row is None:
        row = CatalogueSightRow(
            vendor_id=sight.vendor_id, category=sight.category, tried_at=sight.at
        )
        session.add(row)
        is_news = True
    else:
        is_news = bool(row.problem) != bool(sight.problem)
    row.tried_at = sight.at
    row.problem = sight.problem
    row.seen_at = row.seen_at if sight.problem else sight.at
    return is_news


async def forget_sight(session: AsyncSession, vendor_id: str, category: str) -> None:
    """Its offers have proved wrong: nothing is decided before they are looked at again."""
    row = await session.get(CatalogueSightRow, (vendor_id, category))
    if row is not None:
        await session.delete(row)


async def tried_since(session: AsyncSession, category: str, since: datetime) -> frozenset[str]:
    """Vendors whose catalogue of that category was looked at, well or not."""
    found = await session.exec(
        select(CatalogueSightRow.vendor_id).where(
            CatalogueSightRow.category == category, col(CatalogueSightRow.tried_at) >= since
        )
    )
    return frozenset(found)


async def accept_mandate(
    session: AsyncSession, owner_id: UUID, stock_id: UUID, mandate: Mandate, *, ids: Ids
) -> MandateRow:
    body = mandate.model_dump(mode="json")
    row = MandateRow(
        mandate_id=ids.uuid(),
        owner_id=owner_id,
        stock_id=stock_id,
        body=body,
        mandate_hash=digest(dumps(body)),
        ends_on=mandate.ends_on,
        accepted_at=mandate.accepted_at,
        accepted_by=mandate.accepted_by,
    )
    session.add(row)
    await session.flush()
    return row


async def mandate(session: AsyncSession, mandate_id: UUID) -> Mandate | None:
    """None once it is revoked."""
    row = await session.get(MandateRow, mandate_id)
    if row is None or row.revoked_at is not None:
        return None
    return Mandate.model_validate(row.body)


async def insert_record(
    session: AsyncSession,
    owner_id: UUID,
    made: DecisionRecord,
    *,
    ids: Ids,
) -> DecisionRow:
    """The first need names stock and need of the row. The log commits to the record in the same
    transaction.
    """
    data = record.record_bytes(made)
    row = DecisionRow(
        record_id=ids.uuid(),
        owner_id=owner_id,
        stock_id=UUID(made.needs[0].stock_id),
        need_id=UUID(made.needs[0].need_id),
        record=data,
        record_hash=record.record_hash(data),
        decided_at=made.decided_at,
    )
    session.add(row)
    await session.flush()
    categories = {need.category for need in made.needs}
    await log.append_decision(session, row, categories, ids=ids)
    return row


async def decision(session: AsyncSession, record_id: UUID) -> DecisionRow | None:
    return await session.get(DecisionRow, record_id)
