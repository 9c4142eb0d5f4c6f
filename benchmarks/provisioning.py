"""What it costs to provision a fleet from a CSV, and how much of it is hashing.

    python benchmarks/provisioning.py [--devices N] [--json FILE]

One line in a hundred is wrong. The model has two slots, the database is a new SQLite file with
full durability. CPU seconds are of this process; the wall clock depends on what else runs.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from rich.console import Console  # noqa: E402

from core.settings import Settings  # noqa: E402
from devices.credentials import for_broker, hash_secret  # noqa: E402
from devices.models import DataSheet, DeviceModel, Measure, SlotSpec  # noqa: E402
from runtime import provision_csv, wiring  # noqa: E402
from runtime.provision import Batch  # noqa: E402


def spec(slot: str) -> SlotSpec:
    return SlotSpec(
        slot=slot,
        title=slot,
        category=slot,
        fits=(slot,),
        capacity=1000,
        unit="ml",
        measure=Measure.LEVEL,
        typical_use_per_day=40,
        most_per_day=400,
    )


MODEL = DeviceModel(
    name="washer",
    version=1,
    slots=(spec("detergent"), spec("softener")),
    data_sheet=DataSheet(
        sends="levels of its two tanks", every_hours=6, kept_where="here", kept_days=400
    ),
)


def hashing_s(count: int) -> float:
    """Two keyed hashes and what Mosquitto verifies, for each device."""
    start = time.process_time()
    for number in range(count):
        hash_secret("s" * 43, b"k" * 32)
        hash_secret("c" * 12, b"k" * 32)
        for_broker(f"washer-{number}", "s" * 43)
    return time.process_time() - start


def write_fleet(path: Path, count: int) -> None:
    with path.open("w") as file:
        file.write("serial,device_id,is_test\n")
        for number in range(count):
            wrong = number % 100 == 99
            file.write('"never closed\n' if wrong else f"SN-{number},washer-{number},\n")


async def run(folder: Path, count: int) -> dict[str, float]:
    write_fleet(folder / "fleet.csv", count)
    batch = Batch(manufacturer="Maker", model=MODEL)
    async with wiring.opened(Settings(home=folder), public_url="") as platform:
        start, start_cpu = time.perf_counter(), time.process_time()
        tally = await provision_csv.provision_csv(
            folder / "fleet.csv", batch, folder / "result.csv", platform, Console(stderr=True)
        )
        return {
            "provisioned": tally.provisioned,
            "refused": tally.refused,
            "wall_s": time.perf_counter() - start,
            "cpu_s": time.process_time() - start_cpu,
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, default=100_000)
    parser.add_argument("--json", type=Path)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(run(Path(folder), wanted.devices))
    found["hashing_cpu_s"] = hashing_s(wanted.devices)
    print(
        f"{found['provisioned']:.0f} provisioned, {found['refused']:.0f} refused:"
        f" {found['wall_s']:.1f} s, {found['cpu_s']:.1f} s of CPU,"
        f" {found['hashing_cpu_s']:.1f} s of them hashing"
    )
    if wanted.json:
        wanted.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
