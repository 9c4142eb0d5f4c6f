"""What is bought when several needs are decided together: one winner each, in parcels.

Pure. Only candidates that are acceptable by themselves are combined, so that an order never
needs another one to be within the owner's limits.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from core.money import Money, half_even
from vendor_policy.candidates import Candidate
from vendor_policy.needs import Need
from vendor_policy.plans import Choice, best_plan, shipping_minor
from vendor_policy.policy import Policy
from vendor_policy.pricing import EffectivePrice
from vendor_policy.rules import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Winner:
    """What is bought for a need when several are decided together."""

    need_id: str
    offer_id: str
    packs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """What one vendor delivers together. `total`: paid, tax and delivery in."""

    winners: tuple[Winner, ...]
    shipping_minor: int
    total: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Basket:
    """Costs are those of the wanted quantities at their effective prices, in minor units.
    `gap_minor`: by how much another combination could at most be cheaper, 0 when every one was
    considered. A need without an acceptable offer has no winner.
    """

    winners: tuple[Winner, ...]  # in the order of the needs
    parcels: tuple[Parcel, ...]
    cost_minor: int
    apart_minor: int  # the same when each need's own choice is ordered by itself
    gap_minor: int
    asks: tuple[Finding, ...]  # why the owner must say yes first, and to which offer


Scored = tuple[Candidate, EffectivePrice]
Asks = Callable[[Candidate], tuple[Finding, ...]]


@dataclass(frozen=True, slots=True)
class Met:
    """A need with its acceptable candidates, best first, and what is asked about one."""

    need: Need
    scored: Sequence[Scored]
    asks: Asks


def together(met: Sequence[Met], policy: Policy) -> Basket:
    choices = [[_choice(*each, one.need) for each in one.scored] for one in met]
    if not met:
        return Basket(winners=(), parcels=(), cost_minor=0, apart_minor=0, gap_minor=0, asks=())
    plan = best_plan(choices)
    bought = [(one, one.scored[at][0]) for one, at in zip(met, plan.picks, strict=True)]
    parcels = _parcels(bought)
    return Basket(
        winners=tuple(_winner(one.need, candidate) for one, candidate in bought),
        parcels=parcels,
        cost_minor=_rounded(plan.cost),
        apart_minor=_rounded(
            sum((_apart(*one.scored[0], one.need) for one in met), Fraction())
        ),
        gap_minor=ceil(plan.gap),
        asks=(
            *(
                finding
                for one, candidate in bought
                for finding in one.asks(candidate)
                if finding.rule_id != ASK_ABOVE  # which is about the parcel
            ),
            *_too_dear(parcels, policy),
        ),
    )


ASK_ABOVE = "ask_above"


def _choice(candidate: Candidate, price: EffectivePrice, need: Need) -> Choice:
    weight = Fraction(need.quantity_target, candidate.quantity)
    shipping = weight * candidate.shipping_minor
    return Choice(
        vendor=candidate.vendor,
        goods_minor=candidate.goods_minor,
        shipping=candidate.shipping,
        cost=_apart(candidate, price, need) - shipping,
        weight=weight,
    )


def _apart(_: Candidate, price: EffectivePrice, need: Need) -> Fraction:
    """Of the wanted quantity, in an order of its own."""
    return Fraction(
        price.numerator * need.quantity_target, price.denominator * price.per_quantity
    )


def _parcels(bought: Sequence[tuple[Met, Candidate]]) -> tuple[Parcel, ...]:
    """In the order of the needs they begin with."""
    by_vendor: dict[str, list[tuple[Need, Candidate]]] = defaultdict(list)
    for one, candidate in bought:
        by_vendor[candidate.vendor].append((one.need, candidate))
    return tuple(_parcel(contents) for contents in by_vendor.values())


def _parcel(contents: Sequence[tuple[Need, Candidate]]) -> Parcel:
    goods = sum(candidate.goods_minor for _, candidate in contents)
    rules = frozenset(candidate.shipping for _, candidate in contents)
    shipping = shipping_minor(rules, goods)
    return Parcel(
        winners=tuple(_winner(*each) for each in contents),
        shipping_minor=shipping,
        total=Money(goods + shipping, contents[0][1].price.currency),
    )


def _winner(need: Need, candidate: Candidate) -> Winner:
    return Winner(need_id=need.need_id, offer_id=candidate.offer_id, packs=candidate.packs)


def _too_dear(parcels: Sequence[Parcel], policy: Policy) -> list[Finding]:
    most = policy.ask_above_minor
    return [
        Finding(
            offer_id=parcel.winners[0].offer_id,
            packs=None,
            rule_id=ASK_ABOVE,
            facts={
                "total_minor": parcel.total.minor,
                "most_minor": most,
                "currency": policy.currency,
            },
        )
        for parcel in parcels
        if most is not None and parcel.total.minor > most
    ]


def _rounded(cost: Fraction) -> int:
    return half_even(cost.numerator, cost.denominator)
