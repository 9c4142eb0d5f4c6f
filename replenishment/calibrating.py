"""Once a day: how forecasts and orders of consenting owners ended is counted for new ones.

The counts are taken anew from what is stored, so that an owner who takes the consent back is
gone from the next calibration.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from pydantic import TypeAdapter
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from accounts.scoping import ALL_OWNERS
from core import outbox
from core.clock import Clock
from core.database import Transaction
from core.offload import Offload
from core.outbox import Work
from replenishment import store
from replenishment.demand.calibration import (
    FORMULAS,
    Calibration,
    as_shipped,
    calibrated,
)
from replenishment.demand.families import Families
from replenishment.tables import CalibrationRow

COUNT: Final = "count_outcomes"  # kind of outbox row
EVERY: Final = timedelta(days=1)

_CALIBRATION: TypeAdapter[Calibration] = TypeAdapter(Calibration)


async def newest(session: AsyncSession) -> Calibration | None:
    """None: as shipped."""
    found = await session.exec(
        select(CalibrationRow).order_by(col(CalibrationRow.number).desc()).limit(1)
    )
    row = found.one_or_none()
    return None if row is None else _CALIBRATION.validate_python(row.body)


async def start_timers(session: AsyncSession, *, at: datetime) -> None:
    """The row that inserts its own successor; safe to call at every start."""
    await outbox.add(session, _work(at + EVERY))


async def count(
    *, transaction: Transaction, clock: Clock, offload: Offload, families: Families
) -> None:
    """A new calibration, where it says anything else than the newest."""
    at = clock.now()
    async with transaction(ALL_OWNERS) as session:
        forecasts = await store.forecast_outcomes(session, formulas=FORMULAS, at=at)
        cycles = await store.cycle_outcomes(session, at=at)
    made = await offload(calibrated, families, forecasts, cycles)
    async with transaction(ALL_OWNERS) as session:
        before = await newest(session) or as_shipped(families)
        if replace(made, number=before.number) != before:
            after = replace(made, number=before.number + 1)
            session.add(
                CalibrationRow(
                    number=after.number,
                    body=_CALIBRATION.dump_python(after, mode="json"),
                    forecasts=len(forecasts),
                    cycles=len(cycles),
                    made_at=at,
                )
            )
        await outbox.add(session, _work(at + EVERY))


def _work(due_at: datetime) -> Work:
    return Work(kind=COUNT, payload={}, due_at=due_at, dedupe_key=COUNT)
