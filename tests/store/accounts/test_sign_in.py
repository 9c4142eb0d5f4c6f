"""Signing in and API keys against a real database."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from argon2 import Type
from argon2.exceptions import VerifyMismatchError
from sqlmodel import SQLModel

from accounts import principal
from accounts import sign_in as sign_in_file
from accounts.principal import Audience
from accounts.scoping import ALL_OWNERS
from accounts.sign_in import (
    FREE_TRIES,
    NewOwner,
    SignedIn,
    SignInRefused,
    SignUpRefused,
    sign_in,
    sign_out,
    sign_up,
)
from accounts.tables import MemberRow
from core.clock import SteppedClock
from core.database import Database
from core.ids import RandomIds
from tests import cheap_passwords

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ANNA = NewOwner(
    name="Anna",
    email="Anna@example.org",
    password="correct horse",  # noqa: S106 - of nobody
    timezone="Europe/Berlin",
    language="de",
)


class Door:
    """Sign-up and sign-in with everything they need."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.wall = SteppedClock(NOON)
        self.ids = RandomIds()

    async def up(self, new: NewOwner) -> MemberRow:
        return await sign_up(
            new, transaction=self.database.transaction, clock=self.wall, ids=self.ids
        )

    async def enter(self, password: str, email: str = ANNA.email) -> SignedIn | SignInRefused:
        return await sign_in(
            email,
            password,
            transaction=self.database.transaction,
            wall=self.wall,
            ids=self.ids,
        )

    async def who(self, token: str) -> principal.Principal | None:
        async with self.database.snapshot(ALL_OWNERS) as session:
            return await principal.of_session(session, token, wall=self.wall.now())


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Door]:
    database = Database(f"sqlite+aiosqlite:///{tmp_path}/accounts.db")
    async with database.engine.begin() as connection:
        await connection.run_sync(SQLModel.metadata.create_all)
    yield Door(database)
    await database.close()


async def test_who_signs_in_is_known_until_signing_out(door: Door) -> None:
    member = await door.up(ANNA)
    entered = await door.enter(ANNA.password, "anna@EXAMPLE.org ")
    assert isinstance(entered, SignedIn)
    anna = await door.who(entered.token)
    assert anna is not None
    assert (anna.party_id, anna.language, anna.may_approve) == (member.owner_id, "de", True)
    await sign_out(entered.token, transaction=door.database.transaction)
    assert await door.who(entered.token) is None


async def test_a_session_ends_by_itself(door: Door) -> None:
    await door.up(ANNA)
    entered = await door.enter(ANNA.password)
    assert isinstance(entered, SignedIn)
    door.wall.step_to(NOON + timedelta(days=31))
    assert await door.who(entered.token) is None


async def test_wrong_passwords_lock_the_account_for_a_while(door: Door) -> None:
    await door.up(ANNA)
    for _ in range(FREE_TRIES):
        assert await door.enter("wrong password") == SignInRefused()
    locked = await door.enter(ANNA.password)
    assert isinstance(locked, SignInRefused)
    assert locked.retry_at is not None
    door.wall.step_to(locked.retry_at + timedelta(seconds=1))
    assert isinstance(await door.enter(ANNA.password), SignedIn)


async def test_an_unknown_address_is_refused_like_a_wrong_password(door: Door) -> None:
    assert await door.enter("whatever it is", "nobody@example.org") == SignInRefused()


def test_passwords_are_hashed_as_the_standard_recommends() -> None:
    shipped = cheap_passwords.SHIPPED
    assert shipped.type is Type.ID
    recommended = (3, 4, 64 * 1024)  # RFC 9106, section 4, second choice: passes, lanes, KiB
    assert (shipped.time_cost, shipped.parallelism, shipped.memory_cost) == recommended


def test_checking_the_password_of_an_unknown_address_costs_as_much() -> None:
    shipped = cheap_passwords.SHIPPED
    assert not shipped.check_needs_rehash(sign_in_file._NOBODY)
    with pytest.raises(VerifyMismatchError):
        shipped.verify(sign_in_file._NOBODY, "nobody has this password")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": " "}, "name"),
        ({"email": "anna"}, "email"),
        ({"password": "short"}, "password"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"language": "fr"}, "language"),
    ],
)
async def test_a_wrong_sign_up_names_its_field(
    door: Door, change: dict[str, str], field: str
) -> None:
    wrong = NewOwner(
        name=change.get("name", ANNA.name),
        email=change.get("email", ANNA.email),
        password=change.get("password", ANNA.password),
        timezone=change.get("timezone", ANNA.timezone),
        language=change.get("language", ANNA.language),
    )
    with pytest.raises(SignUpRefused) as refused:
        await door.up(wrong)
    assert refused.value.field == field


async def test_an_address_signs_up_once(door: Door) -> None:
    await door.up(ANNA)
    with pytest.raises(SignUpRefused):
        await door.up(ANNA)


def _all_bytes(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir())


async def test_no_password_or_token_is_stored_as_it_is(door: Door, tmp_path: Path) -> None:
    await door.up(ANNA)
    entered = await door.enter(ANNA.password)
    assert isinstance(entered, SignedIn)
    stored = _all_bytes(tmp_path)
    assert ANNA.password.encode() not in stored
    assert entered.token.encode() not in stored


async def test_an_api_key_opens_until_it_ends(door: Door) -> None:
    member = await door.up(ANNA)
    async with door.database.transaction(ALL_OWNERS) as session:
        key = principal.issue_api_key(
            session, Audience.OWNER, member.owner_id, label="phone", ids=door.ids, wall=NOON
        )
    async with door.database.snapshot(ALL_OWNERS) as session:
        found = await principal.of_api_key(session, key, wall=NOON)
        late = await principal.of_api_key(session, key, wall=NOON + timedelta(days=366))
        wrong = await principal.of_api_key(session, key + "x", wall=NOON)
    assert found is not None
    assert found.party_id == member.owner_id
    assert late is None
    assert wrong is None
