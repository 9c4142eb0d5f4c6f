"""Why this order, in sentences computed from a decision record.

Pure. Sentences are text keys with parameters; the words are in the message catalogues.
Parameters ending in `_minor` are amounts of `currency`, in `_ppm` shares, in `_on` dates.
`funnel` and `sums` tell the same in numbers.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from vendor_policy.decide import Ask, Ranked
from vendor_policy.offers import SOURCES, Offer
from vendor_policy.record import DecisionRecord, RuleEntry
from vendor_policy.rules import Author, Finding, text_id


@dataclass(frozen=True, slots=True)
class Part:
    """A sentence or a piece of one; parameters in JSON. `author`: whose tag it carries, if a
    rule's.
    """

    key: str
    params: Mapping[str, Any] = field(default_factory=dict)
    author: Author | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Excluded:
    """An offer none of whose numbers of packs was acceptable, with every objection."""

    offer: Offer
    objections: tuple[Part, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A catalogue entry stopped at the door, with the facts it lacked."""

    vendor: str
    sku: str
    title: str
    objections: tuple[Part, ...]


def by_id(record: DecisionRecord) -> dict[str, Offer]:
    return {offer.offer_id: offer for offer in record.offers.values()}


def title(entry: RuleEntry) -> Part:
    return Part(f"rule.{text_id(entry.rule_id)}.title", entry.params or {}, entry.author)


def runner_up(record: DecisionRecord) -> Ranked | None:
    pick = record.runner_up
    if pick is None:
        return None
    return next(
        each
        for each in record.ranked
        if (each.offer_id, each.packs) == (pick.offer_id, pick.packs)
    )


def excluded(record: DecisionRecord) -> tuple[Excluded, ...]:
    """In the order of vendor name and title."""
    ranked = {each.offer_id for each in record.ranked}
    out = (offer for offer in record.offers.values() if offer.offer_id not in ranked)
    return tuple(
        Excluded(offer=offer, objections=objections(record, offer.offer_id))
        for offer in sorted(out, key=lambda each: (each.vendor_name, each.title, each.sku))
    )


def objections(record: DecisionRecord, offer_id: str) -> tuple[Part, ...]:
    """Each rule once, for the fewest packs it objects to."""
    authors = {entry.rule_id: entry.author for entry in record.rules}
    first: dict[str, Finding] = {}
    for finding in record.findings:
        if finding.offer_id == offer_id:
            first.setdefault(finding.rule_id, finding)
    return tuple(_objection(finding, authors[finding.rule_id]) for finding in first.values())


def _objection(finding: Finding | Ask, author: Author) -> Part:
    if finding.missing is not None:
        return Part("objection.missing_fact", {"fact": finding.missing}, author)
    return Part(f"rule.{text_id(finding.rule_id)}.objection", finding.facts, author)


def refused(record: DecisionRecord) -> tuple[Refused, ...]:
    return tuple(
        Refused(
            vendor=each.vendor,
            sku=each.sku,
            title=each.title,
            objections=tuple(
                Part(
                    "objection.missing_fact",
                    {"fact": name, "source": SOURCES[name]},
                    Author.PLATFORM,
                )
                for name in each.fields
            ),
        )
        for each in record.refused
    )


def sentence(record: DecisionRecord) -> tuple[Part, ...]:
    """What was chosen and why, or why nothing, in the order in which it is read."""
    return (
        *_need(record),
        *(_chosen(record) if record.chosen else _not_bought(record)),
        *_paid_for(record),
        *asks(record),
    )


def asks(record: DecisionRecord) -> tuple[Part, ...]:
    return tuple(_objection(ask, Author.OWNER) for ask in record.asks)


def _need(record: DecisionRecord) -> Iterator[Part]:
    need = record.needs[0]
    yield Part(need.reason)
    yield Part(
        "why.runs_out",
        {
            "p10_on": need.depletion.p10_on.isoformat(),
            "p50_on": need.depletion.p50_on.isoformat(),
            "p90_on": need.depletion.p90_on.isoformat(),
        },
    )
    vendors = {offer.vendor for offer in record.offers.values()}
    seen = len(record.offers) + len(record.refused)
    yield Part(
        "why.seen",
        {"offers": seen, "vendors": len(vendors | {each.vendor for each in record.refused})},
    )


def _chosen(record: DecisionRecord) -> Iterator[Part]:
    chosen = record.ranked[0]
    yield Part("why.chosen", _described(record, chosen))
    second = runner_up(record)
    if second is None:
        yield Part("why.no_runner_up")
        return
    dearer_minor = second.price.shown_minor - chosen.price.shown_minor
    params = {**_described(record, second), "dearer_minor": dearer_minor}
    yield Part("why.runner_up" if dearer_minor else "why.runner_up_equal", params)


def _described(record: DecisionRecord, ranked: Ranked) -> dict[str, int | str]:
    offer = by_id(record)[ranked.offer_id]
    return {
        "vendor_name": offer.vendor_name,
        "title": offer.title,
        "packs": ranked.packs,
        "total_minor": ranked.total.minor,
        "currency": ranked.total.currency,
        "earliest_days": ranked.delivery.earliest_days,
        "latest_days": ranked.delivery.latest_days,
        "effective_minor": ranked.price.shown_minor,
        "per_quantity": ranked.price.per_quantity,
        "unit": ranked.price.unit,
    }


def _not_bought(record: DecisionRecord) -> Iterator[Part]:
    nothing = record.nothing
    if nothing is None or nothing.rule_id is None:
        yield Part("nothing.no_offer")
        return
    entry = next(each for each in record.rules if each.rule_id == nothing.rule_id)
    yield Part("nothing.blocked", {"offers": nothing.offers_blocked}, entry.author)
    yield title(entry)
    if nothing.relaxed is None:
        return
    yield Part("nothing.relaxed", _described(record, nothing.relaxed), entry.author)
    yield next(
        _objection(finding, entry.author)
        for finding in record.findings
        if (finding.offer_id, finding.rule_id) == (nothing.relaxed.offer_id, entry.rule_id)
        and finding.packs in {None, nothing.relaxed.packs}
    )


def _paid_for(record: DecisionRecord) -> Iterator[Part]:
    """What vendors pay to anyone, once each, and that it changed nothing."""
    paid = {
        (offer.vendor_name, offer.remuneration)
        for offer in record.offers.values()
        if offer.remuneration.is_paid
    }
    if not paid:
        yield Part("why.nobody_paid")
    for vendor_name, remuneration in sorted(paid, key=repr):
        is_share = bool(remuneration.share_ppm)
        yield Part(
            "why.paid_share" if is_share else "why.paid_amount",
            {
                "vendor_name": vendor_name,
                "payer": remuneration.payer,
                "payee": remuneration.payee,
                **(
                    {"share_ppm": remuneration.share_ppm}
                    if is_share
                    else {"amount_minor": remuneration.amount_minor}
                ),
                "currency": record.policy.currency,
            },
        )
