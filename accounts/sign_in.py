"""Signing up, in and out with e-mail address and password.

Passwords are kept as argon2id hashes. After five wrong ones an account waits, twice as long
each time, up to fifteen minutes; an unknown address costs the time of a wrong password.
Hashing runs on a thread and outside any transaction.
"""

import asyncio
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import available_timezones

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from accounts.scoping import ALL_OWNERS
from accounts.tables import MemberRow, OwnerRow, SessionRow
from accounts.tokens import token_hash
from core.clock import Clock
from core.database import Transaction
from core.ids import Ids

SESSION_LIFE = timedelta(days=30)
FREE_TRIES = 5
LONGEST_LOCK = timedelta(minutes=15)
SHORTEST_PASSWORD = 10  # characters
LONGEST_PASSWORD = 1_000
LONGEST_NAME = 80
LANGUAGES = ("en", "de")

_HASHER = PasswordHasher()
# Of an unknown address: as slow to check as the others, and made without hashing anything.
_NOBODY = (
    f"$argon2id$v=19$m={_HASHER.memory_cost},t={_HASHER.time_cost},p={_HASHER.parallelism}"
    f"${'A' * 22}${'A' * 43}"
)
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}")


class SignUpRefused(Exception):
    """`field` is what to mend; `code` is a key of the text catalogues."""

    def __init__(self, field: str, code: str) -> None:
        super().__init__(f"{field}: {code}")
        self.field = field
        self.code = code


@dataclass(frozen=True, slots=True)
class SignedIn:
    token: str  # for the cookie; stored only as a hash


@dataclass(frozen=True, slots=True)
class SignInRefused:
    """Wrong address or password; with `retry_at`, too many tries until then."""

    retry_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOwner:
    name: str
    email: str
    password: str
    timezone: str
    language: str


async def sign_up(
    new: NewOwner, *, transaction: Transaction, clock: Clock, ids: Ids
) -> MemberRow:
    """An owner and its first member, an admin. Raises SignUpRefused."""
    _check(new)
    password_hash = await asyncio.to_thread(_HASHER.hash, new.password)
    now = clock.now()
    owner = OwnerRow(
        owner_id=ids.uuid(),
        name=new.name.strip(),
        timezone=new.timezone,
        language=new.language,
        created_at=now,
        changed_at=now,
    )
    member = MemberRow(
        member_id=ids.uuid(),
        owner_id=owner.owner_id,
        email=_normalised(new.email),
        password_hash=password_hash,
        role="admin",
        language=new.language,
        created_at=now,
    )
    async with transaction(ALL_OWNERS) as session:  # addresses are unique across owners
        if await _member_of(session, member.email) is not None:
            raise SignUpRefused("email", "sign_up.email_taken")
        session.add(owner)
        await session.flush()
        session.add(member)
    return member


def _check(new: NewOwner) -> None:
    if not new.name.strip():
        raise SignUpRefused("name", "sign_up.name_missing")
    if len(new.name) > LONGEST_NAME:
        raise SignUpRefused("name", "sign_up.name_long")
    if not _EMAIL.fullmatch(_normalised(new.email)):
        raise SignUpRefused("email", "sign_up.email_wrong")
    if len(new.password) < SHORTEST_PASSWORD:
        raise SignUpRefused("password", "sign_up.password_short")
    if len(new.password) > LONGEST_PASSWORD:
        raise SignUpRefused("password", "sign_up.password_long")
    if new.timezone not in available_timezones():
        raise SignUpRefused("timezone", "sign_up.timezone_unknown")
    if new.language not in LANGUAGES:
        raise SignUpRefused("language", "sign_up.language_unknown")


async def sign_in(
    email: str, password: str, *, transaction: Transaction, wall: Clock, ids: Ids
) -> SignedIn | SignInRefused:
    """wall: real time."""
    async with transaction(ALL_OWNERS) as session:
        member = await _member_of(session, _normalised(email))
    if member is not None and member.locked_until and member.locked_until > wall.now():
        return SignInRefused(member.locked_until)
    stored = member.password_hash if member is not None else _NOBODY
    is_right = await asyncio.to_thread(_is_right, stored, password)
    if member is None:
        return SignInRefused()
    async with transaction(member.owner_id) as session:
        member = await session.get_one(MemberRow, member.member_id)
        if not is_right:
            _count_wrong_try(member, wall.now())
            return SignInRefused()
        member.failed_sign_ins = 0
        member.locked_until = None
        return SignedIn(open_session(session, member, wall=wall.now(), ids=ids))


def open_session(session: AsyncSession, member: MemberRow, *, wall: datetime, ids: Ids) -> str:
    token = ids.secret()
    session.add(
        SessionRow(
            token_hash=token_hash(token),
            member_id=member.member_id,
            owner_id=member.owner_id,
            csrf_token=ids.secret(),
            expires_at=wall + SESSION_LIFE,
        )
    )
    return token


async def sign_out(token: str, *, transaction: Transaction) -> None:
    async with transaction(ALL_OWNERS) as session:
        row = await session.get(SessionRow, token_hash(token))
        if row is not None:
            await session.delete(row)


async def _member_of(session: AsyncSession, email: str) -> MemberRow | None:
    return (await session.exec(select(MemberRow).where(MemberRow.email == email))).first()


def _normalised(email: str) -> str:
    return email.strip().lower()


def _is_right(stored: str, password: str) -> bool:
    try:
        return _HASHER.verify(stored, password)
    except VerificationError:
        return False


def _count_wrong_try(member: MemberRow, wall: datetime) -> None:
    member.failed_sign_ins += 1
    over = member.failed_sign_ins - FREE_TRIES
    if over >= 0:
        member.locked_until = wall + min(timedelta(seconds=2**over), LONGEST_LOCK)
