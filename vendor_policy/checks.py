"""The checks behind the rules: each one question about one candidate.

Pure. None: no objection. An objection is a set of facts, so that a page can word it in the
owner's language; `missing` names the fact without which the question could not be answered
(money is spent: what is unknown objects). Amounts are minor units of `currency`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from core.money import PPM
from vendor_policy.candidates import Candidate
from vendor_policy.facts import Facts
from vendor_policy.lateness import added, lateness
from vendor_policy.needs import Need
from vendor_policy.policy import Policy, folded

Params = Mapping[str, int | str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection:
    facts: Params = field(default_factory=dict)
    missing: str | None = None


Check = Callable[[Candidate, Need, Policy, Facts], Objection | None]


def complete(
    candidate: Candidate, need: Need, policy: Policy, facts: Facts
) -> Objection | None:
    for name in ("brand", "category", "fits"):
        if not getattr(candidate, name):
            return Objection(missing=name)
    return None


def fits(candidate: Candidate, need: Need, policy: Policy, facts: Facts) -> Objection | None:
    if candidate.category != need.category:
        return Objection(facts={"offered": candidate.category, "wanted": need.category})
    if set(need.fits).isdisjoint(candidate.fits):
        return Objection(
            facts={"offered": ", ".join(candidate.fits), "wanted": ", ".join(need.fits)}
        )
    return None


def unit_matches(
    candidate: Candidate, need: Need, policy: Policy, facts: Facts
) -> Objection | None:
    if candidate.unit == need.unit:
        return None
    return Objection(facts={"offered": candidate.unit, "wanted": need.unit})


def trader_verified(
    candidate: Candidate, need: Need, policy: Policy, facts: Facts
) -> Objection | None:
    return None if candidate.trader_verified else Objection()


def in_stock(
    candidate: Candidate, need: Need, policy: Policy, facts: Facts
) -> Objection | None:
    return None if candidate.in_stock else Objection()


def not_expired(
    candidate: Candidate, need: Need, policy: Policy, facts: Facts
) -> Objection | None:
    if facts.now_at < candidate.expires_at:
        return None
    return Objection(facts={"expired_at": candidate.expires_at.isoformat()})


def same_currency(
    candidate: Candidate, need: Need, policy: Policy, facts: Facts
) -> Objection | None:
    if candidate.price.currency == policy.currency:
        return None
    return Objection(facts={"offered": candidate.price.currency, "wanted": policy.currency})


def brand_allowed(
    candidate: Candidate, need: Need, policy: Policy, facts: Facts
) -> Objection | None:
    brands = next(
        (each.names for each in policy.brands_allowed if each.category == need.category), None
    )
    if brands is None or folded(candidate.brand) in map(folded, brands):
        return None
    return Objection(facts={"brand": candidate.brand, "brands": ", ".join(brands)})


def brand_not_blocked(
    candidate: Candidate, need: Need, policy: Policy, facts: Facts
) -> Objection | None:
    if folded(candidate.brand) not in map(folded, policy.brands_blocked):
        return None
    return Objection(facts={"brand": candidate.brand})


def product_picked(
    candidate: Candidate, need: Need, policy: Policy, facts: Facts
) -> Objection | None:
    if not need.products or candidate.gtin in need.products:
        return None
    return Objection(facts={"gtin": candidate.gtin, "picked": ", ".join(need.products)})


def product_not_blocked(
    candidate: Candidate, need: Need, policy: Policy, facts: Facts
) -> Objection | None:
    if candidate.gtin not in policy.products_blocked:
        return None
    return Objection(facts={"gtin": candidate.gtin})


def vendor_allowed(
    candidate: Candidate, need: Need, policy: Policy, facts: Facts
) -> Objection | None:
    if not policy.vendors_allowed or candidate.vendor in policy.vendors_allowed:
        return None
    return Objection()


def vendor_not_blocked(
    candidate: Candidate, need: Need, policy: Policy, facts: Facts
) -> Objection | None:
    return Objection() if candidate.vendor in policy.vendors_blocked else None


def has_attributes(
    candidate: Candidate, need: Need, policy: Policy, facts: Facts
) -> Objection | None:
    required = next(
        (each.names for each in policy.attributes_required if each.category == need.category),
        (),
    )
    present = set(map(folded, candidate.attributes))
    lacking = [name for name in required if folded(name) not in present]
    return Objection(facts={"attributes": ", ".join(lacking)}) if lacking else None


def quantity_fits(
    candidate: Candidate, need: Need, policy: Policy, facts: Facts
) -> Objection | None:
    if candidate.unit != need.unit:
        return Objection(missing="quantity")
    if need.quantity_least <= candidate.quantity <= need.quantity_most:
        return None
    return Objection(
        facts={
            "quantity": candidate.quantity,
            "least": need.quantity_least,
            "most": need.quantity_most,
            "unit": need.unit,
        }
    )


def price_in_band(
    candidate: Candidate, need: Need, policy: Policy, facts: Facts
) -> Objection | None:
    """What is paid, delivery in, for the band's quantity; shown away from the limit, so that
    a breach never looks like the limit itself.
    """
    band = policy.band(need.category)
    if band is None:
        return None
    if candidate.unit != band.unit or candidate.price.currency != policy.currency:
        return Objection(missing="price")
    paid = candidate.total.minor * band.per_quantity
    if band.least_minor * candidate.quantity <= paid <= band.most_minor * candidate.quantity:
        return None
    below, rest = divmod(paid, candidate.quantity)
    shown = below if below < band.least_minor else below + (rest > 0)
    return Objection(
        facts={
            "paid_minor": shown,
            "beyond_minor": max(shown - band.most_minor, band.least_minor - shown),
            "least_minor": band.least_minor,
            "most_minor": band.most_minor,
            "per_quantity": band.per_quantity,
            "unit": band.unit,
            "currency": policy.currency,
        }
    )


def price_rise(
    candidate: Candidate, need: Need, policy: Policy, facts: Facts
) -> Objection | None:
    return _risen(candidate, need, facts, policy.price_rise_most_ppm)


def ask_price_rise(
    candidate: Candidate, need: Need, policy: Policy, facts: Facts
) -> Objection | None:
    return _risen(candidate, need, facts, policy.ask_price_rise_ppm)


def _risen(
    candidate: Candidate, need: Need, facts: Facts, most_ppm: int | None
) -> Objection | None:
    """Against what the stock's last order cost per unit, delivery in; a first order cannot
    have risen.
    """
    last = facts.last_paid.get(need.stock_id)
    if most_ppm is None or last is None:
        return None
    if last.total.currency != candidate.price.currency or candidate.unit != need.unit:
        return Objection(missing="last_paid")
    now, before = candidate.total.minor * last.quantity, last.total.minor * candidate.quantity
    if now * PPM <= before * (PPM + most_ppm):
        return None
    return Objection(
        facts={"rise_ppm": -(-(now - before) * PPM // before), "most_ppm": most_ppm}
    )


def delivery_in_time(
    candidate: Candidate, need: Need, policy: Policy, facts: Facts
) -> Objection | None:
    if policy.late_most_ppm is None:
        return None
    deliveries = added(facts.prior, facts.deliveries.get(candidate.vendor))
    late = lateness(candidate.delivery, need.depletion, deliveries, facts.today_on)
    if late.chance_ppm <= policy.late_most_ppm:
        return None
    return Objection(facts={"late_ppm": late.chance_ppm, "most_ppm": policy.late_most_ppm})


def ask_above(
    candidate: Candidate, need: Need, policy: Policy, facts: Facts
) -> Objection | None:
    most = policy.ask_above_minor
    if most is None or candidate.total.minor <= most:
        return None
    return Objection(
        facts={
            "total_minor": candidate.total.minor,
            "most_minor": most,
            "currency": policy.currency,
        }
    )
