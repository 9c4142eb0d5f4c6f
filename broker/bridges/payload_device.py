"""Reads a device whose payload lies in a file, is fetched by HTTP, or is posted to us.

For makers' clouds, whose sign-in is the owner's affair: a token is passed on as it is.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    asynccontextmanager,
    contextmanager,
    nullcontext,
)
from dataclasses import dataclass
from pathlib import Path
from secrets import compare_digest
from socket import SO_REUSEADDR, SOL_SOCKET, socket
from typing import Final

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from broker.bridges.clouds.table import Decode
from broker.bridges.heard import Heard, SeveralDevices
from broker.bridges.payloads import LARGEST
from broker.bridges.publishing import DeviceUnreadable, Sight
from broker.bridges.reading import Reading

TIMEOUT_S: Final = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PayloadAddress:
    """`where`: a file, or a URL at the maker's cloud or at a server in its place."""

    kind: str
    where: str
    device_id: str = ""  # of several in one payload; empty: the only one
    token: str = ""


class PayloadDevice:
    """A file or URL, read anew at every look."""

    def __init__(self, address: PayloadAddress, decode: Decode) -> None:
        self.firmware = f"bridge {address.kind} 1"
        self._address = address
        self._decode = decode

    def opened(self) -> AbstractAsyncContextManager[None]:
        return nullcontext()

    async def look(self) -> Sight:
        """Raises DeviceUnreadable."""
        is_url = self._address.where.startswith(("http://", "https://"))
        content = await (self._fetched() if is_url else asyncio.to_thread(self._file))
        heard = Heard(self._address.device_id)
        heard.hear(self._decode(content))
        return sight(self._address, heard)

    def _file(self) -> bytes:
        try:
            return Path(self._address.where).read_bytes()
        except OSError as error:
            raise DeviceUnreadable(self._address.where, str(error)) from error

    async def _fetched(self) -> bytes:
        where, token = self._address.where, self._address.token
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False) as client:
            try:
                answer = await client.get(where, headers=headers)
                answer.raise_for_status()
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise DeviceUnreadable(where, f"{type(error).__name__} {error}") from error
        return answer.content


class _Server(uvicorn.Server):
    """Leaves signals to the process."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class WebhookDevice:
    """Takes what is posted to `http://<host>:<port>/<token>`."""

    def __init__(self, address: PayloadAddress, decode: Decode, host: str, port: int) -> None:
        self.firmware = f"bridge {address.kind} 1"
        self.port = port  # once open, the real one where 0 was asked for
        self._address = address
        self._decode = decode
        self._host = host
        self._heard = Heard(address.device_id)
        self._has_word = asyncio.Event()

    def opened(self) -> AbstractAsyncContextManager[None]:
        return self._serving()

    async def look(self) -> Sight:
        """Waits until something is posted. Raises DeviceUnreadable."""
        await self._has_word.wait()
        self._has_word.clear()
        return sight(self._address, self._heard)

    @asynccontextmanager
    async def _serving(self) -> AsyncIterator[None]:
        app = Starlette(routes=[Route("/{token}", self._take, methods=["POST"])])
        config = uvicorn.Config(app, log_level="warning", lifespan="off", ws="none")
        server = _Server(config)
        bound = socket()
        bound.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        bound.bind((self._host, self.port))
        self.port = bound.getsockname()[1]
        task = asyncio.create_task(server.serve(sockets=[bound]))
        try:
            yield
        finally:
            server.should_exit = True
            await task

    async def _take(self, request: Request) -> Response:
        token = request.path_params["token"].encode()
        if not compare_digest(token, self._address.token.encode()):
            return Response(status_code=404)
        body = b""
        async for piece in request.stream():
            body += piece
            if len(body) > LARGEST:
                return Response(status_code=413)
        if self._heard.hear(self._decode(body)):
            self._has_word.set()
        return Response(status_code=204)


def sight(address: PayloadAddress, heard: Heard) -> Sight:
    try:
        readings: tuple[Reading, ...] = heard.taken()
    except SeveralDevices as error:
        raise DeviceUnreadable(address.where, f"{error}; name one with --device") from None
    named = next((each.device_id for each in readings if each.device_id), "")
    return Sight(
        name=f"{address.kind} {named}".strip(),
        serial=named or address.device_id,
        readings=readings,
    )
