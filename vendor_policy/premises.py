"""Premises: all that `decide` was given, so that it can be asked again with one thing changed.

Pure.
"""

from dataclasses import dataclass, replace

from vendor_policy.candidates import Candidate, candidate, candidates
from vendor_policy.decide import Decision, Ranked, decide
from vendor_policy.facts import Facts
from vendor_policy.needs import Need
from vendor_policy.offers import Offer
from vendor_policy.policy import Policy
from vendor_policy.record import DecisionRecord, Question


@dataclass(frozen=True, slots=True, kw_only=True)
class Premises:
    """Of a decision about one need."""

    need: Need
    candidates: tuple[Candidate, ...]
    policy: Policy
    facts: Facts

    def decided(self) -> Decision:
        return decide((self.need,), self.candidates, self.policy, self.facts)

    def winner(self) -> Ranked | None:
        return self.decided().chosen

    def with_offer(self, offer: Offer) -> "Premises":
        """The same, but for another price of one of the offers: as many packs are tried."""
        return replace(
            self,
            candidates=tuple(
                candidate(offer, each.packs) if each.offer_id == offer.offer_id else each
                for each in self.candidates
            ),
        )


def premises(record: DecisionRecord) -> Premises:
    need = record.needs[0]
    return Premises(
        need=need,
        candidates=candidates(record.offers.values(), need),
        policy=record.policy,
        facts=record.facts,
    )


def question(record: DecisionRecord) -> Question:
    """As it was asked; the offers in the order of their hashes."""
    return Question(
        needs=record.needs,
        offers=tuple(record.offers.values()),
        refused=record.refused,
        policy=record.policy,
        policy_version=record.policy_version,
        facts=record.facts,
    )
