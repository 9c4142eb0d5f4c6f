"""What every bridge does alike: publish readings over MQTT as a device does.

One connection and credential for each device. A device that cannot be read sends nothing: it
goes stale, and its owner is asked, instead of being shown a level that nobody measured.
"""

import asyncio
import json
import logging
import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count, repeat
from operator import attrgetter
from pathlib import Path
from typing import Final, Protocol

import aiomqtt
from paho.mqtt.reasoncodes import ReasonCode

from broker.bridges import changes, kept_events
from broker.bridges.changes import Changes
from broker.bridges.payloads import parsed
from broker.bridges.reading import Reading, numbered
from broker.bridges.reading import slots as on_wire_of
from devices import wire

RETRY_S: Final = 5.0

_log = logging.getLogger(__name__)


class DeviceUnreadable(Exception):
    def __init__(self, url: str, why: str) -> None:
        super().__init__(f"{url}: {why}")
        self.url = url


class CredentialRefused(Exception):
    def __init__(self, device_id: str, reason: str) -> None:
        super().__init__(f"{device_id}: the platform refused its credential ({reason})")
        self.device_id = device_id


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceCredential:
    """Where the platform listens for MQTT, and as which device the bridged one speaks."""

    host: str
    port: int
    device_id: str
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """A device as it showed itself at one moment. `serial` empty: it names no number. `said`:
    its answer as it came, by OID or attribute, for bindings of a description.
    """

    name: str
    serial: str
    readings: tuple[Reading, ...]
    said: Mapping[str, object] = field(default_factory=dict)


class Device(Protocol):
    """A device that can be asked, while it is open."""

    @property
    def firmware(self) -> str:
        """Of its bridge, as the platform shows it."""
        ...

    def opened(self) -> AbstractAsyncContextManager[None]: ...

    async def look(self) -> Sight:
        """Raises DeviceUnreadable."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Publishing:
    """`slots`: those of the device's model. `seen_as`: its readings as its description has
    them.
    """

    credential: DeviceCredential
    interval_s: float
    state_folder: Path
    slots: frozenset[str]
    seen_as: Callable[[Sight], tuple[Reading, ...]] = attrgetter("readings")


async def run(device: Device, publishing: Publishing, *, stop: asyncio.Event) -> None:
    """Publish what `device` shows every `interval_s` until `stop` is set.

    A lost connection is made again. Raises CredentialRefused.
    """
    credential = publishing.credential
    boot_id = next_boot_id(publishing.state_folder / f"{credential.device_id}.boot")
    bridge = _Bridge(publishing, zip(repeat(boot_id), count(1), strict=False))
    while not stop.is_set():
        try:
            async with (
                _connected(credential, boot_id, device.firmware) as client,
                bridge.hearing_receipts(client),
            ):
                while not stop.is_set():
                    sight = await _look(device, stop)
                    if sight:
                        await bridge.report(sight, client)
                    await pause(stop, publishing.interval_s)
        except aiomqtt.MqttError as error:
            _raise_refusal(credential, error)
            _log.warning("%s: no connection, trying again: %s", credential.device_id, error)
            await pause(stop, RETRY_S)


def next_boot_id(path: Path) -> int:
    """One more than last time; on disk before it is used, so that it rises after a crash."""
    path.parent.mkdir(parents=True, exist_ok=True)
    boot_id = 1 + (int(path.read_text()) if path.exists() else 0)
    _write(path, str(boot_id))
    return boot_id


def _write(path: Path, text: str) -> None:
    """On disk when it returns; after a crash it holds the old text or the new one."""
    fresh = path.with_suffix(".new")
    with fresh.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


async def pause(stop: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)


async def _look(device: Device, stop: asyncio.Event) -> Sight | None:
    """None: it cannot be read now, or it is time to stop."""
    looking, stopped = asyncio.create_task(device.look()), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((looking, stopped), return_when=asyncio.FIRST_COMPLETED)
        return looking.result() if looking.done() else None
    except DeviceUnreadable as error:
        _log.warning("%s", error)
        return None
    finally:
        looking.cancel()
        stopped.cancel()
        await asyncio.gather(looking, stopped, return_exceptions=True)


class _Bridge:
    """`numbers`: (boot_id, seq) of the next message."""

    def __init__(self, publishing: Publishing, numbers: Iterator[tuple[int, int]]) -> None:
        self._publishing = publishing
        self._numbers = numbers
        self._device_id = publishing.credential.device_id
        self._path = publishing.state_folder / f"{self._device_id}.changes"
        self._kept = self._path.read_text() if self._path.exists() else ""
        self._changes = changes.load(json.loads(self._kept)) if self._kept else Changes()

    async def report(self, sight: Sight, client: aiomqtt.Client) -> None:
        """Refills go first: a level that has risen is then no jump."""
        readings = numbered(self._publishing.seen_as(sight))
        followed = [each for each in readings if each.slot in self._publishing.slots]
        if not followed:
            _log.warning("%s: reports no supplies now", sight.name)
            return
        now = datetime.now(UTC)
        self._changes.see(followed, self._numbers, now)
        self._keep()
        for event in self._changes.waiting:
            await client.publish(self._topic("event"), json.dumps(event), qos=1)
        boot_id, seq = next(self._numbers)
        message = wire.Telemetry(
            v=1, boot_id=boot_id, seq=seq, measured_at=now, slots=on_wire_of(followed)
        )
        payload = message.model_dump_json(exclude_none=True)
        await client.publish(self._topic("telemetry"), payload, qos=1)

    @asynccontextmanager
    async def hearing_receipts(self, client: aiomqtt.Client) -> AsyncIterator[None]:
        await client.subscribe(self._topic("receipt"), qos=1)
        task = asyncio.create_task(self._hear(client))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _hear(self, client: aiomqtt.Client) -> None:
        async for message in client.messages:
            receipt = parsed(message.payload) if isinstance(message.payload, bytes) else None
            self._changes.waiting = kept_events.without(self._changes.waiting, receipt)
            self._keep()

    def _keep(self) -> None:
        """Events are on disk before they are sent: sent again, they are the same."""
        text = json.dumps(changes.dump(self._changes))
        if text != self._kept:
            _write(self._path, text)
            self._kept = text

    def _topic(self, channel: str) -> str:
        return wire.topic(self._device_id, channel)


@asynccontextmanager
async def _connected(
    credential: DeviceCredential, boot_id: int, firmware: str
) -> AsyncIterator[aiomqtt.Client]:
    """Says `online` at first and `offline` at last; the will says it when nobody else can."""
    topic = wire.topic(credential.device_id, "status")
    online = wire.Status(v=1, state="online", boot_id=boot_id, firmware=firmware)
    offline = online.model_copy(update={"state": "offline"}).model_dump_json()
    client = aiomqtt.Client(
        credential.host,
        credential.port,
        username=credential.device_id,
        password=credential.secret,
        identifier=credential.device_id,
        will=aiomqtt.Will(topic, offline, qos=1, retain=True),
        logger=_log,
    )
    async with client:
        await client.publish(topic, online.model_dump_json(), qos=1, retain=True)
        try:
            yield client
        finally:
            with suppress(aiomqtt.MqttError):
                await client.publish(topic, offline, qos=1, retain=True)


def _raise_refusal(credential: DeviceCredential, error: aiomqtt.MqttError) -> None:
    if not isinstance(error, aiomqtt.MqttCodeError) or not isinstance(error.rc, ReasonCode):
        return
    if error.rc.getName() in {"Bad user name or password", "Not authorized"}:
        raise CredentialRefused(credential.device_id, str(error)) from error
