"""Debian's chromium at a served platform: acts without JavaScript, live pages with it."""

import socket
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, BrowserContext, async_playwright

from core.clock import SteppedClock
from core.database import Database
from runtime.serve import serving, url_of
from scripts.screenshots import CHROMIUM, FLAGS
from tests.store.api.world import PASSWORD, Home, World, a_home, a_world, state_of

NARROWEST = {"width": 320, "height": 700}


@pytest.fixture
async def world(database: Database, clock: SteppedClock) -> World:
    return await a_world(database, clock)


@pytest.fixture
async def nora(world: World) -> Home:
    return await a_home(world, "nora")


@pytest.fixture
async def url(world: World) -> AsyncIterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        async with serving(world.app, listener):
            yield url_of(listener)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        found = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield found
        await found.close()


async def signed_in(context: BrowserContext, url: str, home: Home):
    page = await context.new_page()
    await page.goto(url)
    await page.fill("#email", home.email)
    await page.fill("#password", PASSWORD)
    await page.click("main button")
    await page.wait_for_url(f"{url}/")
    return page


async def test_an_order_is_approved_without_javascript(
    world: World, nora: Home, url: str, browser: Browser
):
    context = await browser.new_context(java_script_enabled=False, viewport=NARROWEST)
    page = await signed_in(context, url, nora)
    await page.click("text=with obligation to pay")
    assert await state_of(world, nora) == "approved"
    assert "The order goes to the shop now." in await page.inner_text("main")


async def test_an_open_page_follows_what_happens_elsewhere(
    world: World, nora: Home, url: str, browser: Browser
):
    context = await browser.new_context(viewport=NARROWEST)
    page = await signed_in(context, url, nora)
    async with page.expect_response("**/events?*"):
        await page.goto(f"{url}/approvals")
    world.clock.step_to(world.clock.now().replace(minute=5))
    async with world.client(bearer=nora.key) as machine:
        await machine.post(f"/api/orders/{nora.order_id}/reject", json={"reason": "not_now"})
    await page.wait_for_selector("text=Nothing waits for your answer", timeout=60_000)


async def test_no_page_scrolls_sideways_or_breaks_the_content_policy_on_a_small_phone(
    nora: Home, url: str, browser: Browser
):
    context = await browser.new_context(viewport=NARROWEST)
    page = await signed_in(context, url, nora)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    for path in (
        "/",
        "/approvals",
        "/orders",
        "/policy",
        "/devices",
        "/notices",
        "/claims",
        "/address",
        f"/devices/{nora.device_id}/release",
        f"/stocks/{nora.stock_id}",
        f"/stocks/{nora.stock_id}/mandate",
        f"/orders/{nora.order_id}",
        f"/decisions/{nora.record_id}",
        f"/orders/{nora.order_id}/rule",
        "/policy/versions",
        "/policy/time-machine",
        "/meter",
        "/verify",
        "/vendor/sign-in",
    ):
        await page.goto(url + path)
        wide = await page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 320, path
    assert [each for each in complaints if "Content Security Policy" in each] == []


async def test_a_device_is_given_away_without_javascript(
    world: World, nora: Home, url: str, browser: Browser
):
    context = await browser.new_context(java_script_enabled=False, viewport=NARROWEST)
    page = await signed_in(context, url, nora)
    await page.goto(f"{url}/devices")
    await page.click("text=Give it away")
    await page.click("text=Erase and give away")
    shown = await page.inner_text("main")
    assert "Washer is no longer yours" in shown
    assert "Code for the next owner" in shown
    await page.click("text=To my devices")
    assert "Washer" not in await page.inner_text("main")
