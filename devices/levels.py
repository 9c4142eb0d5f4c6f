"""Folding the readings of one slot to what is in it and what was used on each day.

Pure. Messages are folded in the order of `(boot_id, seq)`; what comes late is the business of
`devices.checkpoints`.

- A level is a running minimum since the last refill; its decrease is the use. (Differences of
  noisy levels turn noise into use.)
- A counter's increase is the use; a decrease is a reset.
- A jump changes nothing until the slot's next reading confirms or contradicts it.
"""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Self
from zoneinfo import ZoneInfo

from devices.models import Measure, SlotSpec
from devices.wire import SlotState

JUMP: Final = 0.2  # of the capacity: a rise beyond it is no noise
SILENT: Final = frozenset(
    {
        SlotState.UNKNOWN,
        SlotState.SOME_REMAINING,
        SlotState.NOT_FITTED,
        SlotState.UNSUPPORTED,
    }
)

Key = tuple[int, int]  # (boot_id, seq)
BEFORE_ALL: Final[Key] = (-1, -1)


class Verdict(StrEnum):
    APPLIED = "applied"
    HELD = "held"
    GLITCH = "glitch"
    HISTORY = "history"  # came too late to be folded


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One reading of the slot. `amount`: units still usable (consumed) or free (filled)."""

    key: Key
    at: datetime
    amount: float | None = None
    used_total: float | None = None  # units
    state: SlotState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refilled:
    """The device's own word that somebody filled the slot (or emptied a container)."""

    key: Key
    at: datetime


Message = Measured | Refilled


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A jump that waits for the next reading, which confirms it from beyond `bound` too."""

    key: Key
    at: datetime
    value: float
    bound: float
    is_rise: bool

    def is_confirmed_by(self, value: float) -> bool:
        return value > self.bound if self.is_rise else value < self.bound


@dataclass(frozen=True, slots=True, kw_only=True)
class DayUse:
    """`exposure_days`: local days the use is spread over, ending with `day_on`; 0 on the
    first day of all, which was seen in part only.
    """

    day_on: date
    used: float  # units
    exposure_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Refill:
    """`key` is of the message that confirmed it, `at` the time of the first sign of it."""

    key: Key
    at: datetime
    amount: float  # units in the slot afterwards
    filled: float  # units that went in


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotFold:
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

    def to_json(self) -> dict[str, Any]:
        held, day = self.held, self.day
        return {
            "key": self.key,
            "at": _text(self.at),
            "amount": self.amount,
            "used_total": self.used_total,
            "measured_at": _text(self.measured_at),
            "held": held and {**fields(held), "at": _text(held.at)},
            "refilled_at": _text(self.refilled_at),
            "condition": self.condition,
            "day": day and {**fields(day), "day_on": day.day_on.isoformat()},
        }

    @classmethod
    def from_json(cls, value: dict[str, Any] | None) -> Self:
        """None: nothing was folded yet."""
        if value is None:
            return cls()
        held, day = value["held"], value["day"]
        return cls(
            key=_key(value["key"]),
            at=_instant(value["at"]),
            amount=value["amount"],
            used_total=value["used_total"],
            measured_at=_instant(value["measured_at"]),
            held=held
            and Held(
                **{**held, "key": _key(held["key"]), "at": datetime.fromisoformat(held["at"])}
            ),
            refilled_at=_instant(value["refilled_at"]),
            condition=SlotState(value["condition"]),
            day=day and DayUse(**{**day, "day_on": date.fromisoformat(day["day_on"])}),
        )


@dataclass(slots=True, kw_only=True)
class Folded:
    """What came of folding: the new state, and what is to be stored beside it."""

    state: SlotFold
    verdicts: dict[Key, Verdict] = field(default_factory=dict)  # also of jumps held before
    days: dict[date, DayUse] = field(default_factory=dict)
    refills: list[Refill] = field(default_factory=list)
    glitches: list[Held] = field(default_factory=list)


def fold(state: SlotFold, message: Message, spec: SlotSpec, zone: ZoneInfo) -> Folded:
    """`message` must come after `state.key`. zone: where the slot's days begin."""
    step = _Step(state, spec, zone)
    if isinstance(message, Refilled):
        step.refill(message)
    else:
        step.read(message)
    return step.folded


