"""What an owner's own condition may know of an offer and of the need.

Pure. What is not listed here cannot be named: no rating, no payment, no place in a feed.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Final

from vendor_policy.candidates import Candidate
from vendor_policy.facts import Facts
from vendor_policy.needs import Need

Value = bool | int | str | Sequence[str]

# What is not known is left out: `has(need.last_paid_minor)` tells, anything else objects.
OFFER: Mapping[str, Callable[[Candidate], Value]] = {
    "attributes": lambda each: list(each.attributes),
    "brand": lambda each: each.brand,
    "category": lambda each: each.category,
    "currency": lambda each: each.price.currency,
    "earliest_days": lambda each: each.delivery.earliest_days,
    "fits": lambda each: list(each.fits),
    "goods_minor": lambda each: each.goods_minor,
    "gtin": lambda each: each.gtin,
    "in_stock": lambda each: each.in_stock,
    "latest_days": lambda each: each.delivery.latest_days,
    "pack_quantity": lambda each: each.pack_quantity,
    "packs": lambda each: each.packs,
    "price_minor": lambda each: each.price.minor,
    "quantity": lambda each: each.quantity,
    "shipping_minor": lambda each: each.shipping_minor,
    "total_minor": lambda each: each.total_minor,
    "unit": lambda each: each.unit,
    "vendor": lambda each: each.vendor,
}
OF_PACKS: Final = frozenset(
    {"packs", "quantity", "goods_minor", "shipping_minor", "total_minor"}
)
NEED: Mapping[str, Callable[[Need, Facts], Value | None]] = {
    "category": lambda need, _: need.category,
    "days_left": lambda need, facts: (need.depletion.p50_on - facts.today_on).days,
    "days_since_last": lambda need, facts: _days(facts.bought_on.get(need.stock_id), facts),
    "fits": lambda need, _: list(need.fits),
    "last_paid_minor": lambda need, facts: _last_paid(need, facts, "minor"),
    "last_paid_quantity": lambda need, facts: _last_paid(need, facts, "quantity"),
    "quantity_least": lambda need, _: need.quantity_least,
    "quantity_most": lambda need, _: need.quantity_most,
    "quantity_target": lambda need, _: need.quantity_target,
    "unit": lambda need, _: need.unit,
}
FIELDS: Mapping[str, frozenset[str]] = {"offer": frozenset(OFFER), "need": frozenset(NEED)}


def _days(since_on: date | None, facts: Facts) -> int | None:
    return None if since_on is None else (facts.today_on - since_on).days


def _last_paid(need: Need, facts: Facts, part: str) -> int | None:
    last = facts.last_paid.get(need.stock_id)
    if last is None:
        return None
    return last.total.minor if part == "minor" else last.quantity
