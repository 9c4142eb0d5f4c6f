"""Folding the readings of one slot to what is in it and what was used on each day.

Pure. Messages are folded in the order of `(boot_id, seq)`; what comes late is the business of
`devices.checkpoints`.

- A level is a running minimum since the last refill; its decrease is the use. (Differences of
  noisy levels turn noise into use.)
- A counter's increase is the use; a decrease is a reset.
- A jump changes nothing until the slot's next reading confirms or contradicts it.
"""

from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final, final
from zoneinfo import ZoneInfo

from msgspec import Struct

from devices.models import Gauge, Measure
from devices.wire import SlotState

JUMP: Final = 0.2  # of the capacity: a rise beyond it is no noise
DAY: Final = timedelta(days=1)
SILENT: Final = frozenset(
    {
        SlotState.UNKNOWN,
        SlotState.SOME_REMAINING,
        SlotState.NOT_FITTED,
        SlotState.UNSUPPORTED,
    }
)

# A member of an enumeration by its name costs as much as ten names of a module.
OK: Final = SlotState.OK
EMPTY: Final = SlotState.EMPTY
UNKNOWN: Final = SlotState.UNKNOWN
LEVEL: Final = Measure.LEVEL
QUANTITY: Final = Measure.QUANTITY
USAGE: Final = Measure.USAGE
STATE: Final = Measure.STATE
LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)

Key = tuple[int, int]  # (boot_id, seq)
BEFORE_ALL: Final[Key] = (-1, -1)


class Verdict(StrEnum):
    APPLIED = "applied"
    HELD = "held"
    GLITCH = "glitch"
    HISTORY = "history"  # came too late to be folded


APPLIED: Final = Verdict.APPLIED


class Measured(Struct, frozen=True, kw_only=True, gc=False):
    """One reading of the slot. `amount`: units still usable (consumed) or free (filled)."""

    key: Key
    at: datetime
    amount: float | None = None
    used_total: float | None = None  # units
    state: SlotState | None = None


@final
class Refilled(Struct, frozen=True, kw_only=True, gc=False):
    """The device's own word that somebody filled the slot (or emptied a container)."""

    key: Key
    at: datetime


Message = Measured | Refilled


class Held(Struct, frozen=True, kw_only=True, gc=False):
    """A jump that waits for the next reading, which confirms it from beyond `bound` too."""

    key: Key
    at: datetime
    value: float
    bound: float
    is_rise: bool

    def is_confirmed_by(self, value: float) -> bool:
        return value > self.bound if self.is_rise else value < self.bound


class DayUse(Struct, frozen=True, kw_only=True, gc=False):
    """`exposure_days`: local days the use is spread over, ending with `day_on`; 0 on the
    first day of all, which was seen in part only.
    """

    day_on: date
    used: float  # units
    exposure_days: int


class Refill(Struct, frozen=True, kw_only=True, gc=False):
    """`key` is of the message that confirmed it, `at` the time of the first sign of it."""

    key: Key
    at: datetime
    amount: float  # units in the slot afterwards
    filled: float  # units that went in


