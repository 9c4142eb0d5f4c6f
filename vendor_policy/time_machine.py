"""The time machine: what another policy would have bought, over stored decision records.

Pure. Each record is decided again with its own offers, facts and need; only the policy is
another. Of several records about one need, the newest counts. What the record says was chosen
stands for the past, so that an owner's overrides change neither side.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from pydantic import AwareDatetime, TypeAdapter, ValidationError

from core.money import half_even
from vendor_policy.candidates import candidate, candidates
from vendor_policy.decide import Ask
from vendor_policy.facts import Facts
from vendor_policy.lateness import added, lateness
from vendor_policy.needs import Need
from vendor_policy.offers import Offer
from vendor_policy.policy import Policy
from vendor_policy.premises import Premises
from vendor_policy.record import Pick


@dataclass(frozen=True, slots=True, kw_only=True)
class PastDecision:
    """What is read of a record; most of its bytes are passed over."""

    decided_at: AwareDatetime
    needs: tuple[Need, ...]
    facts: Facts
    offers: Mapping[str, Offer]  # by hash
    chosen: Pick | None
    asks: tuple[Ask, ...]


_PAST: TypeAdapter[PastDecision] = TypeAdapter(PastDecision)


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """Of one need. `paid_minor`: tax and delivery in. `wanted_minor`: the part of it that pays
    for the quantity wanted, which makes purchases of different packs comparable. `late_ppm` and
    `days_without_ppm`: of running out before the parcel comes.
    """

    offer_id: str
    vendor: str
    vendor_name: str
    title: str
    packs: int
    paid_minor: int
    wanted_minor: int
    currency: str
    late_ppm: int
    days_without_ppm: int
    is_asked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Redecided:
    """`before` and `after` None: nothing was acceptable."""

    need_id: str
    stock_id: str
    category: str
    decided_on: date
    before: Purchase | None
    after: Purchase | None

    @property
    def is_changed(self) -> bool:
        left, right = self.before, self.after
        if left is None or right is None:
            return left is not right
        return (left.offer_id, left.packs) != (right.offer_id, right.packs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """`unmet`: needs for which nothing was acceptable. `late_ppm`: mean chance over the orders
    of running out first. Amounts in minor units, by currency; `vendors`: orders by key.
    """

    orders: int = 0
    asked: int = 0
    unmet: int = 0
    paid_minor: Mapping[str, int] = field(default_factory=dict)
    wanted_minor: Mapping[str, int] = field(default_factory=dict)
    late_ppm: int = 0
    days_without_ppm: int = 0
    vendors: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRun:
    """`unreadable`: records that could not be read and are in no figure."""

    needs: int
    unreadable: int
    first_on: date | None
    last_on: date | None
    before: Totals
    after: Totals
    changed: tuple[Redecided, ...]  # oldest first
    vendor_names: Mapping[str, str]


def dry_run(records: Iterable[bytes], draft: Policy) -> DryRun:
    """records: in any order."""
    read, unreadable = newest_of_each_need(records)
    redecided = sorted(
        (redecide(each, draft) for each in read),
        key=lambda each: (each.decided_on, each.need_id),
    )
    days = [each.decided_on for each in redecided]
    return DryRun(
        needs=len(redecided),
        unreadable=unreadable,
        first_on=min(days, default=None),
        last_on=max(days, default=None),
        before=_totals(each.before for each in redecided),
        after=_totals(each.after for each in redecided),
        changed=tuple(each for each in redecided if each.is_changed),
        vendor_names=_names(redecided),
    )


def newest_of_each_need(records: Iterable[bytes]) -> tuple[list[PastDecision], int]:
    """And how many could not be read."""
    newest: dict[str, PastDecision] = {}
    unreadable = 0
    for data in records:
        read = read_past(data)
        if read is None:
            unreadable += 1
            continue
        held = newest.get(read.needs[0].need_id)
        if held is None or held.decided_at <= read.decided_at:
            newest[read.needs[0].need_id] = read
    return list(newest.values()), unreadable


def read_past(data: bytes) -> PastDecision | None:
    """None: not the bytes of a decision record."""
    try:
        return _PAST.validate_json(data)
    except ValidationError:
        return None


def redecide(past: PastDecision, draft: Policy) -> Redecided:
    need, offers = past.needs[0], tuple(past.offers.values())
    again = Premises(
        need=need, candidates=candidates(offers, need), policy=draft, facts=past.facts
    ).decided()
    chosen = again.chosen
    after = Pick(offer_id=chosen.offer_id, packs=chosen.packs) if chosen else None
    return Redecided(
        need_id=need.need_id,
        stock_id=need.stock_id,
        category=need.category,
        decided_on=past.facts.today_on,
        before=_purchase(past, past.chosen, is_asked=bool(past.asks)),
        after=_purchase(past, after, is_asked=bool(again.asks)),
    )


def _purchase(past: PastDecision, pick: Pick | None, *, is_asked: bool) -> Purchase | None:
    if pick is None:
        return None
    offer = next(each for each in past.offers.values() if each.offer_id == pick.offer_id)
    need, facts, bought = past.needs[0], past.facts, candidate(offer, pick.packs)
    deliveries = added(facts.prior, facts.deliveries.get(offer.vendor))
    late = lateness(offer.delivery, need.depletion, deliveries, facts.today_on)
    return Purchase(
        offer_id=offer.offer_id,
        vendor=offer.vendor,
        vendor_name=offer.vendor_name,
        title=offer.title,
        packs=pick.packs,
        paid_minor=bought.total.minor,
        wanted_minor=half_even(bought.total.minor * need.quantity_target, bought.quantity),
        currency=bought.total.currency,
        late_ppm=late.chance_ppm,
        days_without_ppm=late.days_without_ppm,
        is_asked=is_asked,
    )


def _totals(purchases: Iterable[Purchase | None]) -> Totals:
    listed = list(purchases)
    made = [each for each in listed if each is not None]
    paid, wanted = Counter[str](), Counter[str]()
    for each in made:
        paid[each.currency] += each.paid_minor
        wanted[each.currency] += each.wanted_minor
    return Totals(
        orders=len(made),
        asked=sum(each.is_asked for each in made),
        unmet=len(listed) - len(made),
        paid_minor=dict(paid),
        wanted_minor=dict(wanted),
        late_ppm=half_even(sum(each.late_ppm for each in made), max(1, len(made))),
        days_without_ppm=sum(each.days_without_ppm for each in made),
        vendors=dict(sorted(Counter(each.vendor for each in made).items())),
    )


def _names(redecided: Iterable[Redecided]) -> dict[str, str]:
    return {each.vendor: each.vendor_name for each in _purchases(redecided)}


def _purchases(redecided: Iterable[Redecided]) -> Iterator[Purchase]:
    for each in redecided:
        yield from filter(None, (each.before, each.after))


def a_year(minor: int, first_on: date, last_on: date) -> int:
    """An amount of that span, as of a whole year."""
    return half_even(minor * 365, (last_on - first_on).days + 1)
