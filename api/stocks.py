"""Stocks: what is bought and counted together, and what the owner wants of it."""

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from sqlmodel.ext.asyncio.session import AsyncSession

from accounts.principal import Principal
from api import profiles
from api.deps import Admin, Now, Owner, Platform, PlatformDep, Reading
from api.profiles import ProfileView
from api.refusals import Fault, Invalid
from api.schemas import Input, Output
from api.web import household, queries_forecast, queries_stock, titles
from devices import by_hand, stock
from devices.batch import Outcome
from devices.models import DeviceId, SlotName
from devices.stock import ChangeStock
from devices.tables import StockRow
from replenishment import sharing
from replenishment.backtest import COVERS_DAYS

router = APIRouter(prefix="/stocks", tags=["stocks"])


class StockView(Output):
    """`name`: in the owner's language. Quantities in `unit`. `forecast`: as last reviewed, null
    before the first review.
    """

    stock_id: UUID
    name: str
    category: str
    unit: str
    mode: str
    spares: int
    least: int
    target: int | None
    most: int | None
    keeps_days: int | None
    service_level_ppm: int
    stock_out_minor_per_day: int | None
    products: list[str]
    fits: list[str]
    mandate_id: UUID | None
    in_slot: float | None
    is_stale: bool
    review_level: float | None
    forecast: dict[str, Any] | None


class LevelView(Output):
    """`quantity`: units in all slots of the stock together; null: unknown."""

    at: datetime
    quantity: float | None


class PartStock(Input):
    device_id: DeviceId
    slot: SlotName


class JoinStock(Input):
    """`joined_id`: is switched off; its slots and spares go over."""

    joined_id: UUID


class HandReport(Input):
    """`amount`: in the slot now, in units of the stock."""

    device_id: str
    slot: str
    amount: float


class ByHandSlot(Input):
    device_id: DeviceId
    slot: SlotName


class ReportedView(Output):
    outcome: Outcome


@router.get("")
async def list_stocks(session: Reading, owner: Owner, now: Now) -> list[StockView]:
    """All stocks of the owner."""
    home = await household.load(session, now, owner.language)
    states = await stock.states(session, list(home.stocks), now)
    return [
        _view(row, states[row.stock_id], home.titles[row.stock_id])
        for row in home.stocks.values()
    ]


@router.get("/{stock_id}")
async def get_stock(session: Reading, owner: Owner, now: Now, stock_id: UUID) -> StockView:
    """One stock with its settings and its outlook."""
    return await _read(session, owner, now, stock_id)


async def _read(
    session: AsyncSession, owner: Principal, now: datetime, stock_id: UUID
) -> StockView:
    row = await queries_stock.find_stock(session, stock_id)
    names = await titles.of_stocks(session, owner.language)
    return _view(row, await stock.state(session, stock_id, now), names[stock_id])


@router.patch("/{stock_id}")
async def change_stock(
    platform: PlatformDep, session: Reading, admin: Admin, stock_id: UUID, wanted: ChangeStock
) -> StockView:
    """Change what is given; the rest stays. Mode `auto` needs an accepted mandate."""
    row = await queries_stock.find_stock(session, stock_id)
    if wanted.mode == "auto" and row.mandate_id is None:
        fault = Fault(field="mode", code="no_mandate", message="accept a mandate first")
        raise Invalid([fault])
    await stock.change(
        admin.party_id,
        stock_id,
        wanted,
        transaction=platform.transaction,
        clock=platform.clock,
    )
    return await _fresh(platform, admin, stock_id)


async def _fresh(platform: Platform, admin: Principal, stock_id: UUID) -> StockView:
    """After an act of its own transaction."""
    async with platform.database.snapshot(admin.party_id) as session:
        return await _read(session, admin, platform.clock.now(), stock_id)


@router.post("/{stock_id}/join")
async def join(
    platform: PlatformDep, session: Reading, admin: Admin, stock_id: UUID, wanted: JoinStock
) -> StockView:
    """Count and buy another stock's slots together with this one's from now on."""
    await queries_stock.find_stock(session, stock_id)
    await sharing.join(
        stock_id,
        wanted.joined_id,
        admin,
        transaction=platform.transaction,
        clock=platform.clock,
    )
    return await _fresh(platform, admin, stock_id)


@router.post("/{stock_id}/part", status_code=201)
async def part(
    platform: PlatformDep, session: Reading, admin: Admin, stock_id: UUID, wanted: PartStock
) -> StockView:
    """Give one of its slots a stock of its own again, which is returned."""
    await queries_stock.find_stock(session, stock_id)
    made = await sharing.part(
        wanted.device_id,
        wanted.slot,
        admin,
        transaction=platform.transaction,
        clock=platform.clock,
        ids=platform.ids,
    )
    return await _fresh(platform, admin, made.stock_id)


