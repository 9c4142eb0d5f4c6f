"""`nachschub doctor`: what is wrong with this installation, and the command that mends it."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from shutil import which

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from accounts.scoping import ALL_OWNERS
from core.database import Database, database_file
from core.outbox import OutboxRow
from core.settings import Settings
from devices.mirror import store
from runtime.mirror import target
from runtime.startup import CannotStart, listener, missing_packages, prepare_home
from vendor_policy.log import audit
from vendor_policy.tables import CatalogueSightRow

TEST_PROGRAMS = {
    "mosquitto": "mosquitto mosquitto-clients",
    "chromium": "chromium",
    "ippeveprinter": "cups-ipp-utils",
    "dbus-daemon": "dbus-daemon",
    "victoria-metrics": "victoria-metrics",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """`fix` empty: all is well. `is_optional`: needed for tests or other set-ups only."""

    name: str
    found: str
    fix: str = ""
    is_optional: bool = False


async def examine(settings: Settings) -> list[Check]:
    checks = [_packages(), _home(settings), *_ports(settings), *_programs()]
    path = database_file(settings.database)
    if path is None or path.exists():
        checks += await _database(settings)
    else:
        checks.append(Check(name="database", found="none yet; made at the first start"))
    return checks


def _packages() -> Check:
    missing = missing_packages()
    fix = "run: make venv" if missing else ""
    return Check(name="packages", found="; ".join(missing) or "as locked", fix=fix)


def _home(settings: Settings) -> Check:
    try:
        prepare_home(settings.home)
    except CannotStart as problem:
        return Check(name="folder", found=str(settings.home), fix=str(problem))
    return Check(name="folder", found=f"{settings.home.resolve()} can be written")


def _ports(settings: Settings) -> list[Check]:
    wanted = [("pages", settings.http_host, settings.http_port, "NACHSCHUB_HTTP_PORT")]
    if settings.door == "gateway":
        wanted.append(
            ("gateway", settings.mqtt_host, settings.mqtt_port, "NACHSCHUB_MQTT_PORT")
        )
    return [_port(*each) for each in wanted]


def _port(name: str, host: str, port: int, variable: str) -> Check:
    try:
        listener(host, port, variable=variable).close()
    except CannotStart as problem:
        return Check(name=name, found="taken, or already running", fix=str(problem))
    return Check(name=name, found=f"{host}:{port} is free")


def _programs() -> list[Check]:
    return [
        Check(
            name=program,
            found=which(program) or "missing",
            fix="" if which(program) else f"for the tests: apt-get install -y {package}",
            is_optional=True,
        )
        for program, package in TEST_PROGRAMS.items()
    ]


async def _database(settings: Settings) -> list[Check]:
    database = Database(settings.database)
    try:
        async with database.snapshot(ALL_OWNERS) as session:
            checks = [await _work(session), *await _shops(session), await _log(session)]
            return [*checks, *await _mirror(session, settings)]
    except (sqlite3.Error, OSError) as error:
        return [Check(name="database", found=str(error), fix="run: nachschub migrate")]
    finally:
        await database.close()


async def _work(session: AsyncSession) -> Check:
    counted = select(func.count()).select_from(OutboxRow)
    waiting = (await session.exec(counted)).one()
    failing: Sequence[OutboxRow] = (
        await session.exec(select(OutboxRow).where(OutboxRow.attempts > 2).limit(3))
    ).all()
    if not failing:
        return Check(name="work", found=f"{waiting} rows wait, none fails again and again")
    worst = "; ".join(f"{row.kind}: {row.last_error}" for row in failing)
    return Check(name="work", found=worst, fix="see the log; the rows are tried again")


async def _shops(session: AsyncSession) -> list[Check]:
    blind = await session.exec(
        select(CatalogueSightRow).where(col(CatalogueSightRow.problem) != "").limit(10)
    )
    return [
        Check(
            name=f"shop {sight.vendor_id}",
            found=f"{sight.category}: {sight.problem} ({_time(sight.tried_at)})",
            fix="check its base_url; it is tried again by itself",
        )
        for sight in blind
    ]


async def _log(session: AsyncSession) -> Check:
    """Every record is hashed again: one changed byte is found."""
    found = await audit.audit(session)
    if not found.problems:
        return Check(name="log", found=f"{found.records} records, {found.leaves} leaves agree")
    worst = "; ".join(found.problems[:3])
    return Check(name="log", found=worst, fix="restore the backup; it was changed from outside")


async def _mirror(session: AsyncSession, settings: Settings) -> list[Check]:
    connection = await session.connection()
    lag = await connection.run_sync(store.lag)
    if lag is None or lag.target != target(settings):
        begins = Check(name="mirror", found="begins with the next start of: nachschub all")
        return [begins] if settings.mirror_url else []
    found = f"{lag.written} points given, {lag.waiting} readings wait"
    if lag.oldest_at:
        found += f", the oldest from {_time(lag.oldest_at)}"
    if lag.is_walking:
        found += "; what was stored before the mirror is on its way"
    if lag.failing_since:
        found += f"; none taken since {_time(lag.failing_since)}: {lag.problem}"
        fix = (
            f"start {settings.mirror_url}, or mend NACHSCHUB_MIRROR_*; it catches up by itself"
        )
        return [Check(name="mirror", found=found, fix=fix)]
    if lag.refused:
        found += f"; {lag.refused} refused: {lag.refused_why}"
    return [Check(name="mirror", found=found)]


def _time(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M UTC")
