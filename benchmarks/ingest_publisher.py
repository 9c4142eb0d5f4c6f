"""Devices that publish with QoS 1 until every message is acknowledged, over any interruption.

    python -m benchmarks.ingest_publisher --port 1883 --devices 1000 --messages 100

Prints one JSON line: when it began and ended (seconds since 1970), connections left out, and
what was acknowledged.
"""

import argparse
import asyncio
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, cast

from benchmarks import ingest_fleet
from core import mqtt
from core.mqtt_decoder import Decoder
from devices import wire
from runtime import loop

WINDOW: Final = 20  # messages of one device on their way
RETRY_S: Final = 0.2
TICK_S: Final = 0.01
# A broker acknowledges message by message, and to be woken for each would cost more than to
# send it. Below the time that a window lasts.
READ_EVERY_S: Final = 0.1
NOT_YET: Final = datetime.min.replace(tzinfo=UTC)  # until a message is sent
LARGEST: Final = 65_536
PUBACK_BYTES: Final = 4


@dataclass(frozen=True, slots=True)
class Wanted:
    port: int
    devices: int
    messages: int  # of each device
    per_second: int = 0  # of all together, measured as they are sent; 0: as fast as it goes
    refill_every: int = 0  # messages; the last of so many says that the slot was filled
    truth: Path | None = None  # what was acknowledged goes there, one JSON line a message


class Device(asyncio.Protocol):
    """PUBACKs come in the order of the messages, so a count is enough to go on from. It must
    be no bottleneck: packets are made before the clock starts, of which only the time may be
    put in later, and acknowledgements, of four bytes each, are counted and not decoded.
    """

    def __init__(self, number: int, wanted: Wanted, began_at: datetime) -> None:
        self.acknowledged = 0
        self.allowed = 0
        self.welcome: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.truth: list[str] = []  # of each acknowledged message a JSON line, in their order
        self._number = number
        self._wanted = wanted
        self._began_at = began_at
        self._sent = 0
        self._packets: dict[int, bytes] = {}
        self._lines: dict[int, str] = {}  # of those for the truth
        self._is_open = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._decoder = Decoder(LARGEST)
        self._bytes = 0  # of an acknowledgement that is not there as a whole
        name = ingest_fleet.device_id(self._number)
        secret = ingest_fleet.secret(self._number).encode()
        hello = mqtt.Connect(name, is_clean_session=True, username=name, password=secret)
        self._transport.write(mqtt.encode(hello))

    def data_received(self, chunk: bytes) -> None:
        if self._is_open:
            count, self._bytes = divmod(self._bytes + len(chunk), PUBACK_BYTES)
            self._note(count)
        elif mqtt.Connack(mqtt.ConnackCode.ACCEPTED) in self._decoder.feed(chunk):
            self._is_open, self._sent = True, self.acknowledged
            if not self.welcome.done():
                self.welcome.set_result(None)
        if self.acknowledged == self._wanted.messages and not self.finished.done():
            self.finished.set_result(None)
        self.push()
        self._transport.pause_reading()
        asyncio.get_running_loop().call_later(READ_EVERY_S, self._read_on)

    def connection_lost(self, error: Exception | None) -> None:
        self._is_open = False
        if not self.finished.done():
            asyncio.get_running_loop().call_later(RETRY_S, self._again)

    def push(self) -> None:
        """Half a window at a time, or the last that is allowed."""
        until = min(self.allowed, self.acknowledged + WINDOW)
        is_enough = until == self.allowed or until - self._sent >= WINDOW // 2
        if self._is_open and self._sent < until and is_enough:
            if self._wanted.per_second:
                self._put_time_in(range(self._sent, until))
            packets = [self._packets[index] for index in range(self._sent, until)]
            self._transport.write(b"".join(packets))
            self._sent = until

    async def connect(self) -> None:
        try:
            loop = asyncio.get_running_loop()
            await loop.create_connection(lambda: self, "127.0.0.1", self._wanted.port)
        except OSError:
            asyncio.get_running_loop().call_later(RETRY_S, self._again)

    def close(self) -> None:
        self._transport.close()

    def _read_on(self) -> None:
        if not self._transport.is_closing():
            self._transport.resume_reading()

    def _again(self) -> None:
        self._connecting = asyncio.ensure_future(self.connect())

    def prepare(self) -> None:
        """Makes all messages before the clock starts."""
        name = ingest_fleet.device_id(self._number)
        for index in range(self._wanted.messages):
            channel, payload = self._message(index)
            packet = mqtt.Publish(wire.topic(name, channel), payload, 1, index % 60_000 + 1)
            self._packets[index] = mqtt.encode(packet)
            if self._wanted.truth:
                line = {"device_id": name, "channel": channel, "payload": payload.decode()}
                self._lines[index] = json.dumps(line)

    def _put_time_in(self, indexes: Iterable[int]) -> None:
        """Once: what is sent again is the same message."""
        before, now = ingest_fleet.stamp(NOT_YET), ingest_fleet.stamp(datetime.now(UTC))
        for index in indexes:
            packet = self._packets[index].replace(before.encode(), now.encode())
            self._packets[index] = packet
            if self._wanted.truth:
                self._lines[index] = self._lines[index].replace(before, now)

    def _message(self, index: int) -> tuple[wire.Channel, bytes]:
        seq, every, at = index + 1, self._wanted.refill_every, self._measured_at(index)
        if every and seq % every == 0:
            return "event", ingest_fleet.refilled(seq, at)
        return "telemetry", ingest_fleet.payload(seq, at, level(seq, every))

    def _note(self, count: int) -> None:
        for index in range(self.acknowledged, self.acknowledged + count):
            del self._packets[index]
            if self._wanted.truth:
                self.truth.append(self._lines.pop(index))
        self.acknowledged += count

    def _measured_at(self, index: int) -> datetime:
        if self._wanted.per_second:
            return NOT_YET
        return self._began_at + timedelta(milliseconds=10 * index)


