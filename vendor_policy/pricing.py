"""The effective price per use: a sum of named lines in money, in exact integer arithmetic.

Pure. With goods = packs x price, q = units bought, t = units wanted, e = max(0, q - t):

    price      goods                                    shipping   of this order
    lateness   expected days without x cost of a day without
    risk       orders that the vendor lets fall for each that it keeps x what such a one costs
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

from core.money import PPM, rounded_lines
from vendor_policy.candidates import Candidate
from vendor_policy.checks import Params
from vendor_policy.declarations import DeliveryPromise, Unit
from vendor_policy.facts import Facts, Reliability
from vendor_policy.lateness import vendor_lateness
from vendor_policy.needs import Need
from vendor_policy.policy import Credit, Policy, folded

PER_QUANTITY: Mapping[Unit, int] = {"ml": 1000, "g": 1000, "pieces": 1, "fill": 1}
DAYS_PER_YEAR = 365
MOST_YEARS = 10
# Orders kept that are assumed of every vendor before its own record weighs more. The risk is
# in failures for each order kept, not a chance, which could not outweigh any hidden fee.
ORDERS_KEPT = 5

Exact = Annotated[int, PlainSerializer(str, return_type=str)]  # may pass 2**53


# Not frozen, like `EffectivePrice` and `decide.Ranked`: that would take five times as long to
# make, and a decision makes thousands. Nothing changes them.
@dataclass(slots=True)
class Line:
    """`name`: price, shipping, lateness, risk, holding, or the id of a credit rule; below zero
    is a credit. The exact amount is `numerator` over the price's denominator.
    """

    name: str
    numerator: Exact
    shown_minor: int
    facts: Params


@dataclass(slots=True)
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


Pricer = Callable[[Candidate], EffectivePrice]
Share = tuple[str, int, Params]  # a line of the whole order: name, amount in units, facts
NO_FACTS: Params = {}


def effective_price(
    candidate: Candidate, need: Need, policy: Policy, facts: Facts
) -> EffectivePrice:
    return pricer(need, policy, facts)(candidate)


def pricer(need: Need, policy: Policy, facts: Facts) -> Pricer:
    """What does not change from candidate to candidate is computed once. Amounts are integers,
    `units` of which make one minor unit; where holding is a line, which is divided by the
    quantity, `units` times the quantity do.
    """
    wanted, rate, a_year = need.quantity_target, policy.holding_ppm_per_year, _a_year(need)
    kept = [_kept(each) for each in facts.reliability.values()]
    units = lcm(PPM, a_year, *kept)
    vendor_shares = _vendor_shares(need, policy, facts, units)
    credits_of = _credits(need, policy, facts, units)

    def price(candidate: Candidate) -> EffectivePrice:
        packs, shipping = candidate.packs, candidate.shipping_minor
        goods, quantity = packs * candidate.price.minor, packs * candidate.pack_quantity
        excess = quantity - wanted if rate and goods and quantity > wanted else 0
        times = quantity if excess else 1
        shares: list[Share] = [("price", goods * units * times, _packs(packs))]
        if shipping:
            shares.append(("shipping", shipping * units * times, NO_FACTS))
        for name, amount, shown in vendor_shares(candidate.vendor, candidate.delivery):
            shares.append((name, amount * times, shown))
        if excess:
            waiting, of = _waiting(wanted, excess, a_year)
            amount = goods * excess * rate * waiting * (units // of)
            shown = {"excess": excess, "unit": need.unit, "rate_ppm": rate}
            shares.append(("holding", amount, shown))
        for name, amount, shown in credits_of(candidate) if goods else ():
            shares.append((name, -goods * amount * times, shown))
        return _summed(shares, units * times * quantity, candidate.unit)

    return price


@cache
def _packs(packs: int) -> Params:
    return {"packs": packs}


def _a_year(need: Need) -> int:
    """Twice the use of a year, in millionths of a unit."""
    return 2 * DAYS_PER_YEAR * need.use_per_day_micro


def _waiting(wanted: int, excess: int, a_year: int) -> tuple[int, int]:
    """What is held waits this many years, as a fraction of millionths (of the rate, in ppm)."""
    waiting = 2 * wanted + excess
    if waiting * PPM > MOST_YEARS * a_year:
        return MOST_YEARS, PPM
    return waiting, a_year


def _summed(shares: Sequence[Share], denominator: int, unit: Unit) -> EffectivePrice:
    per = PER_QUANTITY[unit]
    amounts = [per * amount for _, amount, _ in shares]
    divisor = gcd(denominator, *amounts)
    denominator //= divisor
    numerators = [each // divisor for each in amounts]
    shown = rounded_lines(numerators, denominator)
    lines = [
        Line(name, numerator, minor, facts)
        for (name, _, facts), numerator, minor in zip(shares, numerators, shown, strict=True)
    ]
    total = sum(numerators)
    return EffectivePrice(tuple(lines), total, denominator, sum(shown), per, unit)


def _vendor_shares(
    need: Need, policy: Policy, facts: Facts, units: int
) -> Callable[[str, DeliveryPromise], tuple[Share, ...]]:
    """Lateness and risk, in `units`; each computed once for a vendor and its promise."""
    late_of = vendor_lateness(need, facts)
    a_day, an_order = policy.stock_out_minor_per_day, policy.failed_order_minor
    known: dict[tuple[str, int, int], tuple[Share, ...]] = {}

    def of(vendor: str, promise: DeliveryPromise) -> tuple[Share, ...]:
        late, own = late_of(vendor, promise), facts.reliability.get(vendor)
        lateness: Params = {
            "late_ppm": late.chance_ppm,
            "days_without_ppm": late.days_without_ppm,
            "stock_out_minor_per_day": a_day,
            "currency": policy.currency,
        }
        shares = [("lateness", late.days_without_ppm * a_day * (units // PPM), lateness)]
        if own is not None:
            risk: Params = {
                "orders": own.orders,
                "failed": own.failed,
                "failed_order_minor": an_order,
                "currency": policy.currency,
            }
            expected = own.failed * an_order * (units // _kept(own))
            shares.append(("risk", expected, risk))
        return tuple(each for each in shares if each[1])

    def vendor_shares(vendor: str, promise: DeliveryPromise) -> tuple[Share, ...]:
        key = vendor, promise.earliest_days, promise.latest_days
        found = known.get(key)
        if found is None:
            found = known[key] = of(vendor, promise)
        return found

    return vendor_shares


def _kept(own: Reliability) -> int:
    return own.orders - own.failed + ORDERS_KEPT


def _credits(
    need: Need, policy: Policy, facts: Facts, units: int
) -> Callable[[Candidate], tuple[Share, ...]]:
    """For one minor unit of goods, in `units`."""

    def share(rule_id: str, ppm: int, **named: str) -> Share:
        return rule_id, ppm * (units // PPM), {**named, "credit_ppm": ppm}

    def shares(rule_id: str, granted: Iterable[Credit]) -> dict[str, Share]:
        return {each.name: share(rule_id, each.credit_ppm, name=each.name) for each in granted}

    brand_shares = shares("brand_credit", policy.brand_credits)
    brands = {folded(name): (each,) for name, each in brand_shares.items()}
    vendor_shares = shares("vendor_credit", policy.vendor_credits)
    vendors = {name: (each,) for name, each in vendor_shares.items()}
    attribute_shares = shares("attribute_credit", policy.attribute_credits)
    wished = [(folded(name), each) for name, each in attribute_shares.items()]
    picked = {
        each.product: (share("picked_credit", each.credit_ppm),)
        for each in policy.worth_more(need.products)
        if each.credit_ppm
    }
    supplier, loyalty_ppm = facts.present_supplier.get(need.stock_id), policy.loyalty_credit_ppm
    loyal = (share("loyalty_credit", loyalty_ppm),) if loyalty_ppm else ()

    @cache  # few sets of attributes, many offers
    def of_attributes(attributes: tuple[str, ...]) -> tuple[Share, ...]:
        present = set(map(folded, attributes))
        return tuple(each for name, each in wished if name in present)

    return lambda each: (
        brands.get(folded(each.brand), ())
        + of_attributes(each.attributes)
        + vendors.get(each.vendor, ())
        + picked.get(each.gtin, ())
        + (loyal if each.vendor == supplier else ())
    )