class SlotFold(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """What a slot's messages up to `key` add up to."""

    key: Key = BEFORE_ALL
    at: datetime | None = None  # of the message `key`
    amount: float | None = None  # units; of a level: the minimum since the refill
    used_total: float | None = None
    measured_at: datetime | None = None  # of the last reading that was applied
    held: Held | None = None
    refilled_at: datetime | None = None  # set: filled, and not measured since
    condition: SlotState = SlotState.UNKNOWN
    day: DayUse | None = None  # still open

    @property
    def in_slot(self) -> float | None:
        """Units; None: unknown, as before the first reading and between refill and reading."""
        return None if self.refilled_at else self.amount


class Folded(Struct, frozen=True, kw_only=True, gc=False):
    """What came of folding: the new state, and what is to be stored beside it."""

    state: SlotFold
    verdicts: dict[Key, Verdict]  # also of jumps held before
    days: dict[date, DayUse]
    refills: list[Refill]
    glitches: list[Held]


def fold(state: SlotFold, message: Message, gauge: Gauge, zone: ZoneInfo) -> Folded:
    """`message` must come after `state.key`. zone: where the slot's days begin."""
    folding = Folding(state, gauge, zone)
    folding.take(message)
    return folding.folded()


class Folding:
    """A slot's state while messages are folded into it, each newer than the one before."""

    def __init__(self, state: SlotFold, gauge: Gauge, zone: ZoneInfo) -> None:
        self.key = state.key
        self.at = state.at
        self.amount = state.amount
        self.used_total = state.used_total
        self.measured_at = state.measured_at
        self.held = state.held
        self.refilled_at = state.refilled_at
        self.condition = state.condition
        self._gauge = gauge
        self._is_counter = gauge.measure is USAGE
        self._is_state = gauge.measure is STATE
        self._is_amount = not (self._is_counter or self._is_state)
        # How far the next value may lie below and above the last one, within a day.
        self._fall = 0.0 if self._is_counter else gauge.most_per_day
        self._rise = gauge.most_per_day if self._is_counter else JUMP * gauge.capacity
        self._zone = zone
        self._open(state.day)
        self._is_day_changed = False
        self._verdicts: dict[Key, Verdict] = {}
        self._days: dict[date, DayUse] = {}
        self._refills: list[Refill] = []
        self._glitches: list[Held] = []

    def state(self) -> SlotFold:
        return SlotFold(
            key=self.key,
            at=self.at,
            amount=self.amount,
            used_total=self.used_total,
            measured_at=self.measured_at,
            held=self.held,
            refilled_at=self.refilled_at,
            condition=self.condition,
            day=self._day_use(),
        )

    def folded(self) -> Folded:
        state = self.state()
        self._keep_day(state.day)
        return Folded(
            state=state,
            verdicts=self._verdicts,
            days=self._days,
            refills=self._refills,
            glitches=self._glitches,
        )

    def take(self, message: Message) -> None:
        if type(message) is Refilled:  # isinstance takes long where it is not
            self._refill(message)
            return
        key, at, state = message.key, message.at, message.state
        self.key, self.at = key, at
        self._verdicts[key] = APPLIED
        if state is not None:
            self.condition = state
            if state in SILENT:
                return
        value = message.amount if self._is_amount else self._value(message)
        if value is None:
            self._lose_amount()
            return
        if self.held:
            self._settle(self.held, is_true=self.held.is_confirmed_by(value))
        if self._is_jump(key, at, value):
            return
        self._apply(value, at)
        if state is None:
            amount = None if self.refilled_at else self.amount
            self.condition = UNKNOWN if amount is None else OK if amount > 0 else EMPTY

    def _value(self, reading: Measured) -> float | None:
        if self._is_counter:
            return reading.used_total
        return 0.0 if reading.state is EMPTY else None

    def _lose_amount(self) -> None:
        if self._is_state:
            self.amount = None  # "ok" and "low" are no quantity

    def _refill(self, event: Refilled) -> None:
        held = self.held
        self.key, self.at = event.key, event.at
        if held:
            # A level that fell and was then refilled was a tank taken out, not use.
            is_true = held.is_rise or self._gauge.measure is Measure.USAGE
            self._settle(held, is_true=is_true)
        match self._gauge.measure:
            case Measure.USAGE:
                capacity = float(self._gauge.capacity)  # a counter cannot tell what was left
                self._filled(event.at, capacity, filled=capacity)
            case Measure.STATE:
                self.amount = None
            case Measure.LEVEL | Measure.QUANTITY if not (held and held.is_rise):
                self.refilled_at = event.at

    def _settle(self, held: Held, *, is_true: bool) -> None:
        self.held = None
        self._verdicts[held.key] = Verdict.APPLIED if is_true else Verdict.GLITCH
        if not is_true:
            self._glitches.append(held)
            return
        is_level = self._gauge.measure is not Measure.USAGE
        if held.is_rise and is_level:
            self._filled(held.at, held.value, filled=held.value - (self.amount or 0.0))
            self._measured(held.at)
        elif held.is_rise or is_level:
            self._apply(held.value, held.at)
        else:
            self.used_total = held.value
            self._measured(held.at)

    def _is_jump(self, key: Key, at: datetime, value: float) -> bool:
        """If so it is held."""
        last = self.used_total if self._is_counter else self.amount
        if last is None or last - self._fall <= value <= last + self._rise:
            return False
        if self.refilled_at or self._is_state:
            return False
        lower, upper = self._bounds(last, at)
        if lower <= value <= upper:
            return False
        is_rise = value > upper
        bound = upper if is_rise else lower
        self.held = Held(key=key, at=at, value=value, bound=bound, is_rise=is_rise)
        self._verdicts[key] = Verdict.HELD
        return True

    def _bounds(self, last: float, at: datetime) -> tuple[float, float]:
        """Of a value at `at` that is no jump. What a day uses may be used at once."""
        days = 1.0
        if self.measured_at is not None and at - self.measured_at > DAY:
            days = (at - self.measured_at) / DAY
        if self._is_counter:
            return last, last + self._rise * days
        return last - self._fall * days, last + self._rise

    def _apply(self, value: float, at: datetime) -> None:
        if self._is_counter:
            self._count(value, at)
        elif self.refilled_at:
            filled = max(0.0, value - (self.amount or 0.0))
            self._filled(self.refilled_at, value, filled=filled)
            self._measured(at)
        else:
            last = self.amount
            used = 0.0 if last is None or value >= last else last - value
            if last is None or used:
                self.amount = value
            self._measured(at, used)

    def _count(self, used_total: float, at: datetime) -> None:
        if self.used_total is None:
            self.amount, used = self._since_new(used_total), 0.0
        else:
            used = used_total - self.used_total
            self.amount = None if self.amount is None else max(0.0, self.amount - used)
        self.used_total = used_total
        self._measured(at, used)

    def _since_new(self, used_total: float) -> float | None:
        """A counter that has not yet run through one capacity began with a full slot."""
        if self.amount is not None:
            return self.amount  # a refill was told before the first count
        left = self._gauge.capacity - used_total
        return left if left > 0 else None

    def _filled(self, at: datetime, amount: float, *, filled: float) -> None:
        refill = Refill(key=self.key, at=at, amount=amount, filled=filled)
        self._refills.append(refill)
        self.amount, self.refilled_at = amount, None

    def _measured(self, at: datetime, used: float | None = None) -> None:
        """used: units since the last measurement; None: a refill or reset hid how many."""
        self.measured_at = at
        if at < self._day_ends:  # also of the day before, where a clock was put back
            self._day_used += used or 0.0
            self._is_day_changed = True
            return
        day_on = at.astimezone(self._zone).date()
        last_on, gap_days = self._day_on, 0
        if last_on is not None:
            gap_days = 1 if used is None else (day_on - last_on).days
        self._keep_day(self._day_use())
        self._open(DayUse(day_on=day_on, used=used or 0.0, exposure_days=gap_days))
        self._is_day_changed = True

    def _open(self, day: DayUse | None) -> None:
        """As numbers and not as a DayUse, which would be made anew for every reading."""
        self._day_on = day.day_on if day else None
        self._day_used = day.used if day else 0.0
        self._exposure_days = day.exposure_days if day else 0
        self._day_ends = _end_of(day.day_on, self._zone) if day else LONG_AGO

    def _day_use(self) -> DayUse | None:
        if self._day_on is None:
            return None
        return DayUse(
            day_on=self._day_on, used=self._day_used, exposure_days=self._exposure_days
        )

    def _keep_day(self, day: DayUse | None) -> None:
        if day and self._is_day_changed:
            self._days[day.day_on] = day


@lru_cache(maxsize=1_000)
def _end_of(day_on: date, zone: ZoneInfo) -> datetime:
    """When the next local day begins; where a clock change skips midnight, at the change."""
    midnight = datetime.combine(day_on + DAY, time(), zone)
    return midnight.astimezone(UTC)
