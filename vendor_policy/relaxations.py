"""How one rule of the owner's, or one line of the effective price, is taken out of a decision.

Pure. Rules of the law, of technology and of the platform cannot be dropped: they have no entry.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from vendor_policy.premises import Premises

MOST_UNITS: Final = 2**53 - 1
CUSTOM: Final = "custom:"  # before the name of a rule that the owner wrote

Relaxation = Callable[[Premises], Premises]


def _unwished(**changes: Any) -> Relaxation:
    return lambda given: replace(given, policy=given.policy.model_copy(update=changes))


def _elsewhere(field: str) -> Relaxation:
    """The policy without the entry for the need's category."""

    def relaxed(given: Premises) -> Premises:
        entries = getattr(given.policy, field)
        others = tuple(each for each in entries if each.category != given.need.category)
        return replace(given, policy=given.policy.model_copy(update={field: others}))

    return relaxed


def _needed(**changes: Any) -> Relaxation:
    return lambda given: replace(given, need=replace(given.need, **changes))


def _any_quantity(given: Premises) -> Premises:
    return replace(
        given,
        need=replace(given.need, quantity_least=1, quantity_most=MOST_UNITS),
    )


def _unlimited(field: str) -> Relaxation:
    """The category's order limit without one of its parts."""

    def relaxed(given: Premises) -> Premises:
        category, limits = given.need.category, given.policy.order_limits
        loose = given.policy.limit(category).model_copy(
            update={"category": category, field: None}
        )
        others = tuple(each for each in limits if each.category != category)
        policy = given.policy.model_copy(update={"order_limits": (*others, loose)})
        return replace(given, policy=policy)

    return relaxed


def _unwritten(name: str) -> Relaxation:
    def relaxed(given: Premises) -> Premises:
        others = tuple(each for each in given.policy.custom_rules if each.name != name)
        policy = given.policy.model_copy(update={"custom_rules": others})
        return replace(given, policy=policy)

    return relaxed


def _picked_like_others(given: Premises) -> Premises:
    equal = tuple(
        each.model_copy(update={"credit_ppm": None}) for each in given.policy.substitutes
    )
    return replace(given, policy=given.policy.model_copy(update={"substitutes": equal}))


def _delivered_free(given: Premises) -> Premises:
    return replace(
        given,
        candidates=tuple(replace(each, shipping_minor=0) for each in given.candidates),
    )


WITHOUT_RULE: Final[Mapping[str, Relaxation]] = {
    "brand_allowed": _elsewhere("brands_allowed"),
    "brand_not_blocked": _unwished(brands_blocked=()),
    "product_picked": _needed(products=()),
    "product_not_blocked": _unwished(products_blocked=()),
    "vendor_allowed": _unwished(vendors_allowed=()),
    "vendor_not_blocked": _unwished(vendors_blocked=()),
    "has_attributes": _elsewhere("attributes_required"),
    "quantity_fits": _any_quantity,
    "packs_within": _unlimited("packs_most"),
    "price_in_band": _elsewhere("price_bands"),
    "price_rise": _unwished(price_rise_most_ppm=None),
    "delivery_within": _unlimited("delivery_most_days"),
    "delivery_in_time": _unwished(late_most_ppm=None),
    "not_too_often": _unlimited("days_between"),
}
# By the line's name. The price itself stays: without it nothing is left to compare.
WITHOUT_LINE: Final[Mapping[str, Relaxation]] = {
    "shipping": _delivered_free,
    "lateness": _unwished(stock_out_minor_per_day=0),
    "risk": _unwished(failed_order_minor=0),
    "holding": _unwished(holding_ppm_per_year=0),
    "brand_credit": _unwished(brand_credits=()),
    "attribute_credit": _unwished(attribute_credits=()),
    "vendor_credit": _unwished(vendor_credits=()),
    "picked_credit": _picked_like_others,
    "loyalty_credit": _unwished(loyalty_credit_ppm=0),
}


def without_rule(given: Premises, rule_id: str) -> Premises | None:
    """None: not a rule that the owner may drop."""
    if rule_id.startswith(CUSTOM):
        return _unwritten(rule_id.removeprefix(CUSTOM))(given)
    relaxed = WITHOUT_RULE.get(rule_id)
    return relaxed(given) if relaxed else None
