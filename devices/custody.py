"""What may be done with one device by its maker, its owner or the operator: another secret,
another claim code, revocation, deregistration. Whose device it is, is looked up in the same
transaction; for everybody else it does not exist.
"""

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from accounts.principal import Audience, Principal
from accounts.scoping import ALL_OWNERS
from core.clock import Clock
from core.database import Transaction
from core.ids import Ids
from devices import credentials, ownership
from devices.credentials import hash_secret
from devices.ownership import NotYourDevice
from devices.registry import CLAIM_LIFE
from devices.tables import DeviceModelRow, DeviceRow, OwnershipRow


class DeviceClaimed(Exception):
    """A maker takes nothing from an owner's household; the owner gives it away first."""

    def __init__(self, device_id: str) -> None:
        super().__init__(f"{device_id} has an owner, who must give it away first")


class DeviceRevoked(Exception):
    def __init__(self, device_id: str) -> None:
        super().__init__(f"{device_id} is revoked for good")


async def rotate_secret(
    device_id: str,
    by: Principal,
    *,
    key: bytes,
    transaction: Transaction,
    clock: Clock,
    ids: Ids,
) -> str:
    """The new secret, shown once; a connection with the old one ends within seconds. Raises
    NotYourDevice and DeviceRevoked.
    """
    secret = ids.secret()
    async with transaction(ALL_OWNERS) as session:
        device = await _usable(session, device_id, by)
        await credentials.put_secret(session, device, secret, key=key, at=clock.now())
    return secret


async def renew_claim_code(
    device_id: str,
    by: Principal,
    *,
    key: bytes,
    transaction: Transaction,
    clock: Clock,
    ids: Ids,
) -> str:
    """Another label for a device that nobody owns; the old code is void. Raises NotYourDevice,
    DeviceRevoked and DeviceClaimed.
    """
    code = ids.code()
    async with transaction(ALL_OWNERS) as session:
        device = await _usable(session, device_id, by)
        if await _owned(session, device_id) is not None:
            raise DeviceClaimed(device_id)
        device.claim_hash = hash_secret(code, key)
        device.claim_expires_at = clock.now() + CLAIM_LIFE
    return code


async def revoke(
    device_id: str, by: Principal, *, transaction: Transaction, clock: Clock
) -> None:
    """For good: it may no longer connect, and what it still sends is quarantined. What it has
    sent stays with its owner. Raises NotYourDevice.
    """
    async with transaction(ALL_OWNERS) as session:
        device = await _device(session, device_id, by)
        await credentials.withdraw(session, device, at=clock.now())


async def deregister(
    device_id: str, by: Principal, *, transaction: Transaction, clock: Clock
) -> None:
    """For good: all that it sent is erased, its stocks are switched off, nobody can claim it.
    Its id stays taken. Raises NotYourDevice; and DeviceClaimed for a maker.
    """
    async with transaction(ALL_OWNERS) as session:
        device = await _device(session, device_id, by)
        owned = await _owned(session, device_id)
        if owned is not None and by.audience is Audience.MAKER:
            raise DeviceClaimed(device_id)
        await ownership.erase(session, device_id, owned, at=clock.now())
        device.claim_hash = device.claim_expires_at = None
        device.timezone = "UTC"
        await credentials.withdraw(session, device, at=clock.now())


async def _usable(session: AsyncSession, device_id: str, by: Principal) -> DeviceRow:
    device = await _device(session, device_id, by)
    if device.revoked_at is not None:
        raise DeviceRevoked(device_id)
    return device


async def _device(session: AsyncSession, device_id: str, by: Principal) -> DeviceRow:
    """Locked. Raises NotYourDevice."""
    device = await session.get(DeviceRow, device_id, with_for_update=True)
    # Without a model it is a cupboard that its owner reports by hand: it has no secret.
    if device is None or device.model_id is None or not await _may(session, device, by):
        raise NotYourDevice(device_id)
    return device


async def _may(session: AsyncSession, device: DeviceRow, by: Principal) -> bool:
    match by.audience:
        case Audience.OPERATOR:
            return True
        case Audience.MAKER:
            model = await session.get_one(DeviceModelRow, device.model_id)
            return model.manufacturer_id == by.party_id
        case Audience.OWNER:
            owned = await _owned(session, device.device_id)
            return owned is not None and owned.owner_id == by.party_id and by.may_change
        case Audience.VENDOR:
            return False


async def _owned(session: AsyncSession, device_id: str) -> OwnershipRow | None:
    found = await session.exec(select(OwnershipRow).where(OwnershipRow.device_id == device_id))
    return found.one_or_none()
