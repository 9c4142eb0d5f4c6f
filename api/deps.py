"""What routes are given: the platform's parts, a session, and who is asking."""

import hmac
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Final

from fastapi import Depends, Request
from sqlmodel.ext.asyncio.session import AsyncSession

from accounts import principal as principals
from accounts.principal import Audience, Principal
from accounts.scoping import ALL_OWNERS, Scope
from api.render import Pages, read_pages
from core.clock import Clock
from core.database import Database, Transaction
from core.ids import Ids
from core.offload import Offload, OtherProcess
from devices.discovered import Discovery
from replenishment.approvals import Rejection
from replenishment.forecast import Forecaster
from vendor_policy.log.notes import Signer

SESSION_COOKIE: Final = "session"
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """`clock`: business time. `wall`: real time, of sign-in sessions. `device_key`: of the
    hashes of claim codes and device secrets, see `core.keys.load_key`. Cookies are
    marked Secure when `public_url` is https.
    """

    database: Database
    clock: Clock
    wall: Clock
    ids: Ids
    device_key: bytes
    forecaster: Forecaster
    public_url: str = ""
    pages: Pages = field(default_factory=read_pages)
    witness: Signer | None = None  # the key with which this instance co-signs other logs
    offload: Offload = field(default_factory=OtherProcess)  # idle until the first work
    discover: Callable[[], Awaitable[Discovery]] | None = None  # None: nowhere to look around

    @property
    def is_https(self) -> bool:
        return self.public_url.startswith("https://")

    @property
    def transaction(self) -> Transaction:
        return self.database.transaction


class NotSignedIn(Exception):
    """No session cookie or API key, or one that is over."""


class WrongAudience(Exception):
    """Signed in, but this is for another audience, or the member's role does not allow it."""


class CsrfMissing(Exception):
    """An act by a browser without the token of its own session: perhaps another site's."""


def get_platform(request: Request) -> Platform:
    platform: Platform = request.app.state.platform
    return platform


PlatformDep = Annotated[Platform, Depends(get_platform)]


def get_now(platform: PlatformDep) -> datetime:
    return platform.clock.now()


Now = Annotated[datetime, Depends(get_now)]


async def find_principal(request: Request, platform: PlatformDep) -> Principal | None:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    token = request.cookies.get(SESSION_COOKIE)
    wall = platform.wall.now()
    async with platform.database.snapshot(ALL_OWNERS) as session:
        if scheme.lower() == "bearer":
            return await principals.of_api_key(session, key.strip(), wall=wall)
        if token:
            return await principals.of_session(session, token, wall=wall)
    return None


MaybePrincipal = Annotated[Principal | None, Depends(find_principal)]


def get_principal(request: Request, found: MaybePrincipal) -> Principal:
    """Raises NotSignedIn; and CsrfMissing for a browser's act without `X-CSRF-Token`."""
    if found is None:
        raise NotSignedIn
    if found.csrf_token is not None and request.method not in SAFE_METHODS:
        check_csrf(request.headers.get("x-csrf-token", ""), found.csrf_token)
    return found


def check_csrf(given: str, expected: str) -> None:
    if not (expected and hmac.compare_digest(given.encode(), expected.encode())):
        raise CsrfMissing


def get_owner(principal: Annotated[Principal, Depends(get_principal)]) -> Principal:
    return of_audience(principal, Audience.OWNER)


def get_admin(owner: Annotated[Principal, Depends(get_owner)]) -> Principal:
    if not owner.may_change:
        raise WrongAudience
    return owner


def get_maker(principal: Annotated[Principal, Depends(get_principal)]) -> Principal:
    return of_audience(principal, Audience.MAKER)


def get_vendor(principal: Annotated[Principal, Depends(get_principal)]) -> Principal:
    return of_audience(principal, Audience.VENDOR)


def get_operator(principal: Annotated[Principal, Depends(get_principal)]) -> Principal:
    return of_audience(principal, Audience.OPERATOR)


def of_audience(principal: Principal, audience: Audience) -> Principal:
    if principal.audience is not audience:
        raise WrongAudience
    return principal


def check_rejection(member: Principal, rejection: Rejection) -> None:
    """Ruling a product out for good writes the policy. Raises WrongAudience for members who
    may only answer asks.
    """
    if rejection is Rejection.NEVER_THIS and not member.may_change:
        raise WrongAudience


Owner = Annotated[Principal, Depends(get_owner)]
Admin = Annotated[Principal, Depends(get_admin)]  # an owner's member who may change things
Maker = Annotated[Principal, Depends(get_maker)]
Vendor = Annotated[Principal, Depends(get_vendor)]
Operator = Annotated[Principal, Depends(get_operator)]


def scope_of(principal: Principal) -> Scope:
    """Makers own no tenant's rows: their routes look for their own id."""
    return principal.party_id if principal.audience is Audience.OWNER else ALL_OWNERS


async def get_reading(platform: PlatformDep, owner: Owner) -> AsyncIterator[AsyncSession]:
    async with platform.database.snapshot(scope_of(owner)) as session:
        yield session


async def get_writing(platform: PlatformDep, admin: Admin) -> AsyncIterator[AsyncSession]:
    async with platform.database.transaction(scope_of(admin)) as session:
        yield session


# scope="function": the commit happens before the response leaves. With the default scope a
# failed commit would come after the client already has its 200.
Reading = Annotated[AsyncSession, Depends(get_reading, scope="function")]
Writing = Annotated[AsyncSession, Depends(get_writing, scope="function")]
