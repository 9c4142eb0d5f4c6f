"""What Mosquitto's saves cost while messages wait for a platform that is away.

    python -m benchmarks.mosquitto_saves [--messages 500] [--seconds 20]

For each interval: how fast it takes messages, and what it writes and works afterwards, when
nothing comes any more. Ratios of one run on one machine.
"""

import argparse
import asyncio
import os
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks import ingest_fleet
from benchmarks.ingest import DEVICES, published
from broker.mosquitto_probe import Address, opened
from core import mqtt
from devices import wire
from tests.processes import PLATFORM, PLATFORM_PASSWORD, mosquitto

INTERVALS: Final = (1, 4, 9, 29)  # seconds in mosquitto.conf; it saves one second later


@dataclass(frozen=True, slots=True)
class Spent:
    """By the broker, so far."""

    written_mb: float
    cpu_s: float

    @classmethod
    def of(cls, pid: int) -> "Spent":
        told = dict(
            line.split(": ") for line in Path(f"/proc/{pid}/io").read_text().splitlines()
        )
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks = sum(map(int, fields[11:13]))  # utime and stime
        return cls(int(told["write_bytes"]) / 1e6, ticks / os.sysconf("SC_CLK_TCK"))


@contextmanager
def broker(interval: int) -> Iterator[tuple[int, int]]:
    """(port, process id) of the shipped configuration with another interval."""
    secrets = {ingest_fleet.device_id(n): ingest_fleet.secret(n) for n in range(DEVICES)}
    with tempfile.TemporaryDirectory() as folder, mosquitto(Path(folder), secrets) as port:
        pid = int((Path(folder) / "mosquitto" / "mosquitto.pid").read_text())
        configuration = Path(folder) / "mosquitto.conf"
        shipped = configuration.read_text()
        line = next(each for each in shipped.split("\n") if each.startswith("autosave_i"))
        configuration.write_text(shipped.replace(line, f"autosave_interval {interval}"))
        os.kill(pid, signal.SIGHUP)
        yield port, pid


async def keep_for_the_platform(port: int) -> None:
    """A session that waits from now on."""
    hello = mqtt.Connect(
        "nachschub-ingest",
        is_clean_session=False,
        username=PLATFORM,
        password=PLATFORM_PASSWORD.encode(),
    )
    async with opened(Address("127.0.0.1", port)) as probe:
        await probe.connect(hello)
        await probe.subscribe(wire.topic("+", "telemetry"))
        await probe.disconnect()


def measured(interval: int, messages: int, seconds: int) -> str:
    with broker(interval) as (port, pid):
        asyncio.run(keep_for_the_platform(port))
        told = published(port, messages)
        before = Spent.of(pid)
        time.sleep(seconds)
        after = Spent.of(pid)
    per_s = DEVICES * messages / (told["ended_s"] - told["began_s"])
    written = (after.written_mb - before.written_mb) / seconds
    busy = (after.cpu_s - before.cpu_s) / seconds
    return f"{interval + 1:>8} s {per_s:>12,.0f} {written:>14.1f} {busy:>14.1%}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=500, help="of each of 1,000 devices")
    parser.add_argument("--seconds", type=int, default=20, help="to look on afterwards")
    asked = parser.parse_args()
    print("a save each   taken a second   MB/s afterwards   busy afterwards")
    for interval in INTERVALS:
        print(measured(interval, asked.messages, asked.seconds), flush=True)


if __name__ == "__main__":
    main()
