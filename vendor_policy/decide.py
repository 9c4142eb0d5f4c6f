"""decide: the acceptable candidate with the lowest effective price per use, or nothing.

Pure, total, deterministic: no clock, no I/O, no randomness, and no wish that is not in the
policy. Every rule is asked about every candidate, so the answer holds all objections.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from itertools import groupby
from operator import itemgetter

from core.canonical import digest
from core.money import Money
from vendor_policy.basket import Basket, Met, Scored, together
from vendor_policy.candidates import Candidate
from vendor_policy.checks import Params
from vendor_policy.declarations import DeliveryPromise
from vendor_policy.facts import Facts
from vendor_policy.needs import Need
from vendor_policy.policy import Policy
from vendor_policy.pricing import EffectivePrice, pricer
from vendor_policy.rulebook import rules_for
from vendor_policy.rules import Author, Finding, Judged, Kind, Rule, findings, judged, of_kind


class NeedsUnclear(ValueError):
    def __init__(self) -> None:
        super().__init__("needs: at least one, and each of them once")


@dataclass(slots=True)
class Ranked:
    """An acceptable candidate. `total`: what is paid, tax and delivery in."""

    offer_id: str
    packs: int
    total: Money
    delivery: DeliveryPromise
    price: EffectivePrice


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Why the owner must say yes first."""

    rule_id: str
    facts: Params
    missing: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Nothing:
    """Why nothing is bought: the rule that blocks most. When dropping that one rule of the
    owner's would be enough, `relaxed` is what would be bought then.
    """

    rule_id: str | None  # None: there was no offer at all
    offers_blocked: int
    relaxed: Ranked | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """To one need, as if it were alone. `runner_up`: the best ranked candidate of another offer
    than the chosen one's.
    """

    chosen: Ranked | None
    runner_up: Ranked | None
    ranked: tuple[Ranked, ...]  # best first
    findings: tuple[Finding, ...]
    asks: tuple[Ask, ...]
    nothing: Nothing | None  # set exactly when nothing is chosen
    notes: tuple[Finding, ...] = ()  # opinions and contested objections: they move nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision(Answer):
    """The answer to the first need. Of several needs, `further` answers the others, in their
    order, and `basket` is what is bought: its winners, not each answer's choice.
    """

    further: tuple[Answer, ...] = ()
    basket: Basket | None = None


def decide(
    needs: tuple[Need, ...], candidates: Sequence[Candidate], policy: Policy, facts: Facts
) -> Decision:
    """Ties: lower total, earlier delivery, then a lottery by sha256(need id, offer id).

    Raises NeedsUnclear.
    """
    if not needs or len({need.need_id for need in needs}) != len(needs):
        raise NeedsUnclear
    known = [
        _Known(need, _of_need(need, candidates), policy, facts, rules_for(policy, need))
        for need in needs
    ]
    answered = [_answered(each) for each in known]
    first, *further = [answer for answer, _ in answered]
    whole = {field.name: getattr(first, field.name) for field in fields(first)}
    if not further:
        return Decision(**whole)
    pairs = zip(known, answered, strict=True)
    met = [Met(each.need, scored, each.asks) for each, (_, scored) in pairs if scored]
    return Decision(**whole, further=tuple(further), basket=together(met, policy))


@dataclass(frozen=True, slots=True)
class _Known:
    """All that one need is answered from."""

    need: Need
    candidates: Sequence[Candidate]
    policy: Policy
    facts: Facts
    rules: tuple[Rule, ...]

    def judged(self, *kinds: Kind) -> Judged:
        rules = of_kind(self.rules, *kinds)
        return judged(rules, self.candidates, self.need, self.policy, self.facts)

    def scored(self, candidates: Iterable[Candidate]) -> list[Scored]:
        return _scored(candidates, self.need, self.policy, self.facts)

    def asks(self, winner: Candidate) -> tuple[Finding, ...]:
        asking = of_kind(self.rules, Kind.ASK)
        return findings(asking, [winner], self.need, self.policy, self.facts)


def _of_need(need: Need, candidates: Sequence[Candidate]) -> Sequence[Candidate]:
    whose = (None, need.need_id)
    return [each for each in candidates if each.need_id in whose]


