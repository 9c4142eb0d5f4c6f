"""How fast messages are committed, as ratios against named peers in one run on one machine.

    python -m benchmarks.ingest [--quick] [--json FILE]

Everything runs on this machine: publisher, broker, database and the process measured. Absolute
figures say little about another machine; below 15,000 messages a second of mosquitto_sub the
machine is too busy or too small for a verdict.
"""

# ruff: noqa: S603 - it runs our own programs
import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import IO, Any, Final, cast

from benchmarks import ingest_fleet, ingest_nodered
from benchmarks.ingest_platform import KEY
from broker.ingest import ingest
from core.database import Writer, blocking_engine
from devices.intake import Arrival
from runtime.migrate import migrate
from tests.postgresql import PostgreSql, postgresql
from tests.processes import PLATFORM, PLATFORM_PASSWORD, mosquitto, program

DEVICES: Final = 1_000
RATE_FOR_P99: Final = 10_000  # messages a second
LEAST_RAW: Final = 15_000  # messages a second; below it there is no verdict
GOALS: Final = {"sqlite": 1.0, "postgres": 0.7, "gateway": 1.3}
MOST_CPU_US: Final = 25.0
MOST_P99_MS: Final = 150
LEAST_TIMES: Final = {"naive": 40, "nodered": 20}
# The naive peer is measured in a file of its own, with SQLite's defaults as its tutorial leaves
# them, and for comparison in a file of ours, whose write-ahead log it gets for nothing.
PEERS: Final = ("naive", "naive_wal", "nodered")
NODE_RED_S: Final = 300  # how long it may take


@dataclass(frozen=True, slots=True)
class Size:
    runs: int
    messages: int  # of each device
    naive: int  # of each device
    paced: int  # of each device, for the delay
    lasting: int  # of each device, for memory; 0: not measured
    fleets: tuple[int, ...]


FULL: Final = Size(5, 100, 2, 50, 1_000, (100, 1_000, 10_000, 100_000))
QUICK: Final = Size(1, 20, 1, 10, 0, (100, 1_000))


