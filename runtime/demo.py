"""`nachschub demo`: a household and three shops lived through in about a minute, pages live.

Sixty days end at the present moment; then time walks on at one hour per ten seconds until
Ctrl-C, and asks wait for whoever sits at the pages.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Final

import httpx
from fastapi import FastAPI
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from api import deps
from api.app import create_app
from broker.gateway import Gateway
from broker.ingest import ingest
from core.clock import SteppedClock
from core.database import Writer
from core.ids import RandomIds, SeededIds
from core.offload import here
from core.settings import Settings
from demo_shop import assortment
from demo_shop.app import ShopApp, create_shop
from firmware_sim import truth
from firmware_sim.answers import Owner
from firmware_sim.faults import USUAL_FAULTS, FaultRates
from firmware_sim.household import Household
from firmware_sim.owner import OwnerAtTheApi
from firmware_sim.publish import Publisher
from runtime import demo_report, market, reconcile, wiring
from runtime.conductor import Conductor
from runtime.demo_household import EMAIL, PASSWORD, SHOPS, Furnished, furnish
from runtime.demo_report import Effort
from runtime.loop import stop_on_signals
from runtime.serve import serving, url_of
from runtime.startup import listener
from runtime.wiring import Platform, Sources

MARKET: Final = Path(__file__).with_name("demo_market.json")
TRUTH: Final = "truth.jsonl"
WALKS: Final = timedelta(hours=1) / 10  # business time per real second, afterwards


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoRun:
    """`ends`: stop after the last day instead of walking on. `ends_at`: None is now."""

    seed: int = 1
    days: int = 60
    ends: bool = False
    faults: FaultRates = USUAL_FAULTS
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Everything that plays along. `url`: of the pages."""

    run: DemoRun
    clock: SteppedClock
    platform: Platform
    conductor: Conductor
    folder: Path
    url: str
    ends_at: datetime


async def play(run: DemoRun, settings: Settings, console: Console) -> int:
    """Exit code 0 when every record replays and the truth is what is stored, else 3."""
    began_s = monotonic()
    async with staged(run, settings) as stage:
        console.print(f"Pages: {stage.url}   sign in as {EMAIL} with: {PASSWORD}")
        await _live_through(stage, console)
        transaction = stage.platform.database.transaction
        report = await demo_report.report(
            await reconcile.compare(stage.folder / TRUTH, transaction=transaction),
            Effort(days=run.days, took_s=monotonic() - began_s),
            transaction=transaction,
        )
        console.print(report.table())
        if not run.ends:
            await _walk_on(stage, console)
    return 0 if report.is_right else 3


async def _live_through(stage: Stage, console: Console) -> None:
    columns = (
        TextColumn("{task.fields[day]}"),
        BarColumn(),
        TextColumn("day {task.completed:.0f} of {task.total:.0f}"),
        TimeRemainingColumn(),
    )
    began_at = stage.clock.now()
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("", total=stage.run.days, day="")
        async for at in stage.conductor.play(stage.ends_at):
            lived = (at - began_at) / timedelta(days=1)
            progress.update(task, completed=lived, day=f"{at:%d %b %Y}")
    if stage.run.ends:
        await stage.conductor.end()


async def _walk_on(stage: Stage, console: Console) -> None:
    """Asks are the visitor's from now on."""
    console.print(
        f"Time walks on, one hour in ten seconds: {stage.url}   Ctrl-C ends the demo."
    )
    stop = stop_on_signals()
    stage.conductor.owner = None
    began_s, began_at = monotonic(), stage.clock.now()
    while not stop.is_set():
        until = began_at + (monotonic() - began_s) * WALKS
        async for _ in stage.conductor.play(until):
            if stop.is_set():
                break
        try:
            await asyncio.wait_for(stop.wait(), 0.5)
        except TimeoutError:
            continue


