"""From an owner's own choice to a rule: what the policy would have to say to choose it.

Pure. Each suggestion was tried by deciding again, and is a whole policy for the owner to
confirm; nothing is learned by itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from pydantic import ValidationError

from core.money import PPM
from vendor_policy import policy as policies
from vendor_policy.explain import Part
from vendor_policy.offers import Offer
from vendor_policy.policy import Policy, folded
from vendor_policy.premises import Premises, premises
from vendor_policy.record import DecisionRecord
from vendor_policy.relaxations import without_rule

STEP_PPM: Final = 10_000  # credits are suggested in whole per cent
MOST_PPM: Final = PPM // 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """`name`: prefer_shop, prefer_brand, drop_rules, not_this_shop or not_this_brand."""

    name: str
    policy: Policy
    words: Part


def suggestions(made: DecisionRecord, present: Policy, offer_id: str) -> tuple[Suggestion, ...]:
    """present: the policy in force, which the suggestions start from. Empty when it would
    choose the offer already, or no single one of these would make it.
    """
    given = replace(premises(made), policy=present)
    offers = {offer.offer_id: offer for offer in made.offers.values()}
    winner = given.winner()
    if winner is not None and winner.offer_id == offer_id:
        return ()
    wanted, beaten = offers[offer_id], offers[winner.offer_id] if winner else None
    tried = (*_preferred(given, wanted), *_dropped(given, wanted), *_avoided(given, beaten))
    return tuple(each for each in tried if _wins(given, each.policy, offer_id))


def _wins(given: Premises, policy: Policy, offer_id: str) -> bool:
    winner = replace(given, policy=policy).winner()
    return winner is not None and winner.offer_id == offer_id


def _preferred(given: Premises, wanted: Offer) -> Iterator[Suggestion]:
    """The least credit that is enough."""
    for name, field, key, shown in (
        ("prefer_shop", "vendor_credits", wanted.vendor, wanted.vendor_name),
        ("prefer_brand", "brand_credits", wanted.brand, wanted.brand),
    ):
        for share_ppm in range(STEP_PPM, MOST_PPM + 1, STEP_PPM):
            policy = _credited(given.policy, field, key, share_ppm)
            if policy is None:
                break
            if _wins(given, policy, wanted.offer_id):
                words = Part(f"suggest.{name}", {"name": shown, "share_ppm": share_ppm})
                yield Suggestion(name=name, policy=policy, words=words)
                break


def _credited(policy: Policy, field: str, name: str, share_ppm: int) -> Policy | None:
    others = [
        each.model_dump()
        for each in getattr(policy, field)
        if folded(each.name) != folded(name)
    ]
    return _changed(policy, field, [*others, {"name": name, "credit_ppm": share_ppm}])


def _dropped(given: Premises, wanted: Offer) -> Iterator[Suggestion]:
    """Every rule of the policy that objects to it; a rule of the need is not the policy's."""
    found = given.decided().findings
    rules = [each.rule_id for each in found if each.offer_id == wanted.offer_id]
    loose = given
    for rule_id in dict.fromkeys(rules):
        loose = without_rule(loose, rule_id) or loose
    if loose.policy != given.policy:
        words = Part("suggest.drop_rules", {"n": len(set(rules))})
        yield Suggestion(name="drop_rules", policy=loose.policy, words=words)


def _avoided(given: Premises, beaten: Offer | None) -> Iterator[Suggestion]:
    if beaten is None:
        return
    for name, field, key, shown in (
        ("not_this_shop", "vendors_blocked", beaten.vendor, beaten.vendor_name),
        ("not_this_brand", "brands_blocked", beaten.brand, beaten.brand),
    ):
        blocked = [*getattr(given.policy, field), key]
        policy = _changed(given.policy, field, blocked)
        if policy is not None:
            yield Suggestion(
                name=name, policy=policy, words=Part(f"suggest.{name}", {"name": shown})
            )


def _changed(policy: Policy, field: str, value: Any) -> Policy | None:
    """None: it would be an impossible policy."""
    try:
        return policies.from_json({**policies.to_json(policy), field: value})
    except ValidationError:
        return None
