"""What outcomes teach: how chances and margins are corrected, as shipped and as seen here.

Pure. An installation counts how its own forecasts came true and how its own orders ended, on
top of what is shipped: shipped counts are a Dirichlet prior (Gelman et al. 2013, Bayesian Data
Analysis, section 3.4) of `recalibration`, shipped margins the start of `steering`. Nothing is
taken from fewer than FEWEST_OWNERS households. The result is whole numbers, which records keep.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from core.money import PPM
from replenishment.demand.families import Families, Group
from replenishment.demand.recalibration import Reliability
from replenishment.demand.steering import MOST, Steering

FORMULAS: Final = 1  # the version of depletion.py: outcomes of others say nothing of it
FEWEST_OWNERS: Final = 20
QUANTILES: Final = (0.1, 0.5, 0.9)
MOST_MARGIN_MICRO: Final = round(MOST * PPM)  # either way, group and family together

Stated = tuple[tuple[int, ...], ...]  # ppm: a row per bucket of cover, a chance per quantile


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What one forecast was corrected with. `calibration`: its number, 0 as shipped.
    `stated_ppm`: the model's own chances where QUANTILES are published; `margin_micro`: on top
    of the normal score of the service level, in millionths.
    """

    calibration: int = 0
    stated_ppm: Stated = ()
    margin_micro: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """All that is corrected, by group of families and by family."""

    number: int = 0
    stated_ppm: Mapping[str, Stated] = field(default_factory=dict)
    group_margins_micro: Mapping[str, int] = field(default_factory=dict)
    family_margins_micro: Mapping[str, int] = field(default_factory=dict)

    def applied(self, group: str, family: str) -> Applied:
        margin = self.group_margins_micro.get(group, 0)
        margin += self.family_margins_micro.get(family, 0)
        return Applied(
            calibration=self.number,
            stated_ppm=self.stated_ppm.get(group, UNCORRECTED.stated_ppm),
            margin_micro=min(max(margin, -MOST_MARGIN_MICRO), MOST_MARGIN_MICRO),
        )


@dataclass(frozen=True, slots=True)
class ForecastOutcome:
    """One forecast that came true between two of its own chances, in ppm. `owner`: any word
    that tells households apart.
    """

    owner: str
    group: str
    bucket: int
    before_ppm: int
    after_ppm: int


@dataclass(frozen=True, slots=True)
class CycleOutcome:
    owner: str
    group: str
    family: str
    service_level_ppm: int
    is_stock_out: bool


def as_shipped(families: Families) -> Calibration:
    return calibrated(families, (), ())


def calibrated(
    families: Families, forecasts: Sequence[ForecastOutcome], cycles: Sequence[CycleOutcome]
) -> Calibration:
    """Both oldest first; the number is the caller's."""
    counts = _counts(forecasts)
    of_groups = _margins((each.group, each) for each in cycles)
    groups = {**{each.group: Group() for each in forecasts}, **families.groups}
    return Calibration(
        stated_ppm={name: _stated(group, name, counts) for name, group in groups.items()},
        group_margins_micro={
            name: round(families.groups.get(name, Group()).steering.margin * PPM)
            + of_groups.get(name, 0)
            for name in {**groups, **of_groups}
        },
        family_margins_micro=_margins((each.family, each) for each in cycles),
    )


def _counts(forecasts: Iterable[ForecastOutcome]) -> dict[tuple[str, int], Reliability]:
    by_curve: dict[tuple[str, int], list[ForecastOutcome]] = defaultdict(list)
    for each in forecasts:
        by_curve[each.group, each.bucket].append(each)
    return {
        curve: _counted(mine)
        for curve, mine in by_curve.items()
        if len({each.owner for each in mine}) >= FEWEST_OWNERS
    }


def _counted(forecasts: Iterable[ForecastOutcome]) -> Reliability:
    counted = Reliability()
    for each in forecasts:
        counted = counted.resolved(each.before_ppm / PPM, each.after_ppm / PPM)
    return counted


def _stated(group: Group, name: str, counts: Mapping[tuple[str, int], Reliability]) -> Stated:
    together = (
        shipped + counts.get((name, bucket), Reliability())
        for bucket, shipped in enumerate(group.reliability)
    )
    return tuple(
        tuple(round(each.stated(chance) * PPM) for chance in QUANTILES) for each in together
    )


UNCORRECTED: Final = Applied(stated_ppm=_stated(Group(), "", {}))


def _margins(cycles: Iterable[tuple[str, CycleOutcome]]) -> dict[str, int]:
    """What steering has moved, where enough households say so."""
    steering: dict[str, Steering] = defaultdict(Steering)
    owners: dict[str, set[str]] = defaultdict(set)
    for name, each in cycles:
        owners[name].add(each.owner)
        steering[name] = steering[name].after(
            is_stock_out=each.is_stock_out, service_level=each.service_level_ppm / PPM
        )
    return {
        name: round(each.margin * PPM)
        for name, each in steering.items()
        if each.margin and len(owners[name]) >= FEWEST_OWNERS
    }
