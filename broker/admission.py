"""Who may come in at the gateway: a device with its secret, an owner's program with a key."""

from accounts import principal
from accounts.principal import Audience
from accounts.scoping import ALL_OWNERS
from accounts.tokens import token_hash
from broker.gateway import Authenticate
from broker.owner_client import OWNERS
from core.clock import Clock
from core.database import Database
from devices.credentials import authenticator


def admission(database: Database, device_key: bytes, *, wall: Clock) -> Authenticate:
    """wall: real time, in which API keys expire."""
    of_device = authenticator(database, device_key)

    async def authenticate(username: str, secret: bytes) -> str | None:
        word = secret.decode(errors="replace")
        if not username.startswith(OWNERS):
            return await of_device(username, word)
        async with database.snapshot(ALL_OWNERS) as session:
            found = await principal.of_api_key(session, word, wall=wall.now())
        if found is None or found.audience is not Audience.OWNER:
            return None
        return token_hash(word) if username == f"{OWNERS}{found.party_id}" else None

    return authenticate
