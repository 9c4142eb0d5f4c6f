"""`nachschub simulate --fleet` as a person runs it, and that its expectation can fail."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from broker.admission import admission
from broker.gateway import Gateway
from broker.ingest import Committed
from core.clock import WallClock
from core.settings import Settings
from devices.batch import Outcome
from devices.intake import Arrival
from runtime import wiring
from tests.processes import ROOT, wait_until

SMALL = ROOT / "examples" / "fleet-small.yaml"
VICTIM = "washer-000001"
TINY = """\
name: Four devices
seed: 1
days: 3
seconds: 2
devices:
  - {model: washer-w7, count: 3, every_hours: 12}
  - {model: coffee-b4, count: 1, every_hours: 12}
faults: {garbage: 0.3, loss: 0.05}
"""
DEADLINE_S = 240


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "runtime", "simulate", *map(str, arguments)]


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "COLUMNS": "200", **more}


def test_a_street_with_every_fault_loses_nothing(tmp_path: Path) -> None:
    truth = tmp_path / "truth.jsonl"
    run = subprocess.run(
        command("--fleet", SMALL, "--expect", "no-loss", "--truth", truth, "--json"),
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    told: dict[str, Any] = json.loads(run.stdout)
    assert told["is_right"]
    assert told["connected"] == told["devices"] == 50
    assert told["acknowledged"] > 1_000
    assert told["received"] > 0
    assert sorted(told["faults"]) == [
        *("clock_skew", "counter_reset", "delay", "duplicate", "flood", "garbage"),
        *("identical_serials", "late", "loss", "reboot", "reordered", "unknown"),
    ]
    assert min(told["faults"].values()) > 0
    assert all(each["compared"] > 0 for each in told["findings"])
    assert len(truth.read_text().splitlines()) > 2_000


class Forgetful:
    """Acknowledges everything, and keeps nothing that the victim measured."""

    def __init__(self, platform: wiring.Platform) -> None:
        self._ingest = platform.ingest

    async def ingest(self, batch: Sequence[Arrival]) -> Committed:
        kept = [
            each for each in batch if (each.device_id, each.channel) != (VICTIM, "telemetry")
        ]
        committed = await self._ingest(kept)
        return Committed([Outcome.RECORDED] * len(batch), committed.receipts)


async def test_a_platform_that_forgets_is_found_out_and_its_devices_are_named(
    tmp_path: Path,
) -> None:
    scenario, home = tmp_path / "fleet.yaml", tmp_path / "home"
    scenario.write_text(TINY)
    async with wiring.opened(Settings(home=home), public_url="") as platform:
        gateway = Gateway(
            authenticate=admission(platform.database, platform.device_key, wall=platform.wall),
            ingest=Forgetful(platform).ingest,
            clock=WallClock(),
        )
        port = await gateway.start("127.0.0.1", 0)
        process = await asyncio.create_subprocess_exec(
            *command("--fleet", scenario, "--expect", "no-loss"),
            *("--platform", f"mqtt://127.0.0.1:{port}"),
            *("--truth", str(tmp_path / "truth.jsonl")),
            cwd=ROOT,
            env=environment(NACHSCHUB_HOME=str(home)),
            stdout=subprocess.PIPE,
        )
        async with asyncio.timeout(DEADLINE_S):
            said, _ = await process.communicate()
        await gateway.close()
    assert process.returncode == 1
    lost = [line for line in said.decode().splitlines() if "is lost" in line]
    assert lost
    assert all(VICTIM in line for line in lost)
    assert f"{VICTIM} detergent: " in said.decode()
    assert "washer-000002 detergent: " not in said.decode()


def test_a_wrong_scenario_is_told_with_its_line(tmp_path: Path) -> None:
    scenario = tmp_path / "fleet.yaml"
    scenario.write_text(TINY.replace("washer-w7", "toaster"))
    run = subprocess.run(
        command("--fleet", scenario),
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    assert run.returncode == 2
    assert f"{scenario}:6: devices.0.model: 'toaster'" in run.stderr


def test_ended_in_the_middle_it_leaves_no_platform_behind(tmp_path: Path) -> None:
    scenario, home = tmp_path / "fleet.yaml", tmp_path / "home"
    scenario.write_text(TINY.replace("seconds: 2", "seconds: 900"))
    truth = tmp_path / "truth.jsonl"
    options = ("--folder", home, "--truth", truth)
    process = subprocess.Popen(
        command("--fleet", scenario, *options), cwd=ROOT, env=environment()
    )
    try:
        wait_until(truth.exists, what="the fleet lives", within_s=DEADLINE_S)
        found = subprocess.run(
            ["pgrep", "-P", str(process.pid), "-f", "runtime all"],
            capture_output=True,
            text=True,
            check=True,
        )
        [platform] = found.stdout.split()
        process.send_signal(signal.SIGTERM)
        assert process.wait(DEADLINE_S) == 130
        assert not Path(f"/proc/{platform}").exists()
    finally:
        process.kill()
        process.wait()
