"""Memory of a gateway with connected devices that say nothing, with and without TLS.

    python -m benchmarks.idle_devices --devices 10000 [--tls PEM]

The gateway is a process of its own, the devices another; each has subscribed to its receipts
and commands and has told its status once. Linux: reads /proc.
"""

import argparse
import asyncio
import multiprocessing
import resource
import socket
import ssl
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from broker import tls
from broker.gateway import Gateway
from broker.ingest import Committed
from broker.limits import Limits
from core import mqtt
from core.clock import WallClock
from core.settings import LOOPBACK
from devices import wire
from devices.batch import Outcome
from devices.intake import Arrival

MOST_MB = 100.0  # of the whole process, without TLS
OTHER_FILES = 100


@dataclass(frozen=True)
class Idle:
    devices: int
    empty_mb: float  # the process before the first device
    full_mb: float
    connect_s: float
    idle_cpu_percent: float  # of one processor, over five seconds

    @property
    def bytes_each(self) -> float:
        return (self.full_mb - self.empty_mb) * 1024 * 1024 / self.devices


async def authenticate(device_id: str, _secret: bytes) -> str | None:
    return f"{device_id:>064}"  # as long as a stored hash


async def ingest(batch: Sequence[Arrival]) -> Committed:
    return Committed([Outcome.RECORDED] * len(batch), {})


def serve(pipe: Connection, certificate: Path | None) -> None:
    """Answers each line with what it measures; ends with the pipe."""

    async def run() -> None:
        gateway = Gateway(
            authenticate=authenticate,
            ingest=ingest,
            clock=WallClock(),
            limits=Limits(trusted=LOOPBACK, connections=100_000),
        )
        context = tls.context(certificate) if certificate else None
        pipe.send(await gateway.start("127.0.0.1", 0, tls=context))
        loop = asyncio.get_running_loop()
        while await loop.run_in_executor(None, pipe.recv):
            gateway.errands.commands.clear()  # as the watch does, twice a second
            gateway.errands.sessions.clear()
            pipe.send((gateway.connected_count, rss_mb(), time.process_time()))
        await gateway.close()

    asyncio.run(run())


def rss_mb() -> float:
    status = Path("/proc/self/status").read_text()
    kilobytes = next(
        line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")
    )
    return int(kilobytes) / 1024


def connect(port: int, device_id: str, context: ssl.SSLContext | None) -> socket.socket:
    """Returns when the gateway has acknowledged all."""
    line = socket.create_connection(("127.0.0.1", port))
    if context is not None:
        line = context.wrap_socket(line, server_hostname="127.0.0.1")
    topics = [wire.topic(device_id, channel) for channel in ("receipt", "command")]
    birth = b'{"v":1,"state":"online","boot_id":17,"firmware":"2.1"}'
    packets = (
        mqtt.Connect(device_id, keep_alive_s=600, username=device_id, password=b"x" * 43),
        mqtt.Subscribe(1, tuple((topic, 1) for topic in topics)),
        mqtt.Publish(wire.topic(device_id, "status"), birth, 1, 2, is_retained=True),
    )
    line.sendall(b"".join(map(mqtt.encode, packets)))
    left = 4 + 6 + 4  # bytes of CONNACK, SUBACK and PUBACK
    while left:
        received = len(line.recv(left))
        if received == 0:
            raise ConnectionRefusedError(device_id)
        left -= received
    return line


def measure(devices: int, certificate: Path | None = None) -> Idle:
    allow_files(devices + OTHER_FILES)
    context = ssl.create_default_context(cafile=certificate) if certificate else None
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(
        target=serve, args=(there, certificate)
    )
    process.start()
    port = here.recv()
    _, empty_mb, _ = asked(here)
    began_s = time.monotonic()
    lines = [connect(port, f"device-{number:05d}", context) for number in range(devices)]
    connect_s = time.monotonic() - began_s
    count, full_mb, before_s = asked(here)
    if count != devices:
        raise RuntimeError(f"{count} of {devices} devices are connected")
    time.sleep(5)
    _, _, after_s = asked(here)
    here.send(False)
    process.join()
    for line in lines:
        line.close()
    return Idle(devices, empty_mb, full_mb, connect_s, 100 * (after_s - before_s) / 5)


def asked(pipe: Connection) -> tuple[int, float, float]:
    pipe.send(True)
    found: tuple[int, float, float] = pipe.recv()
    return found


def allow_files(count: int) -> None:
    """For this process and the one it starts. Raises ValueError when the system forbids it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))


def main() -> int:
    parser = argparse.ArgumentParser(description="Memory of a gateway with idle devices.")
    parser.add_argument("--devices", type=int, default=10_000)
    parser.add_argument(
        "--tls", metavar="PEM", type=Path, help="certificate for 127.0.0.1 and key"
    )
    wanted = parser.parse_args()
    found = measure(wanted.devices, wanted.tls)
    print(
        f"{found.devices} idle devices {'with TLS' if wanted.tls else 'without TLS'}: "
        f"{found.full_mb:.1f} MB, of them {found.empty_mb:.1f} MB before the first; "
        f"{found.bytes_each:.0f} bytes each; connected in {found.connect_s:.1f} s; "
        f"{found.idle_cpu_percent:.1f} % of a processor while idle"
    )
    return 0 if wanted.tls or found.full_mb < MOST_MB else 1


if __name__ == "__main__":
    sys.exit(main())
