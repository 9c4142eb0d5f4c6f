"""Two households at one platform, each with a washer, an ask that waits, and a notice; made by
the use cases themselves. Only what a device would have sent is written directly.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from itertools import count
from uuid import UUID

import httpx
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from accounts import principal, sign_in
from accounts.principal import Audience, Principal
from accounts.scoping import ALL_OWNERS, owned_tables
from accounts.sign_in import NewOwner, SignedIn
from accounts.tables import MemberRow, NoticeRow, OwnerRow
from api.app import create_app
from api.deps import Platform
from api.render import read_pages
from core.clock import SteppedClock
from core.database import Database
from core.ids import SeededIds
from core.money import Money
from core.offload import here
from devices import ownership, quarantine, registry, wire
from devices.catalog import washer_w7
from devices.ownership import Claim
from devices.quarantine import Quarantined
from devices.registry import ToProvision
from devices.tables import DeviceRow, QuarantineRow, SlotRow, StockRow
from replenishment import automatic, correcting, replenish
from replenishment.case import Occasion
from replenishment.correcting import NewCorrection
from replenishment.corrections import CorrectionKind
from replenishment.forecast import ExponentialForecaster
from replenishment.order_states import OrderState
from replenishment.tables import OrderRow
from tests.unit.vendor_policy.builders import KICK_BACK, a_card, a_declaration, an_offer
from tests.world import SIGNER
from vendor_policy import store
from vendor_policy.log import listings, sequencer
from vendor_policy.log import store as log
from vendor_policy.mandates import Mandate
from vendor_policy.offers import Offer
from vendor_policy.store import Sight, Vendor

PASSWORD = "a sentence is good"  # noqa: S105 - of nobody
DEVICE_KEY = b"k" * 32
_APPS: list[FastAPI] = []


@dataclass(frozen=True)
class Home:
    owner_id: UUID
    email: str
    key: str  # of its API
    token: str  # of its session cookie
    device_id: str
    stock_id: UUID  # of the detergent
    mandate_id: UUID  # of the softener
    correction_id: UUID  # of the whole household
    order_id: UUID  # waits for the owner
    record_id: UUID
    quarantine_id: int  # of a message of the washer


@dataclass(frozen=True)
class World:
    app: FastAPI
    database: Database
    clock: SteppedClock
    ids: SeededIds
    maker_id: UUID
    maker_key: str

    def client(self, home: Home | None = None, *, bearer: str = "") -> httpx.AsyncClient:
        """A browser with the home's session, or a machine with a key."""
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        return httpx.AsyncClient(
            transport=transport,
            base_url="http://platform",
            cookies={"session": home.token} if home else None,
            headers={"Authorization": f"Bearer {bearer}"} if bearer else None,
        )

    @property
    def parts(self) -> dict[str, object]:
        return {
            "transaction": self.database.transaction,
            "clock": self.clock,
            "ids": self.ids,
        }


async def a_world(database: Database, clock: SteppedClock) -> World:
    ids = SeededIds(7)
    maker_id = await registry.register_manufacturer(
        "Hausgeraete Nord", transaction=database.transaction, ids=ids
    )
    async with database.transaction(ALL_OWNERS) as session:
        maker_key = principal.issue_api_key(
            session, Audience.MAKER, maker_id, label="factory", ids=ids, wall=clock.now()
        )
    platform = Platform(
        database=database,
        clock=clock,
        wall=clock,
        ids=ids,
        device_key=DEVICE_KEY,
        forecaster=ExponentialForecaster(),
        pages=_pages(),
        offload=here,
    )
    world = World(_app_of(platform), database, clock, ids, maker_id, maker_key)
    await registry.register_model(maker_id, washer_w7.MODEL, **world.parts)
    await _a_market(world)
    return world


_pages = cache(read_pages)


def _app_of(platform: Platform) -> FastAPI:
    """One application serves one world after the other: its platform is all that it keeps, and
    working out its routes costs half a second of computing.
    """
    if not _APPS:
        _APPS.append(create_app(platform))
    _APPS[0].state.platform = platform
    return _APPS[0]


