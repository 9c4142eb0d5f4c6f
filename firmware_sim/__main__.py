"""`python -m firmware_sim`: the simulated household against any platform, over MQTT.

Sends the readings of the last days back-dated, as fast as they are acknowledged and never ahead
of the clock; with `--live` it then goes on in real time. It shops for itself.
"""

import argparse
import asyncio
import logging
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Final

from pydantic import TypeAdapter, ValidationError
from rich.console import Console
from rich.table import Table

from core.clock import Clock, WallClock
from firmware_sim import truth
from firmware_sim.appliances import APPLIANCES
from firmware_sim.facts import Fact, FaultInjected
from firmware_sim.faults import NO_FAULTS, USUAL_FAULTS
from firmware_sim.household import Household
from firmware_sim.publish import CredentialRefused, Publisher
from firmware_sim.shopper import Shopper

CATCH_UP: Final = timedelta(days=1)  # lived between two waits for acknowledgements
RECEIPTS_S: Final = 30.0
WITHOUT_RECEIPT: Final = "events without a receipt"

Record = Callable[[Fact], None]


class UnusableCredentials(Exception):
    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path}: {why}; wanted is a JSON object of device id to secret")


def main(given: Sequence[str] | None = None) -> int:
    wishes = _wishes(given)
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    try:
        return asyncio.run(_run(wishes, _secrets(wishes.credentials)))
    except (UnusableCredentials, CredentialRefused) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except KeyboardInterrupt:
        return 130


def _wishes(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m firmware_sim", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=1883)
    parser.add_argument("--credentials", type=Path, required=True, metavar="FILE")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--days", type=float, default=60, help="how far back it begins")
    parser.add_argument("--truth", type=Path, default=Path("truth.jsonl"), metavar="FILE")
    parser.add_argument("--faults", action="store_true", help="mistreat messages, by the seed")
    parser.add_argument("--live", action="store_true", help="go on in real time afterwards")
    return parser.parse_args(given)


def _secrets(path: Path) -> Mapping[str, str]:
    try:
        secrets = TypeAdapter(dict[str, str]).validate_json(path.read_bytes())
    except OSError as error:
        raise UnusableCredentials(path, error.strerror or str(error)) from error
    except ValidationError as error:
        raise UnusableCredentials(path, error.errors()[0]["msg"]) from error
    missing = [kind.device_id for kind in APPLIANCES if kind.device_id not in secrets]
    if missing:
        raise UnusableCredentials(path, f"no secret for {', '.join(missing)}")
    return secrets


async def _run(wishes: argparse.Namespace, secrets: Mapping[str, str]) -> int:
    began_s = monotonic()
    counts: Counter[str] = Counter()
    with truth.recorder(wishes.truth) as write:

        def record(fact: Fact) -> None:
            counts[_named(fact)] += 1
            write(fact)

        publisher = Publisher(host=wishes.host, port=wishes.port, secrets=secrets)
        try:
            async with publisher:
                await _live(wishes, publisher, record, WallClock())
                await publisher.all_received(RECEIPTS_S)
        finally:  # after Ctrl-C as well
            counts[WITHOUT_RECEIPT] = publisher.unreceived()
            _summary(counts, monotonic() - began_s, wishes)
    return 1 if counts[WITHOUT_RECEIPT] else 0


async def _live(
    wishes: argparse.Namespace, publisher: Publisher, record: Record, clock: Clock
) -> None:
    now = clock.now()
    household = Household(
        wishes.seed,
        start_at=now - timedelta(days=wishes.days),
        record=record,
        faults=USUAL_FAULTS if wishes.faults else NO_FAULTS,
        first_boot_id=int(now.timestamp()),  # rises from run to run
    )
    shopper = Shopper(household)
    while (due_at := household.next_tick_at()) <= clock.now() or wishes.live:
        await asyncio.sleep(max(0.0, (due_at - clock.now()).total_seconds()))
        at = min(due_at + CATCH_UP, clock.now())
        await publisher.publish(household.tick(at))
        shopper.go(at)
    await publisher.publish(household.close(clock.now()))


def _named(fact: Fact) -> str:
    return f"fault: {fact.fault}" if isinstance(fact, FaultInjected) else type(fact).__name__


def _summary(counts: Mapping[str, int], took_s: float, wishes: argparse.Namespace) -> None:
    table = Table(title=f"{wishes.days:g} days, seed {wishes.seed}, {took_s:.1f} s")
    table.add_column("what happened")
    table.add_column("count", justify="right")
    for what, count in sorted(counts.items()):
        table.add_row(what, str(count))
    table.caption = f"truth in {wishes.truth}"
    Console().print(table)


if __name__ == "__main__":
    sys.exit(main())