@asynccontextmanager
async def staged(run: DemoRun, settings: Settings) -> AsyncIterator[Stage]:
    """Platform, gateway, pages, shops, devices and owner, on free loopback ports but for the
    pages. Starts from an empty folder below `settings.home`. Raises CannotStart.
    """
    bound = listener(settings.http_host, settings.http_port, variable="NACHSCHUB_HTTP_PORT")
    folder = settings.home / "demo"
    shutil.rmtree(folder, ignore_errors=True)
    ends_at = run.ends_at or datetime.now(UTC).replace(second=0, microsecond=0)
    clock = SteppedClock(ends_at - timedelta(days=run.days))
    its_own = {"home": folder, "database_url": "", "allow_loopback_shops": True}
    settings = settings.model_copy(update=its_own)
    async with AsyncExitStack() as stack:
        sources = _sources(stack, run, clock, settings)
        platform = await stack.enter_async_context(
            wiring.opened(settings, public_url=url_of(bound), sources=sources)
        )
        await stack.enter_async_context(serving(_pages(platform), bound))
        furnished = await furnish(platform)
        gateway = wiring.gateway(platform)
        yield Stage(
            run=run,
            clock=clock,
            platform=platform,
            conductor=Conductor(
                clock=clock,
                worker=platform.worker,
                transaction=platform.database.transaction,
                household=_household(stack, run, clock, folder),
                publisher=await _publisher(stack, platform, gateway, furnished),
                tell_devices=wiring.watch(platform, gateway).look,
                shops=await _shops(stack, platform, clock, run.seed),
                owner=await _owner(stack, run, url_of(bound), furnished),
            ),
            folder=folder,
            url=url_of(bound),
            ends_at=ends_at,
        )


def _sources(
    stack: AsyncExitStack, run: DemoRun, clock: SteppedClock, settings: Settings
) -> Sources:
    """All in this process, which steps the clock and waits for each of its parts."""
    writer = stack.enter_context(closing(Writer(settings.database)))
    return Sources(
        clock=clock,
        ids=SeededIds(run.seed),
        ingest=partial(ingest, writer=writer),
        offload=here,
    )


def _pages(platform: Platform) -> FastAPI:
    return create_app(
        deps.Platform(
            database=platform.database,
            clock=platform.clock,
            wall=platform.wall,
            ids=RandomIds(),  # sessions must not be guessable, not even here
            device_key=platform.device_key,
            forecaster=wiring.forecaster(),
        )
    )


def _household(
    stack: AsyncExitStack, run: DemoRun, clock: SteppedClock, folder: Path
) -> Household:
    return Household(
        run.seed,
        start_at=clock.now(),
        record=stack.enter_context(truth.recorder(folder / TRUTH)),
        faults=run.faults,
    )


async def _publisher(
    stack: AsyncExitStack, platform: Platform, gateway: Gateway, furnished: Furnished
) -> Publisher:
    """The devices, connected to a gateway on a free port."""
    host = platform.settings.mqtt_host
    port = await gateway.start(host, 0)
    stack.push_async_callback(gateway.close)
    return await stack.enter_async_context(
        Publisher(host=host, port=port, secrets=furnished.secrets)
    )


async def _owner(
    stack: AsyncExitStack, run: DemoRun, url: str, furnished: Furnished
) -> OwnerAtTheApi:
    client = httpx.AsyncClient(
        base_url=url,
        headers={"Authorization": f"Bearer {furnished.owner_key}"},
        trust_env=False,
    )
    return OwnerAtTheApi(await stack.enter_async_context(client), Owner(run.seed))


async def _shops(
    stack: AsyncExitStack, platform: Platform, clock: SteppedClock, seed: int
) -> list[ShopApp]:
    """Three shops on free ports, registered with the platform."""
    shops, urls = [], {}
    for name in SHOPS:
        bound = listener("127.0.0.1", 0, variable="")
        shop = create_shop(
            assortment.load(name),
            platform.settings.home / f"{name}.db",
            clock.now,
            seed=seed,
            public_url=url_of(bound),
        )
        await stack.enter_async_context(serving(shop, bound))
        stack.callback(shop.close)
        shops.append(shop)
        urls[name] = url_of(bound)
    await market.register(
        market.read(MARKET),
        transaction=platform.database.transaction,
        now=clock.now(),
        base_urls=urls,
    )
    return shops