async def _a_market(world: World) -> None:
    """Three shops with the same detergent; the cheapest pays a kick-back."""
    shops = (("haushaltshof", 840), ("tintenwelt", 880), ("billigblitz", 790))
    now = world.clock.now()
    async with world.database.transaction(ALL_OWNERS) as session:
        await store.put_card(session, a_card())
        for number, (vendor_id, price_minor) in enumerate(shops):
            vendor = Vendor(
                vendor_id=vendor_id,
                name=vendor_id.capitalize(),
                address="Kiel",
                register_number=f"HRB {number}",
                contact="shop@example.org",
                base_url="http://127.0.0.1:1",
                dialect="ucp",
                categories=("laundry-detergent", "fabric-softener"),
                declaration=a_declaration(),
            )
            await store.register_vendor(session, vendor, verified_at=now)
            offer = an_offer(
                offer_id=f"{number:032x}",
                vendor=vendor_id,
                vendor_name=vendor_id.capitalize(),
                price=Money(price_minor, "EUR"),
                in_stock=vendor_id != "tintenwelt",
                seen_at=now,
                expires_at=now + timedelta(hours=6),
                **({"remuneration": KICK_BACK} if vendor_id == "billigblitz" else {}),
            )
            for category in ("laundry-detergent", "fabric-softener"):
                sight = Sight(vendor_id=vendor_id, category=category, at=now)
                await _look(
                    world, session, sight, [offer] if category == offer.category else []
                )


async def _look(
    world: World, session: AsyncSession, sight: Sight, seen: Sequence[Offer]
) -> None:
    await store.replace_offers(session, sight, seen)
    listing = log.ListingSight(
        vendor_id=sight.vendor_id,
        category=sight.category,
        entries=listings.entries(seen),
        at=sight.at,
        expires_at=sight.at + timedelta(hours=6),
    )
    await log.note_listing(session, listing, ids=world.ids)
    await store.put_sight(session, sight)


_numbers = count(1)


async def a_home(world: World, name: str) -> Home:
    email, number = f"{name}@example.org", next(_numbers)
    new = NewOwner(
        name=name, email=email, password=PASSWORD, timezone="Europe/Berlin", language="en"
    )
    member = await sign_in.sign_up(new, **world.parts)
    signed_in = await sign_in.sign_in(
        email, PASSWORD, transaction=world.database.transaction, wall=world.clock, ids=world.ids
    )
    assert isinstance(signed_in, SignedIn)
    async with world.database.transaction(ALL_OWNERS) as session:
        key = principal.issue_api_key(
            session,
            Audience.OWNER,
            member.owner_id,
            label=name,
            ids=world.ids,
            wall=world.clock.now(),
        )
    device_id = await _a_washer(world, member.owner_id, number)
    order = await _an_ask(world, member.owner_id, device_id)
    return Home(
        owner_id=member.owner_id,
        email=email,
        key=key,
        token=signed_in.token,
        device_id=device_id,
        stock_id=order.stock_id,
        mandate_id=await _a_mandate(world, member.owner_id, email),
        correction_id=await _a_correction(world, member.owner_id, email),
        order_id=order.order_id,
        record_id=order.record_id,
        quarantine_id=await _a_quarantined(world, device_id),
    )


async def _a_quarantined(world: World, device_id: str) -> int:
    """A slot that the washer has not."""
    slots = {"bleach": {"level": 0.5}}
    at = world.clock.now()
    body = {"v": 1, "boot_id": 1, "seq": 1, "measured_at": at.isoformat(), "slots": slots}
    fix = "the slots of the model are: detergent, softener"
    message = Quarantined(
        device_id=device_id,
        topic=wire.topic(device_id, "telemetry"),
        payload=json.dumps(body).encode(),
        faults=(wire.Fault(code="unknown_slot", field="slots", value="bleach", fix=fix),),
        received_at=at,
    )
    async with world.database.transaction(ALL_OWNERS) as session:
        connection = await session.connection()
        await connection.run_sync(lambda sync: quarantine.keep(sync, [message]))
        found = await session.exec(
            select(QuarantineRow.quarantine_id).where(QuarantineRow.device_id == device_id)
        )
        return found.one() or 0


async def _a_washer(world: World, owner_id: UUID, number: int) -> str:
    (made,) = await registry.provision(
        world.maker_id,
        [ToProvision(model=washer_w7.MODEL.name, serial=f"W7-{number}")],
        key=DEVICE_KEY,
        **world.parts,
    )
    claim = Claim(owner_id=owner_id, code=made.claim_code, name="Washer", place="Cellar")
    await ownership.claim(claim, key=DEVICE_KEY, **world.parts)
    return made.device_id


