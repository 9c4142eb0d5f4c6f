"""What a vendor is told of a decision: about its own offers, and nothing else.

Pure. Neither the owner nor a rival can be known from it: no ids of theirs, no wish of the
owner's beyond the reason's code, no rival's name, price or number, and the day alone.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID, uuid5

from vendor_policy import record
from vendor_policy.counterfactuals import price_cut
from vendor_policy.offers import MissingFacts, Offer
from vendor_policy.premises import Premises, premises
from vendor_policy.record import DecisionRecord, Unreadable
from vendor_policy.rules import Author


class Outcome(StrEnum):
    WON = "won"
    LOST = "lost"  # acceptable, but another counted as cheaper
    EXCLUDED = "excluded"
    REFUSED = "refused"  # at the door: facts were missing


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedReason:
    """`reason`: public code of the rule. `missing`: the fact without which it objected."""

    reason: str
    author: Author
    missing: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """`short_minor`: by how much one pack was too dear, to the cent; None where no price would
    have helped, and for what won. `price_minor` None: refused before it had one.
    """

    statement_id: UUID
    record_id: UUID  # for the operator; never shown to the vendor
    vendor: str
    decided_on: date
    category: str
    sku: str
    title: str
    outcome: Outcome
    price_minor: int | None
    currency: str
    reasons: tuple[StatedReason, ...]
    short_minor: int | None


def statements(records: Iterable[tuple[UUID, bytes]]) -> list[Statement]:
    """One for each offer and each refused entry. A record that cannot be read gives none."""
    return [each for record_id, data in records for each in _of(record_id, data)]


def _of(record_id: UUID, data: bytes) -> Iterator[Statement]:
    try:
        made = record.parsed(data)
    except Unreadable:
        return
    given = premises(made)
    for offer in made.offers.values():
        yield _about_offer(record_id, made, given, offer)
    for refused in made.refused:
        yield _about_refused(record_id, made, refused)


def _about_offer(
    record_id: UUID, made: DecisionRecord, given: Premises, offer: Offer
) -> Statement:
    outcome = _outcome(made, offer)
    # An excluded offer is not told by how much: that would be the owner's own limit.
    cut = price_cut(given, made.chosen, offer) if outcome is Outcome.LOST else None
    return Statement(
        statement_id=uuid5(record_id, offer.offer_id),
        record_id=record_id,
        vendor=offer.vendor,
        decided_on=made.decided_at.date(),
        category=made.needs[0].category,
        sku=offer.sku,
        title=offer.title,
        outcome=outcome,
        price_minor=offer.price.minor,
        currency=offer.price.currency,
        reasons=_reasons(made, offer) if outcome is Outcome.EXCLUDED else (),
        short_minor=cut.cut_minor if cut else None,
    )


def _outcome(made: DecisionRecord, offer: Offer) -> Outcome:
    if made.chosen is not None and made.chosen.offer_id == offer.offer_id:
        return Outcome.WON
    is_ranked = any(each.offer_id == offer.offer_id for each in made.ranked)
    return Outcome.LOST if is_ranked else Outcome.EXCLUDED


def _reasons(made: DecisionRecord, offer: Offer) -> tuple[StatedReason, ...]:
    """Each once, in the order of the rules."""
    entries = {entry.rule_id: entry for entry in made.rules}
    found = dict.fromkeys(
        StatedReason(
            reason=entries[each.rule_id].reason,
            author=entries[each.rule_id].author,
            missing=each.missing,
        )
        for each in made.findings
        if each.offer_id == offer.offer_id
    )
    return tuple(found)


def _about_refused(record_id: UUID, made: DecisionRecord, refused: MissingFacts) -> Statement:
    return Statement(
        statement_id=uuid5(record_id, f"{refused.vendor}\n{refused.sku}"),
        record_id=record_id,
        vendor=refused.vendor,
        decided_on=made.decided_at.date(),
        category=made.needs[0].category,
        sku=refused.sku,
        title=refused.title,
        outcome=Outcome.REFUSED,
        price_minor=None,
        currency=made.policy.currency,
        reasons=tuple(
            StatedReason(reason="fact_missing", author=Author.PLATFORM, missing=name)
            for name in refused.fields
        ),
        short_minor=None,
    )
