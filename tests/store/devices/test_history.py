"""What forecasts and charts read."""

from datetime import date, timedelta

import pytest

from devices import history
from devices.models import Measure
from tests.conftest import NOON
from tests.devices_world import a_spec, received

PLACE = ("washer-0001", "detergent")


async def sent(world, *said, every_hours=24):
    for n, each in enumerate(said, 1):
        at = NOON + timedelta(hours=every_hours * n)
        body = {"boot_id": 1, "seq": n, "measured_at": at.isoformat()}
        if each == "refilled":
            event = {**body, "event": "refilled", "slot": "detergent"}
            await world.send(received("washer-0001", "event", event, at))
        else:
            telemetry = {**body, "slots": {"detergent": each}}
            await world.send(received("washer-0001", "telemetry", telemetry, at))


async def test_use_is_read_by_day_without_the_open_one(world):
    owner_id = await world.claimed()
    await sent(world, *({"level": 0.9 - n / 10} for n in range(4)))
    async with world.database.snapshot(owner_id) as session:
        uses = await history.day_uses(
            session, [PLACE], from_on=date(2026, 11, 22), before_on=date(2026, 11, 24)
        )
    assert [(each.day_on.day, each.exposure_days) for each in uses[PLACE]] == [(22, 1), (23, 1)]
    assert [each.used for each in uses[PLACE]] == pytest.approx([100, 100])


async def test_a_chart_shows_levels_as_measured_and_marks_glitches(world):
    owner_id = await world.claimed()
    await sent(world, {"level": 0.5}, {"level": 0.9}, {"state": "unknown"}, {"level": 0.48})
    async with world.database.snapshot(owner_id) as session:
        points = await history.level_series(
            session, *PLACE, since=NOON, until=NOON + timedelta(days=9)
        )
    assert [(each.amount, each.is_glitch) for each in points] == [
        (500, False),
        (900, True),
        (None, False),
        (480, False),
    ]


async def test_a_counter_is_shown_as_what_is_left_since_its_refills(world):
    owner_id = await world.claimed(a_spec(measure=Measure.USAGE, capacity=250, most_per_day=60))
    counts = [{"used_total_ml": used} for used in (10.0, 50.0)]
    await sent(world, *counts, "refilled", {"used_total_ml": 80.0})
    async with world.database.snapshot(owner_id) as session:
        points = await history.level_series(
            session, *PLACE, since=NOON + timedelta(days=2), until=NOON + timedelta(days=9)
        )
        (refill,) = await history.refills(session, [PLACE], since=NOON)
    assert [each.amount for each in points] == [200, 250, 220]
    assert (refill.refilled_at, refill.amount) == (NOON + timedelta(days=3), 250)