@router.post("/{stock_id}/by-hand")
async def report_by_hand(
    platform: PlatformDep,
    session: Reading,
    admin: Admin,
    stock_id: UUID,
    wanted: HandReport,
) -> ReportedView:
    """Say what you see in a device that does not report by itself."""
    await queries_stock.find_stock(session, stock_id)
    outcome = await by_hand.report(
        admin.party_id,
        wanted.device_id,
        wanted.slot,
        wanted.amount,
        transaction=platform.transaction,
        clock=platform.clock,
    )
    return ReportedView(outcome=outcome)


@router.post("/{stock_id}/new-pack")
async def open_pack(
    platform: PlatformDep, session: Reading, admin: Admin, stock_id: UUID, slot: ByHandSlot
) -> ReportedView:
    """A new pack was opened in a device that does not report: the old one is used up."""
    await queries_stock.find_stock(session, stock_id)
    outcome = await by_hand.open_pack(
        admin.party_id,
        slot.device_id,
        slot.slot,
        transaction=platform.transaction,
        clock=platform.clock,
    )
    return ReportedView(outcome=outcome)


@router.post("/{stock_id}/used")
async def use_once(
    platform: PlatformDep, session: Reading, admin: Admin, stock_id: UUID, slot: ByHandSlot
) -> ReportedView:
    """One tap of the counter: one dose less."""
    await queries_stock.find_stock(session, stock_id)
    outcome = await by_hand.use_once(
        admin.party_id,
        slot.device_id,
        slot.slot,
        transaction=platform.transaction,
        clock=platform.clock,
    )
    return ReportedView(outcome=outcome)


@router.get("/{stock_id}/levels")
async def levels(session: Reading, owner: Owner, now: Now, stock_id: UUID) -> list[LevelView]:
    """Sixty days of levels, four a day, oldest first."""
    await queries_stock.find_stock(session, stock_id)
    home = await household.load(session, now, owner.language)
    slots = [slot for _, slot in home.places(stock_id)]
    history = await queries_stock.levels(session, slots, now)
    return [LevelView(at=each.at, quantity=each.quantity) for each in history]


class CoverView(Output):
    """`error_days`: by how much a date `cover_days` ahead was off, on average."""

    cover_days: int
    error_days: float | None


class BackTestView(Output):
    """How good past forecasts of this stock were. `reliability`: chance given, share that
    came. Null where the history is too short.
    """

    judged: int
    errors: list[CoverView]
    coverage: float | None  # 0.8 is promised
    reliability: list[tuple[float, float]]
    cycles: int
    stock_out_share: float | None
    excess_days: float | None


@router.get("/{stock_id}/backtest")
async def backtest(
    platform: PlatformDep, session: Reading, owner: Owner, now: Now, stock_id: UUID
) -> BackTestView:
    """Forecasts and orders of the last months, made again from what was known each day."""
    row = await queries_stock.find_stock(session, stock_id)
    today = now.astimezone(ZoneInfo(owner.timezone)).date()
    tested = await queries_forecast.tested_stock(session, row, now, today, platform.forecaster)
    return BackTestView(
        judged=len(tested.trials),
        errors=[
            CoverView(cover_days=each, error_days=tested.date_error_days(each))
            for each in COVERS_DAYS
        ],
        coverage=tested.coverage,
        reliability=list(tested.reliability()),
        cycles=len(tested.cycles),
        stock_out_share=tested.stock_out_share,
        excess_days=tested.excess_days,
    )


@router.get("/{stock_id}/profile")
async def profile(session: Reading, owner: Owner, now: Now, stock_id: UUID) -> ProfileView:
    """All that was learned about this stock, to take elsewhere."""
    await queries_stock.find_stock(session, stock_id)
    return await profiles.profile(session, stock_id, now)


def _view(row: StockRow, state: stock.StockState, title: str) -> StockView:
    return StockView(
        stock_id=row.stock_id,
        name=title,
        category=row.category,
        unit=row.unit,
        mode=row.mode,
        spares=row.spares,
        least=row.least,
        target=row.target,
        most=row.most,
        keeps_days=row.keeps_days,
        service_level_ppm=row.service_level_ppm,
        stock_out_minor_per_day=row.stock_out_minor_per_day,
        products=row.products,
        fits=row.fits,
        mandate_id=row.mandate_id,
        in_slot=state.in_slot,
        is_stale=state.is_stale,
        review_level=row.review_level,
        forecast=row.forecast,
    )
