"""One owner's devices, slots, stocks and live orders, read once for a page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from accounts.texts import Text, text
from api.web import titles, wording
from api.web.views import Condition, DeviceCard, Gauge, Tap, ago
from core.money import PPM
from devices import containers
from devices.models import DeviceModel, SlotSpec
from devices.stock import STALE_AFTER, by_hand_interval_h
from devices.tables import (
    DeviceModelRow,
    DeviceRow,
    OwnershipRow,
    QuarantineCountRow,
    SlotRow,
    StockRow,
    heard_at,
)
from devices.wire import SlotState
from replenishment.order_states import LIVE, WAITING
from replenishment.tables import OrderRow

LOW_PPM: Final = 250_000
EMPTY_PPM: Final = 100_000
LONG_DAYS: Final = 60  # beyond it the exact number of days says nothing
QUARANTINE_SHOWN: Final = timedelta(days=7)
CANNOT_SAY: Final = (
    "supply.stale",
    "supply.unknown",
    "supply.not_said",
)  # why no days are told


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnedDevice:
    ownership: OwnershipRow
    device: DeviceRow
    model: DeviceModel | None  # None: its owner looks and reports by hand
    slots: tuple[SlotRow, ...]

    @property
    def heard_at(self) -> datetime | None:
        return heard_at(self.device, (each.heard_at for each in self.slots))

    @property
    def _every_hours(self) -> int:
        if self.model:
            return self.model.data_sheet.every_hours
        return max((by_hand_interval_h(_spec(each)) for each in self.slots), default=0)

    def is_silent(self, now: datetime) -> bool:
        heard = self.heard_at
        promised = timedelta(hours=3 * self._every_hours)
        return heard is not None and now - heard > max(STALE_AFTER, promised)


@dataclass(frozen=True, slots=True, kw_only=True)
class Household:
    devices: tuple[OwnedDevice, ...]
    stocks: dict[UUID, StockRow]
    titles: dict[UUID, str]  # of the stocks, in the reader's language
    live_orders: dict[UUID, OrderRow]  # by stock
    quarantined: dict[str, int]  # messages of the last days, by device
    now: datetime
    language: str  # the reader's

    def device_names(self, stock_id: UUID) -> tuple[str, ...]:
        return tuple(
            each.ownership.name
            for each in self.devices
            if any(slot.stock_id == stock_id for slot in each.slots)
        )

    def card(self, owned: OwnedDevice) -> DeviceCard:
        return DeviceCard(
            device_id=owned.device.device_id,
            name=owned.ownership.name,
            place=owned.ownership.place,
            heard=self._heard(owned),
            gauges=tuple(self.gauge(owned, slot) for slot in owned.slots),
            quarantined=self.quarantined.get(owned.device.device_id, 0),
            model=owned.model.title_in(self.language) if owned.model else "",
            is_online=owned.device.is_online,
            is_revoked=owned.device.revoked_at is not None,
            taps=() if owned.model else tuple(tap(owned, slot) for slot in owned.slots),
        )

    def _heard(self, owned: OwnedDevice) -> Text:
        heard = owned.heard_at
        if heard is None:
            return text("device.never_heard" if owned.model else "device.never_said")
        key = "device.heard" if owned.model else "device.said"
        return text(key, ago=ago(heard, self.now))

    def gauge(self, owned: OwnedDevice, slot: SlotRow) -> Gauge:
        if is_container(slot):
            return self._container(slot)
        stock = self.stocks.get(slot.stock_id) if slot.stock_id else None
        spec, in_slot = _spec(slot), self.in_slot(owned, slot)
        level_ppm = None if in_slot is None else _share(in_slot, spec.capacity)
        has_spares = stock is not None and stock.spares > 0
        return Gauge(
            name=self.titles[stock.stock_id] if stock else spec.title_in(self.language),
            stock_id=slot.stock_id,
            level_ppm=level_ppm,
            condition=_condition(level_ppm, has_spares=has_spares),
            supply=self._supply(owned, slot, stock),
            remark=spares(stock) if stock else None,
            tag=self._tag(stock) if stock else None,
        )

    def stock_gauge(self, stock: StockRow) -> Gauge:
        """Of all its slots together."""
        places = self.places(stock.stock_id)
        amounts = [self.in_slot(*each) for each in places]
        capacity = sum(_spec(slot).capacity for _, slot in places)
        known = [each for each in amounts if each is not None]
        is_known = bool(known) and len(known) == len(amounts)
        level_ppm = _share(sum(known), capacity) if is_known else None
        supplies = [self._supply(*each, stock) for each in places]
        worst = next((e for e in supplies if e.key in CANNOT_SAY), None)
        return Gauge(
            name=self.titles[stock.stock_id],
            stock_id=stock.stock_id,
            level_ppm=level_ppm,
            condition=_condition(level_ppm, has_spares=stock.spares > 0),
            supply=worst or days_of_supply(stock, self.now),
            remark=spares(stock),
            tag=self._tag(stock),
        )

    def places(self, stock_id: UUID) -> list[tuple[OwnedDevice, SlotRow]]:
        return [
            (owned, slot)
            for owned in self.devices
            for slot in owned.slots
            if slot.stock_id == stock_id
        ]

    def chores(self) -> tuple[Text, ...]:
        """Containers that are full: nothing can be bought for that."""
        return tuple(
            text(
                containers.chore(_spec(slot)),
                slot=_spec(slot).title_in(self.language),
                device=owned.ownership.name,
            )
            for owned in self.devices
            for slot in owned.slots
            if is_container(slot) and slot.condition == SlotState.FULL
        )

    def _container(self, slot: SlotRow) -> Gauge:
        """It is followed by the device's words alone."""
        is_full = slot.condition == SlotState.FULL
        states: dict[str, Condition] = {"full": "empty", "low": "low", "ok": "ok"}
        said = slot.condition if slot.condition in states else "unknown"
        return Gauge(
            name=_spec(slot).title_in(self.language),
            stock_id=None,
            level_ppm=PPM if is_full else None,
            condition=states.get(slot.condition, "unknown"),
            supply=text(f"container.{said}"),
        )

    def in_slot(self, owned: OwnedDevice, slot: SlotRow) -> float | None:
        """Units; of a slot that is reported by hand and alone in its stock, what the last
        review takes to be left of it by now.
        """
        stock = self.stocks.get(slot.stock_id) if slot.stock_id else None
        told = (stock.forecast or {}) if stock else {}
        is_alone = [s.stock_id for d in self.devices for s in d.slots].count(slot.stock_id) == 1
        if owned.model or slot.in_slot is None or not (told and is_alone and slot.measured_at):
            return slot.in_slot
        if datetime.fromisoformat(told["at"]) < slot.measured_at:
            return slot.in_slot
        left: float | None = told["position"]["in_slot"]
        return left

    def _supply(self, owned: OwnedDevice, slot: SlotRow, stock: StockRow | None) -> Text:
        if owned.is_silent(self.now):
            return text("supply.stale" if owned.model else "supply.not_said")
        if slot.in_slot is None:
            return text("supply.unknown" if owned.model else "supply.not_said")
        return days_of_supply(stock, self.now) if stock else text("supply.learning")

    def _tag(self, stock: StockRow) -> Text:
        order = self.live_orders.get(stock.stock_id)
        if order is None:
            return text(f"mode.{stock.mode}.tag")
        return text("tag.asks" if order.state in WAITING else "tag.on_the_way")


