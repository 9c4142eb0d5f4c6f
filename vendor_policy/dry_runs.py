"""Use case: try a draft policy on what an owner's last twelve months looked like."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.clock import Clock
from core.database import Transaction
from core.offload import Offload
from vendor_policy.policy import Policy
from vendor_policy.tables import DecisionRow
from vendor_policy.time_machine import DryRun, dry_run

SPAN: Final = timedelta(days=365)
RECORDS_MOST: Final = 5_000  # the newest count


async def try_policy(
    owner_id: UUID, draft: Policy, *, transaction: Transaction, clock: Clock, offload: Offload
) -> DryRun:
    """transaction: or a snapshot; nothing is written."""
    async with transaction(owner_id) as session:
        records = await records_since(session, clock.now() - SPAN)
    return await offload(dry_run, records, draft)


async def records_since(session: AsyncSession, since: datetime) -> list[bytes]:
    """Of the session's scope, newest first."""
    found = await session.exec(
        select(DecisionRow.record)
        .where(col(DecisionRow.decided_at) >= since)
        .order_by(col(DecisionRow.decided_at).desc(), col(DecisionRow.record_id))
        .limit(RECORDS_MOST)
    )
    return list(found)
