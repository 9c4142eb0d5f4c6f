"""Each comparison of a fleet's truth with the database agrees with a good run, and can fail."""

import asyncio
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from core.clock import WallClock
from core.database import Database
from core.settings import Settings
from firmware_sim import fleet_facts, fleet_scenario
from firmware_sim.fleet import Door, Fleet, members
from runtime import fleet_check, fleet_platform, wiring
from runtime.reconcile import Finding

SCENARIO = """\
name: Eight devices
seed: 8
days: 6
seconds: 2
households: {count: 1, devices: 2}
devices:
  - {model: washer-w7, count: 4, every_hours: 12}
  - {model: coffee-b4, count: 4, every_hours: 12}
faults: {garbage: 0.3, duplicate: 0.1, delay: {chance: 0.1}}
"""


def silent(_phase: str, _done: int, _of: int) -> None: ...


async def lived(folder: Path) -> None:
    scenario = fleet_scenario.read(SCENARIO, "fleet.yaml")
    settings = Settings(home=folder)
    secrets = await fleet_platform.furnish(settings, list(members(scenario)), silent)
    with (folder / "truth.jsonl").open("wb") as truth:
        async with wiring.opened(settings, public_url="") as platform:
            gateway = wiring.gateway(platform)
            door = Door("127.0.0.1", await gateway.start("127.0.0.1", 0))
            await Fleet(
                scenario,
                secrets,
                door,
                record=lambda fact: truth.write(fleet_facts.line(fact)),
                clock=WallClock(),
            ).run(silent)
            await gateway.close()


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fleet") / "home"
    asyncio.run(lived(folder))
    return folder


async def findings(folder: Path) -> dict[str, Finding]:
    database = Database(Settings(home=folder).database)
    found = await fleet_check.compare(folder / "truth.jsonl", database.snapshot, silent)
    await database.close()
    return {each.what: each for each in found}


async def test_a_good_run_agrees_in_everything(good: Path) -> None:
    found = await findings(good)
    assert [each.wrong for each in found.values()] == [()] * 7
    assert all(each.compared > 0 for each in found.values())


@pytest.mark.parametrize(
    ("damage", "where"),
    [
        ("DELETE FROM reading WHERE device_id = 'washer-000001' AND seq = 2", "acknowledged m"),
        ("UPDATE reading SET level = 0.5 WHERE device_id = 'washer-000001'", "acknowledged m"),
        (
            "UPDATE reading SET seq = 99999 WHERE device_id = 'washer-000001' AND seq = 2",
            "store",
        ),
        ("UPDATE slot SET in_slot = in_slot - 1 WHERE device_id = 'washer-000001'", "levels"),
        ("UPDATE day_use SET used = 2 * used WHERE device_id = 'washer-000001'", "use"),
        ("DELETE FROM device_event WHERE device_id = REFILLED", "acknowledged m"),
        ("DELETE FROM refill WHERE device_id = REFILLED", "refills"),
        ("DELETE FROM quarantine WHERE device_id = GARBLED", "garbage"),
        (
            "UPDATE quarantine SET device_id = 'washer-000001', code = 'glitch'"
            " WHERE device_id = GARBLED",
            "garbage",
        ),
    ],
)
async def test_what_was_lost_changed_or_counted_twice_is_named(
    good: Path, tmp_path: Path, damage: str, where: str
) -> None:
    folder = tmp_path / "home"
    shutil.copytree(good, folder)
    with closing(sqlite3.connect(folder / "nachschub.db")) as connection, connection:
        named: dict[str, Callable[[], str]] = {
            "REFILLED": lambda: _one(connection, "SELECT device_id FROM device_event"),
            "GARBLED": lambda: _one(connection, "SELECT device_id FROM quarantine"),
        }
        device_id = "washer-000001"
        for word, find in named.items():
            if word in damage:
                device_id = find()
                damage = damage.replace(word, f"'{device_id}'")
        assert connection.execute(damage).rowcount > 0
    wrong = {what: each.wrong for what, each in (await findings(folder)).items() if each.wrong}
    assert wrong
    assert any(what.startswith(where) for what in wrong)
    assert all(
        device_id in line or "washer-000001" in line for x in wrong.values() for line in x
    )


def _one(connection: sqlite3.Connection, statement: str) -> str:
    found: tuple[str] = connection.execute(f"{statement} ORDER BY 1 LIMIT 1").fetchone()
    return found[0]


async def test_what_was_never_acknowledged_is_named(good: Path, tmp_path: Path) -> None:
    folder = tmp_path / "home"
    shutil.copytree(good, folder)
    truth = folder / "truth.jsonl"
    lines = truth.read_bytes().splitlines(keepends=True)
    answers = [n for n, line in enumerate(lines) if b'"Acknowledged"' in line]
    del lines[answers[0]]
    receipts = [n for n, line in enumerate(lines) if b'"Received"' in line]
    del lines[receipts[0]]
    truth.write_bytes(b"".join(lines))
    wrong = (await findings(folder))["messages acknowledged, events with a receipt"].wrong
    assert len(wrong) == 2
    assert "not acknowledged" in wrong[0] + wrong[1]
    assert "without a receipt" in wrong[0] + wrong[1]
