"""A vendor or maker at its pages: signed in with its API key, in a sealed cookie for hours.

The cookie names the key's hash and an end, sealed with a secret of the server's; the key itself
is not in it. Each visit looks the key up again, so that a revoked one is out at once.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Final

from fastapi.responses import RedirectResponse

from accounts import principal as principals
from accounts.principal import Audience, Principal
from accounts.scoping import ALL_OWNERS
from accounts.tables import ApiKeyRow
from accounts.tokens import token_hash
from api.web.visit import Visit

LIFE_S: Final = 4 * 3600


@dataclass(frozen=True, slots=True)
class KeyDoor:
    """Where keys of one audience open pages; below `path`, which is also its cookie's."""

    audience: Audience
    cookie: str
    path: str

    async def sign_in(self, visit: Visit, key: str) -> str | None:
        """What the cookie holds; None for a key of another audience, or of none."""
        wall = visit.platform.wall.now()
        async with visit.platform.database.snapshot(ALL_OWNERS) as session:
            found = await principals.of_api_key(session, key, wall=wall)
        if found is None or found.audience is not self.audience:
            return None
        ends_at = int(wall.timestamp()) + LIFE_S
        body = f"{token_hash(key)}.{ends_at}.{visit.platform.ids.secret()}"
        return f"{body}.{self._seal(visit, 'cookie', body)}"

    def set_cookie(self, visit: Visit, response: RedirectResponse, value: str) -> None:
        response.set_cookie(
            self.cookie,
            value,
            max_age=LIFE_S,
            path=self.path,
            httponly=True,
            samesite="strict",
            secure=visit.platform.is_https,
        )

    def delete_cookie(self, response: RedirectResponse) -> None:
        response.delete_cookie(self.cookie, path=self.path)

    async def principal(self, visit: Visit) -> Principal | None:
        """Its token of acts is of this session alone."""
        body, _, seal = visit.request.cookies.get(self.cookie, "").rpartition(".")
        if not hmac.compare_digest(seal.encode(), self._seal(visit, "cookie", body).encode()):
            return None
        key_hash, ends_at, _secret = body.split(".")
        wall = visit.platform.wall.now()
        if wall.timestamp() >= int(ends_at):
            return None
        async with visit.platform.database.snapshot(ALL_OWNERS) as session:
            row = await session.get(ApiKeyRow, key_hash)
        if row is None or not self._holds(row, wall):
            return None
        return Principal(
            audience=self.audience,
            party_id=row.party_id,
            name=f"key:{row.label}",
            language=visit.language,
            csrf_token=self._seal(visit, "csrf", body),
            vendor_id=row.vendor_id,
        )

    def _holds(self, row: ApiKeyRow, wall: datetime) -> bool:
        is_current = row.revoked_at is None and row.expires_at > wall
        return row.audience == self.audience and is_current

    def _seal(self, visit: Visit, use: str, body: str) -> str:
        key, person = visit.platform.device_key, f"{self.cookie}-{use}".encode()
        return blake2b(body.encode(), key=key, person=person[:16], digest_size=32).hexdigest()
