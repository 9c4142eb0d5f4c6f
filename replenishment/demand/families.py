"""What is known of a slot before its first reading: the family of its consumable.

The table families.json holds derived numbers only (its source stands in it); it is read once,
at start. `benchmarks/families.py` writes it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any, Final

from replenishment.demand.model import Prior
from replenishment.demand.recalibration import COVER_DAYS, Reliability
from replenishment.demand.steering import Steering

BUCKETS: Final = len(COVER_DAYS) + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Slots of one kind, seen over many households."""

    uses_per_day: float
    spread: float  # variance of the rate between households over its square
    dispersion: float  # variance of a day's uses over their mean
    group: str


UNKNOWN: Final = Family(uses_per_day=1.0, spread=1.0, dispersion=1.5, group="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """What families that behave alike have in common: how forecasts came true, per bucket of
    cover, and the margin that kept the service level.
    """

    reliability: tuple[Reliability, ...] = (Reliability(),) * BUCKETS
    steering: Steering = field(default_factory=Steering)


@dataclass(frozen=True, slots=True, kw_only=True)
class Families:
    families: Mapping[str, Family] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)
    categories: Mapping[str, str] = field(default_factory=dict)  # of consumables, to families
    unknown: Family = UNKNOWN

    def family_name(self, category: str) -> str:
        """The category's own name, where its family is unknown."""
        return self.categories.get(category, category)

    def family(self, category: str) -> Family:
        return self.families.get(self.family_name(category), self.unknown)

    def group(self, category: str) -> Group:
        return self.groups.get(self.family(category).group, Group())


def prior(family: Family, use_size: float) -> Prior[float]:
    """A gamma distribution with the mean and spread of the rates in the family.
    use_size: units of the stock that one use takes.
    """
    uses = 1.0 / family.spread
    return Prior(
        uses=uses,
        days=uses / family.uses_per_day,
        dispersion=family.dispersion,
        use_size=use_size,
    )


def shipped() -> Families:
    table = json.loads(files("replenishment.demand").joinpath("families.json").read_text())
    return from_json(table)


def from_json(table: Mapping[str, Any]) -> Families:
    return Families(
        families={name: Family(**family) for name, family in table["families"].items()},
        groups={name: _group(group) for name, group in table["groups"].items()},
        categories=table["categories"],
        unknown=Family(**table["unknown"]),
    )


def _group(group: Mapping[str, Any]) -> Group:
    return Group(
        reliability=tuple(Reliability(tuple(counts)) for counts in group["reliability"]),
        steering=Steering(margin=group["margin"]),
    )
