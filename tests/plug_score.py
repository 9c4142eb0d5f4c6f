"""How many runs of a plug were found, and as what."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from devices.cycles.judging import Cycle, CycleKind
from tests.plug_days import Run


@dataclass(slots=True)
class Score:
    hit: int = 0
    missed: int = 0
    extra: int = 0
    kinds: Counter[tuple[CycleKind, CycleKind]] = field(default_factory=Counter)

    @property
    def f1(self) -> float:
        return 2 * self.hit / max(1, 2 * self.hit + self.missed + self.extra)

    def of(self, truth: CycleKind) -> float:
        """The part of the runs of this kind that were told as such."""
        told = {said: n for (real, said), n in self.kinds.items() if real is truth}
        return told.get(truth, 0) / max(1, sum(told.values()))

    def add(self, runs: list[Run], found: list[Cycle], unseen: Iterable[Run] = ()) -> None:
        left = list(found)
        for run in runs:
            match = next((each for each in left if _is_of(run, each)), None)
            if match is None:
                self.missed += 1
                continue
            left.remove(match)
            self.hit += 1
            self.kinds[run.kind, match.kind] += 1
        self.extra += sum(not any(_touch(run, each) for run in unseen) for each in left)


def _is_of(run: Run, cycle: Cycle) -> bool:
    starts = abs(cycle.from_s - run.from_s) <= run.from_within_s
    return starts and abs(cycle.to_s - run.to_s) <= run.to_within_s


def _touch(run: Run, cycle: Cycle) -> bool:
    return cycle.from_s < run.to_s and run.from_s < cycle.to_s
