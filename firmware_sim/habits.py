"""How the household uses its devices: wash days, workdays, breakfasts, and a holiday.

Pure: the uses of a day follow from seed and date alone, so that neither faults nor parcels move
them. Times are UTC; no use falls within three minutes of a full hour, so that a device never
measures two things at once.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from firmware_sim.chance import chance

SATURDAY, SUNDAY = 5, 6
SEASON_DAYS = 84  # one holiday in each
HOLIDAY_DAYS = 7


@dataclass(frozen=True, slots=True)
class Use:
    at: datetime
    device_id: str
    wanted: Mapping[str, float]  # units by slot


Wish = tuple[datetime, dict[str, float]]


def uses_on(seed: int, on: date) -> Iterator[Use]:
    for device_id, habit in HABITS.items():
        for at, wanted in habit(chance(seed, "uses", device_id, on), on):
            yield Use(at, device_id, wanted)


def is_holiday(seed: int, start_on: date, on: date) -> bool:
    """Nobody is at home: no use, no refill. Never in the first or last third of a season."""
    season, day = divmod((on - start_on).days, SEASON_DAYS)
    first = SEASON_DAYS // 4 + chance(seed, "holiday", season).randrange(SEASON_DAYS // 4)
    return first <= day < first + HOLIDAY_DAYS


def forgets(seed: int, slot: str, on: date) -> bool:
    """Whether an empty-looking slot is overlooked: for some days in a row, at times."""
    return chance(seed, "forgets", slot, on.toordinal() // 4).random() < 0.25


def _at(luck: Random, on: date, hour: int) -> datetime:
    return datetime.combine(on, time(hour), UTC) + timedelta(minutes=luck.randint(5, 55))


def _washes(luck: Random, on: date) -> Iterator[Wish]:
    """About 4.5 washes a week, half of them at the weekend."""
    likely = {SATURDAY: (1.0, 0.5), SUNDAY: (0.8, 0.2)}.get(on.weekday(), (0.4,))
    hours = luck.sample((8, 10, 13, 15, 17, 19), len(likely))
    for probability, hour in zip(likely, hours, strict=True):
        if luck.random() < probability:
            wanted = {"detergent": luck.gauss(70, 5)}
            if luck.random() < 0.9:
                wanted["softener"] = luck.gauss(34, 3)
            yield _at(luck, on, hour), wanted


def _prints(luck: Random, on: date) -> Iterator[Wish]:
    """On workdays; some jobs without colour, some days none."""
    if on.weekday() >= SATURDAY or luck.random() > 0.85:
        return
    pages = luck.gammavariate(4, 1 / 4)  # mean 1: the day's amount of printing
    wanted = {"black": 0.033 * pages}
    if luck.random() < 0.75:
        wanted |= {each: 0.026 * pages * luck.uniform(0.6, 1.4) for each in COLOURS}
    yield _at(luck, on, luck.randint(9, 16)), wanted


COLOURS = ("cyan", "magenta", "yellow")


def _brews(luck: Random, on: date) -> Iterator[Wish]:
    """Breakfast and afternoon, more at the weekend; descaled on Saturdays."""
    more = 1.3 if on.weekday() >= SATURDAY else 1.0
    yield _at(luck, on, 7), {"beans": luck.gauss(32, 4) * more}
    if luck.random() < 0.85:
        yield _at(luck, on, 14), {"beans": luck.gauss(22, 5) * more}
    if on.weekday() == SATURDAY:
        yield _at(luck, on, 16), {"descaler": luck.gauss(28, 2)}


def _filters(luck: Random, on: date) -> Iterator[Wish]:
    yield _at(luck, on, 19), {"filter": luck.uniform(0.015, 0.035)}


HABITS: dict[str, Callable[[Random, date], Iterator[Wish]]] = {
    "washer-0001": _washes,
    "printer-0001": _prints,
    "coffee-0001": _brews,
    "water-0001": _filters,
}
