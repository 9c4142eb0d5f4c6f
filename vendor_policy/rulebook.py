"""All rules asked in one decision: ours, what manufacturers claim, what the owner wrote.

Pure.
"""

from collections.abc import Callable, Mapping

from vendor_policy import expressions
from vendor_policy.candidates import Candidate
from vendor_policy.checks import Asked, Objection
from vendor_policy.claims import Claim
from vendor_policy.conditions import CLAIM, CustomRule
from vendor_policy.expressions import Contexts, Expression
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
    """What they see of a candidate is put together once for all of them."""
    read = [(each, expressions.compiled(each.expression)) for each in policy.custom_rules]
    seen: list[Contexts] = []

    def contexts(need: Need, facts: Facts) -> Contexts:
        if not seen:
            seen.append(expressions.contexts([each for _, each in read], need, facts))
        return seen[0]

    return [_written(rule, expression, contexts) for rule, expression in read]


def _written(
    rule: CustomRule, expression: Expression, contexts: Callable[[Need, Facts], Contexts]
) -> Rule:
    said = {"wording": rule.wording}
    return Rule(
        rule_id=f"custom:{rule.name}",
        author=Author.OWNER,
        kind=Kind(rule.otherwise),
        reason="owners_own",
        since=rule.since.isoformat(),
        check=lambda need, _, facts: _asked(expression, contexts(need, facts), said),
        params=lambda *_: {**said, "expression": rule.expression},
        is_per_offer=expression.offer_fields.isdisjoint(expressions.OF_PACKS),
    )


# What a page is told when an expression cannot be answered; see `Objection.missing`.
UNANSWERED: Mapping[type[Exception], str] = {
    ZeroDivisionError: "division_by_zero",
    OverflowError: "number_too_large",
    IndexError: "list_too_short",
    TypeError: "unlike_things_compared",
    ValueError: "no_answer",
    RuntimeError: "no_answer",
}


def _asked(expression: Expression, context: Contexts, facts: Mapping[str, str]) -> Asked:
    """`facts`: what an objection says, the owner's wording. Whatever is not true objects."""
    run, objection = expression.run, Objection(facts=facts)

    def ask(candidate: Candidate) -> Objection | None:
        try:
            found = run(context(candidate))
        except KeyError as error:
            return Objection(facts=facts, missing=str(error.args[0]).strip("'\""))
        except tuple(UNANSWERED) as error:
            code = next(code for kind, code in UNANSWERED.items() if isinstance(error, kind))
            return Objection(facts=facts, missing=code)
        return None if found is True else objection

    return ask
