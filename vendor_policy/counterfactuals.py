"""Counterfactuals: what would have to be otherwise for another offer to win.

Pure. Nothing is estimated: each answer is what `decide` says to the changed premises. A price
is tried against the winner alone, since every candidate is judged and priced by itself.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from core.money import Money
from vendor_policy.decide import Decision, Ranked
from vendor_policy.offers import Offer
from vendor_policy.policy import PriceBand
from vendor_policy.premises import Premises, premises
from vendor_policy.record import DecisionRecord, Pick
from vendor_policy.relaxations import WITHOUT_LINE, without_rule

Rival = Ranked | Pick
OFFERS_MOST: Final = 20  # losers whose price is asked about, best first


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceCut:
    """The smallest that lets an offer win, in minor units of one pack; one cent less would not
    do. `won`: how it is then ranked.
    """

    offer_id: str
    cut_minor: int
    won: Ranked


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleDropped:
    """Without this one rule of the owner's, `won` is bought instead."""

    rule_id: str
    won: Ranked


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRemoved:
    """If this line counted for nothing, of every offer, `won` is bought instead."""

    name: str
    won: Ranked


@dataclass(frozen=True, slots=True, kw_only=True)
class Counterfactuals:
    cuts: tuple[PriceCut, ...]
    dropped: tuple[RuleDropped, ...]
    removed: tuple[LineRemoved, ...]


def counterfactuals(record: DecisionRecord, offers_most: int = OFFERS_MOST) -> Counterfactuals:
    given = premises(record)
    decided = given.decided()
    cuts = (price_cut(given, decided.chosen, each) for each in losers(record)[:offers_most])
    return Counterfactuals(
        cuts=tuple(cut for cut in cuts if cut),
        dropped=tuple(rules_dropped(given, decided)),
        removed=tuple(lines_removed(given, decided)),
    )


def losers(record: DecisionRecord) -> tuple[Offer, ...]:
    """Ranked ones first, best first; then the excluded, by id."""
    offers = {offer.offer_id: offer for offer in record.offers.values()}
    places = dict.fromkeys(each.offer_id for each in record.ranked)
    if record.chosen:
        places.pop(record.chosen.offer_id)
        offers.pop(record.chosen.offer_id)
    return tuple(offers[each] for each in (*places, *sorted(offers.keys() - places.keys())))


def price_cut(given: Premises, best: Rival | None, offer: Offer) -> PriceCut | None:
    """`best`: what won. None: this offer did, or no price above zero would do.

    The smallest cut is exact for all our rules. A rule of the owner's own may accept prices in
    patches; then it is the smallest of its patch.
    """
    if best is not None and best.offer_id == offer.offer_id:
        return None
    duel = _duel(given, best, offer)
    for low, high in _stretches(duel, offer):
        if _won(duel, offer, low):
            return _cut_to(duel, offer, _highest(duel, offer, low, high))
    return None


def _cut_to(duel: Premises, offer: Offer, price_minor: int) -> PriceCut | None:
    won = _won(duel, offer, price_minor)
    if won is None:
        return None
    cut_minor = offer.price.minor - price_minor
    return PriceCut(offer_id=offer.offer_id, cut_minor=cut_minor, won=won)


def _duel(given: Premises, best: Rival | None, offer: Offer) -> Premises:
    rival = (best.offer_id, best.packs) if best else None
    return replace(
        given,
        candidates=tuple(
            each
            for each in given.candidates
            if each.offer_id == offer.offer_id or (each.offer_id, each.packs) == rival
        ),
    )


def _won(duel: Premises, offer: Offer, price_minor: int) -> Ranked | None:
    priced = replace(offer, price=Money(price_minor, offer.price.currency))
    winner = duel.with_offer(priced).winner()
    return winner if winner and winner.offer_id == offer.offer_id else None


def _highest(duel: Premises, offer: Offer, low: int, high: int) -> int:
    """The highest price that wins; `low` does."""
    while low < high:
        middle = (low + high + 1) // 2
        if _won(duel, offer, middle):
            low = middle
        else:
            high = middle - 1
    while low + 1 < offer.price.minor and _won(duel, offer, low + 1):
        low += 1  # only past what a rule of the owner's own accepts in patches
    return low


def _stretches(duel: Premises, offer: Offer) -> Iterator[tuple[int, int]]:
    """Ranges of prices below the offer's, highest first; within each, a lower price is never
    worse. Free delivery and the least of a price band end one.
    """
    packs = [each.packs for each in duel.candidates if each.offer_id == offer.offer_id]
    edges = {1, *_free_delivery(offer, packs)}
    band = duel.policy.band(duel.need.category)
    if band is not None and band.least_minor:
        edges |= set(_least_of(band, offer, packs))
    starts = sorted(edge for edge in edges if 1 <= edge < offer.price.minor)
    for low, end in reversed(list(pairwise((*starts, offer.price.minor)))):
        yield low, end - 1


def _free_delivery(offer: Offer, packs: Iterable[int]) -> Iterator[int]:
    free_from = offer.shipping.free_from_minor
    if free_from:
        yield from (-(-free_from // each) for each in packs)


def _least_of(band: PriceBand, offer: Offer, packs: Iterable[int]) -> Iterator[int]:
    for each in packs:
        paid = -(-band.least_minor * each * offer.pack_quantity // band.per_quantity)
        for shipping in (0, offer.shipping.flat_minor):
            yield -(-(paid - shipping) // each)


def rules_dropped(given: Premises, decided: Decision) -> Iterator[RuleDropped]:
    """Rules that objected to something, in the order in which they first did."""
    for rule_id in dict.fromkeys(each.rule_id for each in decided.findings):
        relaxed = without_rule(given, rule_id)
        won = relaxed.winner() if relaxed else None
        if won and _is_other(won, decided.chosen):
            yield RuleDropped(rule_id=rule_id, won=won)


def lines_removed(given: Premises, decided: Decision) -> Iterator[LineRemoved]:
    counted = {line.name for ranked in decided.ranked for line in ranked.price.lines}
    for name, without in WITHOUT_LINE.items():
        if name in counted:
            won = without(given).winner()
            if won and _is_other(won, decided.chosen):
                yield LineRemoved(name=name, won=won)


def _is_other(won: Ranked, chosen: Ranked | None) -> bool:
    return chosen is None or won.offer_id != chosen.offer_id
