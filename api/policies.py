"""The owner's policy, mandates, and the switch that stops automatic orders."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Response
from pydantic import Field, ValidationError
from sqlalchemy.exc import IntegrityError

from accounts import notices
from accounts.principal import Principal
from api.deps import Admin, Owner, PlatformDep, Reading
from api.refusals import Stale, invalid
from api.schemas import Input, Output
from api.web.queries_policy import in_force
from replenishment import automatic
from vendor_policy import store
from vendor_policy.mandates import Mandate, UnitPriceCap
from vendor_policy.policy import Policy

router = APIRouter(tags=["policy"])


class AcceptMandate(Input):
    """`order_most_minor`: cap of one order, tax and delivery included. `days_between`: least
    days from one automatic order to the next.
    """

    stock_id: UUID
    products: Annotated[list[str], Field(min_length=1, max_length=200)]
    vendors: Annotated[list[str], Field(min_length=1, max_length=50)]
    currency: str = "EUR"
    order_most_minor: int
    unit_price: UnitPriceCap | None = None
    days_between: int | None = None
    ends_on: date


class MandateView(Output):
    mandate_id: UUID
    stock_id: UUID
    ends_on: date


class KillSwitch(Input):
    is_stopped: bool


class KillSwitchView(Output):
    """`pulled_back`: orders that were approved automatically and no shop had yet."""

    is_stopped: bool
    pulled_back: int


@router.get("/policy")
async def get_policy(session: Reading, owner: Owner, response: Response) -> Policy:
    """The policy in force; `ETag` is its version."""
    version, policy = await in_force(session, owner.party_id)
    response.headers["ETag"] = _etag(version)
    return policy


@router.put("/policy")
async def put_policy(
    platform: PlatformDep,
    admin: Admin,
    wanted: Policy,
    response: Response,
    if_match: Annotated[str, Header(description="the ETag that was read")],
) -> Policy:
    """Save the next version. 412 when another one was saved since `If-Match` was read."""
    try:
        version = await _save(platform, admin, wanted, if_match)
    except IntegrityError:  # another member saved the same number a moment earlier
        raise Stale(await _version(platform, admin)) from None
    response.headers["ETag"] = _etag(version)
    return wanted


async def _save(platform: PlatformDep, admin: Principal, wanted: Policy, if_match: str) -> int:
    now = platform.clock.now()
    async with platform.transaction(admin.party_id) as session:
        version, _ = await in_force(session, admin.party_id)
        if if_match != _etag(version):
            raise Stale(version)
        row = await store.save_policy(
            session, admin.party_id, wanted, author=admin.name, at=now, ids=platform.ids
        )
        await notices.touch(session, admin.party_id, at=now)
        return row.version


async def _version(platform: PlatformDep, admin: Principal) -> int:
    async with platform.database.snapshot(admin.party_id) as session:
        return (await in_force(session, admin.party_id))[0]


def _etag(version: int) -> str:
    return f'"{version}"'


@router.post("/mandates", status_code=201)
async def accept_mandate(
    platform: PlatformDep, admin: Admin, wanted: AcceptMandate
) -> MandateView:
    """Allow automatic orders of one stock within these limits. Each obliges to pay."""
    terms = wanted.model_dump(exclude={"stock_id"})
    try:
        mandate = Mandate.model_validate(
            terms | {"accepted_at": platform.clock.now(), "accepted_by": admin.name}
        )
    except ValidationError as error:
        raise invalid(error) from error
    row = await automatic.accept(
        wanted.stock_id,
        mandate,
        admin,
        transaction=platform.transaction,
        clock=platform.clock,
        ids=platform.ids,
    )
    return MandateView(mandate_id=row.mandate_id, stock_id=row.stock_id, ends_on=row.ends_on)


@router.delete("/mandates/{mandate_id}", status_code=204)
async def revoke_mandate(platform: PlatformDep, admin: Admin, mandate_id: UUID) -> None:
    """End automatic orders of the stock at once."""
    await automatic.revoke(
        mandate_id, admin, transaction=platform.transaction, clock=platform.clock
    )


@router.post("/kill-switch")
async def kill_switch(
    platform: PlatformDep, admin: Admin, wanted: KillSwitch
) -> KillSwitchView:
    """Stop all automatic orders, or allow them again."""
    transaction, clock = platform.transaction, platform.clock
    pulled_back = 0
    if wanted.is_stopped:
        pulled_back = await automatic.stop(admin, transaction=transaction, clock=clock)
    else:
        await automatic.resume(admin, transaction=transaction, clock=clock)
    return KillSwitchView(is_stopped=wanted.is_stopped, pulled_back=pulled_back)
