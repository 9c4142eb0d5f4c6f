"""A batch that is as large as the broker's door makes it."""

from collections import Counter
from datetime import timedelta
from typing import Any

from devices.batch import Outcome
from devices.intake import Arrival
from tests.conftest import NOON
from tests.devices_world import received


def message(channel: Any, seq: int, **said: Any) -> Arrival:
    body = {"boot_id": 1, "seq": seq, "measured_at": NOON.isoformat(), **said}
    return received("washer-0001", channel, body, NOON + timedelta(hours=1))


async def test_events_and_late_readings_alone_may_be_as_many_as_any(world):
    """Each is looked up by several parameters, of which SQLite takes 32,766."""
    await world.claimed()
    slots = {"detergent": {"level": 0.5}}
    await world.send(message("telemetry", 20_000, slots=slots))
    late = [message("telemetry", n, slots=slots) for n in range(9_000)]
    events = [message("event", 30_000 + n, event="cycle_finished") for n in range(11_000)]
    outcomes = Counter(await world.send(*late, *events))
    assert outcomes == {Outcome.LATE: 9_000, Outcome.RECORDED: 11_000}
