"""The same twenty filters as policies in Cedar, each a `forbid` of its own."""

from collections.abc import Sequence
from typing import Any

import cedarpy

from vendor_policy.candidates import Candidate
from vendor_policy.facts import Facts
from vendor_policy.needs import Need
from vendor_policy.policy import Policy

FILTERS = 20


def policies(need: Need, policy: Policy, facts: Facts) -> cedarpy.PolicySet:
    band, limit, last = policy.price_bands[0], policy.limit(need.category), facts.last_paid
    paid = last[need.stock_id]
    brands = policy.names(policy.brands_allowed, need.category)
    required = policy.names(policy.attributes_required, need.category)
    since_days = (facts.today_on - facts.bought_on[need.stock_id]).days
    twice = paid.total.minor * (1 + (policy.price_rise_most_ppm or 0) // 1_000_000)
    allowed = (
        'context.brand != "" && context.category != "" && !context.fits.isEmpty()',
        f'context.category == "{need.category}" && context.fits.containsAny({_set(need.fits)})',
        f'context.unit == "{need.unit}"',
        "context.trader_verified",
        "context.in_stock",
        f"{int(facts.now_at.timestamp())} < context.expires_at",
        f'context.currency == "{policy.currency}"',
        f"{_set(each.lower() for each in brands)}.contains(context.brand)",
        f"!{_set(each.lower() for each in policy.brands_blocked)}.contains(context.brand)",
        f"{_set(need.products)}.contains(context.gtin)",
        f"!{_set(policy.products_blocked)}.contains(context.gtin)",
        f"{_set(policy.vendors_allowed)}.contains(context.vendor)",
        f"!{_set(policy.vendors_blocked)}.contains(context.vendor)",
        f"context.attributes.containsAll({_set(required)})",
        f"{need.quantity_least} <= context.quantity && "
        f"context.quantity <= {need.quantity_most}",
        f"context.packs <= {limit.packs_most}",
        f"context.total * {band.per_quantity} <= {band.most_minor} * context.quantity",
        f"context.total * {paid.quantity} <= {twice} * context.quantity",
        f"context.latest_days <= {limit.delivery_most_days}",
        f"{since_days} >= {limit.days_between}",
    )
    if len(allowed) != FILTERS:
        raise ValueError("one filter each")
    forbids = [f"forbid(principal, action, resource) unless {{ {each} }};" for each in allowed]
    return cedarpy.PolicySet.from_str(
        "\n".join(["permit(principal, action, resource);", *forbids])
    )


def _set(names: Any) -> str:
    return "[" + ", ".join(f'"{name}"' for name in names) + "]"


def requests(candidates: Sequence[Candidate]) -> list[dict[str, Any]]:
    return [
        {
            "principal": 'Owner::"owner"',
            "action": 'Action::"buy"',
            "resource": f'Offer::"{each.offer_id}"',
            "context": {
                "brand": each.brand.lower(),
                "category": each.category,
                "fits": list(each.fits),
                "unit": each.unit,
                "trader_verified": each.trader_verified,
                "in_stock": each.in_stock,
                "expires_at": int(each.expires_at.timestamp()),
                "currency": each.price.currency,
                "gtin": each.gtin,
                "vendor": each.vendor,
                "attributes": list(each.attributes),
                "quantity": each.quantity,
                "packs": each.packs,
                "total": each.total_minor,
                "latest_days": each.delivery.latest_days,
            },
        }
        for each in candidates
    ]


def allowed_offers(
    asked: list[dict[str, Any]], rules: cedarpy.PolicySet, nobody: cedarpy.Entities
) -> list[bool]:
    return [each.allowed for each in cedarpy.is_authorized_batch(asked, rules, nobody)]


def no_entities() -> cedarpy.Entities:
    return cedarpy.Entities.from_json_str("[]")
