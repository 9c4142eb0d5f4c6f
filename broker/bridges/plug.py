"""Bridge for an appliance on a smart plug: hears its power, reports cycles as a device does.

Talks to two brokers: the household's, where the plug publishes, and the platform. What it has
counted lies on disk before it is sent, so that a restart neither forgets a wash nor counts one
twice.
"""

import asyncio
import json
import logging
import os
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from pathlib import Path
from ssl import SSLContext
from typing import Any, Final

import aiomqtt
from paho.mqtt.reasoncodes import ReasonCode

from broker.bridges import plug_count, plug_payloads
from broker.bridges.plug_count import SUPPLIES, Count, Supply
from broker.bridges.plug_payloads import PlugKind, Power
from broker.bridges.publishing import CredentialRefused, DeviceCredential, next_boot_id
from devices import wire
from devices.cycles.detector import Detector, Found
from devices.cycles.judging import Appliance

FIRMWARE: Final = "bridge plug 1"
RETRY_S: Final = 5.0
SAVE_S: Final = 60.0
REPORT_S: Final = 6 * 3600.0  # how often the counter is told when nothing runs
CLOCK_FROM_S: Final = 1_577_836_800.0  # 2020; before, a plug's clock was never set
CLOCK_AHEAD_S: Final = 600.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The household's broker and the plug on it."""

    host: str
    port: int
    kind: PlugKind
    name: str  # as in its topics
    user: str | None = None
    password: str | None = None
    tls: SSLContext | None = None  # None: in the clear


@dataclass(frozen=True, slots=True, kw_only=True)
class Plug:
    source: Source
    credential: DeviceCredential
    appliance: Appliance
    dose: float | None = None  # of one cycle; None: what is usual
    state_folder: Path
    now: Callable[[], datetime]
    tick_s: float = SAVE_S

    @property
    def supply(self) -> Supply:
        usual = SUPPLIES[self.appliance]
        return usual if self.dose is None else replace(usual, dose=self.dose)


@dataclass(slots=True)
class _Bridge:
    plug: Plug
    boot_id: int
    tally: Count
    numbers: "count[int]" = field(default_factory=lambda: count(1))
    news: asyncio.Event = field(default_factory=asyncio.Event)  # something is to be told

    def hear(self, power: Power) -> None:
        now_s = self.plug.now().timestamp()
        at_s = power.at_s
        if at_s is None or not CLOCK_FROM_S <= at_s <= now_s + CLOCK_AHEAD_S:
            at_s = now_s
        self.take(self.tally.detector.add(at_s, power.watts))

    def take(self, found: list[Found]) -> None:
        for each in found:
            self.tally.finished(each, self._number())
        if found:
            self.save()
            self.news.set()

    def save(self) -> None:
        path = _state_path(self.plug)
        fresh = path.with_suffix(".new")
        with fresh.open("w") as file:
            json.dump(plug_count.dump(self.tally), file)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)

    async def tell(self, platform: aiomqtt.Client) -> None:
        device_id = self.plug.credential.device_id
        for event in list(self.tally.waiting):
            await platform.publish(wire.topic(device_id, "event"), json.dumps(event), qos=1)
        told = self.tally.telemetry(self._number(), self._told_at())
        payload = told.model_dump_json(exclude_none=True)
        self.save()
        await platform.publish(wire.topic(device_id, "telemetry"), payload, qos=1)

    def _number(self) -> tuple[int, int]:
        return self.boot_id, next(self.numbers)

    def _told_at(self) -> datetime:
        """A counter counts up to the newest sample; nothing says what happened since."""
        newest_s = self.tally.detector.minutes.at_s
        now = self.plug.now()
        return datetime.fromtimestamp(newest_s, now.tzinfo) if newest_s else now

    def answered(self, topic: str, payload: bytes) -> None:
        try:
            said: Any = json.loads(payload)
        except ValueError:
            return
        if not isinstance(said, dict):
            return
        if topic.endswith("/receipt"):
            self.tally.confirmed(said)
        elif self.tally.told(said):
            self.save()
            self.news.set()


