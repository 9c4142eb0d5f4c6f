"""What was used, refilled and measured before, for forecasts and charts.

Callers name slots that they found in the session's own scope; these tables carry no owner.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlmodel import col, select, tuple_
from sqlmodel.ext.asyncio.session import AsyncSession

from devices import levels
from devices.intake import Place
from devices.levels import DayUse, Message, Refilled, SlotFold, Verdict
from devices.models import Measure, SlotSpec
from devices.store import stored_reading
from devices.tables import DayUseRow, DeviceEventRow, ReadingRow, RefillRow, SlotRow
from devices.wire import EventKind

ANY_ZONE: Final = ZoneInfo("UTC")  # contents do not depend on where days begin


@dataclass(frozen=True, slots=True)
class LevelReading:
    at: datetime
    amount: float | None  # units, as measured or counted down; None: it could not say
    is_glitch: bool


async def day_uses(
    session: AsyncSession, places: Collection[Place], *, from_on: date, before_on: date
) -> dict[Place, list[DayUse]]:
    """Of each slot, oldest first; today is still open, `before_on` leaves it out.
    A gap is one entry with its exposure; days with nothing used are there.
    """
    statement = (
        select(DayUseRow)
        .where(
            tuple_(DayUseRow.device_id, DayUseRow.slot).in_(places),
            col(DayUseRow.day_on) >= from_on,
            col(DayUseRow.day_on) < before_on,
        )
        .order_by(col(DayUseRow.day_on))
    )
    found: dict[Place, list[DayUse]] = defaultdict(list)
    for row in await session.exec(statement):
        found[row.device_id, row.slot].append(
            DayUse(day_on=row.day_on, used=row.used, exposure_days=row.exposure_days)
        )
    return found


async def refills(
    session: AsyncSession, places: Collection[Place], *, since: datetime
) -> list[RefillRow]:
    """Oldest first."""
    statement = (
        select(RefillRow)
        .where(
            tuple_(RefillRow.device_id, RefillRow.slot).in_(places),
            col(RefillRow.refilled_at) >= since,
        )
        .order_by(col(RefillRow.refilled_at))
    )
    return list(await session.exec(statement))


async def level_series(
    session: AsyncSession, device_id: str, slot: str, *, since: datetime, until: datetime
) -> list[LevelReading]:
    """Oldest first."""
    row = await session.get_one(SlotRow, (device_id, slot))
    spec = SlotSpec.model_validate(row.spec)
    if spec.measure is Measure.USAGE:
        points = await _counted_down(session, device_id, spec)
        return [each for each in points if since <= each.at <= until]
    rows = await session.exec(
        _readings(device_id, slot)
        .where(col(ReadingRow.measured_at) >= since, col(ReadingRow.measured_at) <= until)
        .order_by(col(ReadingRow.measured_at))
    )
    measured = [(stored_reading(each, spec), each.verdict) for each in rows]
    return [
        LevelReading(each.at, each.amount, verdict == Verdict.GLITCH)
        for each, verdict in measured
    ]


async def _counted_down(
    session: AsyncSession, device_id: str, spec: SlotSpec
) -> list[LevelReading]:
    """A counter says what is left only together with all refills since its beginning."""
    events = select(DeviceEventRow).where(
        DeviceEventRow.device_id == device_id,
        DeviceEventRow.slot == spec.slot,
        DeviceEventRow.event == EventKind.REFILLED,
    )
    messages: list[Message] = [
        stored_reading(each, spec)
        for each in await session.exec(_readings(device_id, spec.slot))
    ]
    messages += [
        Refilled(key=(each.boot_id, each.seq), at=each.measured_at)
        for each in await session.exec(events)
    ]
    state, points = SlotFold(), []
    for message in sorted(messages, key=lambda each: each.key):
        state = levels.fold(state, message, spec, ANY_ZONE).state
        points.append(LevelReading(message.at, state.in_slot, is_glitch=False))
    return points


def _readings(device_id: str, slot: str) -> Any:
    return select(ReadingRow).where(ReadingRow.device_id == device_id, ReadingRow.slot == slot)
