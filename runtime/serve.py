"""Running the platform's parts in one process until it is told to stop."""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from socket import socket
from typing import Final
from urllib.parse import urlsplit

import uvicorn
from rich.console import Console
from starlette.types import ASGIApp

from api import deps
from api.app import create_app
from core.ids import RandomIds
from core.settings import Settings
from devices import commands
from devices.commands import Deliver
from runtime import bridge, wiring, witnesses
from runtime.startup import CannotStart, listener
from runtime.wiring import Platform

LOOK_S: Final = 0.5  # between two looks for commands
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


def stop_on_signals() -> asyncio.Event:
    """Set by Ctrl-C and by SIGTERM."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    return stop


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
        await stack.enter_async_context(bridge.running(_for_bridges(settings, door), stop))
        working = asyncio.create_task(platform.worker.run(stop))
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait((working, stopped), return_when=asyncio.FIRST_COMPLETED)
        stop.set()
        await working


def _for_bridges(settings: Settings, door: str) -> bridge.Platform:
    """As they find it from within: the gateway may have taken any free port."""
    return bridge.Platform(
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
        )
    )
    await stack.enter_async_context(serving(app, bound))
    console.print(f"Pages:   {url}")
    return platform


async def _open_door(stack: AsyncExitStack, platform: Platform, stop: asyncio.Event) -> str:
    settings = platform.settings
    if settings.door == "mosquitto":
        subscriber = wiring.subscriber(platform)
        subscriber.start()
        stack.push_async_callback(subscriber.close)
        _tell_devices(stack, platform, subscriber.deliver, stop)
        return f"through the broker at {settings.mqtt_host}:{settings.mqtt_port}"
    gateway = wiring.gateway(platform)
    try:
        port = await gateway.start(settings.mqtt_host, settings.mqtt_port)
    except OSError as error:
        raise CannotStart(
            f"Port {settings.mqtt_port} on {settings.mqtt_host} cannot be used"
            f" ({error.strerror}). Choose another: NACHSCHUB_MQTT_PORT=1884"
        ) from None
    stack.push_async_callback(gateway.close)
    _tell_devices(stack, platform, gateway.deliver, stop)
    return f"mqtt://{settings.mqtt_host}:{port}"


def _tell_devices(
    stack: AsyncExitStack, platform: Platform, deliver: Deliver, stop: asyncio.Event
) -> None:
    """Commands are looked for twice a second, until the end."""

    async def tell() -> None:
        while not stop.is_set():
            await commands.deliver_waiting(
                transaction=platform.database.transaction,
                deliver=deliver,
                clock=platform.clock,
            )
            await asyncio.sleep(LOOK_S)

    telling = asyncio.create_task(tell())
    stack.callback(telling.cancel)
