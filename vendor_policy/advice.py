"""Use cases of recommendations: asked for, computed, declined for good."""

from uuid import UUID

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from accounts.principal import Principal
from core.clock import Clock
from core.database import Transaction
from core.ids import Ids
from core.offload import Offload
from vendor_policy.dry_runs import SPAN, records_since
from vendor_policy.policy import Policy
from vendor_policy.recommendations import Recommendation, recommendations
from vendor_policy.tables import DeclinedRecommendationRow, RecommendationSettingRow


async def is_wanted(session: AsyncSession, owner_id: UUID) -> bool:
    """False until the owner asked for them."""
    row = await session.get(RecommendationSettingRow, owner_id)
    return row is not None and row.is_on


async def want(
    owner: Principal, *, is_on: bool, transaction: Transaction, clock: Clock
) -> None:
    async with transaction(owner.party_id) as session:
        await session.merge(
            RecommendationSettingRow(
                setting_id=owner.party_id,
                owner_id=owner.party_id,
                is_on=is_on,
                changed_at=clock.now(),
            )
        )


async def recommended(
    owner_id: UUID, present: Policy, *, transaction: Transaction, clock: Clock, offload: Offload
) -> list[Recommendation]:
    """Empty for an owner who did not ask. transaction: or a snapshot; nothing is written."""
    async with transaction(owner_id) as session:
        if not await is_wanted(session, owner_id):
            return []
        records = await records_since(session, clock.now() - SPAN)
        declined = list(await session.exec(select(DeclinedRecommendationRow.key)))
    return await offload(recommendations, records, present, declined)


async def decline(
    owner: Principal, key: str, *, transaction: Transaction, clock: Clock, ids: Ids
) -> None:
    """For good; a second time changes nothing."""
    async with transaction(owner.party_id) as session:
        known = await session.exec(
            select(DeclinedRecommendationRow).where(DeclinedRecommendationRow.key == key)
        )
        if known.first() is None:
            session.add(
                DeclinedRecommendationRow(
                    declined_id=ids.uuid(),
                    owner_id=owner.party_id,
                    key=key,
                    declined_at=clock.now(),
                    declined_by=owner.name,
                )
            )
