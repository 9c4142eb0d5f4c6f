"""The files Mosquitto reads beside its configuration, kept as the registry is.

They are written whole and moved into place, then Mosquitto is told to read them again: it
admits new devices and closes the connections of revoked ones. Writers take turns, and each
reads the registry only when it is its turn, so that the newest registry is what stays.
"""

import asyncio
import fcntl
import logging
import os
import secrets
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlmodel import col, select

from accounts.scoping import ALL_OWNERS
from broker import mosquitto
from core.database import Database
from core.keys import load_key
from core.settings import Settings
from devices import passwords
from devices.tables import DeviceRow

logger = logging.getLogger(__name__)

PASSWORDS: Final = "passwords"
ACCESS: Final = "acl"
PROCESS: Final = "mosquitto.pid"  # named in mosquitto.conf
PLATFORM_KEY: Final = "mosquitto"  # name of the file below `Settings.keys`
READABLE: Final = 0o640  # by Mosquitto's user, when the folder belongs to its group
ROWS_AT_ONCE: Final = 1_000


class BrokerStarting(Exception):
    def __init__(self) -> None:
        super().__init__("Mosquitto does not listen to signals yet; it is told again")


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerFiles:
    """`folder`: where mosquitto.conf looks for them."""

    folder: Path
    user: str  # the platform's own
    password: str
    database: Database

    @classmethod
    def of(cls, settings: Settings, database: Database) -> "BrokerFiles":
        return cls(
            folder=settings.home / "mosquitto",
            user=settings.mqtt_user,
            password=platform_password(settings),
            database=database,
        )

    async def write(self) -> None:
        """Raises BrokerStarting, when Mosquitto may have read the files before this."""
        self.folder.mkdir(parents=True, exist_ok=True)
        async with _turn(self.folder / ".turn"):
            place(self.folder / ACCESS, [mosquitto.access_rules(self.user)])
            place(self.folder / PASSWORDS, [line async for line in self._lines()])
            read_again(self.folder / PROCESS)

    async def _lines(self) -> AsyncIterator[str]:
        kept = passwords.kept(self.password.encode(), salt=secrets.token_bytes(12))
        yield mosquitto.password_line(self.user, kept)
        wanted = select(DeviceRow.device_id, DeviceRow.broker_password).where(
            col(DeviceRow.revoked_at).is_(None), DeviceRow.broker_password != ""
        )
        part = wanted.order_by(col(DeviceRow.device_id)).limit(ROWS_AT_ONCE)
        last = ""
        async with self.database.snapshot(ALL_OWNERS) as session:
            while rows := (await session.exec(part.where(DeviceRow.device_id > last))).all():
                yield "".join(mosquitto.password_line(*row) for row in rows)
                last = rows[-1][0]


def platform_password(settings: Settings) -> str:
    """With which the platform connects to Mosquitto: as set, or made here once."""
    return settings.mqtt_password or load_key(settings.keys, PLATFORM_KEY).hex()


def read_again(process_file: Path) -> bool:
    """Tells the Mosquitto that wrote `process_file`; False: it is not running, and reads the
    files when it starts. Raises BrokerStarting.
    """
    process_id = _running(process_file)
    if process_id is None:
        return False
    if not _listens_to_hangup(process_id):
        raise BrokerStarting
    try:
        os.kill(process_id, signal.SIGHUP)
    except PermissionError:
        logger.warning(
            "Mosquitto belongs to another user and cannot be told to read %s again:"
            " see docs/mosquitto.md",
            process_file.parent,
        )
        return False
    return True


def _running(process_file: Path) -> int | None:
    """None: no such process, or its number is another program's by now."""
    try:
        process_id = int(process_file.read_text())
        name = Path(f"/proc/{process_id}/comm").read_text().strip()
    except (OSError, ValueError):
        return None
    return process_id if name == "mosquitto" else None


def _listens_to_hangup(process_id: int) -> bool:
    """Before it does, a SIGHUP would end it."""
    for line in Path(f"/proc/{process_id}/status").read_text().splitlines():
        name, _, mask = line.partition(":")
        if name == "SigCgt":
            return bool(int(mask, 16) >> (signal.SIGHUP - 1) & 1)
    return False


def place(path: Path, parts: list[str]) -> None:
    """Whole or not at all, whatever stops."""
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, READABLE)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.writelines(parts)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


@asynccontextmanager
async def _turn(path: Path) -> AsyncIterator[None]:
    """Among all processes of this machine."""
    with path.open("a") as file:
        await asyncio.to_thread(fcntl.flock, file, fcntl.LOCK_EX)
        yield  # closing the file ends the turn
