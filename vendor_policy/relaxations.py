"""How one rule of the owner's, or one line of the effective price, is taken out of a decision.

Pure. Rules of the law, of technology and of the platform cannot be dropped: they have no entry.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from vendor_policy.premises import Premises

MOST_UNITS: Final = 2**53 - 1

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
    "price_in_band": _elsewhere("price_bands"),
    "price_rise": _unwished(price_rise_most_ppm=None),
    "delivery_in_time": _unwished(late_most_ppm=None),
}
# By the line's name. The price itself stays: without it nothing is left to compare.
WITHOUT_LINE: Final[Mapping[str, Relaxation]] = {
    "shipping": _delivered_free,
    "lateness": _unwished(stock_out_minor_per_day=0),
    "holding": _unwished(holding_ppm_per_year=0),
    "brand_credit": _unwished(brand_credits=()),
    "attribute_credit": _unwished(attribute_credits=()),
    "vendor_credit": _unwished(vendor_credits=()),
    "loyalty_credit": _unwished(loyalty_credit_ppm=0),
}


def without_rule(given: Premises, rule_id: str) -> Premises | None:
    """None: not a rule that the owner may drop."""
    relaxed = WITHOUT_RULE.get(rule_id)
    return relaxed(given) if relaxed else None
