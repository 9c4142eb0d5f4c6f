"""What an owner's corrections teach: from which energy on a run is a wash, and how long a pause
must be to part two loads.

Pure, and deterministic: the same corrections always give the same thresholds.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final

from devices.cycles.judging import CycleKind, Thresholds
from devices.cycles.reporting import CycleReport

LEAST_PAUSE_MIN: Final = 2


class Said(StrEnum):
    """What the owner says of one cycle."""

    NOT_A_WASH = "not_a_wash"
    A_WASH = "a_wash"
    TWO_LOADS = "two_loads"
    MISSED = "missed"  # nothing was found at all


@dataclass(frozen=True, slots=True)
class Judged:
    """`report` None: a cycle that was missed; `said` None: nobody objects."""

    report: CycleReport | None
    said: Said | None


@dataclass(frozen=True, slots=True)
class Learned:
    """`corrected`: cycles to add to those that were counted."""

    corrected: int
    thresholds: Thresholds


def learn(cycles: Sequence[Judged]) -> Learned:
    thresholds = Thresholds(wash_wh=_wash_wh(cycles), split_min=_split_min(cycles))
    return Learned(sum(added(each) for each in cycles), thresholds)


def added(cycle: Judged) -> int:
    """Doses that the owner's word adds."""
    is_counted = cycle.report is not None and cycle.report.kind in (
        CycleKind.WASH,
        CycleKind.DRY,
    )
    match cycle.said:
        case None:
            return 0
        case Said.NOT_A_WASH:
            return -int(is_counted)
        case Said.A_WASH | Said.MISSED:
            return int(not is_counted)
        case Said.TWO_LOADS:
            return 1 + int(not is_counted)


def _wash_wh(cycles: Iterable[Judged]) -> float | None:
    """The energy that misjudges the fewest cycles; between the two nearest ones."""
    known = [(each, each.report) for each in cycles]
    energies = sorted((report.wh, _is_wash(each)) for each, report in known if report)
    if not any(each.said in (Said.NOT_A_WASH, Said.A_WASH) for each, _ in known):
        return None
    cuts = [(below[0] + above[0]) / 2 for below, above in pairwise(energies)]
    ends = [max(0.0, energies[0][0] - 1.0), energies[-1][0] + 1.0] if energies else []
    return min(
        [*cuts, *ends],
        key=lambda cut: (sum(is_ != (wh >= cut) for wh, is_ in energies), cut),
        default=None,
    )


def _is_wash(cycle: Judged) -> bool:
    if cycle.said is not None:
        return cycle.said is not Said.NOT_A_WASH
    return cycle.report is not None and cycle.report.kind in (CycleKind.WASH, CycleKind.DRY)


def _split_min(cycles: Iterable[Judged]) -> int | None:
    """None also where a run with as long a pause was one load."""
    pauses = [(each.said, each.report.longest_pause_min) for each in cycles if each.report]
    two = [pause for said, pause in pauses if said is Said.TWO_LOADS]
    one = [pause for said, pause in pauses if said is None]
    shortest = min((each for each in two if each >= LEAST_PAUSE_MIN), default=None)
    return shortest if shortest is not None and shortest > max(one, default=0) else None
