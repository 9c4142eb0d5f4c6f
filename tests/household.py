"""The rows of a household for tests: an owner, a washing machine, one stock, two vendors."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from accounts.tables import MemberRow, OwnerRow
from core.ids import Ids
from core.money import Money
from devices.models import DataSheet, DeviceModel, Measure, SlotSpec
from devices.tables import DeviceModelRow, DeviceRow, ManufacturerRow, SlotRow, StockRow
from replenishment.vendors.port import CatalogueItem
from vendor_policy import store
from vendor_policy.declarations import (
    DeliveryPromise,
    ProductCard,
    RegionTerms,
    Remuneration,
    Shipping,
    VendorDeclaration,
)

CATEGORY = "laundry-detergent"
KLARBACH, REINWERK = "02001000000012", "02001000000036"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WASHER = "washer-0001"
DETERGENT = SlotSpec(
    slot="detergent",
    title="Detergent",
    category=CATEGORY,
    fits=("laundry-liquid",),
    capacity=1100,
    unit="ml",
    measure=Measure.LEVEL,
    typical_use_per_day=45,
    most_per_day=400,
)
MODEL = DeviceModel(
    name="Washing machine W7",
    version=1,
    slots=(DETERGENT,),
    data_sheet=DataSheet(
        sends="the level of both drawers", every_hours=6, kept_where="here", kept_days=400
    ),
)


def item(sku: str, gtin: str, price_minor: int) -> CatalogueItem:
    return CatalogueItem(
        sku=sku,
        title=f"Detergent {sku}",
        gtin=gtin,
        price=Money(price_minor, "EUR"),
        in_stock=True,
    )


def a_vendor(vendor_id: str, *, promise: tuple[int, int], shipping_minor: int) -> store.Vendor:
    declaration = VendorDeclaration(
        currency="EUR",
        remuneration=Remuneration(share_ppm=0),
        regions=(
            RegionTerms(
                region="DE",
                shipping=Shipping(flat_minor=shipping_minor),
                delivery=DeliveryPromise(earliest_days=promise[0], latest_days=promise[1]),
            ),
        ),
        returns_days=14,
    )
    return store.Vendor(
        vendor_id=vendor_id,
        name=vendor_id.title(),
        address="Lindenweg 4, 24103 Kiel",
        register_number="HRB 1 KI",
        contact="hallo@shop.example",
        base_url="http://127.0.0.1:9",
        dialect="ucp",
        categories=(CATEGORY,),
        declaration=declaration,
    )


def a_card(gtin: str, brand: str) -> ProductCard:
    return ProductCard(
        gtin=gtin,
        title=f"{brand} 1.5 l",
        brand=brand,
        category=CATEGORY,
        pack_quantity=1500,
        unit="ml",
        fits=("laundry-liquid",),
    )


ANNA = "anna@example.org"


async def furnish(
    session: AsyncSession, owner_id: UUID, stock_id: UUID, *, at: datetime, ids: Ids
) -> None:
    """An owner with a machine that has said nothing yet, and a market."""
    session.add(an_owner(owner_id, at))
    await session.flush()
    session.add(
        MemberRow(
            member_id=ids.uuid(),
            owner_id=owner_id,
            email=ANNA,
            password_hash="",
            role="admin",
            language="de",
            created_at=at,
        )
    )
    session.add(
        StockRow(
            stock_id=stock_id,
            owner_id=owner_id,
            name="Detergent",
            category=CATEGORY,
            unit="ml",
            fits=["laundry-liquid"],
            next_review_at=at,
        )
    )
    await session.flush()
    await _install(session, stock_id, at=at, ids=ids)
    for vendor in (
        a_vendor("haushaltshof", promise=(2, 3), shipping_minor=390),
        a_vendor("billigblitz", promise=(4, 7), shipping_minor=490),
    ):
        await store.register_vendor(session, vendor, verified_at=at)
    await store.put_card(session, a_card(KLARBACH, "Klarbach"))
    await store.put_card(session, a_card(REINWERK, "Reinwerk"))


def an_owner(owner_id: UUID, at: datetime) -> OwnerRow:
    return OwnerRow(
        owner_id=owner_id,
        name="Anna",
        timezone="Europe/Berlin",
        language="de",
        recipient="Anna Muster",
        street="Holtenauer Straße 1",
        postal_code="24105",
        city="Kiel",
        created_at=at,
        changed_at=at,
    )


async def _install(session: AsyncSession, stock_id: UUID, *, at: datetime, ids: Ids) -> None:
    maker, model = ids.uuid(), ids.uuid()
    session.add(ManufacturerRow(manufacturer_id=maker, name="Nord"))
    await session.flush()
    session.add(
        DeviceModelRow(
            model_id=model,
            manufacturer_id=maker,
            name=MODEL.name,
            version=1,
            description=MODEL.model_dump(mode="json"),
            created_at=at,
        )
    )
    await session.flush()
    session.add(
        DeviceRow(device_id=WASHER, model_id=model, serial="1", secret_hash="", created_at=at)
    )
    await session.flush()
    session.add(
        SlotRow(
            device_id=WASHER,
            slot=DETERGENT.slot,
            stock_id=stock_id,
            spec=DETERGENT.model_dump(mode="json"),
        )
    )
