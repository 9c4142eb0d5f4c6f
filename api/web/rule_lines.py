"""The rules of a policy in plain words, whoever made them. Pure."""

from collections.abc import Iterator, Mapping

from accounts.texts import Share, Text, text
from api.web import wording
from api.web.views_policy import RuleLine
from core.money import Money
from vendor_policy.conditions import OrderLimit
from vendor_policy.policy import Policy
from vendor_policy.rules import Author

ALWAYS = (
    (Author.TECHNICAL, "policy.rule.compatible"),
    (Author.LAW, "policy.rule.verified"),
    (Author.PLATFORM, "policy.rule.fresh"),
)


def rule_lines(policy: Policy, vendors: Mapping[str, str]) -> tuple[RuleLine, ...]:
    """vendors: names by key."""
    own = (text("policy.rule.custom", wording=each.wording) for each in policy.custom_rules)
    wishes = (*_wishes(policy, vendors), *_limits(policy), *_asks(policy), *_weights(policy))
    return (
        *(RuleLine(words=text(key), author=author) for author, key in ALWAYS),
        *(RuleLine(words=words, author=Author.OWNER) for words in (*wishes, *own)),
    )


def _wishes(policy: Policy, vendors: Mapping[str, str]) -> Iterator[Text]:
    for entry in policy.brands_allowed:
        title = wording.category(entry.category)
        yield text("policy.rule.brands", category=title, names=", ".join(entry.names))
    for entry in policy.attributes_required:
        title = wording.category(entry.category)
        names = wording.attributes(entry.names)
        yield text("policy.rule.attributes", category=title, names=names)
    for band in policy.price_bands:
        yield text(
            "policy.rule.band",
            category=wording.category(band.category),
            most=Money(band.most_minor, policy.currency),
            per=wording.per(band.per_quantity, band.unit),
        )
    if policy.vendors_blocked:
        blocked = ", ".join(vendors.get(each, each) for each in policy.vendors_blocked)
        yield text("policy.rule.vendors", names=blocked)
    if policy.products_blocked:
        yield text("policy.rule.products", n=len(policy.products_blocked))
    if policy.substitutes:
        yield text("policy.rule.substitutes", n=len(policy.substitutes))


def _limits(policy: Policy) -> Iterator[Text]:
    for each in policy.order_limits:
        yield from _limit(each)
    if policy.price_rise_most_ppm is not None:
        yield text("policy.rule.price_rise", share=Share(policy.price_rise_most_ppm))
    if policy.late_most_ppm is not None:
        yield text("policy.rule.late", share=Share(policy.late_most_ppm))
    if policy.contested:
        yield text("policy.rule.contested", n=len(policy.contested))


def _limit(limit: OrderLimit) -> Iterator[Text]:
    title = wording.category(limit.category) if limit.category else text("policy.all_else")
    if limit.packs_most is not None:
        yield text("policy.rule.packs", category=title, n=limit.packs_most)
    if limit.delivery_most_days is not None:
        yield text("policy.rule.days", category=title, n=limit.delivery_most_days)
    if limit.days_between is not None:
        yield text("policy.rule.gap", category=title, n=limit.days_between)


def _asks(policy: Policy) -> Iterator[Text]:
    if policy.ask_above_minor is not None:
        most = Money(policy.ask_above_minor, policy.currency)
        yield text("policy.rule.ask_above", most=most)
    if policy.ask_price_rise_ppm is not None:
        yield text("policy.rule.ask_rise", share=Share(policy.ask_price_rise_ppm))


def _weights(policy: Policy) -> Iterator[Text]:
    day = Money(policy.stock_out_minor_per_day, policy.currency)
    yield text("policy.rule.stock_out", amount=day)
    if policy.loyalty_credit_ppm:
        yield text("policy.rule.loyalty", share=Share(policy.loyalty_credit_ppm))
    for each in (*policy.brand_credits, *policy.vendor_credits):
        yield text("policy.rule.credit", name=each.name, share=Share(each.credit_ppm))
    for each in policy.attribute_credits:
        name = wording.attributes([each.name])
        yield text("policy.rule.credit", name=name, share=Share(each.credit_ppm))
