"""How forecasts and orders of consenting owners ended, read for counting.

Works inside the caller's transaction, which must see the rows of all owners. Of every owner the
newest OF_ONE_OWNER count, so that no household outweighs the rest; of these the newest IN_ALL.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Select, func, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from accounts.tables import OwnerRow
from replenishment.demand.calibration import CycleOutcome, ForecastOutcome
from replenishment.tables import OrderCycleRow, TrialRow

COUNTED_FOR: Final = timedelta(days=365)
OF_ONE_OWNER: Final = 30
IN_ALL: Final = 20_000


async def forecast_outcomes(
    session: AsyncSession, *, formulas: int, at: datetime
) -> list[ForecastOutcome]:
    """Oldest first; only of forecasts that these formulas made."""
    newest = (col(TrialRow.resolved_on).desc(), col(TrialRow.made_on), col(TrialRow.stock_id))
    rows = (
        select(
            col(TrialRow.owner_id),
            col(TrialRow.family_group),
            col(TrialRow.bucket),
            col(TrialRow.before_ppm),
            col(TrialRow.after_ppm),
            func.row_number().over(order_by=newest).label("at"),
            func.row_number()
            .over(partition_by=col(TrialRow.owner_id), order_by=newest)
            .label("own"),
        )
        .join(OwnerRow, col(OwnerRow.owner_id) == TrialRow.owner_id)
        .where(
            col(OwnerRow.shares_outcomes),
            col(TrialRow.formulas) == formulas,
            col(TrialRow.resolved_on) >= (at - COUNTED_FOR).date(),
        )
    )
    return [
        ForecastOutcome(str(owner), group, bucket, before, after)
        for owner, group, bucket, before, after, _, _ in await _counted(session, rows)
    ]


async def cycle_outcomes(session: AsyncSession, *, at: datetime) -> list[CycleOutcome]:
    """Oldest first."""
    newest = (col(OrderCycleRow.ended_at).desc(), col(OrderCycleRow.order_id))
    own = func.row_number().over(partition_by=col(OrderCycleRow.owner_id), order_by=newest)
    rows = (
        select(
            col(OrderCycleRow.owner_id),
            col(OrderCycleRow.family_group),
            col(OrderCycleRow.family),
            col(OrderCycleRow.service_level_ppm),
            col(OrderCycleRow.is_stock_out),
            func.row_number().over(order_by=newest).label("at"),
            own.label("own"),
        )
        .join(OwnerRow, col(OwnerRow.owner_id) == OrderCycleRow.owner_id)
        .where(col(OwnerRow.shares_outcomes), col(OrderCycleRow.ended_at) >= at - COUNTED_FOR)
    )
    return [
        CycleOutcome(str(owner), group, family, service_level_ppm, bool(is_stock_out))
        for owner, group, family, service_level_ppm, is_stock_out, _, _ in await _counted(
            session, rows
        )
    ]


async def _counted(session: AsyncSession, rows: Select[Any]) -> list[Any]:
    """`at` and `own`: a row's place among all and among its owner's, the newest first."""
    ranked = rows.subquery()
    kept = (
        select(ranked)
        .where(ranked.c.own <= OF_ONE_OWNER)
        .order_by(ranked.c.at)
        .limit(IN_ALL)
        .subquery()
    )
    connection = await session.connection()
    return list(await connection.execute(select(kept).order_by(kept.c.at.desc())))
