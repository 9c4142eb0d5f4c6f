"""What became of a forecast, and of an order: used up by when, run out or not.

Pure.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import accumulate

from replenishment.forecast import NOTHING_LEFT, DayUse


@dataclass(frozen=True, slots=True)
class UsedUp:
    """Later than after `before` days and within `by`; `by` None: not while it was watched."""

    before: int
    by: int | None


@dataclass(frozen=True, slots=True)
class Level:
    at: datetime
    slot: str
    amount: float  # units


@dataclass(frozen=True, slots=True)
class SpareUse:
    at: datetime
    units: int  # that went from the shelf into a slot


def used_up(
    slots: Sequence[Sequence[DayUse]], made_on: date, left: float, watched_days: int
) -> UsedUp | None:
    """When `left` units, there on the morning of `made_on`, were used. Only days on whose
    evening the use of every slot is known say anything, so that a gap leaves a range of days.
    None: not known yet.
    """
    before = 0
    for evening, used in _evenings(slots, made_on):
        days = (evening - made_on).days + 1
        if used >= left - NOTHING_LEFT:
            return UsedUp(before, days)
        before = days
        if days >= watched_days:
            return UsedUp(days, None)
    return None


def ran_out(
    levels: Iterable[Level], taken: Iterable[SpareUse], *, spares: int, empty_below: float
) -> bool:
    """Whether all slots together fell below `empty_below` units when no spare was left.
    spares: at home when the watch began; a slot counts from its first level on.
    """
    shelf = list(taken)
    amounts: dict[str, float] = {}
    for level in sorted(levels, key=lambda each: each.at):
        amounts[level.slot] = level.amount
        used = sum(each.units for each in shelf if each.at <= level.at)
        if sum(amounts.values()) < empty_below and used >= spares:
            return True
    return False


def _evenings(slots: Sequence[Sequence[DayUse]], made_on: date) -> Iterable[tuple[date, float]]:
    """Use since that morning, on the evenings that every slot knows; oldest first."""
    known = [_running(slot, made_on) for slot in slots]
    common = sorted(set.intersection(*(set(each) for each in known))) if known else []
    return [(evening, sum(each[evening] for each in known)) for evening in common]


def _running(slot: Sequence[DayUse], made_on: date) -> dict[date, float]:
    days = sorted((each for each in slot if each.day_on >= made_on), key=lambda day: day.day_on)
    totals = accumulate(each.used for each in days)
    return {each.day_on: total for each, total in zip(days, totals, strict=True)}
