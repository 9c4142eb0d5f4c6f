"""Cycles of a washer, dryer or dishwasher, found in the power of the plug it hangs on.

Pure. Samples go in one by one, cycles come out once they are surely over. The state is bounded
whatever arrives, and survives a restart as JSON. All times are seconds since 1970, so midnight
and summer time mean nothing here.
"""

from dataclasses import dataclass, field, replace
from typing import Final

from devices.cycles.blocks import (
    ACTIVE_DUTY,
    IDLE_MIN,
    LEAST_MIN,
    SPARSE_IDLE_MIN,
    SPARSE_S,
    Block,
    GrowingBlock,
    closed,
    grow,
)
from devices.cycles.curve import Curve
from devices.cycles.judging import JOIN_QUIET_MIN, Appliance, Cycle, Thresholds, judge, runs
from devices.cycles.minutes import Minute, Minutes

MOST_BLOCKS: Final = 5
LOST_MIN: Final = 90  # unmeasured minutes after which what runs is another run
SETTLED_MIN: Final = 45  # of nothing but bursts, after which a run is over
WEAK_DUTY: Final = 0.02  # of a minute; below it nothing ran at all
DENSE: Final = 0.6  # of a block's minutes are active, or it is a row of bursts
FILL_MIN: Final = 2  # water runs in between the first turns of a drum
NEVER: Final = -1_000
DEFAULTS: Final = Thresholds()


@dataclass(frozen=True, slots=True)
class Found:
    """A cycle and its power: means in W over `step_min` minutes from minute `start` since 1970,
    None where nothing was measured.
    """

    cycle: Cycle
    start: int
    step_min: int
    curve: tuple[int | None, ...]


@dataclass(slots=True)
class Pause:
    """What happened since the newest block. `quiet`: minutes of nothing in a row."""

    quiet: int = 0
    longest_quiet: int = 0
    bursts: int = 0
    stirred_from: int = NEVER  # the first and the newest of the last weakly active minutes
    stirred_to: int = NEVER

    def rest(self, minutes: int) -> None:
        self.quiet += minutes
        self.longest_quiet = max(self.longest_quiet, self.quiet)

    def stir(self, first: int, last: int) -> None:
        self.quiet = 0
        if first - self.stirred_to > FILL_MIN:
            self.stirred_from = first
        self.stirred_to = last

    def has_stirred_at(self, minute: int) -> bool:
        """Shortly before, and not for long."""
        is_near = minute - self.stirred_to <= FILL_MIN
        return is_near and self.stirred_to - self.stirred_from < FILL_MIN


@dataclass(slots=True)
class Detector:
    appliance: Appliance
    thresholds: Thresholds = DEFAULTS
    minutes: Minutes = field(default_factory=Minutes)
    blocks: list[Block] = field(default_factory=list)
    growing: GrowingBlock | None = None
    pause: Pause = field(default_factory=Pause)
    curve: Curve = field(default_factory=Curve)

    def add(self, at_s: float, watts: float | None) -> list[Found]:
        """`watts` None: the plug is unavailable."""
        done = self.minutes.add(at_s, watts, self.thresholds.on_w)
        return self._take(done) if done else []

    def pass_to(self, now_s: float) -> list[Found]:
        """Time went by without a sample; a run that was lost from sight comes out at last."""
        found = self._take(self.minutes.pass_to(now_s, self.thresholds.on_w))
        is_lost = now_s / 60 - self.minutes.last_minute > LOST_MIN
        return found + self.finish() if is_lost else found

    def finish(self) -> list[Found]:
        """No more samples will come: what runs is cut off here."""
        if self.growing:
            self._close(replace(closed(self.growing), end_gap=LOST_MIN), self.growing)
        return self._settle()

    def _take(self, minutes: list[Minute]) -> list[Found]:
        found: list[Found] = []
        for minute in minutes:
            if minute.unknown_before > LOST_MIN:
                found += self.finish()
            self._step(minute)
            if self._is_settled(minute):
                found += self._settle()
            elif len(self.blocks) == MOST_BLOCKS:
                found += self._shorten()
        return found

    def _step(self, minute: Minute) -> None:
        is_active = minute.duty >= ACTIVE_DUTY
        if self.growing is None and is_active:
            self.growing = GrowingBlock(self._begun(minute))
        if self.growing or self.blocks:
            self.curve.add(minute.minute, minute.watts)
        if self.growing:
            grow(self.growing, minute)
            is_sparse = self.minutes.usual_s >= SPARSE_S
            if self.growing.idle >= (SPARSE_IDLE_MIN if is_sparse else IDLE_MIN):
                self._close(closed(self.growing), self.growing)
        elif minute.duty >= WEAK_DUTY:
            self.pause.stir(minute.minute, minute.minute)
        else:
            self.pause.rest(1)

    def _begun(self, minute: Minute) -> Block:
        start, gap = minute.minute, minute.unknown_before
        if self.pause.has_stirred_at(start):
            start, gap = self.pause.stirred_from, 0  # the drum turned once while water ran in
        return Block(
            start=start,
            end=minute.minute,
            start_gap=gap,
            quiet_min=self.pause.longest_quiet,
            bursts=self.pause.bursts,
            pause_min=start - self.blocks[-1].end if self.blocks else 0,
        )

    def _close(self, block: Block, grown: GrowingBlock) -> None:
        self.growing = None
        is_dense = grown.active >= DENSE * block.minutes
        if grown.active >= LEAST_MIN and is_dense:
            self.blocks.append(block)
            self.pause = Pause()
        else:
            self.pause.bursts += 1
            self.pause.stir(block.start, block.end - 1)
            if not self.blocks:
                self.curve.clear()
        self.pause.rest(grown.idle)

    def _is_settled(self, minute: Minute) -> bool:
        if self.growing or not self.blocks:
            return False
        since = minute.minute - self.blocks[-1].end
        return self.pause.quiet > JOIN_QUIET_MIN or since >= SETTLED_MIN

    def _settle(self) -> list[Found]:
        found = self._found(runs(self.blocks, self.appliance, self.thresholds))
        self.blocks, self.pause = [], Pause()
        self.curve.clear()
        return found

    def _shorten(self) -> list[Found]:
        *over, last = runs(self.blocks, self.appliance, self.thresholds)
        self.blocks = [last]
        return self._found(over)

    def _found(self, over: "list[Block] | tuple[Block, ...]") -> list[Found]:
        found = []
        for run in over:
            cycle = judge(run, self.appliance, self.thresholds)
            if cycle:
                first, points = self.curve.between(run.start, run.end)
                found.append(Found(cycle, first, self.curve.step_min, points))
        return found