def level(seq: int, refill_every: int) -> float:
    """Falls with every message; a refill brings it back up."""
    if refill_every:
        return 0.9 - 0.5 * (seq % refill_every) / refill_every
    return max(0.0, 0.95 - seq * 1e-6)


async def publish(wanted: Wanted) -> dict[str, float]:
    began_at = datetime.now(UTC) - timedelta(hours=1)
    fleet = [Device(number, wanted, began_at) for number in range(wanted.devices)]
    for device in fleet:
        device.prepare()
    for device in fleet:
        await device.connect()
    await asyncio.gather(*(device.welcome for device in fleet))
    began_s = time.time()
    if wanted.per_second:
        await pace(fleet, wanted)
    else:
        for device in fleet:
            device.allowed = wanted.messages
            device.push()
    await asyncio.gather(*(device.finished for device in fleet))
    ended_s = time.time()
    for device in fleet:
        device.close()
    if wanted.truth:
        lines = (line for device in fleet for line in device.truth)
        wanted.truth.write_text("".join(f"{line}\n" for line in lines))
    acknowledged = sum(device.acknowledged for device in fleet)
    return {"began_s": began_s, "ended_s": ended_s, "acknowledged": acknowledged}


async def pace(fleet: list[Device], wanted: Wanted) -> None:
    """One message after the other, over all devices in turn."""
    began_s, total, given = time.monotonic(), wanted.devices * wanted.messages, 0
    while given < total:
        due = min(total, int((time.monotonic() - began_s) * wanted.per_second))
        for index in range(given, due):
            device = fleet[index % wanted.devices]
            device.allowed += 1
            device.push()
        given = due
        await asyncio.sleep(TICK_S)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--devices", type=int, required=True)
    parser.add_argument("--messages", type=int, required=True)
    parser.add_argument("--per-second", type=int, default=0)
    parser.add_argument("--refill-every", type=int, default=0)
    parser.add_argument("--truth", type=Path)
    print(json.dumps(loop.run(publish(Wanted(**vars(parser.parse_args()))))))


if __name__ == "__main__":
    main()
