"""What the owner knows and readings cannot say: away, an event, more people, odd days.

Pure. A correction multiplies the use of its days: away and events for a while, a change from
its first day on. The same factors are taken out of what was used on such days before it is
learned from, and put on the days to come:

    factor(day) = product of the corrections that hold on the day
    learned     = used x n / sum of factor(day) / factor of lasting changes until today
    coming      = usual use x factor(day) / factor of lasting changes until today

Days to ignore, and days on which nobody could have used anything, teach nothing.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from replenishment.forecast import DayUse, SlotHistory
from replenishment.reorder import LeadTime

FARTHEST_DAYS: Final = 3650.0  # no later day is told apart
LEAST_LEARNED: Final = 0.1  # of the usual use; less says too little to be scaled up
A_DAY: Final = timedelta(days=1)


class CorrectionKind(StrEnum):
    AWAY = "away"  # nobody or fewer are at home
    EVENT = "event"  # more is used, as with guests
    CHANGE = "change"  # from a day on, as with more people in the household
    IGNORE = "ignore"  # the days were not like others


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """From `from_on` to `until_on`, both included; only a change has no end. `factor`: times
    the use there would be otherwise; without meaning for days to ignore.
    """

    kind: CorrectionKind
    from_on: date
    until_on: date | None = None
    factor: float = 1.0

    def holds(self, day: date) -> bool:
        return self.from_on <= day and (self.until_on is None or day <= self.until_on)


@dataclass(frozen=True, slots=True)
class Pace:
    """Use of the coming days, in usual days: today, tomorrow..., and each `after` them."""

    factors: tuple[float, ...] = ()
    after: float = 1.0

    def use_days(self, days: float) -> float:
        """How many days of usual use fall into the next `days`."""
        whole = min(int(days), len(self.factors))
        used = math.fsum(self.factors[:whole])
        rest = days - whole
        return used + rest * (self.factors[whole] if whole < len(self.factors) else self.after)

    def days(self, use_days: float) -> float:
        """In how many days that many days of usual use have passed; FARTHEST_DAYS at most."""
        left = use_days
        for day, factor in enumerate(self.factors):
            if left <= factor:
                return day + (left / factor if factor else 0.0)
            left -= factor
        return min(len(self.factors) + left / self.after, FARTHEST_DAYS)

    def lead_time(self, lead: LeadTime) -> LeadTime:
        """The same in days of usual use."""
        if not self.factors and self.after == 1:
            return lead
        if not lead.chances:
            mean = self.use_days(lead.mean)
            return LeadTime(mean=mean, sd=lead.sd * mean / lead.mean if lead.mean else 0.0)
        used = [self.use_days(day) for day in range(len(lead.chances))]
        mean = math.fsum(p * u for p, u in zip(lead.chances, used, strict=True))
        square = math.fsum(p * u * u for p, u in zip(lead.chances, used, strict=True))
        return LeadTime(mean=mean, sd=math.sqrt(max(0.0, square - mean**2)))


USUAL: Final = Pace()


def pace(corrections: Sequence[Correction], today: date) -> Pace:
    ends = [each.until_on or each.from_on for each in _weighing(corrections)]
    last = max(ends, default=None)
    if last is None or last < today:
        return USUAL
    days = [today + n * A_DAY for n in range((last - today).days + 1)]
    now = _lasting(corrections, today)
    return Pace(
        tuple(_factor(corrections, day) / now for day in days),
        after=_lasting(corrections, last) / now,
    )


def corrected(
    slots: Sequence[SlotHistory], corrections: Sequence[Correction], today: date
) -> tuple[SlotHistory, ...]:
    """As if every day had been a usual one of the household as it is today."""
    if not corrections:
        return tuple(slots)
    now = _lasting(corrections, today)
    return tuple(
        replace(
            slot,
            typical_use_per_day=slot.typical_use_per_day * now,
            use=[
                usual
                for day in slot.use
                if (usual := _usual(day, corrections, now)) is not None
            ],
        )
        for slot in slots
    )


def _usual(use: DayUse, corrections: Sequence[Correction], now: float) -> DayUse | None:
    days = [use.day_on - n * A_DAY for n in range(use.exposure_days)]
    if any(_is_ignored(corrections, day) for day in days):
        return None
    lived = math.fsum(min(1.0, _passing(corrections, day)) for day in days)
    factor = math.fsum(_factor(corrections, day) for day in days)
    if lived < LEAST_LEARNED * len(days) or factor <= 0:
        return None
    exposure_days = max(1, round(lived))
    return DayUse(
        day_on=use.day_on,
        used=use.used * exposure_days * now / factor,
        exposure_days=exposure_days,
    )


def _weighing(corrections: Iterable[Correction]) -> list[Correction]:
    return [each for each in corrections if each.kind is not CorrectionKind.IGNORE]


def _is_ignored(corrections: Iterable[Correction], day: date) -> bool:
    return any(each.kind is CorrectionKind.IGNORE and each.holds(day) for each in corrections)


def _lasting(corrections: Iterable[Correction], day: date) -> float:
    return math.prod(
        each.factor
        for each in corrections
        if each.kind is CorrectionKind.CHANGE and each.holds(day)
    )


def _passing(corrections: Iterable[Correction], day: date) -> float:
    kinds = (CorrectionKind.AWAY, CorrectionKind.EVENT)
    return math.prod(
        each.factor for each in corrections if each.kind in kinds and each.holds(day)
    )


def _factor(corrections: Sequence[Correction], day: date) -> float:
    return _lasting(corrections, day) * _passing(corrections, day)
