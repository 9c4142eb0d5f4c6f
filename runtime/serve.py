"""Running the platform's parts in one process until it is told to stop."""

import asyncio
import logging
import resource
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from functools import partial
from socket import socket
from ssl import SSLContext
from typing import Final
from urllib.parse import urlsplit

import uvicorn
from rich.console import Console
from starlette.types import ASGIApp

from accounts.scoping import ALL_OWNERS
from api import deps
from api.app import create_app
from broker import tls
from core.ids import RandomIds
from core.settings import Settings
from devices import commands, credentials
from devices.discovered import Discovery
from runtime import bridges, discovering, mirror, wiring, witnesses
from runtime.adoption import Platform as ForBridges
from runtime.discovering import NOWHERE
from runtime.loop import stop_on_signals
from runtime.startup import CannotStart, listener
from runtime.wiring import Platform

logger = logging.getLogger(__name__)

LOOK_S: Final = 0.5  # between two looks for commands and revocations
OTHER_FILES: Final = 200  # databases, pages, shops: open beside the devices' connections
LONGEST_GOODBYE_S: Final = 3  # for open event streams, once told to stop


class Server(uvicorn.Server):
    """Leaves signals to the process, which stops all its parts together."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serving(app: ASGIApp, bound: socket) -> AsyncIterator[None]:
    """Serves `app` on a bound socket while the block runs."""
    config = uvicorn.Config(
        app,
        log_level="warning",
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=LONGEST_GOODBYE_S,
    )
    server = Server(config)
    task = asyncio.create_task(server.serve(sockets=[bound]))
    try:
        yield
    finally:
        server.should_exit = True
        await task


def url_of(bound: socket) -> str:
    host, port = bound.getsockname()[:2]
    return f"http://{host}:{port}"


async def run_all(settings: Settings, console: Console) -> None:
    """Pages, REST, door and worker until Ctrl-C. Raises CannotStart."""
    stop = stop_on_signals()
    async with AsyncExitStack() as stack:
        platform = await _open_pages(stack, settings, console)
        door = await _open_door(stack, platform, stop)
        console.print(f"Devices: {door}")
        found = _for_bridges(settings, door)
        await stack.enter_async_context(bridges.running(found, platform, stop))
        await stack.enter_async_context(mirror.running(platform, stop))
        working = asyncio.create_task(platform.worker.run(stop))
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait((working, stopped), return_when=asyncio.FIRST_COMPLETED)
        stop.set()
        await working


def _for_bridges(settings: Settings, door: str) -> ForBridges:
    """As they find it from within: the gateway may have taken any free port."""
    return ForBridges(
        url="",  # they were added before
        mqtt_host=settings.mqtt_host,
        mqtt_port=urlsplit(door).port or settings.mqtt_port,
        folder=settings.home / "bridges",
    )


async def run_api(settings: Settings, console: Console) -> None:
    """Pages and REST alone, beside a process that runs door and worker."""
    stop = stop_on_signals()
    async with AsyncExitStack() as stack:
        await _open_pages(stack, settings, console)
        await stop.wait()


async def _open_pages(stack: AsyncExitStack, settings: Settings, console: Console) -> Platform:
    bound = listener(settings.http_host, settings.http_port, variable="NACHSCHUB_HTTP_PORT")
    url = url_of(bound)
    platform = await stack.enter_async_context(wiring.opened(settings, public_url=url))
    app = create_app(
        deps.Platform(
            database=platform.database,
            clock=platform.clock,
            wall=platform.wall,
            ids=RandomIds(),
            device_key=platform.device_key,
            forecaster=wiring.forecaster(),
            public_url=url,
            witness=witnesses.witness_signer(settings),
            discover=_discover(settings),
        )
    )
    await stack.enter_async_context(serving(app, bound))
    console.print(f"Pages:   {url}")
    return platform


def _discover(settings: Settings) -> Callable[[], Awaitable[Discovery]] | None:
    places = discovering.places_of(settings)
    return partial(discovering.look, places) if places != NOWHERE else None


async def _open_door(stack: AsyncExitStack, platform: Platform, stop: asyncio.Event) -> str:
    settings = platform.settings
    await platform.ingest(())  # its process starts now, not with the first message
    if settings.door == "mosquitto":
        await _tell_broker(platform)
        subscriber = wiring.subscriber(platform)
        subscriber.start()
        stack.push_async_callback(subscriber.close)
        look = partial(
            commands.deliver_waiting,
            transaction=platform.database.transaction,
            deliver=subscriber.deliver,
            clock=platform.clock,
        )
        _keep_looking(stack, look, stop)
        return f"through the broker at {settings.mqtt_host}:{settings.mqtt_port}"
    gateway = wiring.gateway(platform)
    _allow_connections(settings.mqtt_connections)
    context = _tls(settings)
    try:
        port = await gateway.start(settings.mqtt_host, settings.mqtt_port, tls=context)
    except OSError as error:
        raise CannotStart(
            f"Port {settings.mqtt_port} on {settings.mqtt_host} cannot be used"
            f" ({error.strerror}). Choose another: NACHSCHUB_MQTT_PORT=1884"
        ) from None
    stack.push_async_callback(gateway.close)
    _keep_looking(stack, wiring.watch(platform, gateway).look, stop)
    return f"{'mqtts' if context else 'mqtt'}://{settings.mqtt_host}:{port}"


async def _tell_broker(platform: Platform) -> None:
    """Through the worker, which tries again while Mosquitto starts as well."""
    async with platform.database.transaction(ALL_OWNERS) as session:
        await credentials.tell_broker(session, at=platform.clock.now())


def _tls(settings: Settings) -> SSLContext | None:
    if settings.mqtt_certificate is None:
        return None
    try:
        return tls.context(
            settings.mqtt_certificate,
            key=settings.mqtt_certificate_key,
            client_ca=settings.mqtt_client_ca,
        )
    except OSError as error:
        raise CannotStart(
            f"The gateway's TLS files cannot be used: {error}. See NACHSCHUB_MQTT_CERTIFICATE,"
            " NACHSCHUB_MQTT_CERTIFICATE_KEY and NACHSCHUB_MQTT_CLIENT_CA"
        ) from None


def _allow_connections(count: int) -> None:
    """Each is an open file, of which many systems allow a thousand unless asked for more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count + OTHER_FILES
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    if most < wanted:
        logger.warning("%d open files (ulimit -Hn) are few for %d connections", most, count)


def _keep_looking(
    stack: AsyncExitStack, look: Callable[[], Awaitable[object]], stop: asyncio.Event
) -> None:
    """For commands and revocations, twice a second, until the end; a database that is away is
    asked again.
    """

    async def keep_looking() -> None:
        while not stop.is_set():
            try:
                await look()
            except Exception:  # whatever it was, revocations must go on
                logger.exception("the door could not look into the database")
            await asyncio.sleep(LOOK_S)

    looking = asyncio.create_task(keep_looking())
    stack.callback(looking.cancel)
