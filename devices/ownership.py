"""Whose a device is: the claim by code, what is counted together, and the way out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from accounts.tables import OwnerRow
from core.clock import Clock
from core.database import Transaction
from core.ids import Ids
from devices import stock, store
from devices.credentials import hash_secret
from devices.models import DeviceModel, SlotSpec
from devices.registry import CLAIM_LIFE
from devices.stock import StockUnknown
from devices.tables import (
    ClaimTryRow,
    DeviceModelRow,
    DeviceRow,
    ManufacturerRow,
    OwnershipRow,
    SlotRow,
    StockRow,
)

FREE_TRIES: Final = 10  # wrong codes of one owner within TRIES_COUNT
TRIES_COUNT: Final = timedelta(hours=1)


class ClaimCodeUnknown(Exception):
    def __init__(self) -> None:
        super().__init__("no unclaimed device has this code, or the code has expired")


class TooManyTries(Exception):
    def __init__(self, retry_at: datetime) -> None:
        super().__init__(f"too many wrong codes; try again at {retry_at.isoformat()}")
        self.retry_at = retry_at


class NotYourDevice(Exception):
    def __init__(self, device_id: str) -> None:
        super().__init__(f"{device_id} is not a device of this owner")
        self.device_id = device_id


class StocksDiffer(Exception):
    """Two stocks cannot be counted together; `field` says in what they differ."""

    def __init__(self, field: str) -> None:
        super().__init__(f"the stocks differ in {field}")
        self.field = field


class SlotIsAlone(Exception):
    def __init__(self, device_id: str, slot: str) -> None:
        super().__init__(f"nothing is counted together with {device_id}/{slot}")


@dataclass(frozen=True, slots=True)
class Claimable:
    """What the owner reads before he claims (Data Act, art. 3(2))."""

    device_id: str
    manufacturer: str
    model: DeviceModel


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    owner_id: UUID
    code: str  # as typed: case, spaces and hyphens do not matter
    name: str = ""  # empty: the model's
    place: str = ""


async def look_up(
    owner_id: UUID, code: str, *, key: bytes, transaction: Transaction, clock: Clock
) -> Claimable:
    """Changes nothing but the count of wrong codes. Raises ClaimCodeUnknown, TooManyTries."""
    async with transaction(owner_id) as session:
        found = await _by_code(session, owner_id, _hash(code, key), clock.now())
        if isinstance(found, DeviceRow):
            return await _claimable(session, found)
    raise found


async def claim(
    claim: Claim, *, key: bytes, transaction: Transaction, clock: Clock, ids: Ids
) -> OwnershipRow:
    """Binds the device to the owner, with one stock a slot. Raises as `look_up` does."""
    now = clock.now()
    async with transaction(claim.owner_id) as session:
        found = await _by_code(session, claim.owner_id, _hash(claim.code, key), now)
        if isinstance(found, DeviceRow):
            claimable = await _claimable(session, found)
            found.claim_hash = found.claim_expires_at = None
            owner = await session.get_one(OwnerRow, claim.owner_id)
            named = claimable.model.title_in(owner.language)
            return await bind(session, found, claim, named, now, ids)
    raise found


async def share_stock(
    session: AsyncSession, owner_id: UUID, kept_id: UUID, joined_id: UUID, *, at: datetime
) -> None:
    """Counts and buys the slots of both stocks together from now on; the joined one is
    switched off. Raises StockUnknown and StocksDiffer.
    """
    kept = await _stock(session, kept_id)
    joined = await _stock(session, joined_id)
    kept.fits = common_fits(kept, joined)
    kept.spares += joined.spares
    for slot in await _slots_of(session, joined_id):
        slot.stock_id = kept_id
    _switch_off(joined)
    await stock.changed(session, owner_id, [kept_id], at)


async def part_stock(
    session: AsyncSession, owner_id: UUID, device_id: str, slot: str, *, at: datetime, ids: Ids
) -> StockRow:
    """Counts one slot by itself again, with a stock of its own; the spares stay with the rest.
    Raises NotYourDevice, and SlotIsAlone when nothing is counted with it.
    """
    row = await session.get(SlotRow, (device_id, slot))
    shared = await session.get(StockRow, row.stock_id) if row and row.stock_id else None
    if row is None or shared is None:
        raise NotYourDevice(device_id)
    if len(await _slots_of(session, shared.stock_id)) == 1:
        raise SlotIsAlone(device_id, slot)
    made = _new_stock(row, await session.get_one(OwnerRow, owner_id), at, ids)
    session.add(made)
    await session.flush()
    row.stock_id = made.stock_id
    await stock.changed(session, owner_id, [shared.stock_id, made.stock_id], at)
    return made


async def _slots_of(session: AsyncSession, stock_id: UUID) -> Sequence[SlotRow]:
    return (await session.exec(select(SlotRow).where(SlotRow.stock_id == stock_id))).all()


async def release(
    owner_id: UUID,
    device_id: str,
    *,
    key: bytes,
    transaction: Transaction,
    clock: Clock,
    ids: Ids,
) -> str:
    """The owner gives the device away: all that it sent is erased, its stocks are switched
    off. Returns the code with which the next owner claims it; a device that was reported by
    hand is gone and its code opens nothing. Raises NotYourDevice.
    """
    code, now = ids.code(), clock.now()
    async with transaction(owner_id) as session:
        owned = select(OwnershipRow).where(
            OwnershipRow.device_id == device_id, OwnershipRow.owner_id == owner_id
        )
        ownership = (await session.exec(owned)).one_or_none()
        if ownership is None:
            raise NotYourDevice(device_id)
        await erase(session, device_id, ownership, at=now)
        await _offer(session, device_id, hash_secret(code, key), now + CLAIM_LIFE)
    return code


async def erase(
    session: AsyncSession, device_id: str, owned: OwnershipRow | None, *, at: datetime
) -> None:
    """All that it sent, and whose it is; stocks left without a slot are switched off. Their
    mandates are the caller's affair: `replenishment.transfer`.
    """
    slots = select(SlotRow.stock_id).where(SlotRow.device_id == device_id)
    stock_ids = [each for each in await session.exec(slots) if each]
    connection = await session.connection()
    await connection.run_sync(store.forget, device_id)
    if owned is not None:
        await session.delete(owned)
        await _switch_off_empty(session, stock_ids)
        await stock.changed(session, owned.owner_id, stock_ids, at)


def _hash(code: str, key: bytes) -> str:
    return hash_secret("".join(sign for sign in code.upper() if sign.isalnum()), key)


async def _by_code(
    session: AsyncSession, owner_id: UUID, claim_hash: str, now: datetime
) -> DeviceRow | ClaimCodeUnknown | TooManyTries:
    """A refusal is returned, not raised, so that the count of wrong codes is committed."""
    statement = select(ClaimTryRow).where(ClaimTryRow.owner_id == owner_id).with_for_update()
    tries = (await session.exec(statement)).one_or_none()
    if tries is None:
        tries = ClaimTryRow(owner_id=owner_id, wrong=0, since_at=now)
    if now >= tries.since_at + TRIES_COUNT:
        tries.wrong, tries.since_at = 0, now
    if tries.wrong >= FREE_TRIES:
        return TooManyTries(tries.since_at + TRIES_COUNT)
    device = await _unclaimed(session, claim_hash, now)
    if device:
        return device
    tries.wrong += 1
    session.add(tries)
    return ClaimCodeUnknown()


async def _unclaimed(session: AsyncSession, claim_hash: str, now: datetime) -> DeviceRow | None:
    statement = select(DeviceRow).where(
        DeviceRow.claim_hash == claim_hash,
        col(DeviceRow.claim_expires_at) > now,
        col(DeviceRow.revoked_at).is_(None),
    )
    return (await session.exec(statement.with_for_update())).first()


async def _claimable(session: AsyncSession, device: DeviceRow) -> Claimable:
    statement = (
        select(DeviceModelRow, ManufacturerRow)
        .join(ManufacturerRow)
        .where(DeviceModelRow.model_id == device.model_id)
    )
    model, maker = (await session.exec(statement)).one()
    return Claimable(
        device.device_id, maker.name, DeviceModel.model_validate(model.description)
    )


async def bind(
    session: AsyncSession,
    device: DeviceRow,
    claim: Claim,
    model_name: str,
    now: datetime,
    ids: Ids,
) -> OwnershipRow:
    owner = await session.get_one(OwnerRow, claim.owner_id)
    device.timezone = owner.timezone
    ownership = OwnershipRow(
        owner_id=claim.owner_id,
        device_id=device.device_id,
        name=claim.name.strip() or model_name,
        place=claim.place.strip(),
        claimed_at=now,
    )
    session.add(ownership)
    slots = select(SlotRow).where(SlotRow.device_id == device.device_id)
    made = [(slot, _new_stock(slot, owner, now, ids)) for slot in await session.exec(slots)]
    session.add_all(each for _, each in made)
    await session.flush()
    for slot, each in made:
        slot.stock_id = each.stock_id
    await stock.changed(session, owner.owner_id, [each.stock_id for _, each in made], now)
    return ownership


def _new_stock(slot: SlotRow, owner: OwnerRow, now: datetime, ids: Ids) -> StockRow:
    spec = SlotSpec.model_validate(slot.spec)
    return StockRow(
        owner_id=owner.owner_id,
        stock_id=ids.uuid(),
        name=spec.title_in(owner.language),
        category=spec.category,
        unit=spec.unit,
        fits=list(spec.fits),
        next_review_at=stock.next_midnight(now, owner.timezone),
    )


def common_fits(kept: StockRow, joined: StockRow) -> list[str]:
    """The specifications that fit the slots of both. Raises StocksDiffer."""
    for field in ("category", "unit"):
        if getattr(kept, field) != getattr(joined, field):
            raise StocksDiffer(field)
    common = [each for each in kept.fits if each in joined.fits]
    if kept.stock_id == joined.stock_id or not common:
        raise StocksDiffer("fits" if not common else "nothing: they are one")
    return common


def _switch_off(row: StockRow) -> None:
    """Its orders and their history stay."""
    row.mode, row.spares, row.forecast, row.review_level = "off", 0, None, None


async def _switch_off_empty(session: AsyncSession, stock_ids: Sequence[UUID]) -> None:
    with_slots = select(SlotRow.stock_id).where(col(SlotRow.stock_id).in_(stock_ids))
    left = set(await session.exec(with_slots))
    rows = await session.exec(select(StockRow).where(col(StockRow.stock_id).in_(stock_ids)))
    for row in rows:
        if row.stock_id not in left:
            _switch_off(row)


async def _stock(session: AsyncSession, stock_id: UUID) -> StockRow:
    row = await session.get(StockRow, stock_id)
    if row is None:
        raise StockUnknown(stock_id)
    return row


async def _offer(
    session: AsyncSession, device_id: str, claim_hash: str, expires_at: datetime
) -> None:
    device = await session.get_one(DeviceRow, device_id)
    if device.model_id is None:
        for slot in await session.exec(select(SlotRow).where(SlotRow.device_id == device_id)):
            await session.delete(slot)
        await session.flush()
        await session.delete(device)
        return
    device.timezone = "UTC"
    device.claim_hash, device.claim_expires_at = claim_hash, expires_at
