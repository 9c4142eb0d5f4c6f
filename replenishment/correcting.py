"""The owner's corrections: said, listed, taken back. Nothing is ever overwritten.

What is said or taken back makes the stocks concerned be reviewed at once, from the use that is
stored: a correction never changes what was measured.
"""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Final, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from accounts.principal import Principal
from core.clock import Clock
from core.database import Transaction
from core.ids import Ids
from core.money import PPM
from devices import stock
from devices.stock import StockUnknown
from devices.tables import StockRow
from replenishment.corrections import Correction, CorrectionKind
from replenishment.tables import CorrectionRemovalRow, CorrectionRow

LONGEST_DAYS: Final = 366  # from the first to the last day
MOST_IN_FORCE: Final = 100  # of one owner
# Of what would be used otherwise, in ppm: least and most of each kind.
FACTORS: Final = {
    CorrectionKind.AWAY: (0, PPM - 1),
    CorrectionKind.EVENT: (PPM + 1, 20 * PPM),
    CorrectionKind.CHANGE: (PPM // 20, 20 * PPM),
    CorrectionKind.IGNORE: (PPM, PPM),
}


class UnknownCorrection(Exception):
    """Also one that was taken back."""

    def __init__(self, correction_id: UUID) -> None:
        super().__init__(f"no correction {correction_id} is in force")


class TooManyCorrections(Exception):
    def __init__(self) -> None:
        super().__init__(f"{MOST_IN_FORCE} corrections are in force; take some back first")


class NewCorrection(BaseModel):
    """For one stock, or for all of the household. `factor_ppm`: of the use there would be
    otherwise: 0 when nobody is at home, 1,500,000 for half as much again.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: CorrectionKind
    stock_id: UUID | None = None
    from_on: date
    until_on: date | None = None
    factor_ppm: int = PPM
    remark: Annotated[str, Field(max_length=200)] = ""

    @model_validator(mode="after")
    def _possible(self) -> Self:
        least, most = FACTORS[self.kind]
        if not least <= self.factor_ppm <= most:
            raise PydanticCustomError(
                "factor_impossible",
                "factor_ppm must be {least} to {most} for this kind",
                {"least": least, "most": most},
            )
        if (self.until_on is None) is not (self.kind is CorrectionKind.CHANGE):
            raise PydanticCustomError(
                "end_impossible", "only a change has no until_on, and it has none"
            )
        days = (self.until_on - self.from_on).days if self.until_on else 0
        if not 0 <= days < LONGEST_DAYS:
            raise PydanticCustomError(
                "days_impossible",
                "until_on must be 0 to {most} days after from_on",
                {"most": LONGEST_DAYS - 1},
            )
        return self


async def say(
    new: NewCorrection,
    by: Principal,
    *,
    transaction: Transaction,
    clock: Clock,
    ids: Ids,
) -> CorrectionRow:
    """Raises StockUnknown and TooManyCorrections."""
    async with transaction(by.party_id) as session:
        concerned = await _concerned(session, by.party_id, new.stock_id)
        if new.stock_id is not None and not concerned:
            raise StockUnknown(new.stock_id)
        if len(await in_force(session, by.party_id)) >= MOST_IN_FORCE:
            raise TooManyCorrections
        row = CorrectionRow(
            correction_id=ids.uuid(),
            owner_id=by.party_id,
            by=by.name,
            created_at=clock.now(),
            **new.model_dump(),
        )
        session.add(row)
        await stock.changed(session, by.party_id, concerned, clock.now())
        return row


async def take_back(
    correction_id: UUID, by: Principal, *, transaction: Transaction, clock: Clock
) -> None:
    """Raises UnknownCorrection."""
    async with transaction(by.party_id) as session:
        rows = await in_force(session, by.party_id)
        row = next((each for each in rows if each.correction_id == correction_id), None)
        if row is None:
            raise UnknownCorrection(correction_id)
        session.add(
            CorrectionRemovalRow(
                correction_id=correction_id,
                owner_id=by.party_id,
                by=by.name,
                removed_at=clock.now(),
            )
        )
        concerned = await _concerned(session, by.party_id, row.stock_id)
        await stock.changed(session, by.party_id, concerned, clock.now())


async def in_force(
    session: AsyncSession, owner_id: UUID, stock_id: UUID | None = None
) -> Sequence[CorrectionRow]:
    """The newest first; with `stock_id` those that concern this stock."""
    statement = (
        select(CorrectionRow)
        .outerjoin(
            CorrectionRemovalRow,
            col(CorrectionRemovalRow.correction_id) == CorrectionRow.correction_id,
        )
        .where(
            CorrectionRow.owner_id == owner_id,
            col(CorrectionRemovalRow.correction_id).is_(None),
        )
        .order_by(col(CorrectionRow.created_at).desc(), col(CorrectionRow.correction_id))
    )
    if stock_id is not None:
        concerns = (col(CorrectionRow.stock_id) == stock_id) | col(CorrectionRow.stock_id).is_(
            None
        )
        statement = statement.where(concerns)
    return (await session.exec(statement)).all()


def correction(row: CorrectionRow) -> Correction:
    return Correction(
        kind=CorrectionKind(row.kind),
        from_on=row.from_on,
        until_on=row.until_on,
        factor=row.factor_ppm / PPM,
    )


async def _concerned(
    session: AsyncSession, owner_id: UUID, stock_id: UUID | None
) -> Sequence[UUID]:
    statement = select(StockRow.stock_id).where(StockRow.owner_id == owner_id)
    if stock_id is not None:
        statement = statement.where(StockRow.stock_id == stock_id)
    return (await session.exec(statement)).all()
