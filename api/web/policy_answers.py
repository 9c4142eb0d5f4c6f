"""A policy as the answers of its page, and what the page asks. Pure.

The inverse of `policy_form`: what is read from these answers is the same policy again.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from api.web.filled import FilledForm
from api.web.wording import ATTRIBUTES
from core.money import Money
from vendor_policy.conditions import OrderLimit
from vendor_policy.declarations import ProductCard
from vendor_policy.policy import Credit, Policy

SPARE_ROWS: Final = 1  # empty ones, for another rule of one's own
OWN_RULES_MOST: Final = 30
LIMITS: Final = {
    "days": "delivery_most_days",
    "packs": "packs_most",
    "gap": "days_between",
}  # field of the page -> of an order limit
SHARES: Final = {
    "price_rise": "price_rise_most_ppm",
    "late": "late_most_ppm",
    "ask_rise": "ask_price_rise_ppm",
    "loyalty": "loyalty_credit_ppm",
}
CREDITS: Final = {"worth_attribute": "attribute_credits", "worth_vendor": "vendor_credits"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the page asks about: the categories in use with their products, the products picked
    for some supply, the shops by key.
    """

    present: Policy
    cards: Mapping[str, list[ProductCard]]
    picked: tuple[str, ...]
    vendors: Mapping[str, str]
    today_on: date

    def product(self, gtin: str) -> ProductCard | None:
        found = (each for cards in self.cards.values() for each in cards if each.gtin == gtin)
        return next(found, None)

    def replaceable(self, category: str) -> list[ProductCard]:
        """Products of the category for which others may do: those picked or named before."""
        named = {*self.picked, *(each.product for each in self.present.substitutes)}
        return [each for each in self.cards[category] if each.gtin in named]

    def creditable(self, field: str) -> tuple[str, ...]:
        """What can be worth something: by name."""
        known = self.vendors if field == "vendor_credits" else sorted(ATTRIBUTES)
        held: tuple[Credit, ...] = getattr(self.present, field)
        return tuple(dict.fromkeys((*known, *(each.name for each in held))))


def contest_key(at: int, policy: Policy) -> str:
    each = policy.contested[at]
    return "|".join((each.rule_id, each.product or "", each.stock_id or ""))


def answers(asked: Asked, typed: Callable[[Money], str]) -> FilledForm:
    """typed: an amount as the reader would type it."""
    policy = asked.present
    pairs = [*_plain(policy, typed), *_own_rules(policy), *_credits(asked)]
    for category in asked.cards:
        pairs += _of_category(asked, category, typed)
    names = dict.fromkeys(name for name, _ in pairs)
    return FilledForm({name: tuple(v for n, v in pairs if n == name) for name in names})


Pairs = Iterator[tuple[str, str]]


def _plain(policy: Policy, typed: Callable[[Money], str]) -> Pairs:
    yield "preset", policy.preset
    if policy.ask_above_minor is not None:
        yield "ask_above", typed(Money(policy.ask_above_minor, policy.currency))
    yield "stock_out_per_day", typed(Money(policy.stock_out_minor_per_day, policy.currency))
    for name, field in SHARES.items():
        share: int | None = getattr(policy, field)
        if share is not None:
            yield name, percent(share)
    yield from (("vendors_blocked", each) for each in policy.vendors_blocked)
    yield from (("contested", contest_key(at, policy)) for at, _ in enumerate(policy.contested))


def _of_category(asked: Asked, category: str, typed: Callable[[Money], str]) -> Pairs:
    policy = asked.present
    for brand in policy.names(policy.brands_allowed, category):
        yield f"brand:{category}", brand
    for attribute in policy.names(policy.attributes_required, category):
        yield f"attribute:{category}", attribute
    band = policy.band(category)
    if band is not None:
        yield f"band:{category}", typed(Money(band.most_minor, policy.currency))
    limit = own_limit(policy, category)
    for name, field in LIMITS.items():
        most: int | None = getattr(limit, field)
        if most is not None:
            yield f"{name}:{category}", str(most)
    for card in asked.replaceable(category):
        held = next((each for each in policy.substitutes if each.product == card.gtin), None)
        yield from ((f"instead:{card.gtin}", each) for each in (held.instead if held else ()))
        if held and held.credit_ppm:
            yield f"worth:{card.gtin}", percent(held.credit_ppm)


def own_limit(policy: Policy, category: str) -> OrderLimit:
    """Of the category itself; what holds for all others is not asked here."""
    found = (each for each in policy.order_limits if each.category == category)
    return next(found, OrderLimit(category=category))


def _credits(asked: Asked) -> Pairs:
    for name, field in CREDITS.items():
        held: tuple[Credit, ...] = getattr(asked.present, field)
        yield from ((f"{name}:{each.name}", percent(each.credit_ppm)) for each in held)


def _own_rules(policy: Policy) -> Pairs:
    for at, rule in enumerate(policy.custom_rules):
        yield f"own_name:{at}", rule.name
        yield f"own_wording:{at}", rule.wording
        yield f"own_expression:{at}", rule.expression
        yield f"own_otherwise:{at}", rule.otherwise


def percent(share_ppm: int) -> str:
    """As it would be typed: `8`, `2.5`."""
    whole, rest = divmod(share_ppm // 100, 100)
    return f"{whole}.{rest:02}".rstrip("0").rstrip(".") if rest else str(whole)
