"""The decision record: enough to decide again, as canonical JSON with a hash.

Pure. `replay` decides again with our code from the bytes alone and names the first place
where they differ. Offers stand in the record once each, under the hash of what was seen.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from json import loads
from typing import Any

from pydantic import AwareDatetime, TypeAdapter, ValidationError

from core.canonical import Json, NotCanonical, digest, dumps
from vendor_policy import offers
from vendor_policy.basket import Basket
from vendor_policy.candidates import Candidate, candidates
from vendor_policy.checks import Params
from vendor_policy.decide import Answer, Ask, Decision, Nothing, Ranked, decide
from vendor_policy.facts import Facts
from vendor_policy.needs import Need
from vendor_policy.offers import MissingFacts, Offer
from vendor_policy.policy import Policy, policy_hash
from vendor_policy.rulebook import rules_for
from vendor_policy.rules import Author, Finding, Kind

SCHEMA = "nachschub/decision/3"
ENGINE = "2"  # rises with every change that could make an old record decide otherwise


@dataclass(frozen=True, slots=True, kw_only=True)
class Correlation:
    """The message that caused the review."""

    device_id: str
    boot_id: int
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """All that goes into a decision. `refused`: catalogue entries stopped at the door."""

    needs: tuple[Need, ...]
    offers: tuple[Offer, ...]
    refused: tuple[MissingFacts, ...]
    policy: Policy
    policy_version: int
    facts: Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What the record says besides question and answer. `cause` None: a review by the clock.
    `forecast`: the numbers that made the need, in whole numbers; decide does not see them.
    """

    decided_at: AwareDatetime
    mandate_id: str | None
    cause: Correlation | None
    forecast: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleEntry:
    """`params` None: listed and asked, but the owner has set nothing for it to hold."""

    rule_id: str
    author: Author
    kind: Kind
    reason: str
    since: str
    params: Params | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    offer_id: str
    packs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FurtherEntry:
    """What the record says of one need beside its first."""

    need_id: str
    rules: tuple[RuleEntry, ...]
    findings: tuple[Finding, ...]
    notes: tuple[Finding, ...]
    ranked: tuple[Ranked, ...]
    chosen: Pick | None
    runner_up: Pick | None
    asks: tuple[Ask, ...]
    nothing: Nothing | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRecord:
    """Of several needs, rules to nothing are those of the first, `further` of the others, and
    `basket` says what is bought.
    """

    schema: str
    engine: str
    decided_at: AwareDatetime
    cause: Correlation | None
    mandate_id: str | None
    forecast: Mapping[str, Any] | None
    needs: tuple[Need, ...]
    facts: Facts
    policy: Policy
    policy_version: int
    policy_hash: str
    rules: tuple[RuleEntry, ...]
    offers: Mapping[str, Offer]  # by hash
    refused: tuple[MissingFacts, ...]
    findings: tuple[Finding, ...]
    notes: tuple[Finding, ...]
    ranked: tuple[Ranked, ...]
    chosen: Pick | None
    runner_up: Pick | None
    asks: tuple[Ask, ...]
    nothing: Nothing | None
    further: tuple[FurtherEntry, ...]
    basket: Basket | None


class OfferTwice(ValueError):
    def __init__(self, offer_id: str) -> None:
        super().__init__(f"offer {offer_id} was handed in twice")
        self.offer_id = offer_id


def answer(question: Question) -> Decision:
    """Candidates of every offer, then decide. Raises OfferTwice."""
    seen: set[str] = set()
    for offer in question.offers:
        if offer.offer_id in seen:
            raise OfferTwice(offer.offer_id)
        seen.add(offer.offer_id)
    return decide(question.needs, _candidates(question), question.policy, question.facts)


def _candidates(question: Question) -> tuple[Candidate, ...]:
    """Offers of a category for every need of it; the first need is asked about all others, so
    that its rules say why they are nothing for anyone.
    """
    first, *further = question.needs
    categories = {need.category for need in further}
    own = [
        each for each in question.offers if each.category not in categories - {first.category}
    ]
    return (
        *candidates(own, first),
        *(
            candidate
            for need in further
            for candidate in candidates(
                [each for each in question.offers if each.category == need.category], need
            )
        ),
    )


def written(
    question: Question, decision: Decision, circumstances: Circumstances
) -> DecisionRecord:
    return DecisionRecord(
        schema=SCHEMA,
        engine=ENGINE,
        decided_at=circumstances.decided_at,
        cause=circumstances.cause,
        mandate_id=circumstances.mandate_id,
        forecast=circumstances.forecast,
        needs=question.needs,
        facts=question.facts,
        policy=question.policy,
        policy_version=question.policy_version,
        policy_hash=policy_hash(question.policy),
        rules=_entries(question.policy, question.needs[0]),
        offers=_Seen(question.offers),
        refused=tuple(sorted(question.refused, key=lambda each: (each.vendor, each.sku))),
        findings=decision.findings,
        notes=decision.notes,
        ranked=decision.ranked,
        chosen=_pick(decision.chosen),
        runner_up=_pick(decision.runner_up),
        asks=decision.asks,
        nothing=decision.nothing,
        further=tuple(
            _further(question.policy, need, each)
            for need, each in zip(question.needs[1:], decision.further, strict=True)
        ),
        basket=decision.basket,
    )


