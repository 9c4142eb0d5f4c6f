"""kill -9 of the platform and a database that is away, at both doors, on both databases.

Devices publish all the while and write down what was acknowledged. That is the truth: recorded
once more, without any fault, it must give the same rows.

INGEST_KILLS and INGEST_AWAY_S make it longer: 50 kills, 60 seconds.
"""

import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Literal, cast

import pytest
from sqlalchemy import create_engine, func, select
from sqlmodel import SQLModel

from benchmarks import ingest_fleet
from core.database import blocking_engine, synchronous
from core.keys import load_key
from core.settings import Settings
from devices import readings
from devices.credentials import DEVICE_KEY
from devices.intake import Arrival
from devices.tables import (
    DayUseRow,
    DeviceEventRow,
    QuarantineRow,
    ReadingRow,
    RefillRow,
    SlotRow,
    StockRow,
)
from runtime.migrate import migrate
from tests.postgresql import PostgreSql, postgresql
from tests.processes import (
    PLATFORM,
    PLATFORM_PASSWORD,
    ROOT,
    free_port,
    mosquitto,
    wait_until,
)

KILLS = int(os.environ.get("INGEST_KILLS", "5"))
AWAY_S = float(os.environ.get("INGEST_AWAY_S", "6"))  # longer than SQLite waits for a lock
DEVICES, REFILL_EVERY, PER_SECOND = 20, 10, 200
SETTLED_S = 120

DoorName = Literal["gateway", "mosquitto"]
RECEIVED = ("received_at", "heard_at", "changed_at", "created_at", "next_review_at")
COMPARED = (ReadingRow, DeviceEventRow, RefillRow, DayUseRow, QuarantineRow, SlotRow, StockRow)


