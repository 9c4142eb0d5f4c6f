"""Bridge for IPP printers: reads their supplies and publishes them over MQTT as devices do.

One connection and credential for each printer. A printer that cannot be read sends nothing: its
device goes stale, and its owner is asked, instead of being shown a level that nobody measured.
"""

import asyncio
import logging
import os
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Final

import aiohttp
import aiomqtt
import pyipp
from paho.mqtt.reasoncodes import ReasonCode
from pyipp.enums import ATTRIBUTE_ENUM_MAP, IppOperation
from pyipp.parser import parse

from broker.bridges import ipp_supplies
from devices import wire

FIRMWARE: Final = "bridge ipp 1"
RETRY_S: Final = 5.0
SUCCESSFUL: Final = range(0x200)  # IPP status codes, informational ones included

# pyipp 0.17.2 refuses a whole answer over one value its enumerations do not know, and real
# printers send such values (orientation 7, finishing 10).
ATTRIBUTE_ENUM_MAP.clear()

_log = logging.getLogger(__name__)


class PrinterUnreadable(Exception):
    def __init__(self, url: str, why: str) -> None:
        super().__init__(f"{url}: {why}")
        self.url = url


class CredentialRefused(Exception):
    def __init__(self, device_id: str, reason: str) -> None:
        super().__init__(f"{device_id}: the platform refused its credential ({reason})")
        self.device_id = device_id


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceCredential:
    """Where the platform listens for MQTT, and as which device the printer speaks."""

    host: str
    port: int
    device_id: str
    secret: str


async def read(url: str) -> ipp_supplies.Attributes:
    """The printer's attributes about itself and its supplies. Raises PrinterUnreadable."""
    if not url.startswith(("ipp://", "ipps://")):
        raise PrinterUnreadable(url, "wanted is an address like ipp://printer.local/ipp/print")
    wanted = {"requested-attributes": [*ipp_supplies.WANTED]}
    try:
        async with pyipp.IPP(url) as printer:
            # Not `execute`: it answers whatever goes wrong in decoding with an empty error.
            answer = await printer.raw(
                IppOperation.GET_PRINTER_ATTRIBUTES, {"operation-attributes-tag": wanted}
            )
        decoded = parse(answer)
    except (pyipp.IPPError, aiohttp.ClientError) as error:
        raise PrinterUnreadable(url, f"{type(error).__name__} {error}".strip()) from error
    except (struct.error, ValueError, LookupError) as error:
        raise PrinterUnreadable(url, f"an answer that is no IPP: {error}") from error
    if decoded["status-code"] not in SUCCESSFUL:
        raise PrinterUnreadable(url, f"IPP status {decoded['status-code']:#06x}")
    return next(iter(decoded["printers"]), {})


async def run(
    url: str,
    credential: DeviceCredential,
    *,
    interval_s: float,
    state_folder: Path,
    stop: asyncio.Event,
) -> None:
    """Publish the printer's supplies every `interval_s` until `stop` is set.

    A lost connection is made again. Raises CredentialRefused.
    """
    boot_id = next_boot_id(state_folder / f"{credential.device_id}.boot")
    numbers = count(1)
    while not stop.is_set():
        try:
            async with _connected(credential, boot_id) as client:
                while not stop.is_set():
                    await _report(url, credential, client, (boot_id, next(numbers)))
                    await _pause(stop, interval_s)
        except aiomqtt.MqttError as error:
            _raise_refusal(credential, error)
            _log.warning("%s: no connection, trying again: %s", credential.device_id, error)
            await _pause(stop, RETRY_S)


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


async def _report(
    url: str, credential: DeviceCredential, client: aiomqtt.Client, number: tuple[int, int]
) -> None:
    try:
        attributes = await read(url)
    except PrinterUnreadable as error:
        _log.warning("%s", error)
        return
    slots = ipp_supplies.readings(attributes)
    if not slots:
        _log.warning("%s: the printer reports no supplies now", url)
        return
    boot_id, seq = number
    message = wire.Telemetry(
        v=1, boot_id=boot_id, seq=seq, measured_at=datetime.now(UTC), slots=slots
    )
    payload = message.model_dump_json(exclude_none=True)
    await client.publish(wire.topic(credential.device_id, "telemetry"), payload, qos=1)


@asynccontextmanager
async def _connected(
    credential: DeviceCredential, boot_id: int
) -> AsyncIterator[aiomqtt.Client]:
    """Says `online` at first and `offline` at last; the will says it when nobody else can."""
    topic = wire.topic(credential.device_id, "status")
    online = wire.Status(v=1, state="online", boot_id=boot_id, firmware=FIRMWARE)
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


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)


def _raise_refusal(credential: DeviceCredential, error: aiomqtt.MqttError) -> None:
    if not isinstance(error, aiomqtt.MqttCodeError) or not isinstance(error.rc, ReasonCode):
        return
    if error.rc.getName() in {"Bad user name or password", "Not authorized"}:
        raise CredentialRefused(credential.device_id, str(error)) from error
