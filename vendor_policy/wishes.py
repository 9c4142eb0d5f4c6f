"""What the owner set for each rule, for its wording; None while a rule is not in force.

Pure. One function for each rule with parameters, under the rule's id.
"""

from collections.abc import Iterable, Sequence

from vendor_policy.checks import Params
from vendor_policy.needs import Need
from vendor_policy.policy import Credit, Policy


def none(policy: Policy, need: Need) -> Params:
    return {}


def brand_allowed(policy: Policy, need: Need) -> Params | None:
    return _listed(policy.names(policy.brands_allowed, need.category))


def brand_not_blocked(policy: Policy, need: Need) -> Params | None:
    return _listed(policy.brands_blocked)


def product_picked(policy: Policy, need: Need) -> Params | None:
    return _listed((*need.products, *policy.substitutes_of(need.products)))


def picked_credit(policy: Policy, need: Need) -> Params | None:
    return _listed([each.product for each in policy.worth_more(need.products)])


def product_not_blocked(policy: Policy, need: Need) -> Params | None:
    return _listed(policy.products_blocked)


def vendor_allowed(policy: Policy, need: Need) -> Params | None:
    return _listed(policy.vendors_allowed)


def vendor_not_blocked(policy: Policy, need: Need) -> Params | None:
    return _listed(policy.vendors_blocked)


def has_attributes(policy: Policy, need: Need) -> Params | None:
    return _listed(policy.names(policy.attributes_required, need.category))


def quantity_fits(policy: Policy, need: Need) -> Params:
    return {"least": need.quantity_least, "most": need.quantity_most, "unit": need.unit}


def packs_within(policy: Policy, need: Need) -> Params | None:
    most = policy.limit(need.category).packs_most
    return None if most is None else {"most": most}


def delivery_within(policy: Policy, need: Need) -> Params | None:
    most = policy.limit(need.category).delivery_most_days
    return None if most is None else {"most_days": most}


def not_too_often(policy: Policy, need: Need) -> Params | None:
    least = policy.limit(need.category).days_between
    return None if least is None else {"least_days": least}


def price_in_band(policy: Policy, need: Need) -> Params | None:
    band = policy.band(need.category)
    if band is None:
        return None
    return {
        "least_minor": band.least_minor,
        "most_minor": band.most_minor,
        "per_quantity": band.per_quantity,
        "unit": band.unit,
        "currency": policy.currency,
    }


def price_rise(policy: Policy, need: Need) -> Params | None:
    return _at_most(policy.price_rise_most_ppm)


def delivery_in_time(policy: Policy, need: Need) -> Params | None:
    return _at_most(policy.late_most_ppm)


def brand_credit(policy: Policy, need: Need) -> Params | None:
    return _credited(policy.brand_credits)


def vendor_credit(policy: Policy, need: Need) -> Params | None:
    return _credited(policy.vendor_credits)


def attribute_credit(policy: Policy, need: Need) -> Params | None:
    return _credited(policy.attribute_credits)


def loyalty_credit(policy: Policy, need: Need) -> Params | None:
    share_ppm = policy.loyalty_credit_ppm
    return {"credit_ppm": share_ppm} if share_ppm else None


def ask_above(policy: Policy, need: Need) -> Params | None:
    if policy.ask_above_minor is None:
        return None
    return {"most_minor": policy.ask_above_minor, "currency": policy.currency}


def ask_price_rise(policy: Policy, need: Need) -> Params | None:
    return _at_most(policy.ask_price_rise_ppm)


def _listed(names: Sequence[str]) -> Params | None:
    return {"names": ", ".join(names)} if names else None


def _credited(granted: Iterable[Credit]) -> Params | None:
    return _listed([each.name for each in granted])


def _at_most(limit_ppm: int | None) -> Params | None:
    return None if limit_ppm is None else {"most_ppm": limit_ppm}
