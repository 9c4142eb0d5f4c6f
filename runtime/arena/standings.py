"""Standings: what the played rounds say of each contestant.

Pure.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace

from runtime.arena.contestants import SHIPPED
from runtime.arena.rounds import ALL_CHEATS, RIVALS, PlayedRound
from runtime.arena.season import Tally
from runtime.arena.welfare import (
    DAYS_PER_YEAR,
    USUAL_COSTS,
    Interval,
    OwnerCosts,
    interval,
    welfare_minor,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Of one contestant under one attack, a household and year, in minor units. `behind`: by
    how much more welfare the shipped preset gave, seed by seed.
    """

    name: str
    welfare: Interval
    behind: Interval
    a_year: dict[str, float]  # means of the tally's counts


class Standings:
    def __init__(self, found: Sequence[PlayedRound], costs: OwnerCosts = USUAL_COSTS) -> None:
        self._found = found
        self._costs = costs

    def at(self, *, day_without_minor: int) -> "Standings":
        return Standings(self._found, replace(self._costs, day_without=day_without_minor))

    def of(self, attack: str) -> list[Standing]:
        """Most welfare first."""
        rounds = [each for each in self._found if each.round.attack == attack]
        names = rounds[0].tallies if rounds else ()
        standings = [self._standing(name, rounds) for name in names]
        return sorted(standings, key=lambda each: -each.welfare.mean)

    def losses(self) -> Iterator[tuple[str, Standing]]:
        """Where a contestant gave more welfare on average than the shipped preset."""
        for attack in dict.fromkeys(each.round.attack for each in self._found):
            for standing in self.of(attack):
                if standing.behind.mean < 0:
                    yield attack, standing

    @property
    def is_beaten(self) -> bool:
        """By a rival it must beat."""
        return any(
            attack == ALL_CHEATS and standing.name in RIVALS
            for attack, standing in self.losses()
        )

    def _standing(self, name: str, rounds: Sequence[PlayedRound]) -> Standing:
        welfare = [self._welfare(each, name) for each in rounds]
        shipped = [self._welfare(each, SHIPPED) for each in rounds]
        return Standing(
            name=name,
            welfare=interval(welfare),
            behind=interval([ours - its for ours, its in zip(shipped, welfare, strict=True)]),
            a_year={
                count.name: sum(getattr(each.tallies[name], count.name) for each in rounds)
                / sum(_household_years(each) for each in rounds)
                for count in fields(Tally)
            },
        )

    def _welfare(self, each: PlayedRound, name: str) -> float:
        return welfare_minor(each.tallies[name], _household_years(each), self._costs)


def _household_years(each: PlayedRound) -> float:
    return each.round.households * each.round.days / DAYS_PER_YEAR
