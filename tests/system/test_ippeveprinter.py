"""From a printer on the network to a toner at the shop, as an owner lives through it.

Every part is a process of its own: printer, bridge, platform, shop, browser.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.async_api import Page, async_playwright
from sqlmodel import select

from accounts import principal
from accounts.principal import Audience
from accounts.scoping import ALL_OWNERS
from accounts.tables import OwnerRow
from core.clock import WallClock
from core.database import Database
from core.ids import RandomIds
from core.settings import Settings
from devices.tables import ReadingRow
from replenishment.tables import OrderRow
from runtime.demo import MARKET
from scripts.screenshots import FLAGS
from tests.processes import ROOT, ledger, shop
from tests.system.printer import Printer, ippeveprinter
from tests.system.programs import require

DEADLINE_S = 30
BLACK = {"2001000000081": "HH-4149", "2001000000128": "HH-4177"}  # toners that fit, with SKU


@pytest.fixture
def printer(tmp_path: Path) -> Iterator[Printer]:
    (tmp_path / "printer").mkdir()
    with ippeveprinter(tmp_path / "printer") as running:
        yield running


@pytest.fixture
def shop_url(tmp_path: Path) -> Iterator[str]:
    with shop(tmp_path / "shop") as url:
        yield url


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
            *(sys.executable, "-m", "runtime", *arguments),
            cwd=ROOT,
            env={**os.environ, **own, "COLUMNS": "200", **environment},
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


@pytest.fixture
async def installation(tmp_path: Path, shop_url: str) -> AsyncIterator[Installation]:
    home = tmp_path / "home"
    entries = json.loads(MARKET.read_text())
    entries["vendors"] = [entries["vendors"][0] | {"base_url": shop_url}]
    file = tmp_path / "market.json"
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


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    chromium = require("chromium", "chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield await browser.new_page(locale="en-GB")
        await browser.close()


async def until(is_so: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not await is_so():  # noqa: ASYNC110 - other processes set no event
            await asyncio.sleep(0.05)


async def test_a_printer_that_runs_low_gets_toner_after_one_click(
    printer: Printer, installation: Installation, page: Page, tmp_path: Path
) -> None:
    await sign_up(page, installation)
    code = await bridge_code(installation)
    bridging = ("bridge", "ipp", printer.url, "--claim", code, "--every-s", "1")
    async with installation.command(*bridging, "--platform", installation.pages):
        await run_low(printer, installation)
        await asked(installation)
        await approve(page, installation)
        await bought(installation, tmp_path / "shop")
    await is_shown(page, installation)
    await is_explained(installation)


async def sign_up(page: Page, installation: Installation) -> None:
    await page.goto(f"{installation.pages}/sign-up")
    await page.fill("#name", "Lindenweg 7")
    await page.fill("#email", "kim@nachschub.example")
    await page.fill("#password", "toner for the study")
    await page.select_option("#timezone", "Europe/Berlin")
    await page.click("main button")
    await page.wait_for_url(f"{installation.pages}/")
    await page.goto(f"{installation.pages}/address")
    address = {
        "recipient": "Kim Sommer",
        "street": "Lindenweg 7",
        "postal_code": "24103",
        "city": "Kiel",
        "region": "DE",
    }
    for name, value in address.items():
        await page.fill(f"#{name}", value)
    await page.click("main form button")
    await page.wait_for_load_state()


async def bridge_code(installation: Installation) -> str:
    key = await installation.owner_key()
    async with httpx.AsyncClient(base_url=installation.pages, trust_env=False) as client:
        answer = await client.post(
            "/api/bridge-codes", headers={"Authorization": f"Bearer {key}"}
        )
    assert answer.status_code == 201
    code: str = answer.json()["code"]
    return code


async def run_low(printer: Printer, installation: Installation) -> None:
    """Nothing is wanted at 75 %; a fall as deep as this counts once it was said twice."""

    async def is_heard() -> bool:
        return 0.75 in await installation.levels("black")

    async def is_low() -> bool:
        return (await installation.levels("black"))[-2:] == [0.04, 0.04]

    await until(is_heard)
    assert await installation.stored(OrderRow) == []
    printer.set_levels(black=4)
    await until(is_low)


async def asked(installation: Installation) -> None:
    async def is_asked() -> bool:
        states = [order.state for order in await installation.stored(OrderRow)]
        return states == ["awaiting_approval"]

    await until(is_asked)


async def approve(page: Page, installation: Installation) -> None:
    await page.goto(f"{installation.pages}/approvals")
    assert "P-200" in await page.inner_text("main")
    await page.click("text=with obligation to pay")


async def bought(installation: Installation, shop_folder: Path) -> None:
    async def is_placed() -> bool:
        return [order.state for order in await installation.stored(OrderRow)] == ["placed"]

    await until(is_placed)
    [order] = await installation.stored(OrderRow)
    [sold] = ledger(shop_folder)
    assert order.vendor_order_number == sold.order_id
    assert sold.session.total_minor == order.total_minor
    assert all(BLACK[line.gtin] == line.sku for line in sold.session.lines)
    assert sold.session.destination is not None
    assert sold.session.destination.address_locality == "Kiel"


async def is_shown(page: Page, installation: Installation) -> None:
    [order] = await installation.stored(OrderRow)
    await page.goto(f"{installation.pages}/orders/{order.order_id}")
    headline = await page.inner_text("h1")
    assert headline == "Black P-200-K from Haushaltshof: ordered"
    assert order.vendor_order_number in await page.inner_text("main")


async def is_explained(installation: Installation) -> None:
    [order] = await installation.stored(OrderRow)
    printed = await output(installation.home, "explain", str(order.order_id))
    device_id, boot_id, seq = order.correlation.split("/")
    assert f"{device_id}, boot {boot_id}, number {seq}" in printed
    assert "black: level 4.0%" in printed
    assert "submitting -> placed by vendor" in printed
