"""The rules: who says so, why, since when, and the check to be asked.

Pure. Every rule is asked about every candidate; the order below is the order in which a page
tells what dropped out. A commercial preference of anyone but the owner is no rule at all.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from vendor_policy import checks, wishes
from vendor_policy.candidates import Candidate
from vendor_policy.checks import Check, Objection, Params
from vendor_policy.facts import Facts
from vendor_policy.needs import Need
from vendor_policy.policy import Policy


class Author(StrEnum):
    LAW = "law"
    TECHNICAL = "technical"
    MANUFACTURER = "manufacturer"
    OWNER = "owner"
    PLATFORM = "platform"


class Kind(StrEnum):
    EXCLUDE = "exclude"  # an objection takes the candidate out
    CREDIT = "credit"  # a line of the effective price, see pricing
    ASK = "ask"  # an objection to the winner goes to the owner


class RuleDoesNotLoad(Exception):
    def __init__(self, rule_id: str, problem: str) -> None:
        super().__init__(f"rule {rule_id!r} does not load: {problem}")
        self.rule_id = rule_id


@dataclass(frozen=True, slots=True)
class Rule:
    rule_id: str
    author: Author
    kind: Kind
    reason: str  # code, public and stable
    since: str  # date
    check: Check | None = None  # a credit has none
    params: Callable[[Policy, Need], Params | None] = wishes.none
    is_per_offer: bool = True  # the answer is the same for any number of packs


def load(rules: Sequence[Rule]) -> tuple[Rule, ...]:
    """Raises RuleDoesNotLoad for a rule without author, reason, date or check, and a second
    one of the same id.
    """
    seen: set[str] = set()
    for rule in rules:
        for name in ("rule_id", "author", "kind", "reason", "since"):
            if not getattr(rule, name):
                raise RuleDoesNotLoad(rule.rule_id, f"it has no {name}")
        if (rule.check is None) != (rule.kind is Kind.CREDIT):
            raise RuleDoesNotLoad(rule.rule_id, "a credit has no check, every other rule one")
        if rule.rule_id in seen:
            raise RuleDoesNotLoad(rule.rule_id, "its id is taken")
        seen.add(rule.rule_id)
    return tuple(rules)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One objection: which rule, to which offer; `packs` None: to any number of packs."""

    offer_id: str
    packs: int | None
    rule_id: str
    facts: Params = field(default_factory=dict)
    missing: str | None = None


def findings(
    rules: Iterable[Rule],
    candidates: Iterable[Candidate],
    need: Need,
    policy: Policy,
    facts: Facts,
) -> tuple[Finding, ...]:
    """Every objection, sorted by offer, then in the order of the rules, then by packs."""
    by_offer: dict[str, list[Candidate]] = defaultdict(list)
    for each in sorted(candidates, key=lambda each: (each.offer_id, each.packs)):
        by_offer[each.offer_id].append(each)
    found: list[Finding] = []
    for same_offer in by_offer.values():
        for rule in rules:
            for each in same_offer[:1] if rule.is_per_offer else same_offer:
                objection = rule.check and rule.check(each, need, policy, facts)
                if objection:
                    found.append(_finding(rule, each, objection))
    return tuple(found)


def _finding(rule: Rule, candidate: Candidate, objection: Objection) -> Finding:
    return Finding(
        offer_id=candidate.offer_id,
        packs=None if rule.is_per_offer else candidate.packs,
        rule_id=rule.rule_id,
        facts=objection.facts,
        missing=objection.missing,
    )


LAW, TECHNICAL, PLATFORM, OWNER = Author.LAW, Author.TECHNICAL, Author.PLATFORM, Author.OWNER
EXCLUDE, CREDIT, ASK = Kind.EXCLUDE, Kind.CREDIT, Kind.ASK
DAY_1 = "2026-11-22"

# fmt: off
RULES = load((
    Rule("complete", PLATFORM, EXCLUDE, "fact_missing", DAY_1, checks.complete),
    Rule("fits", TECHNICAL, EXCLUDE, "does_not_fit", DAY_1, checks.fits),
    Rule("unit_matches", TECHNICAL, EXCLUDE, "other_unit", DAY_1, checks.unit_matches),
    Rule("trader_verified", LAW, EXCLUDE, "trader_not_verified", DAY_1, checks.trader_verified),
    Rule("in_stock", PLATFORM, EXCLUDE, "out_of_stock", DAY_1, checks.in_stock),
    Rule("not_expired", PLATFORM, EXCLUDE, "offer_expired", DAY_1, checks.not_expired),
    Rule("same_currency", PLATFORM, EXCLUDE, "other_currency", DAY_1, checks.same_currency),
    Rule("brand_allowed", OWNER, EXCLUDE, "brand_not_allowed", DAY_1,
         checks.brand_allowed, wishes.brand_allowed),
    Rule("brand_not_blocked", OWNER, EXCLUDE, "brand_blocked", DAY_1,
         checks.brand_not_blocked, wishes.brand_not_blocked),
    Rule("product_picked", OWNER, EXCLUDE, "product_not_picked", DAY_1,
         checks.product_picked, wishes.product_picked),
    Rule("product_not_blocked", OWNER, EXCLUDE, "product_blocked", DAY_1,
         checks.product_not_blocked, wishes.product_not_blocked),
    Rule("vendor_allowed", OWNER, EXCLUDE, "vendor_not_allowed", DAY_1,
         checks.vendor_allowed, wishes.vendor_allowed),
    Rule("vendor_not_blocked", OWNER, EXCLUDE, "vendor_blocked", DAY_1,
         checks.vendor_not_blocked, wishes.vendor_not_blocked),
    Rule("has_attributes", OWNER, EXCLUDE, "attribute_lacking", DAY_1,
         checks.has_attributes, wishes.has_attributes),
    Rule("quantity_fits", OWNER, EXCLUDE, "quantity_out_of_range", DAY_1,
         checks.quantity_fits, wishes.quantity_fits, is_per_offer=False),
    Rule("price_in_band", OWNER, EXCLUDE, "price_out_of_band", DAY_1,
         checks.price_in_band, wishes.price_in_band, is_per_offer=False),
    Rule("price_rise", OWNER, EXCLUDE, "price_rose", DAY_1,
         checks.price_rise, wishes.price_rise, is_per_offer=False),
    Rule("delivery_in_time", OWNER, EXCLUDE, "too_late", DAY_1,
         checks.delivery_in_time, wishes.delivery_in_time),
    Rule("brand_credit", OWNER, CREDIT, "brand_preferred", DAY_1, params=wishes.brand_credit),
    Rule("attribute_credit", OWNER, CREDIT, "attribute_preferred", DAY_1,
         params=wishes.attribute_credit),
    Rule("vendor_credit", OWNER, CREDIT, "vendor_preferred", DAY_1,
         params=wishes.vendor_credit),
    Rule("loyalty_credit", OWNER, CREDIT, "present_supplier", DAY_1,
         params=wishes.loyalty_credit),
    Rule("ask_above", OWNER, ASK, "total_above_limit", DAY_1,
         checks.ask_above, wishes.ask_above, is_per_offer=False),
    Rule("ask_price_rise", OWNER, ASK, "price_rose", DAY_1,
         checks.ask_price_rise, wishes.ask_price_rise, is_per_offer=False),
))
# fmt: on
