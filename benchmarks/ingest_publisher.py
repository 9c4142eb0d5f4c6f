"""Devices that publish with QoS 1 until every message is acknowledged, over any interruption.

    python -m benchmarks.ingest_publisher --port 1883 --devices 1000 --messages 100

Prints one JSON line: when it began and ended (seconds since 1970), and what was acknowledged.
It must be no bottleneck on the machine that it shares with what is measured: packets are made
before the clock starts, of which only the time may be put in later; acknowledgements, of four
bytes each, are counted and not decoded; and sockets are looked at in turn, because to be woken
for each acknowledgement costs more than to send a message.
"""

import argparse
import json
import socket
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Final

from benchmarks import ingest_fleet
from core import garbage, mqtt
from core.mqtt_decoder import Decoder
from devices import wire

WINDOW: Final = 20  # messages of one device on their way
RETRY_S: Final = 0.2
CONNECT_WITHIN_S: Final = 1.0
TICK_S: Final = 0.01
TURNS: Final = 10  # ticks in which each device is looked at once; less than a window lasts
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


class Device:
    """PUBACKs come in the order of the messages, so a count is enough to go on from."""

    def __init__(self, number: int, wanted: Wanted, began_at: datetime) -> None:
        self.acknowledged = 0
        self.allowed = 0
        self.was_welcome = False
        self.truth: list[str] = []  # of each acknowledged message a JSON line, in their order
        self._number = number
        self._wanted = wanted
        self._began_at = began_at
        self._sent = 0
        self._packets: dict[int, bytes] = {}
        self._lines: dict[int, str] = {}  # of those for the truth
        self._socket: socket.socket | None = None
        self._is_welcome = False
        self._unsent = b""
        self._again_s = 0.0  # when to connect

    @property
    def is_finished(self) -> bool:
        return self.acknowledged == self._wanted.messages

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

    def look(self) -> None:
        """Takes what has come and sends what may be sent; connects anew where that is lost."""
        try:
            if self._socket is None:
                self._connect()
            else:
                self._read(self._socket)
        except OSError:
            self._lose()
        self._push()

    def allow(self, messages: int) -> None:
        self.allowed += messages
        self._push()

    def _push(self) -> None:
        """Half a window at a time, or the last that is allowed."""
        until = min(self.allowed, self.acknowledged + WINDOW)
        is_enough = until == self.allowed or until - self._sent >= WINDOW // 2
        if self._is_welcome and self._sent < until and is_enough:
            if self._wanted.per_second:
                self._put_time_in(range(self._sent, until))
            packets = [self._packets[index] for index in range(self._sent, until)]
            self._sent = until
            self._unsent += b"".join(packets)
        if self._socket and self._unsent:
            self._send(self._socket)

    def close(self) -> None:
        if self._socket:
            self._socket.close()

    def _connect(self) -> None:
        if time.monotonic() < self._again_s:
            return
        address = ("127.0.0.1", self._wanted.port)
        self._socket = socket.create_connection(address, CONNECT_WITHIN_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.setblocking(False)
        self._decoder = Decoder(LARGEST)
        self._bytes = 0  # of an acknowledgement that is not there as a whole
        name = ingest_fleet.device_id(self._number)
        secret = ingest_fleet.secret(self._number).encode()
        hello = mqtt.Connect(name, is_clean_session=True, username=name, password=secret)
        self._unsent = mqtt.encode(hello)

    def _lose(self) -> None:
        self.close()
        self._socket, self._is_welcome = None, False
        self._again_s = time.monotonic() + RETRY_S

    def _send(self, to: socket.socket) -> None:
        try:
            self._unsent = self._unsent[to.send(self._unsent) :]
        except BlockingIOError:
            pass  # the next look tries again
        except OSError:
            self._lose()

    def _read(self, of: socket.socket) -> None:
        try:
            chunk = of.recv(LARGEST)
        except BlockingIOError:
            return
        if not chunk:
            raise ConnectionResetError
        if self._is_welcome:
            acknowledged, self._bytes = divmod(self._bytes + len(chunk), PUBACK_BYTES)
            self._note(acknowledged)
        elif mqtt.Connack(mqtt.ConnackCode.ACCEPTED) in self._decoder.feed(chunk):
            self._is_welcome = self.was_welcome = True
            self._sent = self.acknowledged

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

    def _note(self, acknowledged: int) -> None:
        for index in range(self.acknowledged, self.acknowledged + acknowledged):
            del self._packets[index]
            if self._wanted.truth:
                self.truth.append(self._lines.pop(index))
        self.acknowledged += acknowledged

    def _measured_at(self, index: int) -> datetime:
        if self._wanted.per_second:
            return NOT_YET
        return self._began_at + timedelta(milliseconds=10 * index)


def level(seq: int, refill_every: int) -> float:
    """Falls with every message; a refill brings it back up."""
    if refill_every:
        return 0.9 - 0.5 * (seq % refill_every) / refill_every
    return max(0.0, 0.95 - seq * 1e-6)


def publish(wanted: Wanted) -> dict[str, float]:
    began_at = datetime.now(UTC) - timedelta(hours=1)
    fleet = [Device(number, wanted, began_at) for number in range(wanted.devices)]
    for device in fleet:
        device.prepare()
    while not all(device.was_welcome for device in fleet):
        for device in fleet:
            device.look()
        time.sleep(TICK_S)
    began_s = time.time()
    drive(fleet, wanted)
    ended_s = time.time()
    for device in fleet:
        device.close()
    if wanted.truth:
        lines = (line for device in fleet for line in device.truth)
        wanted.truth.write_text("".join(f"{line}\n" for line in lines))
    acknowledged = sum(device.acknowledged for device in fleet)
    return {"began_s": began_s, "ended_s": ended_s, "acknowledged": acknowledged}


def drive(fleet: Sequence[Device], wanted: Wanted) -> None:
    """Until every message is acknowledged."""
    began_s, allowed = time.monotonic(), 0
    for turn in count():
        due = int((time.monotonic() - began_s) * wanted.per_second)
        allowed = allow(fleet, wanted, allowed, due)
        for device in fleet[turn % TURNS :: TURNS]:
            device.look()
        if turn % TURNS == 0 and all(device.is_finished for device in fleet):
            return
        time.sleep(TICK_S)


def allow(fleet: Sequence[Device], wanted: Wanted, allowed: int, due: int) -> int:
    """Paced, one message after the other until `due`, over all devices in turn; or all at
    once. Returns how many are allowed now.
    """
    total = wanted.devices * wanted.messages
    if not wanted.per_second and not allowed:
        for device in fleet:
            device.allow(wanted.messages)
        return total
    for index in range(allowed, min(total, due)):
        fleet[index % wanted.devices].allow(1)
    return max(allowed, min(total, due))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--devices", type=int, required=True)
    parser.add_argument("--messages", type=int, required=True)
    parser.add_argument("--per-second", type=int, default=0)
    parser.add_argument("--refill-every", type=int, default=0)
    parser.add_argument("--truth", type=Path)
    garbage.collect_seldom()
    print(json.dumps(publish(Wanted(**vars(parser.parse_args())))))


if __name__ == "__main__":
    main()
