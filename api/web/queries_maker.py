"""What a maker's pages show: its models, its devices, test orders, and what shops pay it.

A claimed device belongs to its owner: of those a maker sees how many there are and nothing of
what they say.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from accounts.principal import Principal
from accounts.texts import Text, text
from api.refusals import NotFound
from api.web import wording
from api.web.views_maker import (
    DeviceLine,
    Fee,
    MakerDevices,
    MakerPage,
    ModelFormPage,
    ModelLine,
    ModelPage,
    SlotLine,
    TestOrder,
    Version,
)
from core.money import Money
from devices import model_diff, quarantine
from devices.models import DeviceModel
from devices.tables import (
    DeviceModelRow,
    DeviceRow,
    ManufacturerRow,
    OwnershipRow,
    SlotRow,
    StockRow,
    heard_at,
)
from replenishment.tables import OrderRow
from vendor_policy import store
from vendor_policy.declarations import Remuneration, VendorDeclaration

SLOT_HEARD_AT: Final = (
    select(func.max(SlotRow.heard_at))
    .where(col(SlotRow.device_id) == col(DeviceRow.device_id))
    .scalar_subquery()
)
DEVICES_SHOWN: Final = 100
ORDERS_SHOWN: Final = 20
SERIALS_MOST: Final = 50  # of one form; more come as a CSV
QUARANTINE_DAYS: Final = timedelta(days=7)


async def overview(session: AsyncSession, maker: Principal, language: str) -> MakerPage:
    name = await name_of(session, maker)
    models = await _models(session, maker)
    made, claimed = await _counts(session, maker)
    newest = {model.name: model for model in models}
    return MakerPage(
        csrf_token=maker.csrf_token or "",
        maker=name,
        models=tuple(
            _model_line(each, models, made, claimed, language) for each in newest.values()
        ),
        unclaimed=sum(made.values()) - sum(claimed.values()),
        claimed=sum(claimed.values()),
        test_orders=await _test_orders(session, maker),
        fees=await _fees(session, name),
    )


async def model_page(
    session: AsyncSession, maker: Principal, model_id: UUID, before: int | None, language: str
) -> ModelPage:
    """before: the version to compare with; None: the one before. Raises NotFound."""
    rows = await _models(session, maker)
    row = next((each for each in rows if each.model_id == model_id), None)
    if row is None:
        raise NotFound(f"model {model_id}")
    versions = [each for each in rows if each.name == row.name]
    other = _compared(versions, row, before)
    model, sheet = _described(row), _described(row).data_sheet
    return ModelPage(
        csrf_token=maker.csrf_token or "",
        maker=await name_of(session, maker),
        title=model.title_in(language),
        name=model.name,
        version=model.version,
        sends=sheet.sends_in(language),
        every_hours=sheet.every_hours,
        kept_where=sheet.kept_where_in(language),
        kept_days=sheet.kept_days,
        slots=_slots(model, language),
        versions=tuple(
            Version(model_id=each.model_id, version=each.version, created_at=each.created_at)
            for each in reversed(versions)
        ),
        before=other.version if other else None,
        changes=model_diff.changes(_described(other), model) if other else (),
    )


async def model_form(
    session: AsyncSession, maker: Principal, model_id: UUID | None
) -> ModelFormPage:
    """Begins with the next version of `model_id`. Raises NotFound."""
    description = ""
    if model_id is not None:
        rows = await _models(session, maker)
        row = next((each for each in rows if each.model_id == model_id), None)
        if row is None:
            raise NotFound(f"model {model_id}")
        newest = max(each.version for each in rows if each.name == row.name)
        model = _described(row).model_copy(update={"version": newest + 1})
        description = model.model_dump_json(indent=2)
    return ModelFormPage(
        csrf_token=maker.csrf_token or "",
        maker=await name_of(session, maker),
        description=description,
    )


async def devices(
    session: AsyncSession, maker: Principal, now: datetime, problem: Text | None = None
) -> MakerDevices:
    models = await _models(session, maker)
    _, claimed = await _counts(session, maker)
    rows = await session.exec(
        select(
            DeviceRow, DeviceModelRow, col(OwnershipRow.device_id).is_not(None), SLOT_HEARD_AT
        )
        .join(DeviceModelRow, col(DeviceModelRow.model_id) == col(DeviceRow.model_id))
        .outerjoin(OwnershipRow, col(OwnershipRow.device_id) == col(DeviceRow.device_id))
        .where(
            DeviceModelRow.manufacturer_id == maker.party_id,
            col(OwnershipRow.device_id).is_(None) | col(DeviceRow.is_test),
        )
        .order_by(col(DeviceRow.created_at).desc(), col(DeviceRow.device_id))
        .limit(DEVICES_SHOWN)
    )
    return MakerDevices(
        csrf_token=maker.csrf_token or "",
        maker=await name_of(session, maker),
        models=tuple(dict.fromkeys(each.name for each in models)),
        devices=tuple([await _device(session, *row, now) for row in rows]),
        most=DEVICES_SHOWN,
        claimed=sum(claimed.values()),
        serials_most=SERIALS_MOST,
        problem=problem,
    )


async def _device(
    session: AsyncSession,
    row: DeviceRow,
    model: DeviceModelRow,
    is_claimed: bool,
    slot_heard_at: datetime | None,
    now: datetime,
) -> DeviceLine:
    since_on = (now - QUARANTINE_DAYS).date()
    return DeviceLine(
        device_id=row.device_id,
        serial=row.serial,
        model=f"{model.name} {model.version}",
        is_test=row.is_test,
        is_claimed=is_claimed,
        is_revoked=row.revoked_at is not None,
        is_online=row.is_online,
        firmware=row.firmware or "",
        last_heard_at=heard_at(row, [slot_heard_at]),
        quarantined=await quarantine.count(session, row.device_id, since_on=since_on),
    )


async def name_of(session: AsyncSession, maker: Principal) -> str:
    return (await session.get_one(ManufacturerRow, maker.party_id)).name


async def _models(session: AsyncSession, maker: Principal) -> Sequence[DeviceModelRow]:
    """Every version, by name, oldest first."""
    found = await session.exec(
        select(DeviceModelRow)
        .where(DeviceModelRow.manufacturer_id == maker.party_id)
        .order_by(col(DeviceModelRow.name), col(DeviceModelRow.version))
    )
    return found.all()


async def _counts(
    session: AsyncSession, maker: Principal
) -> tuple[Counter[UUID], Counter[UUID]]:
    """Devices made and claimed, by version of their model."""
    rows = await session.exec(
        select(
            DeviceModelRow.model_id,
            func.count(col(DeviceRow.device_id)),
            func.count(col(OwnershipRow.device_id)),
        )
        .join(DeviceRow, col(DeviceRow.model_id) == col(DeviceModelRow.model_id))
        .outerjoin(OwnershipRow, col(OwnershipRow.device_id) == col(DeviceRow.device_id))
        .where(DeviceModelRow.manufacturer_id == maker.party_id)
        .group_by(col(DeviceModelRow.model_id))
    )
    counted = rows.all()
    return (
        Counter({model_id: made for model_id, made, _ in counted}),
        Counter({model_id: claimed for model_id, _, claimed in counted}),
    )


def _model_line(
    newest: DeviceModelRow,
    rows: Sequence[DeviceModelRow],
    made: Counter[UUID],
    claimed: Counter[UUID],
    language: str,
) -> ModelLine:
    versions = [each.model_id for each in rows if each.name == newest.name]
    return ModelLine(
        model_id=newest.model_id,
        title=_described(newest).title_in(language),
        name=newest.name,
        version=newest.version,
        made=sum(made[each] for each in versions),
        claimed=sum(claimed[each] for each in versions),
    )


def _compared(
    versions: Sequence[DeviceModelRow], row: DeviceModelRow, before: int | None
) -> DeviceModelRow | None:
    if before is not None:
        return next((each for each in versions if each.version == before), None)
    return next((each for each in reversed(versions) if each.version < row.version), None)


def _described(row: DeviceModelRow) -> DeviceModel:
    return DeviceModel.model_validate(row.description)


def _slots(model: DeviceModel, language: str) -> tuple[SlotLine, ...]:
    return tuple(
        SlotLine(
            slot=spec.slot,
            title=spec.title_in(language),
            capacity=wording.quantity(spec.capacity, spec.unit),
            measure=text(f"measure.{spec.measure}"),
            fits=", ".join(spec.fits),
        )
        for spec in model.slots
    )


async def _test_orders(session: AsyncSession, maker: Principal) -> tuple[TestOrder, ...]:
    """Of stocks that hold a test device of this maker; its owner is who tests it."""
    tested = (
        select(SlotRow.stock_id)
        .join(DeviceRow, col(DeviceRow.device_id) == col(SlotRow.device_id))
        .join(DeviceModelRow, col(DeviceModelRow.model_id) == col(DeviceRow.model_id))
        .where(DeviceModelRow.manufacturer_id == maker.party_id, col(DeviceRow.is_test))
    )
    rows = await session.exec(
        select(OrderRow, StockRow.name)
        .join(StockRow, col(StockRow.stock_id) == col(OrderRow.stock_id))
        .where(col(OrderRow.is_test), col(OrderRow.stock_id).in_(tested))
        .order_by(col(OrderRow.created_at).desc())
        .limit(ORDERS_SHOWN)
    )
    return tuple(
        TestOrder(
            order_id=order.order_id,
            stock=stock,
            state=wording.state(order.state),
            total=Money(order.total_minor, order.currency),
            created_at=order.created_at,
        )
        for order, stock in rows
    )


async def _fees(session: AsyncSession, maker_name: str) -> tuple[Fee, ...]:
    """As shops have declared them; every owner reads the same beside the offer."""
    return tuple(
        Fee(
            vendor=vendor.name,
            amount=Money(paid.amount_minor, declared.currency) if paid.amount_minor else None,
            share_ppm=paid.share_ppm,
        )
        for vendor in await store.vendors(session)
        for declared in [VendorDeclaration.model_validate(vendor.declaration)]
        for paid in _paid(declared)
        if paid.is_paid and paid.payee == maker_name
    )


def _paid(declared: VendorDeclaration) -> Sequence[Remuneration]:
    special = [each.remuneration for each in declared.per_sku if each.remuneration]
    return list(dict.fromkeys([declared.remuneration, *special]))
