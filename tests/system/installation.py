"""A platform with a shop, as an owner runs it: every part a process of its own."""

import asyncio
import json
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
from sqlmodel import select

from accounts import principal, sign_in
from accounts.principal import Audience
from accounts.scoping import ALL_OWNERS
from accounts.sign_in import NewOwner
from accounts.tables import OwnerRow
from core.clock import WallClock
from core.database import Database
from core.ids import RandomIds
from core.settings import Settings
from devices.tables import ReadingRow
from replenishment.tables import OrderRow
from runtime.demo import MARKET
from tests import forking
from tests.processes import ROOT

SOAP_BOX: Final[dict[str, Any]] = {
    "name": "box-1",
    "version": 1,
    "slots": [
        {
            "slot": "soap",
            "title": "Soap",
            "category": "soap",
            "fits": ["soap-1"],
            "capacity": 500,
            "unit": "ml",
            "measure": "level",
            "typical_use_per_day": 20,
            "most_per_day": 200,
        }
    ],
    "data_sheet": {
        "sends": "The level of the soap, once an hour.",
        "every_hours": 1,
        "kept_where": "Here.",
        "kept_days": 400,
    },
}

DEADLINE_S = 60
KIM = NewOwner(
    name="Lindenweg 7",
    email="kim@nachschub.example",
    password="toner for the study",  # noqa: S106 - of a test
    timezone="Europe/Berlin",
    language="en",
)


@dataclass(frozen=True)
class Installation:
    """A running `nachschub all`."""

    home: Path
    pages: str  # URL
    mqtt_port: str
    database: Database

    @asynccontextmanager
    async def command(self, *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
        async with command(self.home, *arguments, NACHSCHUB_MQTT_PORT=self.mqtt_port) as run:
            yield run

    async def stored(self, row: type[Any]) -> list[Any]:
        async with self.database.snapshot(ALL_OWNERS) as session:
            return list((await session.exec(select(row))).all())

    async def levels(self, slot: str) -> list[float | None]:
        readings = await self.stored(ReadingRow)
        readings.sort(key=lambda reading: (reading.boot_id, reading.seq))
        return [reading.level for reading in readings if reading.slot == slot]

    async def owner_key(self) -> str:
        """No page hands one out yet."""
        [owner] = await self.stored(OwnerRow)
        async with self.database.transaction(ALL_OWNERS) as session:
            return principal.issue_api_key(
                session,
                Audience.OWNER,
                owner.owner_id,
                label="bridge",
                ids=RandomIds(),
                wall=WallClock().now(),
            )


@asynccontextmanager
async def command(
    home: Path, *arguments: str, **environment: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """`nachschub ARGUMENTS` until the block ends; it must then stop in good order."""
    own = {"NACHSCHUB_HOME": str(home), "NACHSCHUB_ALLOW_LOOPBACK_SHOPS": "true"}
    with (home.parent / f"{arguments[0]}.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *forking.command("runtime", *arguments),
            cwd=ROOT,
            env={**os.environ, **own, "COLUMNS": forking.COLUMNS, **environment},
            stdout=subprocess.PIPE,
            stderr=log,
        )
    try:
        yield process
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(DEADLINE_S):
                assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def output(home: Path, *arguments: str) -> str:
    async with command(home, *arguments) as process, asyncio.timeout(DEADLINE_S):
        printed, _ = await process.communicate()
    assert process.returncode == 0, printed
    return printed.decode()


@asynccontextmanager
async def installed(
    folder: Path, shop_url: str, change: Callable[[dict[str, Any]], None] = lambda _: None
) -> AsyncIterator[Installation]:
    """change: what is changed in the market of the demo first."""
    home = folder / "home"
    entries = json.loads(MARKET.read_text())
    entries["vendors"] = [entries["vendors"][0] | {"base_url": shop_url}]
    change(entries)
    file = folder / "market.json"
    file.write_text(json.dumps(entries))
    assert (await output(home, "market", str(file))).startswith("1 vendors")
    ports = {"NACHSCHUB_HTTP_PORT": "0", "NACHSCHUB_MQTT_PORT": "0"}
    async with command(home, "all", **ports) as process:
        pages, mqtt = await said(process, "Pages:"), await said(process, "Devices:")
        database = Database(Settings(home=home).database)
        yield Installation(home, pages, str(urlsplit(mqtt).port), database)
        await database.close()


async def said(process: asyncio.subprocess.Process, before: str) -> str:
    """What the process prints behind `before`."""
    assert process.stdout is not None
    async with asyncio.timeout(DEADLINE_S):
        line = (await process.stdout.readline()).decode()
    assert line.startswith(before)
    return line.removeprefix(before).strip()


async def until(is_so: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not await is_so():  # noqa: ASYNC110 - other processes set no event
            await asyncio.sleep(0.05)


async def signed_up(installation: Installation) -> None:
    """Without a browser."""
    await sign_in.sign_up(
        KIM,
        transaction=installation.database.transaction,
        clock=WallClock(),
        ids=RandomIds(),
    )


async def bridge_code(installation: Installation) -> str:
    key = await installation.owner_key()
    async with httpx.AsyncClient(base_url=installation.pages, trust_env=False) as client:
        answer = await client.post(
            "/api/bridge-codes", headers={"Authorization": f"Bearer {key}"}
        )
    assert answer.status_code == 201
    code: str = answer.json()["code"]
    return code


async def asked(installation: Installation) -> None:
    async def is_asked() -> bool:
        states = [order.state for order in await installation.stored(OrderRow)]
        return states == ["awaiting_approval"]

    await until(is_asked)
