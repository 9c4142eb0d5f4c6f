"""A vendor at its pages: signed in with its API key, in a sealed cookie of a few hours.

The cookie names the key's hash and an end, sealed with a secret of the server's; the key itself
is not in it. Each visit looks the key up again, so that a revoked one is out at once.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Annotated, Final

from fastapi import Depends
from fastapi.responses import RedirectResponse

from accounts import principal as principals
from accounts.principal import Audience, Principal
from accounts.scoping import ALL_OWNERS
from accounts.tables import ApiKeyRow
from accounts.tokens import token_hash
from api.web.filled import FilledForm
from api.web.visit import Visit, VisitDep, checked_form

VENDOR_COOKIE: Final = "vendor"
LIFE_S: Final = 4 * 3600
SIGN_IN: Final = "/vendor/sign-in"


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorVisit:
    """`vendor` None: nobody is signed in as one. Its token of acts is on `vendor`."""

    visit: Visit
    vendor: Principal | None

    @property
    def csrf_token(self) -> str:
        return (self.vendor.csrf_token if self.vendor else None) or ""


async def sign_in(visit: Visit, key: str) -> str | None:
    """What the cookie holds; None for a key that is no vendor's."""
    wall = visit.platform.wall.now()
    async with visit.platform.database.snapshot(ALL_OWNERS) as session:
        found = await principals.of_api_key(session, key, wall=wall)
    if found is None or found.audience is not Audience.VENDOR:
        return None
    body = f"{token_hash(key)}.{int(wall.timestamp()) + LIFE_S}.{visit.platform.ids.secret()}"
    return f"{body}.{_seal(visit, 'cookie', body)}"


def set_cookie(visit: Visit, response: RedirectResponse, value: str) -> None:
    response.set_cookie(
        VENDOR_COOKIE,
        value,
        max_age=LIFE_S,
        path="/vendor",
        httponly=True,
        samesite="strict",
        secure=visit.platform.is_https,
    )


def _seal(visit: Visit, use: str, body: str) -> str:
    key, person = visit.platform.device_key, f"vendor-{use}".encode()
    return blake2b(body.encode(), key=key, person=person[:16], digest_size=32).hexdigest()


async def get_vendor_visit(visit: VisitDep) -> VendorVisit:
    return VendorVisit(visit=visit, vendor=await _vendor(visit))


async def _vendor(visit: Visit) -> Principal | None:
    body, _, seal = visit.request.cookies.get(VENDOR_COOKIE, "").rpartition(".")
    if not hmac.compare_digest(seal.encode(), _seal(visit, "cookie", body).encode()):
        return None
    key_hash, ends_at, _secret = body.split(".")
    wall = visit.platform.wall.now()
    if wall.timestamp() >= int(ends_at):
        return None
    async with visit.platform.database.snapshot(ALL_OWNERS) as session:
        row = await session.get(ApiKeyRow, key_hash)
    if row is None or not _holds(row, wall):
        return None
    return Principal(
        audience=Audience.VENDOR,
        party_id=row.party_id,
        name=f"key:{row.label}",
        language=visit.language,
        csrf_token=_seal(visit, "csrf", body),
        vendor_id=row.vendor_id,
    )


def _holds(row: ApiKeyRow, wall: datetime) -> bool:
    return row.audience == Audience.VENDOR and row.revoked_at is None and row.expires_at > wall


VendorVisitDep = Annotated[VendorVisit, Depends(get_vendor_visit)]


async def checked_vendor_form(at: VendorVisitDep) -> FilledForm:
    """The form of a vendor's act, with the token of its own session. Raises CsrfMissing."""
    visit = Visit(request=at.visit.request, platform=at.visit.platform, principal=at.vendor)
    return await checked_form(visit)


VendorForm = Annotated[FilledForm, Depends(checked_vendor_form)]
