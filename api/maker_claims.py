"""What a manufacturer says about products for its models: said in public, and contestable."""

from datetime import date

from fastapi import APIRouter

from api.deps import Maker, PlatformDep
from api.schemas import Output
from replenishment import maker_claims
from vendor_policy.claims import Claim, Statement

router = APIRouter(prefix="/models/{model}/claims", tags=["manufacturers"])


class PublishedView(Output):
    claim_id: str
    since: date


@router.post("", status_code=201)
async def publish(
    platform: PlatformDep, maker: Maker, model: str, statement: Statement
) -> PublishedView:
    """Recommend or warn; exclude on technical grounds only, in public."""
    claim = await maker_claims.publish(
        maker.party_id,
        model,
        statement,
        transaction=platform.transaction,
        clock=platform.clock,
    )
    return PublishedView(claim_id=claim.claim_id, since=claim.since)


@router.get("")
async def claims(platform: PlatformDep, maker: Maker, model: str) -> list[Claim]:
    """Those in force."""
    async with platform.database.snapshot(maker.party_id) as session:
        return await maker_claims.of_model(session, maker.party_id, model)


@router.delete("/{claim_id}", status_code=204)
async def withdraw(platform: PlatformDep, maker: Maker, model: str, claim_id: str) -> None:
    """From now on; decisions already made keep it in their records."""
    await maker_claims.withdraw(
        maker.party_id,
        model,
        claim_id,
        transaction=platform.transaction,
        clock=platform.clock,
    )
