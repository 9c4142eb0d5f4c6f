"""One device in the hands of its maker, its owner or the operator: another secret, another
claim code, revocation, deregistration.

Each audience has its own address; whose device it is, is decided below.
"""

from fastapi import APIRouter

from accounts.principal import Principal
from api.deps import Admin, Maker, Operator, Platform, PlatformDep
from api.schemas import Output
from devices import custody
from replenishment import transfer

router = APIRouter(tags=["devices"])


class SecretView(Output):
    """Shown this once; the old secret opens nothing any more."""

    device_id: str
    secret: str


class ClaimCodeView(Output):
    """Shown this once; the old code is void."""

    device_id: str
    claim_code: str


class CustodyView(Output):
    device_id: str
    is_registered: bool


@router.post("/devices/{device_id}/secret")
async def rotate_as_owner(platform: PlatformDep, by: Admin, device_id: str) -> SecretView:
    """Another secret for your device, for example after a bridge was stolen."""
    return await _rotate(platform, by, device_id)


@router.post("/makers/devices/{device_id}/secret")
async def rotate_as_maker(platform: PlatformDep, by: Maker, device_id: str) -> SecretView:
    """Another secret for a device you made."""
    return await _rotate(platform, by, device_id)


@router.post("/makers/devices/{device_id}/claim-code")
async def renew_claim_code(platform: PlatformDep, by: Maker, device_id: str) -> ClaimCodeView:
    """Another label for a device of yours that nobody has claimed."""
    code = await custody.renew_claim_code(
        device_id,
        by,
        key=platform.device_key,
        transaction=platform.transaction,
        clock=platform.clock,
        ids=platform.ids,
    )
    return ClaimCodeView(device_id=device_id, claim_code=code)


@router.post("/devices/{device_id}/revoke")
async def revoke_as_owner(platform: PlatformDep, by: Admin, device_id: str) -> CustodyView:
    """Your device may no longer connect; what it has sent stays yours."""
    return await _revoke(platform, by, device_id)


@router.post("/makers/devices/{device_id}/revoke")
async def revoke_as_maker(platform: PlatformDep, by: Maker, device_id: str) -> CustodyView:
    """A device you made may no longer connect, for example because its secret leaked."""
    return await _revoke(platform, by, device_id)


@router.post("/operator/devices/{device_id}/revoke")
async def revoke_as_operator(
    platform: PlatformDep, by: Operator, device_id: str
) -> CustodyView:
    """Any device may no longer connect."""
    return await _revoke(platform, by, device_id)


@router.post("/devices/{device_id}/deregister")
async def deregister_as_owner(platform: PlatformDep, by: Admin, device_id: str) -> CustodyView:
    """Your device is gone for good: its data are erased, its mandates void."""
    return await _deregister(platform, by, device_id)


@router.post("/makers/devices/{device_id}/deregister")
async def deregister_as_maker(platform: PlatformDep, by: Maker, device_id: str) -> CustodyView:
    """A device you made is gone for good; one with an owner is the owner's to give away."""
    return await _deregister(platform, by, device_id)


@router.post("/operator/devices/{device_id}/deregister")
async def deregister_as_operator(
    platform: PlatformDep, by: Operator, device_id: str
) -> CustodyView:
    """Any device is gone for good: its data are erased, its mandates void."""
    return await _deregister(platform, by, device_id)


async def _rotate(platform: Platform, by: Principal, device_id: str) -> SecretView:
    secret = await custody.rotate_secret(
        device_id,
        by,
        key=platform.device_key,
        transaction=platform.transaction,
        clock=platform.clock,
        ids=platform.ids,
    )
    return SecretView(device_id=device_id, secret=secret)


async def _revoke(platform: Platform, by: Principal, device_id: str) -> CustodyView:
    await custody.revoke(device_id, by, transaction=platform.transaction, clock=platform.clock)
    return CustodyView(device_id=device_id, is_registered=True)


async def _deregister(platform: Platform, by: Principal, device_id: str) -> CustodyView:
    await transfer.deregister(
        device_id, by, transaction=platform.transaction, clock=platform.clock
    )
    return CustodyView(device_id=device_id, is_registered=False)
