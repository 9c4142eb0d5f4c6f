"""Several needs at once: which candidates together cost least, shipping counted once a vendor.

Pure, in integers. What a plan costs is, over its needs, the wanted quantity at the effective
price per use, where the needs that share a parcel bear its shipping in equal parts. The search
is exact as long as it stays within its steps; beyond, it says how far off it may be.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import Final

from vendor_policy.declarations import Shipping

STEPS: Final = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """An acceptable candidate of one need. `cost`: of the wanted quantity without shipping, in
    minor units; `weight`: how much of a shipment counts, wanted over bought.
    """

    vendor: str
    goods_minor: int
    shipping: Shipping
    cost: Fraction
    weight: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`picks`: for each need the place of its choice. `gap`: by how much a better one could
    cost less, in minor units; 0 when there is none.
    """

    picks: tuple[int, ...]
    cost: Fraction
    gap: Fraction


def best_plan(choices: Sequence[Sequence[Choice]], *, steps: int = STEPS) -> Plan:
    """Every need has at least one choice, best first; of equal plans the one whose picks come
    earlier, need by need.
    """
    search = _Search(choices, steps)
    search.dive((), 0)
    gap = max(0, search.best_cost - min(search.best_cost, search.unseen))
    return Plan(
        picks=search.best,
        cost=Fraction(search.best_cost, search.units),
        gap=Fraction(gap, search.units),
    )


def shipping_minor(rules: frozenset[Shipping], goods_minor: int) -> int:
    """Of one parcel; where offers of one vendor name different rules, the dearest."""
    return max(rule.cost_minor(goods_minor) for rule in rules)


@dataclass(slots=True)
class _Parcel:
    goods: int = 0
    weight: int = 0
    needs: int = 0


class _Search:
    """Depth first with bounds. All costs are integers, `units` of which make one minor unit."""

    def __init__(self, choices: Sequence[Sequence[Choice]], steps: int) -> None:
        every = [each for options in choices for each in options]
        parts = [part.denominator for each in every for part in (each.cost, each.weight)]
        rules: dict[str, set[Shipping]] = defaultdict(set)
        for each in every:
            rules[each.vendor].add(each.shipping)
        self.choices, self.steps = choices, steps
        self.units = lcm(*parts) * lcm(*range(1, len(choices) + 1))
        self.rules = {vendor: frozenset(found) for vendor, found in rules.items()}
        self.costs = [[self._in_units(each.cost) for each in options] for options in choices]
        self.weights = [
            [self._in_units(each.weight) for each in options] for options in choices
        ]
        self.kept = [self._undominated(need) for need in range(len(choices))]
        least = [min(costs) for costs in self.costs]
        self.rest = [sum(least[at:]) for at in range(len(least) + 1)]  # needs from here on
        self.goods_ahead = [self._goods_from(at) for at in range(len(least) + 1)]
        self.best = (0,) * len(choices)
        self.best_cost = self._cost(self.best)
        self.unseen = self.best_cost  # the least that a plan not looked at could cost

    def _in_units(self, value: Fraction) -> int:
        return value.numerator * (self.units // value.denominator)

    def _undominated(self, need: int) -> list[int]:
        """Without those that another of the same vendor beats whatever else is in the parcel:
        it costs no more, counts for more towards free shipping and bears less of it.
        """
        options = self.choices[need]
        costs, weights = self.costs[need], self.weights[need]
        kept: list[int] = []
        for at in sorted(range(len(options)), key=lambda each: (costs[each], each)):
            if not any(
                options[each].vendor == options[at].vendor
                and options[each].goods_minor >= options[at].goods_minor
                and weights[each] <= weights[at]
                for each in kept
            ):
                kept.append(at)
        return kept

    def _goods_from(self, at: int) -> Mapping[str, int]:
        """The most that needs from here on can add to a vendor's parcel."""
        most: dict[str, int] = defaultdict(int)
        for options in self.choices[at:]:
            largest: dict[str, int] = defaultdict(int)
            for each in options:
                largest[each.vendor] = max(largest[each.vendor], each.goods_minor)
            for vendor, goods in largest.items():
                most[vendor] += goods
        return most

    def dive(self, picks: tuple[int, ...], cost: int) -> None:
        """Looks at every plan that begins with `picks`, which cost `cost` without shipping."""
        at = len(picks)
        if at == len(self.choices):
            total = self._cost(picks)
            if (total, picks) < (self.best_cost, self.best):
                self.best, self.best_cost = picks, total
            return
        for option in self.kept[at]:
            following, so_far = (*picks, option), cost + self.costs[at][option]
            bound = so_far + self.rest[at + 1] + self._shipping_at_least(following)
            if bound > self.best_cost or (
                bound == self.best_cost and following > self.best[: at + 1]
            ):
                continue
            if self.steps <= 0:
                self.unseen = min(self.unseen, bound)
                continue
            self.steps -= 1
            self.dive(following, so_far)

    def _parcels(self, picks: tuple[int, ...]) -> Mapping[str, _Parcel]:
        parcels: dict[str, _Parcel] = defaultdict(_Parcel)
        for need, option in enumerate(picks):
            choice = self.choices[need][option]
            parcel = parcels[choice.vendor]
            parcel.goods += choice.goods_minor
            parcel.weight += self.weights[need][option]
            parcel.needs += 1
        return parcels

    def _cost(self, picks: tuple[int, ...]) -> int:
        goods = sum(self.costs[need][option] for need, option in enumerate(picks))
        return goods + sum(
            shipping_minor(self.rules[vendor], parcel.goods) * parcel.weight // parcel.needs
            for vendor, parcel in self._parcels(picks).items()
        )

    def _shipping_at_least(self, picks: tuple[int, ...]) -> int:
        """Whatever else the rest of the needs put into the parcels."""
        ahead = len(self.choices) - len(picks)
        goods_ahead = self.goods_ahead[len(picks)]
        return sum(
            shipping_minor(self.rules[vendor], parcel.goods + goods_ahead.get(vendor, 0))
            * parcel.weight
            // (parcel.needs + ahead)
            for vendor, parcel in self._parcels(picks).items()
        )
