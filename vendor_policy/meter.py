"""The anti-gatekeeper meter: decisions again with what must not matter changed.

Pure. Vendors trade names (in offers, policy and facts alike), offers trade ids, the catalogue
is read backwards, payments are turned round: the winner must be the same offer each time.
Whatever decides is handed in, so that a planted preference can be measured as well.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

from pydantic import TypeAdapter

from core.money import PPM
from vendor_policy import record
from vendor_policy.decide import Decision
from vendor_policy.declarations import Remuneration
from vendor_policy.expression_source import with_vendors
from vendor_policy.facts import Facts
from vendor_policy.offers import Offer
from vendor_policy.policy import Policy
from vendor_policy.premises import question
from vendor_policy.record import DecisionRecord, Question, Unreadable

Answer = Callable[[Question], Decision]


class Swap(StrEnum):
    """What is changed that must not matter."""

    VENDORS = "vendors"
    IDS = "ids"
    ORDER = "order"
    REMUNERATION = "remuneration"


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterCounts:
    """`replayed`: decided again with nothing changed. Runs and changes by swap."""

    decisions: int = 0
    unreadable: int = 0
    replay_changes: int = 0
    runs: Mapping[str, int] = field(default_factory=dict)
    changes: Mapping[str, int] = field(default_factory=dict)

    @property
    def total_changes(self) -> int:
        return self.replay_changes + sum(self.changes.values())


def measure(records: Iterable[bytes], answer: Answer = record.answer) -> MeterCounts:
    decisions = unreadable = replay_changes = 0
    runs, changes = Counter[str](), Counter[str]()
    for data in records:
        try:
            made = record.parsed(data)
        except Unreadable:
            unreadable += 1
            continue
        asked = question(made)
        plain = answer(asked)
        decisions += 1
        replay_changes += _bought(made) != _bought(plain)
        for swap, other in swapped(asked):
            runs[swap] += 1
            changes[swap] += not _is_same(swap, plain, answer(other))
    return MeterCounts(
        decisions=decisions,
        unreadable=unreadable,
        replay_changes=replay_changes,
        runs={swap: runs[swap] for swap in Swap},
        changes={swap: changes[swap] for swap in Swap},
    )


def swapped(asked: Question) -> Iterator[tuple[Swap, Question]]:
    """A swap that cannot be made, such as of one vendor alone, is left out."""
    vendors = sorted({offer.vendor for offer in asked.offers})
    for turn in range(1, len(vendors)):
        yield Swap.VENDORS, _vendors_traded(asked, [*vendors[turn:], *vendors[:turn]])
    if len(asked.offers) > 1 and len(asked.needs) == 1:  # of a basket, ties cannot be told
        yield Swap.IDS, _ids_traded(asked)
    if len(asked.offers) > 1:
        yield Swap.ORDER, replace(asked, offers=asked.offers[::-1])
    if asked.offers:
        turned = (replace(each, remuneration=_turned(each)) for each in asked.offers)
        yield Swap.REMUNERATION, replace(asked, offers=tuple(turned))


def _is_same(swap: Swap, left: Decision, right: Decision) -> bool:
    """With ids traded, the lottery between two that are equal in everything goes otherwise."""
    if swap is not Swap.IDS or left.chosen is None or right.chosen is None:
        return _bought(left) == _bought(right)
    one, other = left.chosen, right.chosen
    is_as_dear = one.price.compare(other.price) == 0
    return is_as_dear and (one.total, one.delivery) == (other.total, other.delivery)


def _bought(made: Decision | DecisionRecord) -> list[tuple[str, int]]:
    """Offers and packs; of several needs, in their order."""
    if made.basket is not None:
        return [(each.offer_id, each.packs) for each in made.basket.winners]
    return [(made.chosen.offer_id, made.chosen.packs)] if made.chosen else []


def _vendors_traded(asked: Question, others: list[str]) -> Question:
    vendors = sorted({offer.vendor for offer in asked.offers})
    other = dict(zip(vendors, others, strict=True))
    names = {offer.vendor: offer.vendor_name for offer in asked.offers}
    return replace(
        asked,
        offers=tuple(
            replace(each, vendor=other[each.vendor], vendor_name=names[other[each.vendor]])
            for each in asked.offers
        ),
        policy=_policy_traded(asked.policy, other),
        facts=_FACTS.validate_python(_traded(_FACTS.dump_python(asked.facts), other)),
    )


_FACTS: Final[TypeAdapter[Facts]] = TypeAdapter(Facts)


def _traded(value: Any, other: Mapping[str, str]) -> Any:
    """Wherever a vendor is named, as a key or as a value."""
    match value:
        case dict():
            return {other.get(key, key): _traded(each, other) for key, each in value.items()}
        case str():
            return other.get(value, value)
    return value


def _policy_traded(policy: Policy, other: Mapping[str, str]) -> Policy:
    credited = (
        each.model_copy(update={"name": other.get(each.name, each.name)})
        for each in policy.vendor_credits
    )
    written = (
        each.model_copy(update={"expression": with_vendors(each.expression, other)})
        for each in policy.custom_rules
    )
    return policy.model_copy(
        update={
            "custom_rules": tuple(written),
            "vendors_allowed": tuple(other.get(each, each) for each in policy.vendors_allowed),
            "vendors_blocked": tuple(other.get(each, each) for each in policy.vendors_blocked),
            "vendor_credits": tuple(credited),
        }
    )


def _ids_traded(asked: Question) -> Question:
    """The first id in their order goes to the offer of the last, and so on."""
    ids = sorted(offer.offer_id for offer in asked.offers)
    other = dict(zip(ids, ids[::-1], strict=True))
    offers = (replace(each, offer_id=other[each.offer_id]) for each in asked.offers)
    return replace(asked, offers=tuple(offers))


def _turned(offer: Offer) -> Remuneration:
    if offer.remuneration.is_paid:
        return Remuneration(share_ppm=0)
    return Remuneration(payer=offer.vendor_name, payee="operator", share_ppm=PPM // 3)
