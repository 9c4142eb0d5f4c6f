"""Hidden preferences, planted on purpose: each must be seen by the meter or by a receipt.

A mutant is what the platform's code would be if it favoured someone; it makes records like any
other. `run` says how many of them were caught.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Final

from core.money import PPM, Money
from vendor_policy import offers, record
from vendor_policy.decide import Decision
from vendor_policy.declarations import DeliveryPromise, Remuneration, Shipping
from vendor_policy.facts import PRIOR, Deliveries, Facts
from vendor_policy.log import listings
from vendor_policy.meter import Answer, measure
from vendor_policy.needs import Depletion, Need
from vendor_policy.offers import SOURCES, Offer
from vendor_policy.policy import Policy, preset
from vendor_policy.record import Circumstances, DecisionRecord, Question

NOW: Final = datetime(2026, 11, 22, 8, 12, tzinfo=UTC)
TODAY: Final = NOW.date()
VENDORS: Final = ("billigblitz", "haushaltshof", "tintenwelt")
FAVOUR: Final = (90, 100)  # what a favoured offer is made to cost
DECISIONS: Final = 12


@dataclass(frozen=True, slots=True)
class Mutant:
    """`feed`: what the decision is shown of all offers; the whole of it where all is well."""

    answer: Answer
    feed: Callable[[Question], Question]


def _whole(question: Question) -> Question:
    return question


def _favouring(is_liked: Callable[[int, Offer], bool]) -> Answer:
    def answer(question: Question) -> Decision:
        shown = (
            _cheaper(offer) if is_liked(place, offer) else offer
            for place, offer in enumerate(question.offers)
        )
        return record.answer(replace(question, offers=tuple(shown)))

    return answer


def _cheaper(offer: Offer) -> Offer:
    share, whole = FAVOUR
    return replace(offer, price=Money(offer.price.minor * share // whole, offer.price.currency))


def _by_id_order(question: Question) -> Decision:
    first = min(offer.offer_id for offer in question.offers)
    return _favouring(lambda _, offer: offer.offer_id == first)(question)


def _by_default_argument(question: Question, preferred: str = "tintenwelt") -> Decision:
    return _favouring(lambda _, offer: offer.vendor == preferred)(question)


def _without_the_cheapest(question: Question) -> Question:
    """By no name and no place: the offer that would win is not shown, in every third case."""
    if int(question.needs[0].need_id.removeprefix("need-")) % 3:
        return question
    chosen = record.answer(question).chosen
    kept = (each for each in question.offers if chosen and each.offer_id != chosen.offer_id)
    return replace(question, offers=tuple(kept))


HONEST: Final = Mutant(record.answer, _whole)
MUTANTS: Final[Mapping[str, Mutant]] = {
    "by name": Mutant(_favouring(lambda _, o: o.vendor_name == "Billigblitz"), _whole),
    "by id order": Mutant(_by_id_order, _whole),
    "by feed position": Mutant(_favouring(lambda place, _: place == 0), _whole),
    "by remuneration": Mutant(_favouring(lambda _, o: o.remuneration.is_paid), _whole),
    "by a default argument": Mutant(_by_default_argument, _whole),
    "by dropping an offer before decide": Mutant(record.answer, _without_the_cheapest),
}


def run() -> tuple[int, int]:
    """(caught, planted)"""
    return sum(bool(caught_by(each)) for each in MUTANTS.values()), len(MUTANTS)


def caught_by(mutant: Mutant) -> tuple[str, ...]:
    """The swaps of the meter that changed a winner, and `receipt` for an offer never shown."""
    questions = list(_questions())
    records = [_recorded(mutant, each) for each in questions]
    counts = measure(records, mutant.answer)
    swaps = (swap for swap, changes in counts.changes.items() if changes)
    pairs = zip(questions, records, strict=True)
    is_dropped = any(_overlooked(asked, record.parsed(data)) for asked, data in pairs)
    return (*swaps, *(("receipt",) if is_dropped else ()))


def _recorded(mutant: Mutant, question: Question) -> bytes:
    shown = mutant.feed(question)
    circumstances = Circumstances(decided_at=NOW, mandate_id=None, cause=None)
    return record.record_bytes(record.written(shown, mutant.answer(shown), circumstances))


def _overlooked(question: Question, made: DecisionRecord) -> bool:
    """Whether a vendor's listing, which its receipt is of, names what the record does not."""
    held = {
        (offer.vendor, offer.sku): listings.listed_hash(offers.to_json(offer))
        for offer in made.offers.values()
    }
    return any(
        held.get((vendor, entry["sku"])) != entry["offer"]
        for vendor in VENDORS
        for entry in listings.entries(o for o in question.offers if o.vendor == vendor)
    )


def _questions() -> Iterator[Question]:
    """Offers within a few per cent of each other, so that a favour can decide."""
    for number in range(DECISIONS):
        yield Question(
            needs=(_need(number),),
            offers=tuple(_offer(number, place) for place in range(6)),
            refused=(),
            policy=_policy(number),
            policy_version=1,
            facts=_facts(),
        )


def _offer(number: int, place: int) -> Offer:
    vendor = VENDORS[(place + number) % len(VENDORS)]
    paid = Remuneration(payer=vendor, payee="operator", share_ppm=50_000)
    return Offer(
        offer_id=f"{(place * 7 + number * 3) % 11:02x}{number:02x}{place:02x}",
        vendor=vendor,
        vendor_name=vendor.capitalize(),
        sku=f"{vendor[:2].upper()}-{place}",
        gtin="02001000000012",
        title=f"Detergent {place}",
        brand=("Klarbach", "Reinwerk")[place % 2],
        category="laundry-detergent",
        fits=("laundry-liquid",),
        pack_quantity=1500,
        unit="ml",
        price=Money(800 + (place * 13 + number * 29) % 41, "EUR"),
        in_stock=True,
        shipping=Shipping(flat_minor=390),
        delivery=DeliveryPromise(earliest_days=2, latest_days=3 + place % 2),
        attributes=("eco-label",) if place % 3 == 0 else (),
        rating=None,
        trader_verified=True,
        remuneration=paid if (place + number) % 4 == 0 else Remuneration(share_ppm=0),
        returns_days=14,
        seen_at=NOW - timedelta(hours=2),
        expires_at=NOW + timedelta(hours=4),
        sources=SOURCES,
    )


def _need(number: int) -> Need:
    return Need(
        need_id=f"need-{number}",
        stock_id="stock-1",
        category="laundry-detergent",
        fits=("laundry-liquid",),
        unit="ml",
        quantity_least=1500,
        quantity_target=1500,
        quantity_most=3000,
        needed_by_on=_day(5),
        depletion=Depletion(p10_on=_day(4), p50_on=_day(6), p90_on=_day(9)),
        use_per_day_micro=45 * PPM,
        reason="need.below_reorder_point",
    )


def _day(days: int) -> date:
    return TODAY + timedelta(days=days)


def _policy(number: int) -> Policy:
    plain = preset("balanced" if number % 2 else "price_only")
    credit = {"name": VENDORS[number % 3], "credit_ppm": 10_000}
    return Policy.model_validate({**plain.model_dump(), "vendor_credits": [credit]})


def _facts() -> Facts:
    return Facts(
        now_at=NOW,
        today_on=TODAY,
        prior=PRIOR,
        deliveries={"haushaltshof": Deliveries(delivered=10, late=2, late_days=3)},
        last_paid={},
        present_supplier={"stock-1": "tintenwelt"},
    )