def days_of_supply(stock: StockRow, now: datetime) -> Text:
    """As last reviewed, less the days since then."""
    told = stock.forecast or {}
    days = told.get("days_of_supply")
    if not days:
        return text("supply.learning")
    passed = (now - datetime.fromisoformat(told["at"])) / timedelta(days=1)
    least, middle, most = (max(0, round(days[key] - passed)) for key in ("p10", "p50", "p90"))
    if most == 0:
        return text("supply.empty")
    if least > LONG_DAYS:
        return text("supply.long", n=LONG_DAYS)
    if least == most:
        return text("supply.days_same", n=middle)
    return text("supply.days", n=middle, least=least, most=most)


def depletion_at(stock: StockRow) -> datetime | None:
    """When half the forecasts have it empty."""
    told = stock.forecast or {}
    days = told.get("days_of_supply")
    if not days:
        return None
    return datetime.fromisoformat(told["at"]) + timedelta(days=days["p50"])


def spares(stock: StockRow) -> Text | None:
    if stock.spares == 0:
        return None
    return text("supply.spares", amount=text(f"amount.{stock.unit}", n=stock.spares))


def tap(owned: OwnedDevice, slot: SlotRow) -> Tap:
    spec = _spec(slot)
    is_counted = spec.dose is not None and slot.in_slot is not None
    return Tap(
        stock_id=slot.stock_id,
        device_id=slot.device_id,
        slot=slot.slot,
        title=owned.ownership.name,
        dose=wording.measured(spec.dose, spec.unit) if spec.dose and is_counted else None,
    )


