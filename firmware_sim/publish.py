"""Sends transmissions over MQTT: one connection, credential and last will for each device.

A publication counts when the broker has acknowledged it; lost connections are made again and
what was not acknowledged is repeated. Events are kept and sent again, unchanged, until the
platform's receipt names them.
"""

import asyncio
import logging
from collections.abc import Coroutine, Iterable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Final, Self

import aiomqtt
from paho.mqtt.reasoncodes import ReasonCode
from pydantic import ValidationError

from devices import wire
from firmware_sim.faults import Transmission

RETRY_S: Final = 0.25  # between two attempts to connect or publish
RESEND_S: Final = 5.0  # an event without a receipt; receipts come at most once a second
ANSWER_S: Final = 3.0  # of the broker; aiomqtt does not tell sooner that a connection was lost
AT_ONCE: Final = 8  # publications in flight of one device

_log = logging.getLogger(__name__)


class CredentialRefused(Exception):
    def __init__(self, device_id: str, reason: str) -> None:
        super().__init__(f"{device_id}: the broker refused its credential ({reason})")
        self.device_id = device_id


class Publisher:
    """An async context; `secrets` by device id. Leaving it says `offline` for every device."""

    def __init__(self, *, host: str, port: int, secrets: Mapping[str, str]) -> None:
        self._lines = {
            device_id: _Line(device_id, secret, host, port)
            for device_id, secret in secrets.items()
        }

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for line in self._lines.values():
            await line.close()

    async def publish(self, transmissions: Iterable[Transmission]) -> None:
        """Returns when all are acknowledged: per device in order, devices side by side.

        Raises CredentialRefused; every other fault of the connection is tried again.
        """
        by_device: dict[str, list[Transmission]] = {}
        for each in transmissions:
            by_device.setdefault(each.device_id, []).append(each)
        await _together(self._lines[d].send(said) for d, said in by_device.items())

    def unreceived(self) -> int:
        """Events that no receipt has named yet."""
        return sum(len(line.kept) for line in self._lines.values())

    def told(self) -> dict[str, list[bytes]]:
        """Commands that each device has heard, oldest first."""
        return {device_id: list(line.told) for device_id, line in self._lines.items()}

    async def all_received(self, timeout_s: float) -> bool:
        """Wait until receipts have named every event; False when they do not in time."""
        waiting = (line.nothing_kept.wait() for line in self._lines.values())
        try:
            await asyncio.wait_for(asyncio.gather(*waiting), timeout_s)
        except TimeoutError:
            return False
        return True