@dataclass(frozen=True)
class Site:
    settings: Settings
    server: PostgreSql | None

    @property
    def url(self) -> str:
        return self.settings.database

    @contextmanager
    def database_away(self) -> Iterator[None]:
        """PostgreSQL is stopped; of SQLite somebody else holds the write lock."""
        if self.server is not None:
            self.server.stop()
            yield
            self.server.start()
            return
        file = self.url.partition(":///")[2]
        with closing(sqlite3.connect(file, isolation_level=None, timeout=60)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield
            connection.execute("ROLLBACK")


@contextmanager
def site(folder: Path, door: DoorName, on: str) -> Iterator[Site]:
    """A migrated database with the fleet, and the broker where there is one."""
    with ExitStack() as stack:
        server = stack.enter_context(postgresql()) if on == "postgresql" else None
        url = ""
        if server is not None:
            server.execute("CREATE DATABASE platform")
            url = server.url("platform")
        port = free_port()
        if door == "mosquitto":
            fleet = range(DEVICES)
            secrets = {ingest_fleet.device_id(n): ingest_fleet.secret(n) for n in fleet}
            port = stack.enter_context(mosquitto(folder, secrets))
        settings = Settings(
            home=folder / "home",
            database_url=url,
            door=door,
            mqtt_port=port,
            mqtt_user=PLATFORM,
            mqtt_password=PLATFORM_PASSWORD,
        )
        settings.home.mkdir()
        migrate(settings.database)
        ingest_fleet.provision(settings.database, DEVICES, load_key(settings.keys, DEVICE_KEY))
        yield Site(settings, server)


@contextmanager
def platform(settings: Settings, kills: int = 0) -> Iterator[IO[str]]:
    """Killed so often; yields what it prints of that."""
    command = [sys.executable, "-m", "tests.system.ingest_lives", settings.model_dump_json()]
    command += [str(kills), "1"]
    process = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    said = cast(IO[str], process.stdout)
    try:
        assert said.readline() == "open\n"
        yield said
    finally:
        process.communicate("")


@contextmanager
def publishing(port: int, messages: int, truth: Path) -> Iterator[subprocess.Popen[str]]:
    options = {
        "port": port,
        "devices": DEVICES,
        "messages": messages,
        "per-second": PER_SECOND,
        "refill-every": REFILL_EVERY,
        "truth": truth,
    }
    command = [sys.executable, "-m", "benchmarks.ingest_publisher"]
    command += [f"--{name}={value}" for name, value in options.items()]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        yield process


def acknowledged(truth: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in truth.read_text().splitlines()]


def stored(url: str) -> int:
    """Messages; each has one slot or is an event."""
    engine = create_engine(synchronous(url))
    with engine.begin() as connection:
        counts = [
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (ReadingRow, DeviceEventRow)
        ]
    engine.dispose()
    return sum(counts)


def rows(url: str) -> dict[str, list[str]]:
    """All that messages have changed, without the times of their receipt."""
    engine = blocking_engine(url)
    found = {}
    with engine.begin() as connection:
        for table in COMPARED:
            whole = SQLModel.metadata.tables[table.__tablename__].c
            columns = [each for each in whole if each.name not in RECEIVED]
            found[table.__tablename__] = sorted(map(repr, connection.execute(select(*columns))))
    engine.dispose()
    return found


def recorded_without_fault(truth: list[dict[str, Any]], folder: Path) -> dict[str, list[str]]:
    url = f"sqlite+aiosqlite:///{folder}/clean.db"
    migrate(url)
    ingest_fleet.provision(url, DEVICES, b"k" * 32)
    engine = blocking_engine(url)
    batch = [
        Arrival(
            device_id=each["device_id"],
            channel=each["channel"],
            payload=each["payload"].encode(),
            received_at=datetime.now(UTC),
        )
        for each in truth
    ]
    with engine.begin() as connection:
        readings.record(connection, batch)
    engine.dispose()
    return rows(url)


@pytest.mark.parametrize("on", ["sqlite", "postgresql"])
@pytest.mark.parametrize("door", ["gateway", "mosquitto"])
def test_killed_at_random_moments_nothing_acknowledged_is_lost_or_counts_twice(
    tmp_path: Path, door: DoorName, on: str
) -> None:
    truth, messages = tmp_path / "truth.jsonl", 10 * (KILLS + 5)
    with (
        site(tmp_path, door, on) as found,
        platform(found.settings, KILLS) as said,
        publishing(found.settings.mqtt_port, messages, truth) as publisher,
    ):
        assert [said.readline() for _ in range(KILLS)] == ["killed\n"] * KILLS
        settled(found, publisher, messages)
        compare(found, truth, messages, tmp_path)


@pytest.mark.parametrize("on", ["sqlite", "postgresql"])
@pytest.mark.parametrize("door", ["gateway", "mosquitto"])
def test_while_the_database_is_away_messages_wait_and_go_on_by_themselves(
    tmp_path: Path, door: DoorName, on: str
) -> None:
    truth, messages = tmp_path / "truth.jsonl", 100
    with (
        site(tmp_path, door, on) as found,
        platform(found.settings),
        publishing(found.settings.mqtt_port, messages, truth) as publisher,
    ):
        wait_until(lambda: stored(found.url) > DEVICES, what="the first messages")
        with found.database_away():
            time.sleep(AWAY_S)  # the fault itself
        settled(found, publisher, messages)
        compare(found, truth, messages, tmp_path)


def settled(found: Site, publisher: subprocess.Popen[str], messages: int) -> None:
    publisher.wait(SETTLED_S)
    total = DEVICES * messages
    what = f"{total} messages stored"
    wait_until(lambda: stored(found.url) == total, what=what, within_s=SETTLED_S)


def compare(found: Site, truth: Path, messages: int, folder: Path) -> None:
    told = acknowledged(truth)
    assert len(told) == DEVICES * messages
    with_faults, without = rows(found.url), recorded_without_fault(told, folder)
    assert len(without["refill"]) >= DEVICES * (messages // REFILL_EVERY - 1)
    for table, expected in without.items():
        assert with_faults[table] == expected, table
