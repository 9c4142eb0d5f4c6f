"""Corrections: what the owner knows of use and readings cannot say."""

from datetime import date, datetime
from typing import Self
from uuid import UUID

from fastapi import APIRouter

from api.deps import Admin, Owner, PlatformDep, Reading
from api.schemas import Output
from replenishment import correcting
from replenishment.correcting import NewCorrection
from replenishment.tables import CorrectionRow

router = APIRouter(prefix="/corrections", tags=["corrections"])


class CorrectionView(Output):
    """`factor_ppm`: of the use there would be otherwise. `stock_id` null: for everything."""

    correction_id: UUID
    kind: str
    stock_id: UUID | None
    from_on: date
    until_on: date | None
    factor_ppm: int
    remark: str
    by: str
    created_at: datetime

    @classmethod
    def of(cls, row: CorrectionRow) -> Self:
        return cls(**row.model_dump(exclude={"owner_id"}))


@router.get("")
async def list_corrections(
    session: Reading, owner: Owner, stock_id: UUID | None = None
) -> list[CorrectionView]:
    """Those in force, the newest first; with `stock_id` those that concern this stock."""
    rows = await correcting.in_force(session, owner.party_id, stock_id)
    return [CorrectionView.of(row) for row in rows]


@router.post("", status_code=201)
async def say(platform: PlatformDep, admin: Admin, said: NewCorrection) -> CorrectionView:
    """`away`, `event` and `ignore` have a last day, `change` lasts. Without `stock_id` it holds
    for everything at home. The forecast is made again at once from the use that is stored.
    """
    row = await correcting.say(
        said,
        admin,
        transaction=platform.transaction,
        clock=platform.clock,
        ids=platform.ids,
    )
    return CorrectionView.of(row)


@router.delete("/{correction_id}", status_code=204)
async def take_back(platform: PlatformDep, admin: Admin, correction_id: UUID) -> None:
    """The forecast is as if it had never been said."""
    await correcting.take_back(
        correction_id, admin, transaction=platform.transaction, clock=platform.clock
    )