class _Line:
    """One device's connection; opened by its birth message, and anew by the next one."""

    def __init__(self, device_id: str, secret: str, host: str, port: int) -> None:
        self.kept: dict[tuple[int, int], Transmission] = {}
        self.told: list[bytes] = []  # commands, as a display would show them
        self.nothing_kept = asyncio.Event()
        self.nothing_kept.set()
        self._device_id = device_id
        self._secret = secret
        self._host = host
        self._port = port
        self._birth: Transmission | None = None
        self._client: aiomqtt.Client | None = None
        self._refusal: CredentialRefused | None = None
        self._is_settled = asyncio.Event()  # connected or refused
        self._is_warned = False
        self._tasks: list[asyncio.Task[None]] = []

    async def send(self, transmissions: Iterable[Transmission]) -> None:
        batch: list[Transmission] = []
        for each in transmissions:
            if each.will is None:
                batch.append(each)
                continue
            await self._publish(batch)
            batch = []
            await self._begin(each)
        await self._publish(batch)

    async def close(self) -> None:
        """Without a connection nothing is said: the last will has spoken already."""
        if self._client and self._birth:
            with suppress(aiomqtt.MqttError):
                await self._client.publish(
                    self._birth.topic, self._birth.will, qos=1, retain=True
                )
        await self._end()

    async def _begin(self, birth: Transmission) -> None:
        await self._end()
        self._birth = birth
        self._tasks = [
            asyncio.create_task(self._stay_connected(birth)),
            asyncio.create_task(self._resend()),
        ]
        await self._connection()

    async def _end(self) -> None:
        await _ended(self._tasks)
        self._tasks = []

    async def _connection(self) -> aiomqtt.Client:
        while self._client is None:
            if self._refusal:
                raise self._refusal
            self._is_settled.clear()
            await self._is_settled.wait()
        return self._client

    async def _publish(self, batch: Iterable[Transmission]) -> None:
        for each in batch:
            if each.channel == "event":
                self.kept[each.boot_id, each.seq] = each
                self.nothing_kept.clear()
        await _together(self._acknowledged(each) for each in batch)

    async def _acknowledged(self, each: Transmission) -> None:
        while True:
            client = await self._connection()
            try:
                await client.publish(each.topic, each.payload, qos=each.qos)
            except aiomqtt.MqttError as error:
                _log.info("%s: not acknowledged, again: %s", self._device_id, error)
                await asyncio.sleep(RETRY_S)
            else:
                return

    async def _resend(self) -> None:
        while True:
            await asyncio.sleep(RESEND_S)
            await _together(self._acknowledged(each) for each in self.kept.values())

    async def _stay_connected(self, birth: Transmission) -> None:
        while self._refusal is None:
            try:
                await self._connected(birth)
            except aiomqtt.MqttError as error:
                if _is_refusal(error):
                    self._refusal = CredentialRefused(self._device_id, str(error))
                    self._is_settled.set()
                self._warn(error)
            await asyncio.sleep(RETRY_S)

    def _warn(self, error: aiomqtt.MqttError) -> None:
        """Once for each loss of the connection, however often it is tried again."""
        level = logging.DEBUG if self._is_warned else logging.WARNING
        self._is_warned = True
        _log.log(level, "%s: no connection, trying again: %s", self._device_id, error)

    async def _connected(self, birth: Transmission) -> None:
        receipts = wire.topic(self._device_id, "receipt")
        commands = wire.topic(self._device_id, "command")
        async with self._new_client(birth) as client:
            await client.subscribe([(receipts, 0), (commands, 1)])
            await client.publish(birth.topic, birth.payload, qos=1, retain=True)
            self._client = client
            self._is_warned = False
            self._is_settled.set()
            try:
                async for message in client.messages:
                    if message.topic.matches(receipts):
                        self._take_receipt(message.payload)
                    else:
                        self.told.append(message.payload)
            finally:
                self._client = None

    def _new_client(self, birth: Transmission) -> aiomqtt.Client:
        return aiomqtt.Client(
            self._host,
            self._port,
            username=self._device_id,
            password=self._secret,
            identifier=self._device_id,
            will=aiomqtt.Will(birth.topic, birth.will, qos=1, retain=True),
            timeout=ANSWER_S,
            max_concurrent_outgoing_calls=AT_ONCE,
            logger=_log,
        )

    def _take_receipt(self, payload: bytes) -> None:
        try:
            receipt = wire.Receipt.model_validate_json(payload)
        except ValidationError:
            _log.warning("%s: a receipt that cannot be read: %r", self._device_id, payload)
            return
        for event in receipt.events:
            self.kept.pop(event, None)
        if not self.kept:
            self.nothing_kept.set()


async def _together(acts: Iterable[Coroutine[None, None, None]]) -> None:
    """Side by side; the first failure ends the others."""
    tasks = [asyncio.create_task(act) for act in acts]
    try:
        await asyncio.gather(*tasks)
    finally:
        await _ended(tasks)


async def _ended(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancelled more than once if need be: `wait_for` in Python 3.11, which aiomqtt uses, drops
    a cancellation that meets its result.
    """
    running = {task for task in tasks if not task.done()}
    while running:
        for task in running:
            task.cancel()
        _, running = await asyncio.wait(running, timeout=RETRY_S)


def _is_refusal(error: aiomqtt.MqttError) -> bool:
    """Whether the broker knows the device's credential not at all, or no longer."""
    return (
        isinstance(error, aiomqtt.MqttCodeError)
        and isinstance(error.rc, ReasonCode)
        and error.rc.getName() in {"Bad user name or password", "Not authorized"}
    )
