"""What makers say about products for their models, from its publication to the decision.

What a claim says never changes under its id; a maker withdraws it and publishes another.
"""

from collections.abc import Iterable
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from accounts.scoping import ALL_OWNERS
from core.clock import Clock
from core.database import Transaction
from devices.registry import ModelUnknown
from devices.tables import DeviceModelRow, DeviceRow, ManufacturerRow, SlotRow
from vendor_policy.claims import Claim, Statement
from vendor_policy.tables import MakerClaimRow


class ClaimIdTaken(Exception):
    def __init__(self, claim_id: str) -> None:
        super().__init__(
            f"{claim_id} was published with another content; publish it under a new claim_id"
        )


class MakerClaimUnknown(Exception):
    def __init__(self, claim_id: str) -> None:
        super().__init__(f"no claim {claim_id} about this model")


async def publish(
    manufacturer_id: UUID,
    model: str,
    statement: Statement,
    *,
    transaction: Transaction,
    clock: Clock,
) -> Claim:
    """The same again changes nothing, and what was withdrawn stays so. Raises ModelUnknown
    and ClaimIdTaken.
    """
    async with transaction(ALL_OWNERS) as session:
        maker = await _maker(session, manufacturer_id, model)
        found = await session.exec(
            select(MakerClaimRow).where(MakerClaimRow.claim_id == statement.claim_id)
        )
        stored = {(row.manufacturer_id, row.model): row for row in found}
        claim = _published(stored.values(), manufacturer_id, statement)
        claim = claim or Claim(
            **statement.model_dump(), maker=maker.name, since=clock.now().date()
        )
        if (manufacturer_id, model) not in stored:
            session.add(
                MakerClaimRow(
                    manufacturer_id=manufacturer_id,
                    model=model,
                    claim_id=claim.claim_id,
                    claim=claim.model_dump(mode="json"),
                    published_at=clock.now(),
                )
            )
        return claim


async def withdraw(
    manufacturer_id: UUID, model: str, claim_id: str, *, transaction: Transaction, clock: Clock
) -> None:
    """For decisions from now on; a second time changes nothing. Raises MakerClaimUnknown."""
    async with transaction(ALL_OWNERS) as session:
        row = await session.get(MakerClaimRow, (manufacturer_id, model, claim_id))
        if row is None:
            raise MakerClaimUnknown(claim_id)
        row.withdrawn_at = row.withdrawn_at or clock.now()


async def of_model(session: AsyncSession, manufacturer_id: UUID, model: str) -> list[Claim]:
    """In force, by id."""
    found = await session.exec(
        select(MakerClaimRow)
        .where(
            MakerClaimRow.manufacturer_id == manufacturer_id,
            MakerClaimRow.model == model,
            col(MakerClaimRow.withdrawn_at).is_(None),
        )
        .order_by(col(MakerClaimRow.claim_id))
    )
    return [_claim(row) for row in found]


async def of_stock(session: AsyncSession, stock_id: UUID) -> tuple[Claim, ...]:
    """In force, of the makers of the devices that use the stock, by id."""
    found = await session.exec(
        select(MakerClaimRow)
        .join(
            DeviceModelRow,
            (col(DeviceModelRow.manufacturer_id) == MakerClaimRow.manufacturer_id)
            & (col(DeviceModelRow.name) == MakerClaimRow.model),
        )
        .join(DeviceRow, col(DeviceRow.model_id) == DeviceModelRow.model_id)
        .join(SlotRow, col(SlotRow.device_id) == DeviceRow.device_id)
        .where(SlotRow.stock_id == stock_id, col(MakerClaimRow.withdrawn_at).is_(None))
        .order_by(col(MakerClaimRow.claim_id))
    )
    return tuple({row.claim_id: _claim(row) for row in found}.values())


def _claim(row: MakerClaimRow) -> Claim:
    return Claim.model_validate(row.claim)


def _published(
    stored: Iterable[MakerClaimRow], manufacturer_id: UUID, statement: Statement
) -> Claim | None:
    """One id says one thing, in the mouth of one maker, whatever its models."""
    claim = None
    for row in stored:
        claim = _claim(row)
        said = Statement.model_validate(claim.model_dump(exclude={"maker", "since"}))
        if row.manufacturer_id != manufacturer_id or said != statement:
            raise ClaimIdTaken(statement.claim_id)
    return claim


async def _maker(session: AsyncSession, manufacturer_id: UUID, model: str) -> ManufacturerRow:
    found = await session.exec(
        select(ManufacturerRow)
        .join(
            DeviceModelRow,
            col(DeviceModelRow.manufacturer_id) == ManufacturerRow.manufacturer_id,
        )
        .where(ManufacturerRow.manufacturer_id == manufacturer_id, DeviceModelRow.name == model)
    )
    maker = found.first()
    if maker is None:
        raise ModelUnknown(model, None)
    return maker
