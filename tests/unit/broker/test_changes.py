import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count, repeat

import pytest

from broker.bridges import changes, kept_events
from broker.bridges.changes import Changes
from broker.bridges.reading import Reading

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def filtered(changed_at: datetime | None) -> list[Reading]:
    return [Reading(slot="filter", kind="air-filter", level_pct=90, changed_at=changed_at)]


def numbers(boot_id: int = 4) -> Iterator[tuple[int, int]]:
    return zip(repeat(boot_id), count(1), strict=False)


def told(*seen: tuple[datetime | None, datetime]) -> Changes:
    """By what was seen when."""
    made, number = Changes(), numbers()
    for changed_at, now in seen:
        made.see(filtered(changed_at), number, now)
    return made


def test_a_change_that_came_while_the_bridge_looked_is_a_refill_of_that_moment() -> None:
    changed_at = NOON + timedelta(hours=3)
    [event] = told((NOON - 9 * DAY, NOON), (changed_at, NOON + DAY)).waiting
    assert event == {
        "v": 1,
        "boot_id": 4,
        "seq": 1,
        "measured_at": "2026-03-01T15:00:00Z",
        "event": "refilled",
        "slot": "filter",
        "detail": None,
    }


def test_a_device_that_was_never_changed_tells_its_first_change() -> None:
    seen = told((None, NOON), (None, NOON + DAY), (NOON + DAY, NOON + 2 * DAY))
    assert len(seen.waiting) == 1


@pytest.mark.parametrize(
    "seen",
    [
        ((NOON - 9 * DAY, NOON),),  # before the bridge came
        ((None, NOON), (NOON - 9 * DAY, NOON + DAY)),  # the same, told late
        ((NOON - DAY, NOON), (NOON - DAY, NOON + DAY)),  # nothing new
        ((NOON - DAY, NOON), (NOON - 2 * DAY, NOON + DAY)),  # back in time
        ((NOON - DAY, NOON), (None, NOON + DAY)),
        ((NOON - DAY, NOON), (NOON + 9 * DAY, NOON + DAY)),  # a clock that is wrong
        ((NOON + 9 * DAY, NOON),),
    ],
)
def test_no_refill_is_made_up(seen: tuple[tuple[datetime | None, datetime], ...]) -> None:
    assert told(*seen).waiting == []


def test_a_change_is_told_once_however_often_it_is_seen() -> None:
    later = [(NOON + DAY, NOON + n * DAY) for n in range(1, 5)]
    assert len(told((None, NOON), *later).waiting) == 1


def test_after_a_restart_the_same_event_waits_for_its_receipt() -> None:
    before = told((None, NOON), (NOON + DAY, NOON + DAY))
    again = changes.load(json.loads(json.dumps(changes.dump(before))))
    assert again == before
    again.see(filtered(NOON + DAY), numbers(5), NOON + 2 * DAY)
    assert [(each["boot_id"], each["seq"]) for each in again.waiting] == [(4, 1)]
    assert kept_events.without(again.waiting, {"events": [[4, 1]]}) == []


@pytest.mark.parametrize(
    "receipt",
    [None, [], {"events": None}, {"events": [[4], "4,1", [4, "1"], [[4], 1], [5, 1]]}, "x"],
)
def test_what_is_no_receipt_takes_nothing_away(receipt: object) -> None:
    waiting = told((None, NOON), (NOON + DAY, NOON + DAY)).waiting
    assert kept_events.without(waiting, receipt) == waiting
