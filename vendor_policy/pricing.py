"""The effective price per use: a sum of named lines in money, in exact integer arithmetic.

Pure. With goods = packs x price, q = units bought, t = units wanted, e = max(0, q - t):

    price      goods                                    shipping   of this order
    lateness   expected days without x cost of a day without
    holding    goods x e/q x rate per year x (t + e/2) / use per day / 365
               (what is more than wanted waits until the rest is used, then half its own life;
               ten years at most)
    credits    - goods x the owner's share, for brand, vendor, attributes, present supplier

each divided by q and shown for a quantity one can picture: a litre, a kilogram, a fill.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import gcd, lcm
from typing import Annotated

from pydantic import PlainSerializer

from core.money import PPM, half_even, rounded_lines
from vendor_policy.candidates import Candidate
from vendor_policy.checks import Params
from vendor_policy.declarations import Unit
from vendor_policy.facts import Facts
from vendor_policy.lateness import added, lateness
from vendor_policy.needs import Need
from vendor_policy.policy import Credit, Policy, folded

PER_QUANTITY: Mapping[Unit, int] = {"ml": 1000, "g": 1000, "pieces": 1, "fill": 1}
DAYS_PER_YEAR = 365
MOST_YEARS = 10

Exact = Annotated[int, PlainSerializer(str, return_type=str)]  # may pass 2**53


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """`name`: price, shipping, lateness, holding, or the id of a credit rule; below zero is a
    credit. The exact amount is `numerator` over the price's denominator.
    """

    name: str
    numerator: Exact
    shown_minor: int
    facts: Params


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectivePrice:
    """Minor units for `per_quantity` units; the sum of its lines, exact and as shown. A line
    of zero is left out, except the price.
    """

    lines: tuple[Line, ...]
    numerator: Exact
    denominator: Exact
    shown_minor: int
    per_quantity: int
    unit: Unit

    def compare(self, other: "EffectivePrice") -> int:
        """Below zero when this one is lower, 0 when both are exactly equal."""
        return self.numerator * other.denominator - other.numerator * self.denominator


@dataclass(frozen=True, slots=True)
class _Share:
    """A line of the whole order: `numerator` over `denominator` minor units."""

    name: str
    numerator: int
    denominator: int
    facts: Params


def effective_price(
    candidate: Candidate, need: Need, policy: Policy, facts: Facts
) -> EffectivePrice:
    shares = [
        _Share("price", candidate.goods_minor, 1, {"packs": candidate.packs}),
        *(each for each in _others(candidate, need, policy, facts) if each.numerator),
    ]
    return _summed(shares, candidate.quantity, candidate.unit)


def _summed(shares: list[_Share], quantity: int, unit: Unit) -> EffectivePrice:
    common = lcm(*(share.denominator for share in shares))
    per = PER_QUANTITY[unit]
    exact = [per * share.numerator * (common // share.denominator) for share in shares]
    divisor = gcd(common * quantity, *exact)
    numerators = [each // divisor for each in exact]
    denominator = common * quantity // divisor
    shown = rounded_lines(numerators, denominator)
    return EffectivePrice(
        lines=tuple(
            Line(name=share.name, numerator=numerator, shown_minor=minor, facts=share.facts)
            for share, numerator, minor in zip(shares, numerators, shown, strict=True)
        ),
        numerator=sum(numerators),
        denominator=denominator,
        shown_minor=half_even(sum(numerators), denominator),
        per_quantity=per,
        unit=unit,
    )


def _others(candidate: Candidate, need: Need, policy: Policy, facts: Facts) -> Iterator[_Share]:
    yield _Share("shipping", candidate.shipping_minor, 1, {})
    yield _lateness(candidate, need, policy, facts)
    yield _holding(candidate, need, policy)
    yield from _credits(candidate, need, policy, facts)


def _lateness(candidate: Candidate, need: Need, policy: Policy, facts: Facts) -> _Share:
    deliveries = added(facts.prior, facts.deliveries.get(candidate.vendor))
    late = lateness(candidate.delivery, need.depletion, deliveries, facts.today_on)
    shown: Params = {
        "late_ppm": late.chance_ppm,
        "days_without_ppm": late.days_without_ppm,
        "stock_out_minor_per_day": policy.stock_out_minor_per_day,
        "currency": policy.currency,
    }
    cost = late.days_without_ppm * policy.stock_out_minor_per_day
    return _Share("lateness", cost, PPM, shown)


def _holding(candidate: Candidate, need: Need, policy: Policy) -> _Share:
    quantity, wanted = candidate.quantity, need.quantity_target
    excess = max(0, quantity - wanted)
    rate = policy.holding_ppm_per_year
    waiting = (2 * wanted + excess) * PPM  # over `a_year`, in years
    a_year = 2 * DAYS_PER_YEAR * need.use_per_day_micro
    if waiting > MOST_YEARS * a_year:
        waiting, a_year = MOST_YEARS, 1
    return _Share(
        "holding",
        candidate.goods_minor * excess * rate * waiting,
        quantity * PPM * a_year,
        {"excess": excess, "unit": need.unit, "rate_ppm": rate},
    )


def _credits(
    candidate: Candidate, need: Need, policy: Policy, facts: Facts
) -> Iterator[_Share]:
    goods, attributes = candidate.goods_minor, set(map(folded, candidate.attributes))
    granted = (
        *_granted("brand_credit", policy.brand_credits, {folded(candidate.brand)}),
        *_granted("attribute_credit", policy.attribute_credits, attributes),
        *(
            ("vendor_credit", each)
            for each in policy.vendor_credits
            if each.name == candidate.vendor
        ),
    )
    for rule_id, credit in granted:
        yield _credit(rule_id, goods, credit.credit_ppm, {"name": credit.name})
    if facts.present_supplier.get(need.stock_id) == candidate.vendor:
        yield _credit("loyalty_credit", goods, policy.loyalty_credit_ppm, {})


def _credit(rule_id: str, goods_minor: int, share_ppm: int, shown: Params) -> _Share:
    return _Share(rule_id, -goods_minor * share_ppm, PPM, {**shown, "credit_ppm": share_ppm})


def _granted(
    rule_id: str, wished: Iterable[Credit], present: set[str]
) -> Iterator[tuple[str, Credit]]:
    for each in wished:
        if folded(each.name) in present:
            yield rule_id, each
