"""Door 1: our own MQTT 3.1.1 listener for devices that talk to the platform only.

A PUBACK means committed. There is no general publish and subscribe: a device reaches its own
topics only, and the registry holds what others would keep as a retained status.
"""

import asyncio
from collections.abc import Awaitable, Callable
from ssl import CERT_REQUIRED, SSLContext
from typing import Final

from broker import connection as connections
from broker.batches import Batches, Ingest
from broker.connection import Connection
from broker.counters import Counters
from broker.device_client import DeviceClient
from broker.limits import Address, Addresses, Limits, TooManyConnections
from broker.line import Client, Desk, Errands
from broker.owner_client import OWNERS, OwnerClient
from broker.owner_stream import OwnerStream
from broker.receipts import Receipts
from core import mqtt
from core.clock import Clock

BACKLOG: Final = 1_024  # connections that wait for accept(): a fleet comes back at once

# (user name, secret) -> the stored hash of that secret, or nothing for a wrong one
Authenticate = Callable[[str, bytes], Awaitable[str | None]]
# device id -> topic filters, with their qos, of the session it left behind
FindSession = Callable[[str], Awaitable[dict[str, int] | None]]


async def no_session(_device_id: str) -> None:
    """Where none is kept."""


class Gateway:
    def __init__(
        self,
        *,
        authenticate: Authenticate,
        ingest: Ingest,
        clock: Clock,
        limits: Limits | None = None,
        find_session: FindSession = no_session,
    ) -> None:
        self.stream = OwnerStream()
        self.batches = Batches(ingest, Receipts(self.deliver).send, self.stream.committed)
        self.clock = clock
        self.counters = Counters()
        self.errands = Errands()
        self.limits = limits or Limits()
        self.is_certified = False
        self.devices: dict[str, DeviceClient] = {}
        self._addresses = Addresses(self.limits)
        self._authenticate = authenticate
        self._find_session = find_session
        self._desk = Desk(self.batches, self.counters, self.errands)
        self._open: set[Connection] = set()
        self._lines: dict[str, Connection] = {}
        self._server: asyncio.Server | None = None

    async def start(self, host: str, port: int, *, tls: SSLContext | None = None) -> int:
        """Returns the bound port (port 0: any free one). Raises OSError when it is in use.

        tls: the listener speaks nothing else. With a context that requires certificates, a
        client's user name must be its certificate's common name.
        """
        self.is_certified = tls is not None and tls.verify_mode is CERT_REQUIRED
        self._server = await asyncio.get_running_loop().create_server(
            lambda: Connection(self),
            host,
            port,
            backlog=BACKLOG,
            ssl=tls,
            ssl_handshake_timeout=connections.CONNECT_WITHIN_S if tls else None,
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
        return len(self._lines)

    def deliver(self, device_id: str, topic: str, payload: bytes) -> bool:
        """Publishes to a device with qos 0. False: it is not connected, has not subscribed or
        does not read.
        """
        device = self.devices.get(device_id)
        return device is not None and device.deliver(topic, payload)

    def disconnect(self, name: str, reason: str = "revoked") -> bool:
        """Ends the connection of a client whose secret is no longer good."""
        connection = self._lines.get(name)
        if connection is not None:
            self.counters.revoked += 1
            connection.abandon(reason)
        return connection is not None

    async def admit(self, connect: mqtt.Connect) -> Client | None:
        name, secret = connect.username or "", connect.password or b""
        secret_hash = await self._authenticate(name, secret)
        if not secret_hash:
            return None
        if name.startswith(OWNERS):
            return OwnerClient(self._desk, name, connect.client_id, secret_hash)
        is_lasting = not connect.is_clean_session
        return DeviceClient(
            self._desk,
            name,
            secret_hash,
            is_lasting=is_lasting,
            session=await self._find_session(name) if is_lasting else None,
        )

    def opened(self, connection: Connection, host: str) -> Address | None:
        if len(self._open) >= self.limits.connections:
            raise TooManyConnections("the door", len(self._open))
        address = self._addresses.entered(host, asyncio.get_running_loop().time())
        self._open.add(connection)
        return address

    def admitted(self, connection: Connection, client: Client) -> None:
        older = self._lines.get(client.name)
        if older is not None:
            older.abandon("it connected again")
        self._lines[client.name] = connection
        if isinstance(client, DeviceClient):
            self.devices[client.name] = client
        elif isinstance(client, OwnerClient):
            self.stream.clients[client.name] = client

    def lost(self, connection: Connection) -> None:
        self._open.discard(connection)
        client = connection.client
        if client is not None and self._lines.get(client.name) is connection:
            del self._lines[client.name]
            self.devices.pop(client.name, None)
        if isinstance(client, OwnerClient):
            self.stream.leave(client)
