"""The ingest of the platform alone, behind one door, counting what it commits.

    python -m benchmarks.ingest_platform --database URL --messages 100000 [--broker PORT]

Prints its port when it is ready (the gateway's; behind a broker the broker's), then one JSON
line when all messages are committed.
"""

import argparse
import asyncio
import json
import os
import resource
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from broker.gateway import Gateway
from broker.ingest import Committed
from broker.ingest_process import IngestProcess
from broker.limits import Limits
from broker.subscriber import Broker, Subscriber
from core.clock import WallClock
from core.database import Database
from devices.credentials import authenticator
from devices.intake import Arrival
from runtime import loop
from tests.processes import PLATFORM, PLATFORM_PASSWORD

KEY: Final = b"k" * 32  # that the fleet's secrets are hashed with
# All devices come from one address here, which is counted and never above its limit.
LIMITS: Final = Limits(address_messages_per_s=1e7)
SAMPLED: Final = (
    50  # one of so many messages, by its place in the batch, is asked for its delay
)
SETTLED: Final = 100_000  # messages after which memory is expected to stay flat


@dataclass(slots=True)
class Count:
    """`began`: (seconds since 1970, CPU seconds of both processes) at the first message."""

    wanted: int
    process: IngestProcess
    done: asyncio.Event = field(default_factory=asyncio.Event)
    outcomes: Counter[str] = field(default_factory=Counter)
    began: tuple[float, float] | None = None
    ended: tuple[float, float] = (0.0, 0.0)
    delays_ms: list[float] = field(default_factory=list)
    settled_mb: float = 0.0

    async def ingest(self, batch: Sequence[Arrival]) -> Committed:
        self.began = self.began or (time.time(), self.cpu_s())
        committed = await self.process(batch)
        self.outcomes.update(committed.outcomes)
        self.delays_ms += map(_delay_ms, batch[::SAMPLED])
        count = self.outcomes.total()
        if count >= SETTLED and not self.settled_mb:
            self.settled_mb = self.rss_mb()
        if count >= self.wanted:
            self.ended = time.time(), self.cpu_s()
            self.done.set()
        return committed

    def told(self) -> dict[str, object]:
        began_s, began_cpu_s = self.began or (0.0, 0.0)
        ended_s, ended_cpu_s = self.ended
        delays = sorted(self.delays_ms)
        return {
            "ended_s": ended_s,
            "seconds": ended_s - began_s,
            "cpu_us": (ended_cpu_s - began_cpu_s) / self.outcomes.total() * 1e6,
            "p99_ms": delays[len(delays) * 99 // 100],
            "outcomes": dict(self.outcomes),
            "rss_growth_mb": self.rss_mb() - self.settled_mb if self.settled_mb else None,
            "rss_mb": self.rss_mb(),
        }

    def cpu_s(self) -> float:
        """Of door and ingest together."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        ticks = sum(map(int, fields[11:13]))  # utime and stime
        return time.process_time() + ticks / os.sysconf("SC_CLK_TCK")

    def rss_mb(self) -> float:
        """Of door and ingest together."""
        statms = (Path(f"/proc/{pid}/statm") for pid in ("self", self.process.pid))
        pages = sum(int(each.read_text().split()[1]) for each in statms)
        return pages * resource.getpagesize() / 1e6


def _delay_ms(arrival: Arrival) -> float:
    """From the device's time to now."""
    measured_at = datetime.fromisoformat(json.loads(arrival.payload)["measured_at"])
    return (datetime.now(UTC) - measured_at).total_seconds() * 1e3


async def run(url: str, messages: int, broker_port: int) -> None:
    process, database = IngestProcess(url), Database(url)
    await process(())
    count = Count(messages, process)
    door, port = await _door(database, count, broker_port)
    print(port, flush=True)
    await count.done.wait()
    await door.close()
    print(json.dumps(count.told()), flush=True)
    process.close()
    await database.close()


async def _door(
    database: Database, count: Count, broker_port: int
) -> tuple[Gateway | Subscriber, int]:
    if not broker_port:
        is_right = authenticator(database, KEY)

        async def authenticate(device_id: str, secret: bytes) -> bool:
            return await is_right(device_id, secret.decode())

        gateway = Gateway(
            authenticate=authenticate, ingest=count.ingest, clock=WallClock(), limits=LIMITS
        )
        return gateway, await gateway.start("127.0.0.1", 0)
    broker = Broker(
        host="127.0.0.1", port=broker_port, username=PLATFORM, password=PLATFORM_PASSWORD
    )
    subscriber = Subscriber(broker=broker, ingest=count.ingest, clock=WallClock())
    subscriber.start()
    while not subscriber.is_subscribed:  # noqa: ASYNC110 - it tells nobody
        await asyncio.sleep(0.05)
    return subscriber, broker_port


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", required=True)
    parser.add_argument("--messages", type=int, required=True)
    parser.add_argument("--broker", type=int, default=0)
    asked = parser.parse_args()
    loop.run(run(asked.database, asked.messages, asked.broker))


if __name__ == "__main__":
    main()