def _answered(known: _Known) -> tuple[Answer, list[Scored]]:
    """With its ranking."""
    answers = known.judged(Kind.EXCLUDE, Kind.RECOMMEND, Kind.WARN)
    scored = known.scored(answers.acceptable)
    ranked = tuple([_ranked(candidate, price) for candidate, price in scored])
    best = scored[0][0] if scored else None
    answer = Answer(
        chosen=ranked[0] if ranked else None,
        runner_up=next((r for r in ranked if best and r.offer_id != best.offer_id), None),
        ranked=ranked,
        findings=answers.findings,
        notes=answers.notes,
        asks=tuple(
            Ask(rule_id=each.rule_id, facts=each.facts, missing=each.missing)
            for each in (known.asks(best) if best else ())
        ),
        nothing=None if best else _nothing(known, answers.findings),
    )
    return answer, scored


def _scored(
    candidates: Iterable[Candidate], need: Need, policy: Policy, facts: Facts
) -> list[Scored]:
    """Best first."""
    price = pricer(need, policy, facts)
    scored = [(each, price(each)) for each in candidates]
    # Division of integers is rounded correctly: it may call two prices equal, but never puts
    # the higher one first.
    roughly = sorted(
        ((each[1].numerator / each[1].denominator, each) for each in scored),
        key=itemgetter(0),
    )
    ordered: list[Scored] = []
    for _, run in groupby(roughly, key=itemgetter(0)):
        equal = [each for _, each in run]
        ordered += sorted(equal, key=_exactly(equal, need)) if len(equal) > 1 else equal
    return ordered


def _exactly(
    scored: Sequence[Scored], need: Need
) -> Callable[[Scored], tuple[int, int, int, int, str, int]]:
    """Two different fractions of denominators below 2**k are at least 2**-2k apart: after a
    shift by 2k their whole parts differ.
    """
    shift = 2 * max(price.denominator.bit_length() for _, price in scored)

    def key(each: Scored) -> tuple[int, int, int, int, str, int]:
        candidate, price = each
        return (
            (price.numerator << shift) // price.denominator,
            candidate.total_minor,
            candidate.delivery.latest_days,
            candidate.delivery.earliest_days,
            digest(f"{need.need_id}\n{candidate.offer_id}".encode()),
            candidate.packs,
        )

    return key


def _ranked(candidate: Candidate, price: EffectivePrice) -> Ranked:
    return Ranked(
        candidate.offer_id, candidate.packs, candidate.total, candidate.delivery, price
    )


def _nothing(known: _Known, found: tuple[Finding, ...]) -> Nothing:
    excluding = of_kind(known.rules, Kind.EXCLUDE)
    freed: dict[str, list[Candidate]] = defaultdict(list)
    objecting = _objecting(found)
    for candidate in known.candidates:
        objections = objecting(candidate)
        if len(objections) == 1:
            freed[next(iter(objections))].append(candidate)
    blocked = {rule.rule_id: _offers(found, rule.rule_id) for rule in excluding}
    wishes = [rule.rule_id for rule in excluding if rule.author is Author.OWNER]
    enough = [rule_id for rule_id in wishes if rule_id in freed]
    # max keeps the first of equals: the order of the rules
    most = max(enough or blocked, key=lambda rule_id: blocked[rule_id])
    if not blocked[most]:
        return Nothing(rule_id=None, offers_blocked=0, relaxed=None)
    scored = known.scored(freed[most]) if enough else []
    return Nothing(
        rule_id=most,
        offers_blocked=blocked[most],
        relaxed=_ranked(*scored[0]) if scored else None,
    )


def _objecting(found: Iterable[Finding]) -> Callable[[Candidate], set[str]]:
    """Which rules object to a candidate."""
    rules: dict[tuple[str, int | None], set[str]] = defaultdict(set)
    for finding in found:
        rules[finding.offer_id, finding.packs].add(finding.rule_id)
    nobody: set[str] = set()
    return lambda candidate: (
        rules.get((candidate.offer_id, None), nobody)
        | rules.get((candidate.offer_id, candidate.packs), nobody)
    )


def _offers(found: Iterable[Finding], rule_id: str) -> int:
    return len({each.offer_id for each in found if each.rule_id == rule_id})
