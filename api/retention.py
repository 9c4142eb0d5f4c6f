"""How long an owner's readings are kept."""

from fastapi import APIRouter

from accounts.tables import OwnerRow
from api.deps import Admin, Owner, PlatformDep, Reading
from api.schemas import Input, Output
from devices import retention

router = APIRouter(tags=["devices"])


class RetentionView(Output):
    """In days; from `least_days` to `most_days` are possible."""

    readings_kept_days: int
    least_days: int = retention.LEAST_DAYS
    most_days: int = retention.MOST_DAYS


class KeepReadings(Input):
    readings_kept_days: int


@router.get("/retention")
async def get_retention(session: Reading, owner: Owner) -> RetentionView:
    """Of single readings; days of use, refills and events stay while the device is yours."""
    row = await session.get_one(OwnerRow, owner.party_id)
    return RetentionView(readings_kept_days=row.readings_kept_days)


@router.put("/retention")
async def set_retention(
    platform: PlatformDep, admin: Admin, wanted: KeepReadings
) -> RetentionView:
    """From the next daily round on older readings are removed for good."""
    days = wanted.readings_kept_days
    await retention.keep_for(admin.party_id, days, transaction=platform.transaction)
    return RetentionView(readings_kept_days=days)
