"""The rules: who says so, why, since when, and the check to be asked.

Pure. Every rule is asked about every candidate; the order below is the order in which a page
tells what dropped out. A commercial preference of anyone but the owner is no rule at all.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from operator import itemgetter

from vendor_policy import checks, owner_checks, wishes
from vendor_policy.candidates import Candidate
from vendor_policy.checks import Check, Objection, Params
from vendor_policy.conditions import CLAIM, Contest
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
    RECOMMEND = "recommend"  # noted beside the offer; neither takes it out nor moves it
    WARN = "warn"  # the same


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


OPINIONS = frozenset({Kind.RECOMMEND, Kind.WARN})
# What an author may do. The platform's hygiene is bound to its reasons below.
MAY: dict[Author, frozenset[Kind]] = {
    Author.LAW: frozenset({Kind.EXCLUDE}),
    Author.TECHNICAL: frozenset({Kind.EXCLUDE}),
    Author.PLATFORM: frozenset({Kind.EXCLUDE}),
    Author.MANUFACTURER: OPINIONS,
    Author.OWNER: frozenset({Kind.EXCLUDE, Kind.CREDIT, Kind.ASK}),
}
HYGIENE = frozenset({"fact_missing", "out_of_stock", "offer_expired", "other_currency"})
COMMERCIAL = "a preference of anyone but the owner never excludes and never ranks"


def load(rules: Sequence[Rule]) -> tuple[Rule, ...]:
    """Raises RuleDoesNotLoad for a rule without author, reason, date or check, one by which
    somebody else than the owner prefers, and a second one of the same id.
    """
    seen: set[str] = set()
    for rule in rules:
        problem = _problem(rule)
        if rule.rule_id in seen:
            problem = "its id is taken"
        if problem:
            raise RuleDoesNotLoad(rule.rule_id, problem)
        seen.add(rule.rule_id)
    return tuple(rules)


def _problem(rule: Rule) -> str | None:
    for name in ("rule_id", "author", "kind", "reason", "since"):
        if not getattr(rule, name):
            return f"it has no {name}"
    if (rule.check is None) != (rule.kind is Kind.CREDIT):
        return "a credit has no check, every other rule one"
    if rule.kind not in MAY[rule.author]:
        return COMMERCIAL
    if rule.author is Author.PLATFORM and rule.reason not in HYGIENE:
        return COMMERCIAL
    return None


def text_id(rule_id: str) -> str:
    """The part of a rule's id that names its texts: all owners' own rules share theirs."""
    return rule_id.partition(":")[0]


LAW, TECHNICAL, PLATFORM, OWNER = Author.LAW, Author.TECHNICAL, Author.PLATFORM, Author.OWNER
EXCLUDE, CREDIT, ASK = Kind.EXCLUDE, Kind.CREDIT, Kind.ASK
DAY_1, DAY_2 = "2026-11-22", "2026-11-23"

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
         owner_checks.brand_allowed, wishes.brand_allowed),
    Rule("brand_not_blocked", OWNER, EXCLUDE, "brand_blocked", DAY_1,
         owner_checks.brand_not_blocked, wishes.brand_not_blocked),
    Rule("product_picked", OWNER, EXCLUDE, "product_not_picked", DAY_1,
         owner_checks.product_picked, wishes.product_picked),
    Rule("product_not_blocked", OWNER, EXCLUDE, "product_blocked", DAY_1,
         owner_checks.product_not_blocked, wishes.product_not_blocked),
    Rule("vendor_allowed", OWNER, EXCLUDE, "vendor_not_allowed", DAY_1,
         owner_checks.vendor_allowed, wishes.vendor_allowed),
    Rule("vendor_not_blocked", OWNER, EXCLUDE, "vendor_blocked", DAY_1,
         owner_checks.vendor_not_blocked, wishes.vendor_not_blocked),
    Rule("has_attributes", OWNER, EXCLUDE, "attribute_lacking", DAY_1,
         owner_checks.has_attributes, wishes.has_attributes),
    Rule("quantity_fits", OWNER, EXCLUDE, "quantity_out_of_range", DAY_1,
         owner_checks.quantity_fits, wishes.quantity_fits, is_per_offer=False),
    Rule("packs_within", OWNER, EXCLUDE, "too_many_packs", DAY_2,
         owner_checks.packs_within, wishes.packs_within, is_per_offer=False),
    Rule("price_in_band", OWNER, EXCLUDE, "price_out_of_band", DAY_1,
         owner_checks.price_in_band, wishes.price_in_band, is_per_offer=False),
    Rule("price_rise", OWNER, EXCLUDE, "price_rose", DAY_1,
         owner_checks.price_rise, wishes.price_rise, is_per_offer=False),
    Rule("delivery_within", OWNER, EXCLUDE, "delivery_too_long", DAY_2,
         owner_checks.delivery_within, wishes.delivery_within),
    Rule("delivery_in_time", OWNER, EXCLUDE, "too_late", DAY_1,
         owner_checks.delivery_in_time, wishes.delivery_in_time),
    Rule("not_too_often", OWNER, EXCLUDE, "too_soon", DAY_2,
         owner_checks.not_too_often, wishes.not_too_often),
    Rule("brand_credit", OWNER, CREDIT, "brand_preferred", DAY_1, params=wishes.brand_credit),
    Rule("attribute_credit", OWNER, CREDIT, "attribute_preferred", DAY_1,
         params=wishes.attribute_credit),
    Rule("vendor_credit", OWNER, CREDIT, "vendor_preferred", DAY_1,
         params=wishes.vendor_credit),
    Rule("picked_credit", OWNER, CREDIT, "product_preferred", DAY_2,
         params=wishes.picked_credit),
    Rule("loyalty_credit", OWNER, CREDIT, "present_supplier", DAY_1,
         params=wishes.loyalty_credit),
    Rule("ask_above", OWNER, ASK, "total_above_limit", DAY_1,
         owner_checks.ask_above, wishes.ask_above, is_per_offer=False),
    Rule("ask_price_rise", OWNER, ASK, "price_rose", DAY_1,
         owner_checks.ask_price_rise, wishes.ask_price_rise, is_per_offer=False),
))
# fmt: on


def of_kind(rules: Sequence[Rule], *kinds: Kind) -> tuple[Rule, ...]:
    return tuple(rule for rule in rules if rule.kind in kinds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One objection: which rule, to which offer; `packs` None: to any number of packs."""

    offer_id: str
    packs: int | None
    rule_id: str
    facts: Params = field(default_factory=dict)
    missing: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Findings and notes sorted by offer, then in the order of the rules, then by packs;
    `acceptable` by offer and packs.
    """

    findings: tuple[Finding, ...]
    notes: tuple[Finding, ...]
    acceptable: tuple[Candidate, ...]


def judged(
    rules: Iterable[Rule],
    candidates: Iterable[Candidate],
    need: Need,
    policy: Policy,
    facts: Facts,
) -> Judged:
    bound = [
        (rule, asked)
        for rule in rules
        if rule.check and (asked := rule.check(need, policy, facts))
    ]
    ordered = sorted(candidates, key=lambda each: (each.offer_id, each.packs))
    offers = list({each.offer_id: each for each in reversed(ordered)}.values())[::-1]
    answers = [
        (each.offer_id, at, each.packs, rule, each, objection)
        for at, (rule, ask) in enumerate(bound)
        for each in (offers if rule.is_per_offer else ordered)
        if (objection := ask(each))
    ]
    answers.sort(key=itemgetter(0, 1, 2))
    found: list[Finding] = []
    notes: list[Finding] = []
    for *_, rule, each, objection in answers:
        is_note = rule.kind in OPINIONS or _is_contested(policy, need, rule, each.gtin)
        (notes if is_note else found).append(_finding(rule, each, objection))
    out = {(each.offer_id, each.packs) for each in found}
    offers_out = {offer_id for offer_id, _ in out}
    return Judged(
        findings=tuple(found),
        notes=tuple(notes),
        acceptable=tuple(
            each
            for each in ordered
            if each.offer_id not in offers_out
            or out.isdisjoint(((each.offer_id, None), (each.offer_id, each.packs)))
        ),
    )


def findings(
    rules: Iterable[Rule],
    candidates: Iterable[Candidate],
    need: Need,
    policy: Policy,
    facts: Facts,
) -> tuple[Finding, ...]:
    """Every objection."""
    return judged(rules, candidates, need, policy, facts).findings


def _finding(rule: Rule, candidate: Candidate, objection: Objection) -> Finding:
    return Finding(
        offer_id=candidate.offer_id,
        packs=None if rule.is_per_offer else candidate.packs,
        rule_id=rule.rule_id,
        facts=objection.facts,
        missing=objection.missing,
    )


def _is_contested(policy: Policy, need: Need, rule: Rule, gtin: str) -> bool:
    """Only what is technical can be: law, platform and owner stand."""
    return rule.author is TECHNICAL and any(
        _is_about(each, rule, gtin) and each.stock_id in {None, need.stock_id}
        for each in policy.contested
    )


def _is_about(contest: Contest, rule: Rule, gtin: str) -> bool:
    """A product contested against one claim stays so whatever the next claim is called."""
    if contest.product is None:
        return contest.rule_id == rule.rule_id
    both = (contest.rule_id, rule.rule_id)
    are_claims = all(rule_id.startswith(CLAIM) for rule_id in both)
    return contest.product == gtin and (are_claims or contest.rule_id == rule.rule_id)
