"""Seeded draws, each named by what it is about.

Pure: the same seed and name give the same draws in every process, whatever was drawn before.
That is why a parcel or a fault cannot change a use that it has nothing to do with.
"""

from random import Random


def chance(seed: int, *about: object) -> Random:
    """A source of its own for one question, e.g. `chance(7, "uses", "washer-0001", day)`."""
    return Random("|".join(str(each) for each in (seed, *about)))  # noqa: S311 - a simulation