def is_container(slot: SlotRow) -> bool:
    return containers.is_container(_spec(slot))


def _spec(slot: SlotRow) -> SlotSpec:
    return SlotSpec.model_validate(slot.spec)


def _share(in_slot: float, capacity: float) -> int:
    return round(min(max(in_slot / capacity, 0.0), 1.0) * PPM)


def _condition(level_ppm: int | None, *, has_spares: bool) -> Condition:
    if level_ppm is None:
        return "unknown"
    if level_ppm <= EMPTY_PPM:
        return "empty"
    return "low" if level_ppm <= LOW_PPM and not has_spares else "ok"


async def load(session: AsyncSession, now: datetime, language: str) -> Household:
    """The session's scope is the owner."""
    ownerships = (await session.exec(select(OwnershipRow).order_by(OwnershipRow.name))).all()
    device_ids = [each.device_id for each in ownerships]
    stocks = (await session.exec(select(StockRow))).all()
    orders = (await session.exec(select(OrderRow).where(col(OrderRow.state).in_(LIVE)))).all()
    return Household(
        devices=await _owned_devices(session, ownerships),
        stocks={each.stock_id: each for each in stocks},
        titles=await titles.of_stocks(session, language),
        live_orders={each.stock_id: each for each in orders},
        quarantined=await quarantined(session, device_ids, now - QUARANTINE_SHOWN),
        now=now,
        language=language,
    )


async def _owned_devices(
    session: AsyncSession, ownerships: Sequence[OwnershipRow]
) -> tuple[OwnedDevice, ...]:
    device_ids = [each.device_id for each in ownerships]
    devices = {
        each.device_id: each
        for each in await session.exec(
            select(DeviceRow).where(col(DeviceRow.device_id).in_(device_ids))
        )
    }
    wanted = [each.model_id for each in devices.values() if each.model_id]
    models = {
        each.model_id: DeviceModel.model_validate(each.description)
        for each in await session.exec(
            select(DeviceModelRow).where(col(DeviceModelRow.model_id).in_(wanted))
        )
    }
    slots = (
        await session.exec(select(SlotRow).where(col(SlotRow.device_id).in_(device_ids)))
    ).all()
    return tuple(
        OwnedDevice(
            ownership=each,
            device=devices[each.device_id],
            model=(model := _model(devices[each.device_id], models)),
            slots=_in_order(model, [row for row in slots if row.device_id == each.device_id]),
        )
        for each in ownerships
    )


def _model(device: DeviceRow, models: dict[UUID, DeviceModel]) -> DeviceModel | None:
    return models[device.model_id] if device.model_id else None


def _in_order(model: DeviceModel | None, slots: list[SlotRow]) -> tuple[SlotRow, ...]:
    names = [spec.slot for spec in model.slots] if model else []
    return tuple(sorted(slots, key=lambda row: names.index(row.slot) if names else 0))


async def quarantined(
    session: AsyncSession, device_ids: Sequence[str], since: datetime
) -> dict[str, int]:
    found = await session.exec(
        select(QuarantineCountRow.device_id, func.sum(QuarantineCountRow.messages))
        .where(
            col(QuarantineCountRow.device_id).in_(device_ids),
            QuarantineCountRow.day_on >= since.date(),
        )
        .group_by(QuarantineCountRow.device_id)
    )
    return dict(found.all())
