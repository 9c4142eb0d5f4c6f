"""The effective price per use: a sum of named lines in money, in exact integer arithmetic.

Pure. With goods = packs x price, q = units bought, t = units wanted, e = max(0, q - t):

    price      goods                                    shipping   of this order
    lateness   expected days without x cost of a day without
    risk       chance that the vendor lets the order fall x what that costs
    holding    goods x e/q x rate per year x (t + e/2) / use per day / 365
               (what is more than wanted waits until the rest is used, then half its own life;
               ten years at most)
    credits    - goods x the owner's share, for brand, vendor, attributes, the product picked,
               present supplier

each divided by q and shown for a quantity one can picture: a litre, a kilogram, a fill.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import gcd, lcm
from typing import Annotated

from pydantic import PlainSerializer

from core.money import PPM, half_even, rounded_lines
from vendor_policy.candidates import Candidate
from vendor_policy.checks import Params
from vendor_policy.declarations import Unit
from vendor_policy.facts import Facts
from vendor_policy.lateness import vendor_lateness
from vendor_policy.needs import Need
from vendor_policy.policy import Credit, Policy, folded

PER_QUANTITY: Mapping[Unit, int] = {"ml": 1000, "g": 1000, "pieces": 1, "fill": 1}
DAYS_PER_YEAR = 365
MOST_YEARS = 10
# Orders kept that are assumed of every vendor before its own record weighs more.
ORDERS_KEPT = 20

Exact = Annotated[int, PlainSerializer(str, return_type=str)]  # may pass 2**53


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """`name`: price, shipping, lateness, risk, holding, or the id of a credit rule; below zero
    is a credit. The exact amount is `numerator` over the price's denominator.
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


# A line of the whole order: name, numerator and denominator in minor units, facts.
Share = tuple[str, int, int, Params]
Pricer = Callable[[Candidate], EffectivePrice]
NO_FACTS: Params = {}


def effective_price(
    candidate: Candidate, need: Need, policy: Policy, facts: Facts
) -> EffectivePrice:
    return pricer(need, policy, facts)(candidate)


def pricer(need: Need, policy: Policy, facts: Facts) -> Pricer:
    """What does not change from candidate to candidate is computed once."""
    late, failing = _lateness(need, policy, facts), _risk(policy, facts)
    holding, credits_of = _holding(need, policy), _credits(need, policy, facts)

    def price(candidate: Candidate) -> EffectivePrice:
        goods = candidate.goods_minor
        shares = [
            ("price", goods, 1, _packs(candidate.packs)),
            ("shipping", candidate.shipping_minor, 1, NO_FACTS),
            late(candidate),
            failing(candidate.vendor),
            holding(candidate),
            *(
                (rule_id, -goods * share_ppm, PPM, shown)
                for rule_id, share_ppm, shown in credits_of(candidate)
            ),
        ]
        kept = [each for at, each in enumerate(shares) if each[1] or not at]
        return _summed(kept, candidate.quantity, candidate.unit)

    return price


@cache
def _packs(packs: int) -> Params:
    return {"packs": packs}


def _summed(shares: Sequence[Share], quantity: int, unit: Unit) -> EffectivePrice:
    common = lcm(*[share[2] for share in shares])
    per = PER_QUANTITY[unit]
    exact = [per * share[1] * (common // share[2]) for share in shares]
    divisor = gcd(common * quantity, *exact)
    numerators = [each // divisor for each in exact]
    denominator = common * quantity // divisor
    shown = rounded_lines(numerators, denominator)
    return EffectivePrice(
        lines=tuple(
            [
                Line(name=share[0], numerator=numerator, shown_minor=minor, facts=share[3])
                for share, numerator, minor in zip(shares, numerators, shown, strict=True)
            ]
        ),
        numerator=sum(numerators),
        denominator=denominator,
        shown_minor=sum(shown),
        per_quantity=per,
        unit=unit,
    )


def _lateness(need: Need, policy: Policy, facts: Facts) -> Callable[[Candidate], Share]:
    late_of, known = vendor_lateness(need, facts), dict[tuple[str, int, int], Share]()
    a_day = policy.stock_out_minor_per_day

    def late(candidate: Candidate) -> Share:
        promise = candidate.delivery
        key = candidate.vendor, promise.earliest_days, promise.latest_days
        share = known.get(key)
        if share is None:
            expected = late_of(candidate.vendor, promise)
            shown: Params = {
                "late_ppm": expected.chance_ppm,
                "days_without_ppm": expected.days_without_ppm,
                "stock_out_minor_per_day": a_day,
                "currency": policy.currency,
            }
            share = known[key] = "lateness", expected.days_without_ppm * a_day, PPM, shown
        return share

    return late


def _risk(policy: Policy, facts: Facts) -> Callable[[str], Share]:
    @cache
    def failing(vendor: str) -> Share:
        own = facts.reliability.get(vendor)
        if own is None or not own.failed:
            return "risk", 0, 1, NO_FACTS
        shown: Params = {
            "orders": own.orders,
            "failed": own.failed,
            "failed_order_minor": policy.failed_order_minor,
            "currency": policy.currency,
        }
        cost = own.failed * policy.failed_order_minor
        return "risk", cost, own.orders + ORDERS_KEPT, shown

    return failing


def _holding(need: Need, policy: Policy) -> Callable[[Candidate], Share]:
    wanted, rate = need.quantity_target, policy.holding_ppm_per_year
    per_year = 2 * DAYS_PER_YEAR * need.use_per_day_micro

    def holding(candidate: Candidate) -> Share:
        quantity = candidate.quantity
        excess = quantity - wanted
        if excess <= 0 or not rate:
            return "holding", 0, 1, NO_FACTS
        waiting, a_year = (2 * wanted + excess) * PPM, per_year  # the one over the other, years
        if waiting > MOST_YEARS * a_year:
            waiting, a_year = MOST_YEARS, 1
        return (
            "holding",
            candidate.goods_minor * excess * rate * waiting,
            quantity * PPM * a_year,
            {"excess": excess, "unit": need.unit, "rate_ppm": rate},
        )

    return holding


Credited = tuple[tuple[str, int, Params], ...]  # rule id, share in ppm, facts


def _credits(need: Need, policy: Policy, facts: Facts) -> Callable[[Candidate], Credited]:
    present_supplier = facts.present_supplier.get(need.stock_id)
    picked = {
        each.product: (("picked_credit", each.credit_ppm, {"credit_ppm": each.credit_ppm}),)
        for each in policy.worth_more(need.products)
        if each.credit_ppm
    }

    @cache  # few of these, many offers
    def granted(brand: str, attributes: tuple[str, ...], vendor: str) -> Credited:
        present = set(map(folded, attributes))
        named = (
            *_named("brand_credit", policy.brand_credits, {folded(brand)}),
            *_named("attribute_credit", policy.attribute_credits, present),
            *_credited("vendor_credit", (c for c in policy.vendor_credits if c.name == vendor)),
        )
        if vendor != present_supplier:
            return named
        ppm = policy.loyalty_credit_ppm
        return *named, ("loyalty_credit", ppm, {"credit_ppm": ppm})

    return lambda each: (
        *granted(each.brand, each.attributes, each.vendor),
        *picked.get(each.gtin, ()),
    )


def _named(rule_id: str, wished: Iterable[Credit], present: set[str]) -> Credited:
    return _credited(rule_id, (each for each in wished if folded(each.name) in present))


def _credited(rule_id: str, granted: Iterable[Credit]) -> Credited:
    return tuple(
        (rule_id, each.credit_ppm, {"name": each.name, "credit_ppm": each.credit_ppm})
        for each in granted
    )
