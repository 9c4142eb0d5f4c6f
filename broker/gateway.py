"""Door 1: our own MQTT 3.1.1 listener for devices that talk to the platform only.

A PUBACK means committed. There is no general publish and subscribe: a device reaches its own
topics only, and the registry holds what others would keep as a retained status.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from broker.batches import Batches, Ingest
from broker.connection import Connection
from broker.counters import Counters
from broker.receipts import Receipts
from core.clock import Clock

BACKLOG: Final = 1_024  # connections that wait for accept(): a fleet comes back at once

Authenticate = Callable[[str, bytes], Awaitable[bool]]  # device id, secret


class Gateway:
    def __init__(self, *, authenticate: Authenticate, ingest: Ingest, clock: Clock) -> None:
        self.batches = Batches(ingest, Receipts(self.deliver).send)
        self.clock = clock
        self.counters = Counters()
        self._authenticate = authenticate
        self._open: set[Connection] = set()
        self._devices: dict[str, Connection] = {}
        self._server: asyncio.Server | None = None

    async def start(self, host: str, port: int) -> int:
        """Returns the bound port (port 0: any free one). Raises OSError when it is in use."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: Connection(self), host, port, backlog=BACKLOG
        )
        bound: int = self._server.sockets[0].getsockname()[1]
        return bound

    async def close(self) -> None:
        """Takes nothing more, commits and acknowledges what it took, then closes."""
        if self._server is not None:
            self._server.close()
        for connection in self._open:
            connection.stop_reading()
        await self.batches.drained()
        for connection in self._open:
            connection.close()
        await asyncio.sleep(0)  # lets the transports close

    @property
    def is_quiet(self) -> bool:
        """Nothing waits for its commit."""
        return self.batches.is_quiet

    @property
    def connected_count(self) -> int:
        return len(self._devices)

    def deliver(self, device_id: str, topic: str, payload: bytes) -> bool:
        """Publishes to a device with qos 0. False: it is not connected, has not subscribed or
        does not read.
        """
        connection = self._devices.get(device_id)
        return connection is not None and connection.deliver(topic, payload)

    def disconnect(self, device_id: str) -> bool:
        """Ends the connection of a device whose secret is no longer good."""
        connection = self._devices.get(device_id)
        if connection is not None:
            connection.abandon("revoked")
        return connection is not None

    async def authenticate(self, device_id: str, secret: bytes) -> bool:
        return await self._authenticate(device_id, secret)

    def opened(self, connection: Connection) -> None:
        self._open.add(connection)

    def admitted(self, connection: Connection) -> None:
        older = self._devices.get(connection.device_id)
        if older is not None:
            older.abandon("the device connected again")
        self._devices[connection.device_id] = connection

    def lost(self, connection: Connection) -> None:
        self._open.discard(connection)
        if self._devices.get(connection.device_id) is connection:
            del self._devices[connection.device_id]
