"""Both doors in front of a small book of messages, and a client that speaks raw packets."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from ssl import SSLContext
from typing import Any

from sqlalchemy import Connection, text

from broker.gateway import Gateway
from broker.ingest import ingest
from broker.limits import Limits
from broker.subscriber import Broker, Subscriber
from core import mqtt
from core.clock import WallClock
from core.database import Writer
from core.mqtt_decoder import Decoder
from devices import wire
from devices.batch import Outcome
from devices.intake import Arrival
from devices.telemetry import Parsed, parse
from tests import processes

SECRETS = {"washer-0001": "first-secret", "washer-0002": "second-secret"}


class DiskFull(Exception):
    pass


class Book:
    """Keeps messages by their name in a database, as the readings do. Can be made to wait and
    to fail inside its transaction.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "book.db"
        self.writer = Writer(f"sqlite+aiosqlite:///{self._path}")
        self.is_open = threading.Event()
        self.is_open.set()
        self.is_disk_full = False
        self.batches: list[int] = []
        self.outcomes: list[Outcome] = []
        with sqlite3.connect(self._path) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(
                "CREATE TABLE message (device_id, name, payload, UNIQUE (device_id, name))"
            )
        connection.close()

    def record(self, connection: Connection, batch: Sequence[Arrival]) -> list[Outcome]:
        assert self.is_open.wait(30)
        self.batches.append(len(batch))
        outcomes = [self._record(connection, each) for each in batch]
        if self.is_disk_full:
            raise DiskFull
        self.outcomes += outcomes
        return outcomes

    def _record(self, connection: Connection, arrival: Arrival) -> Outcome:
        parsed = (
            wire.Quarantined(arrival.fault)
            if arrival.fault
            else parse(arrival.channel, arrival.payload)
        )
        match parsed:
            case wire.Quarantined(fault):
                name = f"{fault.code} {fault.value}"
            case Parsed(wire.Status(state=state)):
                name = f"{state} {len(self.outcomes)}"
            case Parsed(message):
                name = f"{arrival.channel} {message.boot_id} {message.seq}"
        stored = connection.execute(
            text("INSERT OR IGNORE INTO message VALUES (:device_id, :name, :payload)"),
            {"device_id": arrival.device_id, "name": name, "payload": arrival.payload},
        )
        if isinstance(parsed, wire.Quarantined):
            return Outcome.QUARANTINED
        return Outcome.RECORDED if stored.rowcount else Outcome.DUPLICATE

    def committed(self) -> list[tuple[str, str]]:
        """(device id, name) of what a second connection to the database sees."""
        connection = sqlite3.connect(self._path)
        rows = connection.execute(
            "SELECT device_id, name FROM message ORDER BY rowid"
        ).fetchall()
        connection.close()
        return rows

    def names(self, device_id: str = "washer-0001") -> list[str]:
        return [name for each, name in self.committed() if each == device_id]

    def close(self) -> None:
        self.is_open.set()
        self.writer.close()


@dataclass(frozen=True)
class Door:
    door: Gateway | Subscriber
    port: int
    book: Book


async def authenticate(device_id: str, secret: bytes) -> str | None:
    """The secret stands for its own hash."""
    return SECRETS.get(device_id) if SECRETS.get(device_id, "").encode() == secret else None


@asynccontextmanager
async def gateway(
    folder: Path, *, limits: Limits | None = None, tls: SSLContext | None = None
) -> AsyncIterator[Door]:
    book = Book(folder)
    door = Gateway(
        authenticate=authenticate,
        ingest=partial(ingest, writer=book.writer, record=book.record),
        clock=WallClock(),
        limits=limits,
    )
    port = await door.start("127.0.0.1", 0, tls=tls)
    try:
        yield Door(door, port, book)
    finally:
        book.is_open.set()
        await door.close()
        book.close()


@asynccontextmanager
async def subscriber(port: int, book: Book, **options: str) -> AsyncIterator[Subscriber]:
    door = Subscriber(
        broker=Broker(
            host="127.0.0.1",
            port=port,
            username=processes.PLATFORM,
            password=processes.PLATFORM_PASSWORD,
            **options,
        ),
        ingest=partial(ingest, writer=book.writer, record=book.record),
        clock=WallClock(),
    )
    door.start()
    try:
        await eventually(lambda: door.is_subscribed)
        yield door
    finally:
        book.is_open.set()
        await door.close()


@asynccontextmanager
async def behind_mosquitto(folder: Path) -> AsyncIterator[Door]:
    book = Book(folder)
    with processes.mosquitto(folder, SECRETS) as port:
        async with subscriber(port, book) as door:
            yield Door(door, port, book)
    book.close()


async def eventually(condition: Callable[[], Any], within_s: float = 60) -> None:
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 - other processes and threads set no event
            await asyncio.sleep(0.01)


def telemetry(seq: int, level: float = 0.62) -> bytes:
    return (
        f'{{"v":1,"boot_id":17,"seq":{seq},"measured_at":"2026-11-21T10:00:00Z",'
        f'"slots":{{"detergent":{{"level":{level}}}}}}}'
    ).encode()


def refilled(seq: int) -> bytes:
    return (
        f'{{"v":1,"boot_id":17,"seq":{seq},"measured_at":"2026-11-21T10:00:00Z",'
        '"event":"refilled","slot":"detergent"}'
    ).encode()


def status(state: str) -> bytes:
    return f'{{"v":1,"state":"{state}","boot_id":17}}'.encode()


class RawClient:
    """Sends and sees single packets."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._decoder = Decoder(1_000_000)
        self._received: list[mqtt.Packet] = []

    def send(self, *packets: mqtt.Packet) -> None:
        self.send_bytes(b"".join(map(mqtt.encode, packets)))

    def send_bytes(self, raw: bytes) -> None:
        self._writer.write(raw)

    async def receive(self) -> mqtt.Packet:
        """Raises EOFError when the other side has closed."""
        async with asyncio.timeout(30):
            while not self._received:
                try:
                    chunk = await self._reader.read(65_536)
                except ConnectionError:
                    chunk = b""
                if not chunk:
                    raise EOFError
                self._received += self._decoder.feed(chunk)
        return self._received.pop(0)

    async def is_closed(self) -> bool:
        """Whether nothing more comes but the end."""
        try:
            packet = await self.receive()
        except EOFError:
            return True
        raise AssertionError(f"instead of the end: {packet}")

    def kill(self) -> None:
        self._writer.transport.abort()


@asynccontextmanager
async def raw_client(port: int) -> AsyncIterator[RawClient]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield RawClient(reader, writer)
    finally:
        writer.transport.abort()


@asynccontextmanager
async def washer(
    port: int,
    device_id: str = "washer-0001",
    *,
    keep_alive_s: int = 60,
    will: mqtt.Will | None = None,
) -> AsyncIterator[RawClient]:
    """A raw client that was admitted."""
    async with raw_client(port) as client:
        client.send(
            mqtt.Connect(
                device_id,
                keep_alive_s=keep_alive_s,
                username=device_id,
                password=SECRETS[device_id].encode(),
                will=will,
            )
        )
        assert await client.receive() == mqtt.Connack()
        yield client
