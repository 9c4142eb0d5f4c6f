"""Rounds: every contestant's season in the same world, for many seeds and attacks.

Pure.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from random import Random
from typing import Final

from runtime.arena.contestants import FAVOURITE, LIST_PRICE, NAMES, SHIPPED, contestants
from runtime.arena.season import Season, Tally
from runtime.arena.vendors import CHEATS
from runtime.arena.world import world

HONEST_ONLY: Final = "honest vendors only"
ALL_CHEATS: Final = "under attack"
ATTACKS: Final[Mapping[str, tuple[str, ...]]] = {
    ALL_CHEATS: tuple(CHEATS),
    HONEST_ONLY: (),
    **{name: (name,) for name in CHEATS},
}
RIVALS: Final = (LIST_PRICE, FAVOURITE)  # which the shipped preset must beat under attack
FEW: Final = 3  # seeds for one cheat at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class ArenaSize:
    seeds: int = 8
    households: int = 3
    years: int = 2
    first_seed: int = 1

    @property
    def household_years(self) -> int:
        return self.households * self.years


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    seed: int
    attack: str  # a key of ATTACKS
    households: int
    days: int
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlayedRound:
    round: Round
    tallies: Mapping[str, Tally]  # by contestant


def rounds(size: ArenaSize) -> Iterator[Round]:
    for attack in ATTACKS:
        is_whole = attack in {ALL_CHEATS, HONEST_ONLY}
        for nth in range(size.seeds if is_whole else min(FEW, size.seeds)):
            yield Round(
                seed=size.first_seed + nth,
                attack=attack,
                households=size.households,
                days=365 * size.years,
                names=NAMES if is_whole else (SHIPPED, *RIVALS),
            )


def played(each: Round) -> PlayedRound:
    """The same for the same round, in every process."""
    made = world(
        Random(each.seed),  # noqa: S311 - a simulation
        households=each.households,
        days=each.days,
        cheats=ATTACKS[each.attack],
    )
    return PlayedRound(
        each,
        {who.name: Season(made, who).play() for who in contestants(each.names)},
    )


def to_json(size: ArenaSize, found: Sequence[PlayedRound]) -> dict[str, object]:
    """Every tally of every round, so that anything shown can be computed again."""
    return {
        "size": asdict(size),
        "rounds": [
            {
                "seed": each.round.seed,
                "attack": each.round.attack,
                "tallies": {name: asdict(tally) for name, tally in each.tallies.items()},
            }
            for each in found
        ],
    }
