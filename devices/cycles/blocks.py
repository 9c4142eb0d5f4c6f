"""Stretches of activity of one plug, with the pauses between them.

Pure. A block is at least three active minutes without two idle ones in a row; anything shorter
is a burst: a drain pump, an anti-crease turn, a spike at night.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from devices.cycles.minutes import Minute

ACTIVE_DUTY: Final = 0.25  # tumbling keeps the motor on for 40 % of a minute and more
HEATED_S: Final = 20.0  # of a minute, for it to count as heating
IDLE_MIN: Final = 2  # ends a block
SPARSE_S: Final = 20.0  # between samples; a drum that turns and rests then looks idle by chance
SPARSE_IDLE_MIN: Final = 3
LEAST_MIN: Final = 3  # active minutes of a block
EDGE_MIN: Final = 5  # minutes by which start and end of a block are judged
PHASE_MIN: Final = 3  # minutes without heat between two heatings


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Minutes since 1970 in `start` and `end` (exclusive); watts are means of one minute."""

    start: int
    end: int
    quiet_min: int = 0  # measured minutes without anything, just before it
    pause_min: int = 0  # minutes since the block before, all told
    bursts: int = 0  # in that pause
    start_gap: int = 0  # unmeasured minutes right before the first active one
    end_gap: int = 0  # and right after the last
    wh: float = 0.0
    peak_w: float = 0.0
    heat_s: float = 0.0
    heat_wm: float = 0.0  # watt minutes of the heated minutes
    heat_from: int = 0  # first heated minute; 0: none
    heat_to: int = 0  # last heated minute
    heatings: int = 0
    motor_w: float = 0.0  # highest minute without heat
    last_motor_w: float = 0.0  # the same over the last minutes
    first_w: float = 0.0  # median of the first whole minutes
    last_w: float = 0.0  # median of the last whole minutes
    longest_pause: int = 0  # minutes, between blocks that were joined to this one

    @property
    def minutes(self) -> int:
        return self.end - self.start


def join(first: Block, second: Block) -> Block:
    """`second` belongs to the same run as `first`."""
    apart = second.heat_from and first.heat_to and second.heat_from - first.heat_to > PHASE_MIN
    same = bool(first.heatings and second.heatings and not apart)
    return replace(
        first,
        end=second.end,
        end_gap=second.end_gap,
        wh=first.wh + second.wh,
        peak_w=max(first.peak_w, second.peak_w),
        heat_s=first.heat_s + second.heat_s,
        heat_wm=first.heat_wm + second.heat_wm,
        heat_from=first.heat_from or second.heat_from,
        heat_to=second.heat_to or first.heat_to,
        heatings=first.heatings + second.heatings - same,
        motor_w=max(first.motor_w, second.motor_w),
        last_motor_w=second.last_motor_w,
        last_w=second.last_w,
        longest_pause=max(first.longest_pause, second.longest_pause, second.pause_min),
    )


@dataclass(slots=True)
class GrowingBlock:
    """The block that is growing. `last`: watts of the newest active minutes, below 0 where
    heated; `first`: of the first minutes.
    """

    block: Block
    active: int = 0
    idle: int = 0
    unknown: int = 0  # minutes, since the last active one
    first: list[float] = field(default_factory=list)
    last: list[float] = field(default_factory=list)


def grow(open_: GrowingBlock, minute: Minute) -> None:
    heated = minute.heat_s >= HEATED_S
    active = minute.duty >= ACTIVE_DUTY
    if active:
        open_.active, open_.idle, open_.unknown = open_.active + 1, 0, 0
        open_.last = [*open_.last, -minute.watts if minute.heat_s else minute.watts]
        open_.last = open_.last[-EDGE_MIN - 1 :]
    else:
        open_.idle += 1
        open_.unknown += minute.unknown_before if open_.idle == 1 else 0
    before = open_.block
    if len(open_.first) <= EDGE_MIN:
        open_.first.append(minute.watts)
    open_.block = replace(
        before,
        end=minute.minute + 1 if active else before.end,
        wh=before.wh + minute.watts / 60,
        peak_w=max(before.peak_w, minute.peak_w),
        heat_s=before.heat_s + minute.heat_s,
        motor_w=before.motor_w if minute.heat_s else max(before.motor_w, minute.watts),
    )
    if heated:
        open_.block = _heated(open_.block, minute)


def closed(open_: GrowingBlock) -> Block:
    motor = [each for each in open_.last if each >= 0]
    return replace(
        open_.block,
        end_gap=open_.unknown,
        last_motor_w=max(motor, default=0.0),
        first_w=_median(open_.first[1:]),
        last_w=_median([abs(each) for each in open_.last[:-1]]),
    )


def _heated(block: Block, minute: Minute) -> Block:
    is_new = not block.heat_to or minute.minute - block.heat_to > PHASE_MIN
    return replace(
        block,
        heat_wm=block.heat_wm + minute.watts,
        heat_from=block.heat_from or minute.minute,
        heat_to=minute.minute,
        heatings=block.heatings + is_new,
    )


def _median(values: Sequence[float]) -> float:
    return sorted(values)[len(values) // 2] if values else 0.0