def _further(policy: Policy, need: Need, answer: Answer) -> FurtherEntry:
    return FurtherEntry(
        need_id=need.need_id,
        rules=_entries(policy, need),
        findings=answer.findings,
        notes=answer.notes,
        ranked=answer.ranked,
        chosen=_pick(answer.chosen),
        runner_up=_pick(answer.runner_up),
        asks=answer.asks,
        nothing=answer.nothing,
    )


class _Seen(dict[str, Offer]):
    """Offers by hash, with the bytes that were hashed, which are those the record holds."""

    def __init__(self, seen: Iterable[Offer]) -> None:
        super().__init__()
        self.written: dict[str, bytes] = {}
        for offer in seen:
            data = dumps(offers.to_json(offer))
            name = digest(data)
            self[name], self.written[name] = offer, data


def offer_hash(offer: Offer) -> str:
    return digest(dumps(offers.to_json(offer)))


def _pick(ranked: Ranked | None) -> Pick | None:
    return None if ranked is None else Pick(offer_id=ranked.offer_id, packs=ranked.packs)


def _entries(policy: Policy, need: Need) -> tuple[RuleEntry, ...]:
    return tuple(
        RuleEntry(
            rule_id=rule.rule_id,
            author=rule.author,
            kind=rule.kind,
            reason=rule.reason,
            since=rule.since,
            params=rule.params(policy, need),
        )
        for rule in rules_for(policy, need)
    )


_RECORD: TypeAdapter[DecisionRecord] = TypeAdapter(DecisionRecord)


def record_bytes(record: DecisionRecord) -> bytes:
    if not isinstance(record.offers, _Seen):
        return dumps(_RECORD.dump_python(record, mode="json"))
    others = _RECORD.dump_python(record, mode="json", exclude={"offers"})
    parts = {name: dumps(value) for name, value in others.items()}
    return _object({**parts, "offers": _object(record.offers.written)})


def _object(parts: Mapping[str, bytes]) -> bytes:
    """Canonical JSON of values that are it already; the names need no escape."""
    return b"{%b}" % b",".join(
        b'"%b":%b' % (name.encode(), parts[name]) for name in sorted(parts)
    )


def record_hash(data: bytes) -> str:
    return digest(data)


def verify_hash(data: bytes, stored_hash: str) -> bool:
    return digest(data) == stored_hash


def parsed(data: bytes) -> DecisionRecord:
    """Raises Unreadable."""
    return _parsed(_json(data))


class Unreadable(ValueError):
    """Not the bytes of a decision record; the message names the place."""


@dataclass(frozen=True, slots=True)
class Agrees:
    """The record says what our code decides from it."""


@dataclass(frozen=True, slots=True)
class Differs:
    """`where`: like `$.ranked[0].total.minor`."""

    where: str
    stored: str
    computed: str


def replay(data: bytes) -> Agrees | Differs:
    """Decides again from the bytes alone; never raises for bad bytes."""
    try:
        stored = _json(data)
        again = _again(_parsed(stored))
        return _difference(stored, _RECORD.dump_python(again, mode="json"))
    except (ValueError, NotCanonical) as error:
        return Differs("$", "unreadable", str(error))


def _again(record: DecisionRecord) -> DecisionRecord:
    question = Question(
        needs=record.needs,
        offers=tuple(record.offers.values()),
        refused=record.refused,
        policy=record.policy,
        policy_version=record.policy_version,
        facts=record.facts,
    )
    circumstances = Circumstances(
        decided_at=record.decided_at,
        mandate_id=record.mandate_id,
        cause=record.cause,
        forecast=record.forecast,
    )
    return written(question, answer(question), circumstances)


def _json(data: bytes) -> Any:
    try:
        value = loads(data)
        is_canonical = dumps(value) == data
    except (ValueError, NotCanonical, RecursionError) as error:
        raise Unreadable(str(error)) from error
    if not is_canonical:
        raise Unreadable("$: not canonical JSON")
    return value


def _parsed(value: object) -> DecisionRecord:
    try:
        return _RECORD.validate_python(value)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Unreadable(f"$.{where}: {first['msg']}") from error


def _difference(stored: Json, computed: Json) -> Agrees | Differs:
    if dumps(stored) == dumps(computed):
        return Agrees()
    left, right = dict(_leaves("$", stored)), dict(_leaves("$", computed))
    where = next((each for each in left | right if left.get(each) != right.get(each)), "$")
    return Differs(where, left.get(where, ABSENT), right.get(where, ABSENT))


ABSENT = "absent"


def _leaves(where: str, value: Json) -> Iterator[tuple[str, str]]:
    match value:
        case dict() if value:
            for key, item in value.items():
                yield from _leaves(f"{where}.{key}", item)
        case list() if value:
            for at, item in enumerate(value):
                yield from _leaves(f"{where}[{at}]", item)
        case _:
            yield where, dumps(value).decode()
