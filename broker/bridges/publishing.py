"""What every bridge does alike: publish readings over MQTT as a device does.

One connection and credential for each device. A device that cannot be read sends nothing: it
goes stale, and its owner is asked, instead of being shown a level that nobody measured.
"""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from operator import attrgetter
from pathlib import Path
from typing import Final, Protocol

import aiomqtt
from paho.mqtt.reasoncodes import ReasonCode

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
    numbers = count(1)
    while not stop.is_set():
        try:
            async with _connected(credential, boot_id, device.firmware) as client:
                while not stop.is_set():
                    number = boot_id, next(numbers)
                    sight = await _look(device, stop)
                    if sight:
                        await _report(sight, publishing, client, number)
                    await pause(stop, publishing.interval_s)
        except aiomqtt.MqttError as error:
            _raise_refusal(credential, error)
            _log.warning("%s: no connection, trying again: %s", credential.device_id, error)
            await pause(stop, RETRY_S)


def next_boot_id(path: Path) -> int:
    """One more than last time; on disk before it is used, so that it rises after a crash."""
    path.parent.mkdir(parents=True, exist_ok=True)
    boot_id = 1 + (int(path.read_text()) if path.exists() else 0)
    fresh = path.with_suffix(".new")
    with fresh.open("w") as file:
        file.write(str(boot_id))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    return boot_id


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


async def _report(
    sight: Sight, publishing: Publishing, client: aiomqtt.Client, number: tuple[int, int]
) -> None:
    readings = numbered(publishing.seen_as(sight))
    held = on_wire_of(each for each in readings if each.slot in publishing.slots)
    if not held:
        _log.warning("%s: reports no supplies now", sight.name)
        return
    boot_id, seq = number
    message = wire.Telemetry(
        v=1, boot_id=boot_id, seq=seq, measured_at=datetime.now(UTC), slots=held
    )
    payload = message.model_dump_json(exclude_none=True)
    topic = wire.topic(publishing.credential.device_id, "telemetry")
    await client.publish(topic, payload, qos=1)


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