async def _an_ask(world: World, owner_id: UUID, device_id: str) -> OrderRow:
    """The washer says it is nearly empty; the review asks."""
    now = world.clock.now()
    async with world.database.transaction(ALL_OWNERS) as session:
        owner = await session.get_one(OwnerRow, owner_id)
        owner.recipient, owner.street = owner.name, "Hafenweg 7"
        owner.postal_code, owner.city = "24103", "Kiel"
        slot = await session.get_one(SlotRow, (device_id, "detergent"))
        slot.in_slot, slot.condition = 60.0, "low"
        slot.measured_at = slot.heard_at = now
        assert slot.stock_id is not None
    outcome = await replenish.review(
        slot.stock_id, Occasion(), forecaster=ExponentialForecaster(), **world.parts
    )
    await sequencer.sequence(
        transaction=world.database.transaction, clock=world.clock, signer=SIGNER
    )
    async with world.database.snapshot(owner_id) as session:
        found = await session.exec(select(OrderRow))
        order = found.one_or_none()
    assert order is not None, outcome
    assert order.state == OrderState.AWAITING_APPROVAL
    return order


async def _a_mandate(world: World, owner_id: UUID, email: str) -> UUID:
    member = Principal(audience=Audience.OWNER, party_id=owner_id, name=email)
    now = world.clock.now()
    mandate = Mandate(
        products=("02001000000067",),
        vendors=("haushaltshof",),
        currency="EUR",
        order_most_minor=2500,
        ends_on=now.date() + timedelta(days=90),
        accepted_at=now,
        accepted_by=email,
    )
    async with world.database.snapshot(owner_id) as session:
        softener = select(StockRow).where(StockRow.category == "fabric-softener")
        stock = (await session.exec(softener)).one()
    return (await automatic.accept(stock.stock_id, mandate, member, **world.parts)).mandate_id


async def _a_correction(world: World, owner_id: UUID, email: str) -> UUID:
    member = Principal(audience=Audience.OWNER, party_id=owner_id, name=email)
    last_week = world.clock.now().date() - timedelta(days=7)
    said = NewCorrection(kind=CorrectionKind.IGNORE, from_on=last_week, until_on=last_week)
    return (await correcting.say(said, member, **world.parts)).correction_id


async def state_of(world: World, home: Home) -> str:
    async with world.database.snapshot(home.owner_id) as session:
        return (await session.get_one(OrderRow, home.order_id)).state


async def stock_of(world: World, home: Home) -> StockRow:
    async with world.database.snapshot(home.owner_id) as session:
        return await session.get_one(StockRow, home.stock_id)


async def becomes(world: World, home: Home, role: str) -> None:
    """The home's member is `admin`, `approver` or `viewer` from now on."""
    async with world.database.transaction(home.owner_id) as session:
        member = (await session.exec(select(MemberRow))).one()
        member.role = role


async def notices_of(world: World, home: Home) -> list[NoticeRow]:
    async with world.database.snapshot(home.owner_id) as session:
        return list(await session.exec(select(NoticeRow)))


def routes_of(app: FastAPI) -> list[tuple[str, str]]:
    """(method, path) of every route, without HEAD."""
    return sorted(
        (method, route.path)
        for route in iter_route_contexts(app.routes)
        for method in getattr(route, "methods", None) or ()
        if method != "HEAD"
    )


async def rows_of(world: World, home: Home) -> str:
    """All that belongs to one household, and its device: equal text, equal rows."""
    lines = []
    async with world.database.snapshot(ALL_OWNERS) as session:
        for table in owned_tables():
            rows = await session.exec(select(table).where(table.owner_id == home.owner_id))
            lines += [f"{table.__name__} {row.model_dump()}" for row in rows]
        owner = await session.get_one(OwnerRow, home.owner_id)
        device = await session.get_one(DeviceRow, home.device_id)
        slots = await session.exec(select(SlotRow).where(SlotRow.device_id == home.device_id))
        kept = await session.exec(
            select(QuarantineRow).where(QuarantineRow.device_id == home.device_id)
        )
        lines += [str(row.model_dump()) for row in (owner, device, *slots, *kept)]
    return "\n".join(sorted(lines))


async def csrf_of(world: World, home: Home) -> str:
    async with world.database.snapshot(ALL_OWNERS) as session:
        found = await principal.of_session(session, home.token, wall=world.clock.now())
    assert found is not None
    assert found.csrf_token
    return found.csrf_token


async def token_in(client: httpx.AsyncClient, page: str) -> str:
    html = (await client.get(page)).text
    return re.search(r'name="csrf_token" value="([^"]+)"', html)[1]


async def act(
    client: httpx.AsyncClient, page: str, address: str, **form: str
) -> httpx.Response:
    token = await token_in(client, page)
    return await client.post(address, data={"csrf_token": token, **form})
