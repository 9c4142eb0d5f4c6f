"""Which blocks of activity are one run of an appliance, and what kind of run that was.

Pure. A pause alone says little: programmes rest for eight minutes and people start the next
load after four. So a block after a pause is another load only if the run before it was over
and the block begins as a load does.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise
from typing import Final

from devices.cycles.blocks import Block, join

JOIN_QUIET_MIN: Final = 10  # minutes of nothing at all that a programme may rest for
JOIN_PAUSE_MIN: Final = 30  # the same with bursts in it: a soak, not an hour of anti-crease
SPIN_SHARE: Final = 0.75  # of the fastest minute: without heat, interim spins stay below
SPIN_TIMES: Final = 1.6  # of the mean power at least
RINSED_MIN: Final = 15  # after the last heating, before a wash can be over
DRYING_MIN: Final = 25  # at most, from a dishwasher's last heating to its end
HEAT_SOON: Final = (1, 25)  # minutes after the start of a load
ALIKE: Final = 0.75  # two loads of one programme heat about as long
HOTTER: Final = 1.08  # a wet load draws more than the same load a moment before
DRIED_MIN: Final = 15
RINSE_MIN: Final = 8
RINSE_MOST_MIN: Final = 25
RINSE_W: Final = 90.0  # a circulation pump; a drying fan stays below
NOT_WHOLE: Final = 10
NO_SEQUEL: Final = 6
HEATED_WASH_S: Final = 120.0
COLD_WASH_MIN: Final = 35  # a wash on warm tap water, or a cold one
LEAST_MOTOR_W: Final = 40.0  # mean of a run; below, something else hangs on the plug
LEAST_RINSE_MIN: Final = 6
LEAST_RINSE_WH: Final = 5.0
LEAST_DRY_MIN: Final = 10
LEAST_DRY_WH: Final = 50.0
LONGEST_MIN: Final = 480  # no programme of a household runs longer
SEEN_PAUSE_MIN: Final = 3  # measured, of a pause between two loads
SEEN_GAP_MIN: Final = 6  # unmeasured minutes within which an edge still counts as seen
MIDDLE_GAP_MIN: Final = 20  # the end is put in the middle of a gap up to here


class Appliance(StrEnum):
    WASHER = "washer"
    DRYER = "dryer"
    DISHWASHER = "dishwasher"


SAME_DELAY_MIN: Final = {  # between the heat delays of two loads; a washer weighs its load
    Appliance.WASHER: 5,
    Appliance.DRYER: 0,
    Appliance.DISHWASHER: 2,
}


class CycleKind(StrEnum):
    WASH = "wash"  # uses a dose, in a washer or a dishwasher
    DRY = "dry"
    RINSE_ONLY = "rinse_only"  # uses none
    UNCLEAR = "unclear"  # cut off by a gap; counts nothing until the owner says


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """As shipped, or as learned from an owner's corrections."""

    on_w: float = 15.0  # at or above: the appliance does something
    wash_wh: float | None = None  # at or above: a wash, below: none; None: by its phases
    split_min: int | None = None  # a pause this long is between two loads; None: by phases


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """`from_s`, `to_s`: seconds since 1970."""

    kind: CycleKind
    from_s: int
    to_s: int
    wh: float
    peak_w: float
    heat_s: float
    longest_pause_min: int
    is_start_seen: bool
    is_end_seen: bool

    @property
    def minutes(self) -> float:
        return (self.to_s - self.from_s) / 60


def runs(
    blocks: Sequence[Block], appliance: Appliance, thresholds: Thresholds
) -> tuple[Block, ...]:
    """Every way to divide the blocks is weighed; among five there are at most sixteen."""
    found: list[Block] = []
    first = 0
    for at in range(1, len(blocks) + 1):
        if at == len(blocks) or _is_apart(blocks[at], thresholds):
            found += _best(blocks[first:at], appliance)
            first = at
    return tuple(found)


def judge(run: Block, appliance: Appliance, thresholds: Thresholds) -> Cycle | None:
    """None: no cycle, only some power for a while."""
    is_start_seen = run.start_gap <= SEEN_GAP_MIN
    is_end_seen = run.end_gap <= SEEN_GAP_MIN
    kind = _kind(run, appliance, thresholds, is_whole=is_start_seen and is_end_seen)
    if kind is None:
        return None
    return Cycle(
        kind=kind,
        from_s=run.start * 60 - _half(run.start_gap, SEEN_GAP_MIN),
        to_s=run.end * 60 + _half(run.end_gap, MIDDLE_GAP_MIN),
        wh=run.wh,
        peak_w=run.peak_w,
        heat_s=run.heat_s,
        longest_pause_min=run.longest_pause,
        is_start_seen=is_start_seen,
        is_end_seen=is_end_seen,
    )


def _half(gap_min: int, most_min: int) -> int:
    return gap_min * 30 if gap_min <= most_min else 0


