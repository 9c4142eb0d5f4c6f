"""Sets up the demo: a maker and its devices, a household that claims them, its wishes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlmodel import select

from accounts import principal
from accounts.principal import Audience, Principal
from accounts.scoping import ALL_OWNERS
from accounts.sign_in import NewOwner, sign_up
from accounts.tables import OwnerRow
from devices import ownership, registry, stock
from devices.catalog import shelf
from devices.ownership import Claim
from devices.registry import Provisioned, ToProvision
from devices.stock import ChangeStock
from devices.tables import StockRow
from replenishment import automatic
from runtime.wiring import Platform
from vendor_policy import policy, store
from vendor_policy.mandates import Mandate
from vendor_policy.policy import Policy

EMAIL: Final = "demo@nachschub.example"
PASSWORD: Final = "sixty days of washing"  # noqa: S105 - of a simulated household

# device id: model, the owner's word for it, where it stands
DEVICES: Final = {
    "washer-0001": ("washer-w7", "Washing machine", "Laundry room"),
    "printer-0001": ("printer-c200", "Printer", "Study"),
    "coffee-0001": ("coffee-b4", "Coffee machine", "Kitchen"),
    "water-0001": ("water-f1", "Water filter", "Kitchen"),
}
SHOPS: Final = ("haushaltshof", "tintenwelt", "billigblitz")
# By category: products, and the most one order may cost (minor units of EUR).
MANDATES: Final[Mapping[str, tuple[tuple[str, ...], int]]] = {
    "laundry-detergent": (("2001000000012", "2001000000029", "2001000000043"), 3000),
    "coffee-beans": (("2001000000173", "2001000000180", "2001000000197"), 6000),
}
TOLD_ONLY: Final = "coffee-descaler"


@dataclass(frozen=True, slots=True, kw_only=True)
class Furnished:
    """`secrets` by device id; `owner_key`: an API key of the simulated owner."""

    owner_id: UUID
    secrets: Mapping[str, str]
    owner_key: str


def wishes() -> Policy:
    """The balanced preset with some wishes of this household's own."""
    own = {
        "brand_credits": [{"name": "Klarbach", "credit_ppm": 100_000}],
        "attribute_credits": [{"name": "fair-trade", "credit_ppm": 50_000}],
        "brands_allowed": [{"category": "printer-toner", "names": ["Printhaus"]}],
        "price_bands": [
            {
                "category": "coffee-beans",
                "unit": "g",
                "per_quantity": 1000,
                "most_minor": 2400,
            }
        ],
        "price_rise_most_ppm": 300_000,
        "ask_above_minor": 4000,
    }
    return policy.from_json({**policy.to_json(policy.preset()), **own})


async def furnish(platform: Platform) -> Furnished:
    transaction, clock, ids = platform.database.transaction, platform.clock, platform.ids
    provisioned = await _made(platform)
    member = await sign_up(
        NewOwner(
            name="Lindenweg 7",
            email=EMAIL,
            password=PASSWORD,
            timezone="Europe/Berlin",
            language="en",
        ),
        transaction=transaction,
        clock=clock,
        ids=ids,
    )
    owner_id = member.owner_id
    async with transaction(owner_id) as session:
        owner = await session.get_one(OwnerRow, owner_id)
        owner.recipient, owner.street = "Kim Sommer", "Lindenweg 7"
        owner.postal_code, owner.city = "24103", "Kiel"
        await store.save_policy(
            session, owner_id, wishes(), author=EMAIL, at=clock.now(), ids=ids
        )
    for each in provisioned:
        _, name, place = DEVICES[each.device_id]
        claim = Claim(owner_id=owner_id, code=each.claim_code, name=name, place=place)
        await ownership.claim(
            claim, key=platform.device_key, transaction=transaction, clock=clock, ids=ids
        )
    await _choose_modes(platform, owner_id)
    return Furnished(
        owner_id=owner_id,
        secrets={each.device_id: each.secret for each in provisioned},
        owner_key=await _key(platform, owner_id),
    )


async def _made(platform: Platform) -> list[Provisioned]:
    transaction, clock, ids = platform.database.transaction, platform.clock, platform.ids
    maker = await registry.register_manufacturer(shelf.MAKER, transaction=transaction, ids=ids)
    for model in shelf.MODELS:
        await registry.register_model(
            maker, model, transaction=transaction, clock=clock, ids=ids
        )
    wanted = [
        ToProvision(model=model, serial=device_id.upper(), device_id=device_id)
        for device_id, (model, _, _) in DEVICES.items()
    ]
    return await registry.provision(
        maker,
        wanted,
        key=platform.device_key,
        transaction=transaction,
        clock=clock,
        ids=ids,
    )


async def _choose_modes(platform: Platform, owner_id: UUID) -> None:
    """Detergent and beans by mandate, descaler only told, everything else asks."""
    async with platform.database.snapshot(owner_id) as session:
        stocks = (await session.exec(select(StockRow))).all()
    owner = Principal(audience=Audience.OWNER, party_id=owner_id, name=EMAIL)
    for each in stocks:
        if each.category in MANDATES:
            await automatic.accept(
                each.stock_id,
                _mandate(platform, each.category),
                owner,
                transaction=platform.database.transaction,
                clock=platform.clock,
                ids=platform.ids,
            )
        elif each.category == TOLD_ONLY:
            await stock.change(
                owner_id,
                each.stock_id,
                ChangeStock(mode="notify"),
                transaction=platform.database.transaction,
                clock=platform.clock,
            )


def _mandate(platform: Platform, category: str) -> Mandate:
    gtins, most_minor = MANDATES[category]
    now = platform.clock.now()
    return Mandate(
        products=gtins,
        vendors=SHOPS,
        currency="EUR",
        order_most_minor=most_minor,
        ends_on=now.date() + timedelta(days=365),
        accepted_at=now,
        accepted_by=EMAIL,
    )


async def _key(platform: Platform, owner_id: UUID) -> str:
    async with platform.database.transaction(ALL_OWNERS) as session:
        return principal.issue_api_key(
            session,
            Audience.OWNER,
            owner_id,
            label="simulated owner",
            ids=platform.ids,
            wall=platform.wall.now(),
        )