def raw_per_s(port: int, messages: int) -> float:
    """mosquitto_sub to /dev/null, from the first message sent to the last received."""
    total = DEVICES * messages
    command = [program("mosquitto_sub", "mosquitto-clients"), "-p", str(port), "-q", "1"]
    command += ["-u", PLATFORM, "-P", PLATFORM_PASSWORD, "-C", str(total)]
    command += ["-t", "v1/devices/+/telemetry"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as subscriber:
        time.sleep(1)  # it does not say when it is subscribed
        began_s = published(port, messages)["began_s"]
        subscriber.wait()
        return total / (time.time() - began_s)


def published(port: int, messages: int, per_second: int = 0) -> Any:
    with publishing(port, messages, per_second) as publisher:
        return json.loads(publisher.communicate()[0])


@contextmanager
def publishing(
    port: int, messages: int, per_second: int = 0
) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "benchmarks.ingest_publisher", "--port", str(port)]
    command += ["--devices", str(DEVICES), "--messages", str(messages)]
    command += ["--per-second", str(per_second)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        yield process


@contextmanager
def started(command: list[str]) -> Iterator[tuple[subprocess.Popen[str], IO[str]]]:
    """A program and what it prints."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        yield process, cast(IO[str], process.stdout)


def committed(
    url: str, messages: int, *, broker_port: int = 0, per_second: int = 0
) -> dict[str, Any]:
    """What the ingest process says of itself; the rate is from first sent to last committed."""
    total = DEVICES * messages
    command = [sys.executable, "-m", "benchmarks.ingest_platform", "--database", url]
    command += ["--messages", str(total), "--broker", str(broker_port)]
    with started(command) as (platform, said):
        port = int(said.readline())
        with publishing(port, messages, per_second) as publisher:
            told: dict[str, Any] = json.loads(said.readline())
            sent = json.loads(publisher.communicate()[0])
        platform.wait()
    told["per_s"] = total / (told["ended_s"] - sent["began_s"])
    told["lost"], told["twice"] = checked(url, sent["acknowledged"], messages)
    return told


def checked(url: str, acknowledged: int, last_seq: int) -> tuple[int, int]:
    """(acknowledged messages without a row, slots not as after each message once)."""
    engine = blocking_engine(url)
    with engine.begin() as connection:
        rows = connection.exec_driver_sql("SELECT count(*) FROM reading").scalar_one()
        slots = connection.exec_driver_sql("SELECT CAST(fold AS text) FROM slot").all()
    engine.dispose()
    keys = [json.loads(fold)["key"] for (fold,) in slots]
    return acknowledged - rows, sum(key != [1, last_seq] for key in keys)


def naive_per_s(url: str, port: int, messages: int) -> float:
    total = DEVICES * messages
    command = [sys.executable, "-m", "benchmarks.ingest_naive", "--database", url]
    command += ["--broker", str(port), "--messages", str(total)]
    with started(command) as (_, said):
        said.readline()
        began_s = published(port, messages)["began_s"]
        return total / (float(said.readline()) - began_s)


def nodered_per_s(port: int, state: Path, messages: int) -> float | None:
    """None: Node-RED is not installed here."""
    installed = ingest_nodered.folder()
    if installed is None:
        return None
    total = DEVICES * messages
    with ingest_nodered.running(installed, state, port) as database:
        began_s = published(port, messages)["began_s"]
        return total / (ingest_nodered.stored_at(database, total, NODE_RED_S) - began_s)


def cpu_us_by_slots(urls: Callable[[int], str], fleets: tuple[int, ...]) -> dict[int, float]:
    """CPU of ingest and writer thread a message, in this process, by the number of slots."""
    return {slots: asyncio.run(_cpu_us(urls(slots), slots)) for slots in fleets}


async def _cpu_us(url: str, slots: int) -> float:
    writer, began_at = Writer(url), datetime.now(UTC) - timedelta(hours=1)
    messages = max(20_000, 2 * slots)
    batches = []
    for first in range(0, messages, 1_000):
        batch = []
        for n in range(first, first + 1_000):
            seq = n // slots + 1
            body = ingest_fleet.payload(seq, began_at + timedelta(seconds=seq), 0.9)
            batch.append(
                Arrival(ingest_fleet.device_id(n % slots), "telemetry", body, began_at)
            )
        batches.append(batch)
    began_s = time.process_time()
    for batch in batches:
        await ingest(batch, writer=writer)
    spent_s = time.process_time() - began_s
    writer.close()
    return spent_s / messages * 1e6


@dataclass(frozen=True, slots=True)
class Makers:
    """Of databases with a fleet of so many devices, and of brokers."""

    folder: Path
    server: PostgreSql
    names: Iterator[int] = field(default_factory=count)

    def empty(self, _devices: int) -> str:
        """SQLite as a program finds it that makes its own table in a new file."""
        return f"sqlite+aiosqlite:///{self.folder}/{next(self.names)}.db"

    def sqlite(self, devices: int) -> str:
        return _with_fleet(self.empty(devices), devices)

    def postgresql(self, devices: int) -> str:
        name = f"bench_{next(self.names)}"
        self.server.execute(f"CREATE DATABASE {name}")
        return _with_fleet(self.server.url(name), devices)

    def broker(self) -> AbstractContextManager[int]:
        state = self.folder / f"broker-{next(self.names)}"
        state.mkdir()
        os.sync()  # also for the peers
        fleet = range(DEVICES)
        secrets = {ingest_fleet.device_id(n): ingest_fleet.secret(n) for n in fleet}
        return mosquitto(state, secrets)


@contextmanager
def bench() -> Iterator[Makers]:
    with tempfile.TemporaryDirectory() as folder, postgresql() as server:
        yield Makers(Path(folder), server)


def _with_fleet(url: str, devices: int) -> str:
    migrate(url)
    ingest_fleet.provision(url, devices, KEY)
    os.sync()  # what was written before is not to be waited for by who is measured next
    return url


def measure(size: Size) -> dict[str, Any]:
    """Medians of all runs, which take turns because the speed of a machine swings."""
    runs: dict[str, list[dict[str, Any]]] = defaultdict(list)
    with bench() as make:
        for _ in range(size.runs):
            for name, found in _one_run(make, size):
                runs[name].append(found)
        lasting = committed(make.sqlite(DEVICES), size.lasting) if size.lasting else {}
        by_slots = cpu_us_by_slots(make.sqlite, size.fleets)
    rates = {name: [each["per_s"] for each in found] for name, found in runs.items()}
    ours = [each for name in GOALS for each in runs[name]]
    return {
        **{f"{name}_per_s": _middle(rates[name]) for name in ("raw", *GOALS)},
        **{f"{name}_per_s": _middle(rates[name]) for name in PEERS},
        **{f"cpu_us_{name}": _median(runs[name], "cpu_us") for name in GOALS},
        "p99_ms_at_10k": _median(runs["paced"], "p99_ms"),
        "lost": sum(each["lost"] for each in ours),
        "duplicates_effect": sum(each["twice"] for each in ours),
        "rss_growth_mb": lasting.get("rss_growth_mb"),
        "cpu_us_by_slots": {slots: round(us, 1) for slots, us in by_slots.items()},
    }


def _one_run(make: Makers, size: Size) -> Iterator[tuple[str, dict[str, Any]]]:
    with make.broker() as port:
        yield "raw", {"per_s": raw_per_s(port, size.messages)}
    for name, url in (("sqlite", make.sqlite), ("postgres", make.postgresql)):
        with make.broker() as port:
            yield name, committed(url(DEVICES), size.messages, broker_port=port)
    yield "gateway", committed(make.sqlite(DEVICES), size.messages)
    yield "paced", committed(make.sqlite(DEVICES), size.paced, per_second=RATE_FOR_P99)
    for name, url in (("naive", make.empty), ("naive_wal", make.sqlite)):
        with make.broker() as port:
            yield name, {"per_s": naive_per_s(url(0), port, size.naive)}
    with make.broker() as port, tempfile.TemporaryDirectory() as state:
        yield "nodered", {"per_s": nodered_per_s(port, Path(state), size.naive)}


def _middle(rates: list[float | None]) -> int | None:
    """None: it could not be measured."""
    known = [rate for rate in rates if rate is not None]
    return round(statistics.median(known)) if known else None


def _median(found: list[dict[str, Any]], name: str) -> float:
    return round(statistics.median(each[name] for each in found), 1)


def verdicts(found: dict[str, Any]) -> list[str]:
    raw = found["raw_per_s"]
    lines = [f"mosquitto_sub to /dev/null: {raw:,} messages a second"]
    for name, goal in GOALS.items():
        ratio, cpu_us = found[f"{name}_per_s"] / raw, found[f"cpu_us_{name}"]
        word = "met" if ratio >= goal and cpu_us <= MOST_CPU_US else "missed"
        if raw < LEAST_RAW:
            word = "no verdict"
        lines.append(
            f"{name:9} {found[f'{name}_per_s']:>8,} a second, {ratio:5.2f} x raw "
            f"(goal {goal}), {cpu_us:6.1f} us CPU a message (goal {MOST_CPU_US}): {word}"
        )
    lines += [_times(found, name) for name in PEERS]
    word = "met" if found["p99_ms_at_10k"] <= MOST_P99_MS else "missed"
    lines.append(f"p99 at 10,000 a second: goal {MOST_P99_MS} ms: {word}")
    rest = ("p99_ms_at_10k", "lost", "duplicates_effect", "rss_growth_mb", "cpu_us_by_slots")
    return lines + [f"{name}: {found[name]}" for name in rest]


def _times(found: dict[str, Any], name: str) -> str:
    per_s = found[f"{name}_per_s"]
    if per_s is None:
        return f"{name:9} is not installed here (benchmarks/ingest_nodered.py)"
    sqlite, gateway = found["sqlite_per_s"] / per_s, found["gateway_per_s"] / per_s
    line = f"{name:9} {per_s:>8,} a second; SQLite is {sqlite:.0f} x, gateway {gateway:.0f} x"
    if name not in LEAST_TIMES:
        return line
    goal = LEAST_TIMES[name]
    return f"{line} (goal {goal}): {'met' if sqlite >= goal else 'missed'}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short run, to see it work")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    found = measure(QUICK if asked.quick else FULL)
    print("\n".join(verdicts(found)))
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
