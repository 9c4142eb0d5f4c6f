"""What an owner has of one consumable, and what he wants of it."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Annotated, Final, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import Field
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from accounts.tables import OwnerRow
from core import outbox
from core.clock import Clock
from core.database import Transaction
from core.gtin import normalised_gtin
from core.outbox import Work
from devices import wire
from devices.models import DeviceModel, Frozen, SlotSpec
from devices.tables import (
    DeviceModelRow,
    DeviceRow,
    SlotRow,
    StockRow,
)

BY_HAND_EVERY_H: Final = 168  # how often a person is expected to look, or twice a pack
STALE_AFTER: Final = timedelta(hours=48)  # or three promised intervals, if they are longer

Ppm = Annotated[int, Field(ge=500_000, le=999_999)]
Units = Annotated[int, Field(ge=0, le=10_000_000)]
Specification = Annotated[str, Field(min_length=1, max_length=120)]
Limit = Literal["target", "most", "keeps_days", "stock_out_minor_per_day"]


class StockUnknown(Exception):
    def __init__(self, stock_id: UUID) -> None:
        super().__init__(f"no stock {stock_id}")
        self.stock_id = stock_id


class SettingRefused(Exception):
    """`field` is what to mend, `fix` how."""

    def __init__(self, field: str, fix: str) -> None:
        super().__init__(f"{field}: {fix}")
        self.field = field
        self.fix = fix


@dataclass(frozen=True, slots=True, kw_only=True)
class StockSlot:
    """One slot of a stock. `promised_interval_h`: hours between readings, by its data sheet."""

    device_id: str
    slot: str
    spec: SlotSpec
    in_slot: float | None  # units; None: unknown
    condition: wire.SlotState
    measured_at: datetime | None
    heard_at: datetime | None
    promised_interval_h: int
    is_by_hand: bool  # its owner looks and reports

    def is_stale(self, now: datetime) -> bool:
        """Not measured for longer than promised: silent, or saying "unknown" again and again.
        A slot that was never measured is unknown, not stale.
        """
        patience = max(STALE_AFTER, 3 * timedelta(hours=self.promised_interval_h))
        return self.measured_at is not None and now - self.measured_at > patience


@dataclass(frozen=True, slots=True, kw_only=True)
class StockState:
    """`is_known`: every slot was measured. Neither unknown nor stale stock causes an order."""

    stock_id: UUID
    unit: str
    slots: tuple[StockSlot, ...]
    spares: int
    is_known: bool
    is_stale: bool

    @property
    def in_slot(self) -> float | None:
        """Units in all slots together; None: unknown."""
        return sum(each.in_slot or 0.0 for each in self.slots) if self.is_known else None

    @property
    def on_hand(self) -> float | None:
        return None if self.in_slot is None else self.in_slot + self.spares


class ChangeStock(Frozen):
    """What the owner sets; what is left out stays."""

    mode: Literal["off", "notify", "ask", "auto"] | None = None
    least: Units | None = None
    target: Units | None = None  # what an order fills up to
    most: Units | None = None
    keeps_days: Annotated[int, Field(ge=1, le=3650)] | None = None
    spares: Units | None = None
    service_level_ppm: Ppm | None = None
    # instead of `service_level_ppm`: what a day without costs
    stock_out_minor_per_day: Annotated[int, Field(ge=1, le=100_000_000)] | None = None
    cleared: tuple[Limit, ...] = ()  # limits to take away
    products: Annotated[tuple[str, ...], Field(max_length=200)] | None = (
        None  # GTINs; empty: any that fits
    )
    also_fits: Annotated[tuple[Specification, ...], Field(max_length=20)] = ()


async def state(session: AsyncSession, stock_id: UUID, now: datetime) -> StockState:
    """Raises StockUnknown, also for another owner's stock."""
    found = await states(session, [stock_id], now)
    if not found:
        raise StockUnknown(stock_id)
    return found[stock_id]


async def states(
    session: AsyncSession, stock_ids: Collection[UUID], now: datetime
) -> dict[UUID, StockState]:
    """Of those that exist in the session's scope; two statements for any number."""
    stocks = await session.exec(select(StockRow).where(col(StockRow.stock_id).in_(stock_ids)))
    slots = await _slots(session, stock_ids)
    return {row.stock_id: _state(row, slots[row.stock_id], now) for row in stocks}


