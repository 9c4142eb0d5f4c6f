"""Data sheets before the claim, access and way out of a device, notices."""

from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from accounts.principal import Principal
from accounts.tables import NoticeRow
from accounts.texts import Text, stored_text, text
from api.refusals import NotFound
from api.web import household, titles, wording
from api.web.views import (
    DataSheetView,
    Notice,
    NoticesView,
    ReleaseView,
    SheetSlot,
)
from api.web.views_devices import AccessView
from devices.models import SlotSpec
from devices.ownership import Claimable
from devices.tables import DeviceRow, OwnershipRow

NOTICES_SHOWN = 100


def data_sheet(code: str, found: Claimable, language: str) -> DataSheetView:
    sheet = found.model.data_sheet
    return DataSheetView(
        code=code,
        model=found.model.title_in(language),
        maker=found.manufacturer,
        device_id=found.device_id,
        sends=sheet.sends_in(language),
        every_hours=sheet.every_hours,
        kept_where=sheet.kept_where_in(language),
        kept_days=sheet.kept_days,
        slots=tuple(_slot(each, language) for each in found.model.slots),
    )


def _slot(spec: SlotSpec, language: str) -> SheetSlot:
    return SheetSlot(
        title=spec.title_in(language),
        capacity=wording.quantity(spec.capacity, spec.unit),
        measure=text(f"measure.{spec.measure}"),
        order_at_percent=spec.order_at_percent,
    )


async def find_ownership(session: AsyncSession, device_id: str) -> OwnershipRow:
    """Raises NotFound, also for another owner's device."""
    found = await session.exec(select(OwnershipRow).where(OwnershipRow.device_id == device_id))
    ownership = found.one_or_none()
    if ownership is None:
        raise NotFound(f"device {device_id}")
    return ownership


async def access_view(
    session: AsyncSession, device_id: str, admin: Principal, problem: Text | None
) -> AccessView:
    """Raises NotFound, also for what is reported by hand: it has no access."""
    ownership = await find_ownership(session, device_id)
    device = await session.get_one(DeviceRow, device_id)
    if device.model_id is None:
        raise NotFound(f"access of {device_id}")
    return AccessView(
        device_id=device_id,
        device_name=ownership.name,
        is_revoked=device.revoked_at is not None,
        problem=problem,
    )


async def release_view(
    session: AsyncSession, device_id: str, admin: Principal, now: datetime
) -> ReleaseView:
    await find_ownership(session, device_id)
    home = await household.load(session, now, admin.language)
    owned = next(each for each in home.devices if each.device.device_id == device_id)
    return ReleaseView(
        device_id=device_id,
        device_name=owned.ownership.name,
        stocks=tuple(each.name for each in home.card(owned).gauges),
        is_by_hand=owned.model is None,
    )


async def notices_view(session: AsyncSession, language: str) -> NoticesView:
    names = await titles.by_name(session, language)
    found = await session.exec(
        select(NoticeRow).order_by(col(NoticeRow.created_at).desc()).limit(NOTICES_SHOWN)
    )
    return NoticesView(
        notices=tuple(
            Notice(
                notice_id=each.notice_id,
                words=stored_text(each.text_key, titles.with_title(each.params, names)),
                link=each.link,
                created_at=each.created_at,
                is_new=each.seen_at is None,
            )
            for each in found
        )
    )
