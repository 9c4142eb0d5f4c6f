"""Small worlds and orders of the arena."""

from collections.abc import Iterable
from random import Random

from runtime.arena.contestants import ArenaPick, contestants
from runtime.arena.goods import GOODS
from runtime.arena.season import Season, Tally
from runtime.arena.world import Luck, World, world
from vendor_policy.offers import Offer

COFFEE = "coffee-beans"
PLAIN_LUCK = Luck(cancelled=0.99, late=0.99, delay=0.0, window=0.0, complained=0.99)


def a_world(*cheats: str, seed: int = 1, households: int = 1, days: int = 180) -> World:
    rng = Random(seed)  # noqa: S311 - a simulation
    return world(rng, households=households, days=days, cheats=cheats)


def offers_of(made: World, vendor: str) -> list[Offer]:
    return [
        each
        for good in GOODS
        for each in made.offers(good.category, 0)
        if each.vendor == vendor
    ]


def one_pack(made: World, vendor: str) -> ArenaPick:
    return ArenaPick(offers_of(made, vendor)[0], 1)


def tally(name: str, made: World) -> Tally:
    [contestant] = contestants([name])
    return Season(made, contestant).play()


def vendors_of(offers: Iterable[Offer]) -> set[str]:
    return {each.vendor for each in offers}