async def change(
    owner_id: UUID,
    stock_id: UUID,
    wanted: ChangeStock,
    *,
    transaction: Transaction,
    clock: Clock,
) -> None:
    """Raises StockUnknown and SettingRefused. What changed is reviewed at once."""
    async with transaction(owner_id) as session:
        stock = await _locked(session, stock_id)
        _apply(stock, wanted)
        await changed(session, owner_id, [stock_id], clock.now())


async def changed(
    session: AsyncSession, owner_id: UUID, stock_ids: Collection[UUID], now: datetime
) -> None:
    """Has the stocks reviewed and lets the owner's open pages reload."""
    owner = await session.get_one(OwnerRow, owner_id)
    owner.changed_at = max(owner.changed_at, now)
    work = [
        Work(
            kind="review",
            payload={"stock_id": str(stock_id)},
            due_at=now,
            correlation=f"owner/{owner_id}",
            dedupe_key=f"review:{stock_id}",
        )
        for stock_id in stock_ids
    ]
    await outbox.add(session, *work)


def by_hand_interval_h(spec: SlotSpec) -> int:
    """Hours within which its owner is expected to say something: at least, of a new pack."""
    return max(BY_HAND_EVERY_H, round(12 * spec.capacity / spec.typical_use_per_day))


def next_midnight(at: datetime, timezone: str) -> datetime:
    """The first instant of the next day there, in UTC."""
    zone = ZoneInfo(timezone)
    tomorrow = at.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), zone).astimezone(UTC)


async def _slots(
    session: AsyncSession, stock_ids: Collection[UUID]
) -> dict[UUID | None, list[StockSlot]]:
    statement = (
        select(SlotRow, DeviceModelRow.description)
        .join(DeviceRow, col(DeviceRow.device_id) == col(SlotRow.device_id))
        .outerjoin(DeviceModelRow, col(DeviceModelRow.model_id) == col(DeviceRow.model_id))
        .where(col(SlotRow.stock_id).in_(stock_ids))
        .order_by(col(SlotRow.device_id), col(SlotRow.slot))
    )
    found: dict[UUID | None, list[StockSlot]] = defaultdict(list)
    for row, description in await session.exec(statement):
        model = DeviceModel.model_validate(description) if description else None
        spec = SlotSpec.model_validate(row.spec)
        found[row.stock_id].append(
            StockSlot(
                device_id=row.device_id,
                slot=row.slot,
                spec=spec,
                in_slot=row.in_slot,
                condition=wire.SlotState(row.condition),
                measured_at=row.measured_at,
                heard_at=row.heard_at,
                promised_interval_h=model.data_sheet.every_hours
                if model
                else by_hand_interval_h(spec),
                is_by_hand=model is None,
            )
        )
    return found


def _state(stock: StockRow, slots: list[StockSlot], now: datetime) -> StockState:
    return StockState(
        stock_id=stock.stock_id,
        unit=stock.unit,
        slots=tuple(slots),
        spares=stock.spares,
        is_known=bool(slots) and all(each.in_slot is not None for each in slots),
        is_stale=any(each.is_stale(now) for each in slots),
    )


async def _locked(session: AsyncSession, stock_id: UUID) -> StockRow:
    statement = select(StockRow).where(StockRow.stock_id == stock_id).with_for_update()
    stock = (await session.exec(statement)).one_or_none()
    if stock is None:
        raise StockUnknown(stock_id)
    return stock


def _apply(stock: StockRow, wanted: ChangeStock) -> None:
    for limit in wanted.cleared:
        setattr(stock, limit, None)
    plain = wanted.model_dump(exclude_none=True, exclude={"products", "also_fits", "cleared"})
    for name, value in plain.items():
        setattr(stock, name, value)
    _check_limits(stock)
    if wanted.products is not None:
        stock.products = [_gtin(each) for each in wanted.products]
    added = [each for each in wanted.also_fits if each not in stock.fits]
    if added:
        stock.fits = [*stock.fits, *added]


def _check_limits(stock: StockRow) -> None:
    if stock.most is not None and stock.most < max(stock.least, stock.target or 0):
        asked = "target" if stock.most >= stock.least else "least"
        raise SettingRefused("most", f"at least {getattr(stock, asked)}, for `{asked}`")
    if stock.target is not None and stock.target < stock.least:
        raise SettingRefused("target", f"at least {stock.least}, which `least` asks for")


def _gtin(text: str) -> str:
    gtin = normalised_gtin(text.strip())
    if gtin is None:
        raise SettingRefused("products", f"{text!r} is no GTIN of 8, 12, 13 or 14 digits")
    return gtin
