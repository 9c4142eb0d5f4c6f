"""Secrets of devices: how they are kept, and whether one is right.

A secret is 256 random bits and a claim code 60, so a keyed hash is enough; the key lies in a
file, never in the database.
"""

import hashlib
import hmac
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from accounts.scoping import ALL_OWNERS
from core import outbox
from core.database import Database, Transaction
from core.outbox import Work
from devices import passwords
from devices.tables import DeviceRow

TELL_BROKER: Final = "tell_broker"  # kind of outbox row
DEVICE_KEY: Final = "devices"  # name of the file below `Settings.keys`
REMEMBERED_S: Final = 1.0  # real seconds until a revocation is noticed
WRONG_FOR_S: Final = 0.1  # real seconds until the row is read again for a wrong secret
MOST_REMEMBERED: Final = 10_000  # devices

# (device_id, secret) -> the stored hash, None for a wrong secret
Authenticate = Callable[[str, str], Awaitable[str | None]]


def hash_secret(secret: str, key: bytes) -> str:
    return hashlib.blake2b(secret.encode(), key=key, digest_size=32).hexdigest()


def verify(secret: str, secret_hash: str, key: bytes) -> bool:
    """Takes the same time whatever part of it is wrong."""
    return hmac.compare_digest(hash_secret(secret, key), secret_hash)


def for_broker(device_id: str, secret: str) -> str:
    """The same secret as Mosquitto verifies it. The salt differs for every device; it need not
    be random beside 256 bits that are.
    """
    salt = hashlib.blake2b(device_id.encode(), digest_size=passwords.SALT_BYTES).digest()
    return passwords.kept(secret.encode(), salt=salt)


async def tell_broker(session: AsyncSession, *, at: datetime) -> None:
    """Who may connect has changed in this transaction: Mosquitto gets to know it at once."""
    work = Work(kind=TELL_BROKER, payload={}, due_at=at, dedupe_key=TELL_BROKER)
    await outbox.add(session, work)


def authenticator(
    database: Database, key: bytes, *, now_s: Callable[[], float] = time.monotonic
) -> Authenticate:
    """What a door asks at CONNECT. A device's row is remembered for a second, so that a fleet
    that reconnects with wrong secrets does not become a load on the database.
    """
    remembered: dict[str, tuple[float, str | None]] = {}

    async def secret_hash_of(device_id: str) -> str | None:
        found = remembered.get(device_id)
        if found and now_s() - found[0] < REMEMBERED_S:
            return found[1]
        async with database.snapshot(ALL_OWNERS) as session:
            device = await session.get(DeviceRow, device_id)
        if device is None:
            return None
        if len(remembered) >= MOST_REMEMBERED:
            remembered.clear()
        secret_hash = device.secret_hash if device.revoked_at is None else None
        remembered[device_id] = now_s(), secret_hash
        return secret_hash

    async def authenticate(device_id: str, secret: str) -> str | None:
        secret_hash = await secret_hash_of(device_id)
        if secret_hash is not None and verify(secret, secret_hash, key):
            return secret_hash
        found = remembered.get(device_id)
        if found is None or now_s() - found[0] < WRONG_FOR_S:
            return None
        del remembered[device_id]  # perhaps the secret is new
        secret_hash = await secret_hash_of(device_id)
        is_right = secret_hash is not None and verify(secret, secret_hash, key)
        return secret_hash if is_right else None

    return authenticate


async def put_secret(
    session: AsyncSession, device: DeviceRow, secret: str, *, key: bytes, at: datetime
) -> None:
    """In the old one's place, at both doors; a connection that used the old one is ended."""
    device.secret_hash = hash_secret(secret, key)
    device.broker_password = for_broker(device.device_id, secret)
    device.credentials_changed_at = at
    await tell_broker(session, at=at)


async def withdraw(session: AsyncSession, device: DeviceRow, *, at: datetime) -> None:
    """It may no longer connect, and what it still sends is quarantined. Once more changes
    nothing.
    """
    if device.revoked_at is None:
        device.revoked_at = device.credentials_changed_at = at
    device.is_online = False
    await tell_broker(session, at=at)


async def changed_since(since: datetime, *, snapshot: Transaction) -> dict[str, str | None]:
    """Device id and the hash of its present secret, None: revoked."""
    async with snapshot(ALL_OWNERS) as session:
        rows = await session.exec(
            select(DeviceRow).where(col(DeviceRow.credentials_changed_at) > since)
        )
        return {row.device_id: None if row.revoked_at else row.secret_hash for row in rows}
