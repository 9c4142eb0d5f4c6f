"""Contestants: the shipped presets, and three ways to choose that are usual elsewhere.

Pure. All of them order at the same moment, for the same quantity, on the same platform; they
differ in what they choose, and in whether they pay a total that has changed at checkout.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, get_args

from vendor_policy.candidates import candidates
from vendor_policy.decide import decide
from vendor_policy.facts import Facts
from vendor_policy.needs import Need
from vendor_policy.offers import Offer
from vendor_policy.policy import Policy, Preset, preset


@dataclass(frozen=True, slots=True)
class ArenaPick:
    offer: Offer
    packs: int


Choose = Callable[[Need, Sequence[Offer], Facts], ArenaPick | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contestant:
    name: str
    choose: Choose
    pays_changed_total: bool


def by_policy(policy: Policy) -> Choose:
    def choose(need: Need, offers: Sequence[Offer], facts: Facts) -> ArenaPick | None:
        chosen = decide((need,), candidates(offers, need), policy, facts).chosen
        if chosen is None:
            return None
        offer = next(each for each in offers if each.offer_id == chosen.offer_id)
        return ArenaPick(offer, chosen.packs)

    return choose


def by_order(key: Callable[[Offer], tuple[int, ...]]) -> Choose:
    """The offer with the least key, in as many packs as the need wants."""

    def choose(need: Need, offers: Sequence[Offer], facts: Facts) -> ArenaPick | None:
        there = [offer for offer in offers if offer.in_stock]
        if not there:
            return None
        best = min(there, key=lambda offer: (*key(offer), offer.offer_id))
        return ArenaPick(best, _packs(best, need))

    return choose


def _packs(offer: Offer, need: Need) -> int:
    """The next number of packs that reaches what is best, or the last one there is room for."""
    wanted = -(-need.quantity_target // offer.pack_quantity)
    return max(1, min(wanted, need.quantity_most // offer.pack_quantity))


def _list_price(offer: Offer) -> tuple[int, ...]:
    """All packs of a category have one size here."""
    return (offer.price.minor,)


def _kick_back(offer: Offer) -> tuple[int, ...]:
    return (-(offer.remuneration.share_ppm or 0), offer.price.minor)


def _rating(offer: Offer) -> tuple[int, ...]:
    return (-(offer.rating.value_ppm if offer.rating else 0), offer.price.minor)


SHIPPED: Final = "balanced"
LIST_PRICE: Final = "cheapest list price"
FAVOURITE: Final = "platform's favourite"
RATING: Final = "highest rating"
NAIVE: Final[Mapping[str, Callable[[Offer], tuple[int, ...]]]] = {
    LIST_PRICE: _list_price,
    FAVOURITE: _kick_back,
    RATING: _rating,
}
PRESET_NAMES: Final[tuple[Preset, ...]] = get_args(Preset)
NAMES: Final = (*PRESET_NAMES, *NAIVE)


def contestants(names: Iterable[str] = NAMES) -> tuple[Contestant, ...]:
    """Raises KeyError for an unknown name."""
    presets = (
        Contestant(name=name, choose=by_policy(preset(name)), pays_changed_total=False)
        for name in PRESET_NAMES
    )
    naive = (
        Contestant(name=name, choose=by_order(key), pays_changed_total=True)
        for name, key in NAIVE.items()
    )
    everyone = {each.name: each for each in (*presets, *naive)}
    return tuple(everyone[name] for name in names)