class _Step:
    """One message being folded."""

    def __init__(self, state: SlotFold, spec: SlotSpec, zone: ZoneInfo) -> None:
        self.folded = Folded(state=state)
        self._spec = spec
        self._zone = zone

    @property
    def _state(self) -> SlotFold:
        return self.folded.state

    def _set(self, **changes: Any) -> None:
        self.folded.state = replace(self.folded.state, **changes)

    def read(self, reading: Measured) -> None:
        condition = reading.state or self._state.condition
        self._set(key=reading.key, at=reading.at, condition=condition)
        self.folded.verdicts[reading.key] = Verdict.APPLIED
        if reading.state in SILENT:
            return
        value = _value(reading, self._spec)
        if value is None:
            if self._spec.measure is Measure.STATE:
                self._set(amount=None)  # "ok" and "low" are no quantity
            return
        self._decide_held(value)
        jump = self._jump(reading, value)
        if jump:
            self.folded.verdicts[reading.key] = Verdict.HELD
            self._set(held=jump)
            return
        self._apply(value, reading.at)
        if reading.state is None:
            self._set(condition=_condition(self._state.in_slot))

    def refill(self, event: Refilled) -> None:
        held = self._state.held
        self._set(key=event.key, at=event.at)
        if held:
            # A level that fell and was then refilled was a tank taken out, not use.
            is_true = held.is_rise or self._spec.measure is Measure.USAGE
            self._settle(held, is_true=is_true)
        match self._spec.measure:
            case Measure.USAGE:
                capacity = float(self._spec.capacity)  # a counter cannot tell what was left
                self._filled(event.at, capacity, filled=capacity)
            case Measure.STATE:
                self._set(amount=None)
            case Measure.LEVEL | Measure.QUANTITY if not (held and held.is_rise):
                self._set(refilled_at=event.at)

    def _decide_held(self, value: float) -> None:
        held = self._state.held
        if held:
            self._settle(held, is_true=held.is_confirmed_by(value))

    def _settle(self, held: Held, *, is_true: bool) -> None:
        self._set(held=None)
        self.folded.verdicts[held.key] = Verdict.APPLIED if is_true else Verdict.GLITCH
        if not is_true:
            self.folded.glitches.append(held)
            return
        is_level = self._spec.measure is not Measure.USAGE
        if held.is_rise and is_level:
            self._filled(held.at, held.value, filled=held.value - (self._state.amount or 0.0))
            self._measured(held.at)
        elif held.is_rise or is_level:
            self._apply(held.value, held.at)
        else:
            self._set(used_total=held.value)
            self._measured(held.at)

    def _jump(self, reading: Measured, value: float) -> Held | None:
        state = self._state
        last = state.used_total if self._spec.measure is Measure.USAGE else state.amount
        if last is None or state.refilled_at or self._spec.measure is Measure.STATE:
            return None
        fastest = self._spec.most_per_day * _days_since(state.measured_at, reading.at)
        if self._spec.measure is Measure.USAGE:
            lower, upper = last, last + fastest
        else:
            lower, upper = last - fastest, last + JUMP * self._spec.capacity
        if lower <= value <= upper:
            return None
        is_rise = value > upper
        bound = upper if is_rise else lower
        return Held(key=reading.key, at=reading.at, value=value, bound=bound, is_rise=is_rise)

    def _apply(self, value: float, at: datetime) -> None:
        state = self._state
        if self._spec.measure is Measure.USAGE:
            self._count(value, at)
        elif state.refilled_at:
            filled = max(0.0, value - (state.amount or 0.0))
            self._filled(state.refilled_at, value, filled=filled)
            self._measured(at)
        else:
            lowest = value if state.amount is None else min(state.amount, value)
            used = 0.0 if state.amount is None else state.amount - lowest
            self._set(amount=lowest)
            self._measured(at, used)

    def _count(self, used_total: float, at: datetime) -> None:
        state = self._state
        if state.used_total is None:
            amount, used = self._since_new(used_total), 0.0
        else:
            used = used_total - state.used_total
            amount = None if state.amount is None else max(0.0, state.amount - used)
        self._set(used_total=used_total, amount=amount)
        self._measured(at, used)

    def _since_new(self, used_total: float) -> float | None:
        """A counter that has not yet run through one capacity began with a full slot."""
        if self._state.amount is not None:
            return self._state.amount  # a refill was told before the first count
        left = self._spec.capacity - used_total
        return left if left > 0 else None

    def _filled(self, at: datetime, amount: float, *, filled: float) -> None:
        refill = Refill(key=self._state.key, at=at, amount=amount, filled=filled)
        self.folded.refills.append(refill)
        self._set(amount=amount, refilled_at=None)

    def _measured(self, at: datetime, used: float | None = None) -> None:
        """used: units since the last measurement; None: a refill or reset hid how many."""
        self._set(measured_at=at)
        day_on = at.astimezone(self._zone).date()
        open_day = self._state.day
        if open_day is None:
            day = DayUse(day_on=day_on, used=used or 0.0, exposure_days=0)
        elif day_on <= open_day.day_on:
            day = replace(open_day, used=open_day.used + (used or 0.0))
        else:
            gap_days = 1 if used is None else (day_on - open_day.day_on).days
            day = DayUse(day_on=day_on, used=used or 0.0, exposure_days=gap_days)
        self._set(day=day)
        self.folded.days[day.day_on] = day


def _value(reading: Measured, spec: SlotSpec) -> float | None:
    match spec.measure:
        case Measure.USAGE:
            return reading.used_total
        case Measure.STATE:
            return 0.0 if reading.state is SlotState.EMPTY else None
        case Measure.LEVEL | Measure.QUANTITY:
            return reading.amount


def _condition(in_slot: float | None) -> SlotState:
    if in_slot is None:
        return SlotState.UNKNOWN
    return SlotState.OK if in_slot > 0 else SlotState.EMPTY


def _days_since(earlier: datetime | None, at: datetime) -> float:
    """At least one: `most_per_day` may be used at once."""
    return 1.0 if earlier is None else max(1.0, (at - earlier) / timedelta(days=1))


def fields(value: Any) -> dict[str, Any]:
    """Of a flat dataclass with slots; `dataclasses.asdict` copies deeply, ten times slower."""
    return {name: getattr(value, name) for name in value.__slots__}


def _text(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat()


def _key(value: list[int]) -> Key:
    return value[0], value[1]


def _instant(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)
