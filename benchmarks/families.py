"""Fits what the model knows of device families, on the households it is given.

The benchmark calls `fitted` on four fifths of the households and scores the rest;
`ship_families.py` calls it on all of them and keeps derived numbers only.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from replenishment.demand.families import Families, Family

LEAST_SPREAD = 0.05
TAKEN_AS_WIDE = 1.0  # spread of a family seen in one or two households
GROUPS = {"refit": "appliances", "cj": "purchases"}


def family_of(cls: str) -> str:
    """`refit/washer` -> washer."""
    return cls.rsplit("/", maxsplit=1)[-1]


def group_of(cls: str) -> str:
    prefix = cls.split("/", maxsplit=1)[0]
    return GROUPS.get(prefix, prefix)


def fitted(series: Sequence[Any]) -> Families:
    """Rates, their spread and the dispersion by the method of moments; without groups."""
    by_class: dict[str, list[Any]] = defaultdict(list)
    for each in series:
        by_class[each.cls].append(each)
    return Families(
        families={
            family_of(cls): _family(mine, group_of(cls)) for cls, mine in by_class.items()
        },
        unknown=Family(uses_per_day=1.0, spread=1.0, dispersion=_dispersion(series), group=""),
    )


def _family(series: Sequence[Any], group: str) -> Family:
    rates = np.array([each.x.mean() / each.unit for each in series])
    spread = math.expm1(np.log(rates).var()) if len(rates) > 2 else TAKEN_AS_WIDE
    return Family(
        uses_per_day=float(rates.mean()),
        spread=max(spread, LEAST_SPREAD),
        dispersion=_dispersion(series),
        group=group,
    )


def _dispersion(series: Iterable[Any]) -> float:
    """Geometric mean over slots of variance / mean of the uses per day."""
    each = [each.x.var() / each.x.mean() / each.unit for each in series]
    return float(np.exp(np.log(np.maximum(each, 0.05)).mean()))
