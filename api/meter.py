"""The anti-gatekeeper meter, for everyone to read."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from fastapi import APIRouter
from sqlmodel import col, select

from accounts.scoping import ALL_OWNERS
from api.deps import PlatformDep
from api.schemas import Output
from vendor_policy.meter import Swap
from vendor_policy.tables import MeterRunRow

router = APIRouter(tags=["meter"])


class SwapView(Output):
    """How often what must not matter was changed, and how often the winner with it."""

    swap: Swap
    runs: int
    changes: int


class MeterRunView(Output):
    """`checkpoint`: signed note of the log, under which the decisions stand; null: none yet."""

    measured_at: datetime
    decisions: int
    unreadable: int
    replay_changes: int
    swaps: list[SwapView]
    checkpoint: str | None


class MeterView(Output):
    """All runs together, and the newest one by itself. Every change must be 0."""

    decisions: int
    unreadable: int
    replay_changes: int
    swaps: list[SwapView]
    newest: MeterRunView | None


@router.get("/meter")
async def get_meter(platform: PlatformDep) -> MeterView:
    """Live decisions again with vendors, ids, order and payments changed. Open to everyone."""
    async with platform.database.snapshot(ALL_OWNERS) as session:
        found = await session.exec(
            select(MeterRunRow).order_by(col(MeterRunRow.meter_run_id).desc())
        )
        runs = found.all()
    return MeterView(
        decisions=sum(row.decisions for row in runs),
        unreadable=sum(row.unreadable for row in runs),
        replay_changes=sum(row.replay_changes for row in runs),
        swaps=_swaps(runs),
        newest=_run(runs[0]) if runs else None,
    )


def _run(row: MeterRunRow) -> MeterRunView:
    return MeterRunView(
        measured_at=row.measured_at,
        decisions=row.decisions,
        unreadable=row.unreadable,
        replay_changes=row.replay_changes,
        swaps=_swaps([row]),
        checkpoint=row.checkpoint,
    )


def _swaps(rows: Iterable[MeterRunRow]) -> list[SwapView]:
    runs, changes = Counter[str](), Counter[str]()
    for row in rows:
        runs.update(row.runs)
        changes.update(row.changes)
    return [SwapView(swap=each, runs=runs[each], changes=changes[each]) for each in Swap]