async def run(plug: Plug, *, stop: asyncio.Event) -> None:
    """Until `stop` is set. A lost connection is made again. Raises CredentialRefused."""
    plug.state_folder.mkdir(parents=True, exist_ok=True)
    boot_id = next_boot_id(plug.state_folder / f"{plug.credential.device_id}.boot")
    bridge = _Bridge(plug, boot_id, _kept(plug))
    tasks = [asyncio.create_task(each(bridge)) for each in (_listen, _report, _tick)]
    stopped = asyncio.create_task(stop.wait())
    try:
        done, _ = await asyncio.wait({stopped, *tasks}, return_when=asyncio.FIRST_COMPLETED)
        for each in done - {stopped}:
            each.result()
    finally:
        await _end((stopped, *tasks))
        bridge.save()


async def _end(tasks: Collection[asyncio.Task[Any]]) -> None:
    """A cancellation may be swallowed by a publication that is confirmed at that moment."""
    pending: Collection[asyncio.Task[Any]] = tasks
    while pending:
        for each in pending:
            each.cancel()
        _, pending = await asyncio.wait(pending, timeout=1)


async def _listen(bridge: _Bridge) -> None:
    source = bridge.plug.source
    while True:
        try:
            async with aiomqtt.Client(
                source.host,
                source.port,
                username=source.user,
                password=source.password,
                tls_context=source.tls,
                logger=_log,
            ) as client:
                for topic in plug_payloads.topics(source.kind, source.name):
                    await client.subscribe(topic, qos=1)
                async for message in client.messages:
                    topic, payload = str(message.topic), _bytes(message.payload)
                    power = plug_payloads.read(source.kind, topic, payload)
                    if power:
                        bridge.hear(power)
        except aiomqtt.MqttError as error:
            _log.warning("%s: the plug's broker is gone, trying again: %s", source.name, error)
            await asyncio.sleep(RETRY_S)


async def _report(bridge: _Bridge) -> None:
    while True:
        try:
            async with _connected(bridge) as client, asyncio.TaskGroup() as group:
                group.create_task(_hear_answers(bridge, client))
                group.create_task(_tell(bridge, client))
        except* aiomqtt.MqttError as errors:
            for error in errors.exceptions:
                _raise_refusal(bridge.plug.credential, error)
            _log.warning("%s: no connection, trying again", bridge.plug.credential.device_id)
        await asyncio.sleep(RETRY_S)


async def _tell(bridge: _Bridge, client: aiomqtt.Client) -> None:
    while True:
        bridge.news.clear()
        await bridge.tell(client)
        with suppress(TimeoutError):
            async with asyncio.timeout(REPORT_S):
                await bridge.news.wait()


async def _hear_answers(bridge: _Bridge, client: aiomqtt.Client) -> None:
    for channel in ("receipt", "command"):
        await client.subscribe(wire.topic(bridge.plug.credential.device_id, channel), qos=1)
    async for message in client.messages:
        bridge.answered(str(message.topic), _bytes(message.payload))


async def _tick(bridge: _Bridge) -> None:
    while True:
        await asyncio.sleep(bridge.plug.tick_s)
        bridge.take(bridge.tally.detector.pass_to(bridge.plug.now().timestamp()))
        bridge.save()


@asynccontextmanager
async def _connected(bridge: _Bridge) -> AsyncIterator[aiomqtt.Client]:
    credential = bridge.plug.credential
    topic = wire.topic(credential.device_id, "status")
    online = wire.Status(v=1, state="online", boot_id=bridge.boot_id, firmware=FIRMWARE)
    offline = online.model_copy(update={"state": "offline"}).model_dump_json()
    async with aiomqtt.Client(
        credential.host,
        credential.port,
        username=credential.device_id,
        password=credential.secret,
        identifier=credential.device_id,
        will=aiomqtt.Will(topic, offline, qos=1, retain=True),
        logger=_log,
    ) as client:
        await client.publish(topic, online.model_dump_json(), qos=1, retain=True)
        yield client


def _state_path(plug: Plug) -> Path:
    return plug.state_folder / f"{plug.credential.device_id}.cycles.json"


def _kept(plug: Plug) -> Count:
    path = _state_path(plug)
    if path.exists():
        return plug_count.load(json.loads(path.read_text()), plug.supply)
    return Count(Detector(plug.appliance), plug.supply)


def _bytes(payload: object) -> bytes:
    return payload if isinstance(payload, bytes) else str(payload).encode()


def _raise_refusal(credential: DeviceCredential, error: Exception) -> None:
    if not isinstance(error, aiomqtt.MqttCodeError) or not isinstance(error.rc, ReasonCode):
        return
    if error.rc.getName() in {"Bad user name or password", "Not authorized"}:
        raise CredentialRefused(credential.device_id, str(error)) from error
