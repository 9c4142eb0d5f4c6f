"""A demo shop on a free loopback port inside the test's own event loop."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn

from demo_shop.app import ShopApp


@asynccontextmanager
async def served(app: ShopApp) -> AsyncIterator[str]:
    """The shop's address; the shop is told it, too."""
    # asyncio turns Nagle's algorithm off only when the protocol is named: 40 ms an answer
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen()  # a connection waits here until the server accepts it
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    app.bound_to(url)
    config = uvicorn.Config(app, log_level="critical", lifespan="off", ws="none")
    server = uvicorn.Server(config)
    running = asyncio.create_task(server._serve(sockets=[listener]))
    try:
        yield url
    finally:
        server.should_exit = True
        await running
        listener.close()
        app.close()
