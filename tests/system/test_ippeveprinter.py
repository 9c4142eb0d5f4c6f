"""From a printer on the network to a toner at the shop, as an owner lives through it.

Every part is a process of its own: printer, bridge, platform, shop, browser.
"""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright

from replenishment.tables import OrderRow
from scripts.screenshots import FLAGS
from tests.processes import ledger, shop
from tests.system.installation import (
    Installation,
    asked,
    bridge_code,
    installed,
    output,
    until,
)
from tests.system.printer import Printer, ippeveprinter
from tests.system.programs import require

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


@pytest.fixture
async def installation(tmp_path: Path, shop_url: str) -> AsyncIterator[Installation]:
    async with installed(tmp_path, shop_url) as running:
        yield running


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    chromium = require("chromium", "chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield await browser.new_page(locale="en-GB")
        await browser.close()


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
