"""All rules asked in one decision: ours, what manufacturers claim, what the owner wrote.

Pure.
"""

from collections.abc import Callable

from vendor_policy import expressions
from vendor_policy.candidates import Candidate
from vendor_policy.checks import Asked, Objection, Params
from vendor_policy.claims import Claim
from vendor_policy.conditions import CLAIM, CUSTOM
from vendor_policy.expression_fields import OF_PACKS
from vendor_policy.expressions import Expression, Replies
from vendor_policy.facts import Facts
from vendor_policy.needs import Need
from vendor_policy.policy import Policy, folded
from vendor_policy.rules import RULES, Author, Kind, Rule, load


def rules_for(policy: Policy, need: Need) -> tuple[Rule, ...]:
    """Raises RuleDoesNotLoad."""
    if not (need.claims or policy.custom_rules):
        return RULES
    return load((*RULES, *map(_claimed, need.claims), *_custom(policy)))


def _claimed(claim: Claim) -> Rule:
    """An exclusion is a technical rule of the one who claims it; all else is an opinion."""
    said = {
        "maker": claim.maker,
        "reason": claim.reason,
        "text_en": claim.text_en,
        "text_de": claim.text_de,
    }
    return Rule(
        rule_id=CLAIM + claim.claim_id,
        author=Author.TECHNICAL if claim.kind == "exclude" else Author.MANUFACTURER,
        kind=Kind(claim.kind),
        reason=claim.reason,
        since=claim.since.isoformat(),
        check=lambda *_: _is_about(claim, Objection(facts=said)),
        params=lambda *_: said,
    )


def _is_about(claim: Claim, said: Objection) -> Asked:
    attributes = frozenset(map(folded, claim.attributes))
    brands = frozenset(map(folded, claim.brands_but))

    def ask(candidate: Candidate) -> Objection | None:
        is_meant = (
            candidate.gtin in claim.products
            or not attributes.isdisjoint(map(folded, candidate.attributes))
            or (brands and folded(candidate.brand) not in brands)
        )
        return said if is_meant else None

    return ask


def _custom(policy: Policy) -> list[Rule]:
    """Asked of a candidate together, on the first question about it."""
    read = [expressions.compiled(each.expression) for each in policy.custom_rules]
    asked: list[Replies] = []

    def replies(need: Need, facts: Facts) -> Replies:
        if not asked:
            asked.append(expressions.replies(read, need, facts))
        return asked[0]

    return [_written(policy, at, read[at], replies) for at in range(len(read))]


def _written(
    policy: Policy,
    at: int,
    expression: Expression,
    replies: Callable[[Need, Facts], Replies],
) -> Rule:
    rule = policy.custom_rules[at]
    said = {"wording": rule.wording}
    return Rule(
        rule_id=CUSTOM + rule.name,
        author=Author.OWNER,
        kind=Kind(rule.otherwise),
        reason="owners_own",
        since=rule.since.isoformat(),
        check=lambda need, _, facts: _asked(at, replies(need, facts), said),
        params=lambda *_: {**said, "expression": rule.expression},
        is_per_offer=expression.offer_fields.isdisjoint(OF_PACKS),
    )


def _asked(at: int, replies: Replies, said: Params) -> Asked:
    """Whatever is not true objects, in the owner's wording."""
    objection = Objection(facts=said)

    def ask(candidate: Candidate) -> Objection | None:
        reply = replies(candidate)[at]
        if reply.holds:
            return None
        return Objection(facts=said, missing=reply.missing) if reply.missing else objection

    return ask