def _kind(
    run: Block, appliance: Appliance, thresholds: Thresholds, *, is_whole: bool
) -> CycleKind | None:
    if run.minutes > LONGEST_MIN:
        return None
    if appliance is Appliance.DRYER:
        is_dry = run.minutes >= LEAST_DRY_MIN and run.wh >= LEAST_DRY_WH
        return CycleKind.DRY if is_dry else None
    if run.minutes < LEAST_RINSE_MIN or run.wh < LEAST_RINSE_WH:
        return None
    if run.wh * 60 < LEAST_MOTOR_W * run.minutes:
        return None
    if _is_wash(run, appliance, thresholds):
        return CycleKind.WASH
    return CycleKind.RINSE_ONLY if is_whole else CycleKind.UNCLEAR


def _is_wash(run: Block, appliance: Appliance, thresholds: Thresholds) -> bool:
    if thresholds.wash_wh is not None:
        return run.wh >= thresholds.wash_wh
    if run.heat_s >= HEATED_WASH_S:
        return True
    return appliance is Appliance.WASHER and run.minutes >= COLD_WASH_MIN


def _is_apart(block: Block, thresholds: Thresholds) -> bool:
    if thresholds.split_min is not None and block.pause_min >= thresholds.split_min:
        return True
    return block.quiet_min > JOIN_QUIET_MIN or block.pause_min > JOIN_PAUSE_MIN


def _best(blocks: Sequence[Block], appliance: Appliance) -> Sequence[Block]:
    ways = [_divided(blocks, cuts) for cuts in range(2 ** max(0, len(blocks) - 1))]
    return min(ways, key=lambda way: _oddness(way, appliance))


def _divided(blocks: Sequence[Block], cuts: int) -> list[Block]:
    """Cut before block n + 1 where bit n of `cuts` is set."""
    found = [*blocks[:1]]
    for at, block in enumerate(blocks[1:]):
        if cuts >> at & 1:
            found.append(block)
        else:
            found[-1] = join(found[-1], block)
    return found


def _oddness(way: Sequence[Block], appliance: Appliance) -> tuple[int, int]:
    """Among equally likely ways, people make the longest pauses."""
    odd = -len(way)
    strict = _without_excuses(way)
    spin_w = max((each.motor_w for each in way), default=0.0)
    for run in strict:
        odd += 0 if _is_whole(run, appliance, spin_w) else NOT_WHOLE
    for run, following in pairwise(strict):
        odd += 0 if _could_follow(run, following, appliance) else NO_SEQUEL
    return odd, -sum(each.pause_min for each in way[1:])


def _without_excuses(way: Sequence[Block]) -> list[Block]:
    """A gap excuses that an edge is missing, but is no pause between two loads by itself."""
    strict = [*way]
    for at in range(1, len(way)):
        if strict[at].quiet_min < SEEN_PAUSE_MIN:
            strict[at - 1] = replace(strict[at - 1], end_gap=0)
            strict[at] = replace(strict[at], start_gap=0)
    return strict


def _is_whole(run: Block, appliance: Appliance, spin_w: float) -> bool:
    """It begins and ends as a programme does."""
    match appliance:
        case Appliance.WASHER:
            return _is_whole_wash(run, spin_w)
        case Appliance.DISHWASHER:
            return _are_whole_dishes(run)
        case Appliance.DRYER:
            return run.minutes >= DRIED_MIN


def _heat_delay(run: Block) -> int:
    """Minutes; a load begins with water, so that it never heats at once."""
    return run.heat_from - run.start if run.heatings else -1


def _heats_soon(run: Block) -> bool:
    soonest, latest = HEAT_SOON
    return soonest <= _heat_delay(run) <= latest or run.start_gap > 0


def _is_whole_wash(run: Block, spin_w: float) -> bool:
    usual_w = (run.wh * 60 - run.heat_wm) / max(1, run.minutes - run.heat_s / 60)
    has_spun = run.last_motor_w >= SPIN_TIMES * usual_w or run.end_gap > 0
    if run.heatings:
        return has_spun and _heats_soon(run) and run.end - run.heat_to >= RINSED_MIN
    return has_spun and (run.last_motor_w >= SPIN_SHARE * spin_w or run.end_gap > 0)


def _are_whole_dishes(run: Block) -> bool:
    if not run.heatings:
        return RINSE_MIN <= run.minutes <= RINSE_MOST_MIN and run.motor_w >= RINSE_W
    if run.start_gap or run.end_gap:
        return _heats_soon(run)
    return run.heatings > 1 and _heats_soon(run) and run.end - run.heat_to <= DRYING_MIN


def _could_follow(run: Block, following: Block, appliance: Appliance) -> bool:
    match appliance:
        case Appliance.WASHER if run.heatings and not following.heatings:
            return False  # its last rinses, after an interim spin
        case Appliance.DRYER:
            return following.bursts > 1 or following.first_w >= HOTTER * run.last_w
    if not run.heatings or not following.heatings:
        return True
    return _heats_alike(run, following, appliance)


def _heats_alike(run: Block, following: Block, appliance: Appliance) -> bool:
    """Two loads of one machine; what was not measured speaks for neither."""
    apart_min = abs(_heat_delay(run) - _heat_delay(following))
    if apart_min > SAME_DELAY_MIN[appliance] and not run.start_gap and not following.start_gap:
        return False
    less, more = sorted((run.heat_s, following.heat_s))
    is_cut = any(each.start_gap or each.end_gap for each in (run, following))
    return appliance is Appliance.WASHER or is_cut or less >= ALIKE * more
