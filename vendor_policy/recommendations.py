"""Recommendations: "you would save X a year by Y", for an owner who asked for them.

Pure. Each is one named change of the policy in force, tried over the owner's own past
decisions; what it would cost in risk is told with what it would save.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any, Final

from core.money import half_even
from vendor_policy.explain import Part
from vendor_policy.policy import CategoryNames, Credit, Policy, PriceBand
from vendor_policy.time_machine import (
    PastDecision,
    Purchase,
    a_year,
    newest_of_each_need,
    redecide,
)

LEAST_MINOR: Final = 100  # a year; less is not worth a word
SHORTEST_DAYS: Final = 28  # of past decisions, before a year is spoken of
NEEDS_MOST: Final = 200  # newest needs that are looked at
CHANGES_MOST: Final = 40  # tried at once: with as many needs, a few seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """`key`: names it for good, so that a no is remembered."""

    key: str
    words: Part
    policy: Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """`saved_minor`: over the `needs` from `first_on` to `last_on`, for the quantities wanted;
    `saved_a_year_minor`: the same of a year. Chances of running out: mean over the orders.
    """

    change: Change
    saved_a_year_minor: int
    saved_minor: int
    currency: str
    needs: int
    changed: int
    first_on: date
    last_on: date
    late_before_ppm: int
    late_after_ppm: int


def recommendations(
    records: Iterable[bytes], present: Policy, declined: Iterable[str]
) -> list[Recommendation]:
    """Highest saving first. declined: keys that the owner said no to."""
    read, _ = newest_of_each_need(records)
    past = sorted(read, key=lambda each: each.decided_at)[-NEEDS_MOST:]
    plain = [redecide(each, present).after for each in past]
    noes = frozenset(declined)
    found = (
        _recommendation(change, past, plain, present.currency)
        for change in islice(
            (each for each in changes(present) if each.key not in noes), CHANGES_MOST
        )
    )
    return sorted(
        filter(None, found), key=lambda each: (-each.saved_a_year_minor, each.change.key)
    )


# Field of the policy, and what giving up one of its entries is called.
ENTRIES: Final = (
    ("brands_allowed", "any_brand"),
    ("attributes_required", "any_attribute"),
    ("price_bands", "no_band"),
    ("brands_blocked", "allow_brand"),
    ("vendors_blocked", "allow_shop"),
    ("brand_credits", "no_brand_credit"),
    ("vendor_credits", "no_shop_credit"),
    ("attribute_credits", "no_attribute_credit"),
)
VALUES: Final[tuple[tuple[str, str, Any], ...]] = (
    ("vendors_allowed", "any_shop", ()),
    ("loyalty_credit_ppm", "no_loyalty", 0),
    ("late_most_ppm", "no_lateness_limit", None),
)


def changes(present: Policy) -> Iterator[Change]:
    """Single ones, by which the owner gives up one wish."""
    for field, name in ENTRIES:
        for entry in getattr(present, field):
            yield _without(present, field, name, entry)
    for field, name, given_up in VALUES:
        if getattr(present, field) != given_up:
            policy = present.model_copy(update={field: given_up})
            words = Part(f"recommend.{name}", {"entry": ""})
            yield Change(key=name, words=words, policy=policy)


def _without(
    present: Policy, field: str, name: str, entry: str | CategoryNames | PriceBand | Credit
) -> Change:
    match entry:
        case CategoryNames() | PriceBand():
            about = entry.category
        case Credit():
            about = entry.name
        case str():
            about = entry
    others = tuple(each for each in getattr(present, field) if each != entry)
    return Change(
        key=f"{name}:{about}",
        words=Part(f"recommend.{name}", {"entry": about}),
        policy=present.model_copy(update={field: others}),
    )


def _recommendation(
    change: Change,
    past: Sequence[PastDecision],
    plain: Sequence[Purchase | None],
    currency: str,
) -> Recommendation | None:
    """None: it saves too little, or there is too little past to tell."""
    other = [redecide(each, change.policy).after for each in past]
    pairs = [
        (left, right)
        for left, right in zip(plain, other, strict=True)
        if left and right and left.currency == right.currency == currency
    ]
    days = [each.facts.today_on for each in past]
    if not pairs or (max(days) - min(days)).days < SHORTEST_DAYS:
        return None
    saved = sum(left.wanted_minor - right.wanted_minor for left, right in pairs)
    # What the last need pays for is not used up by then: it counts for no time.
    over_time = saved * (len(pairs) - 1) // len(pairs)
    saved_a_year = a_year(over_time, min(days), max(days))
    if saved_a_year < LEAST_MINOR:
        return None
    return Recommendation(
        change=change,
        saved_a_year_minor=saved_a_year,
        saved_minor=saved,
        currency=currency,
        needs=len(pairs),
        changed=sum(left.offer_id != right.offer_id for left, right in pairs),
        first_on=min(days),
        last_on=max(days),
        late_before_ppm=_mean(left.late_ppm for left, _ in pairs),
        late_after_ppm=_mean(right.late_ppm for _, right in pairs),
    )


def _mean(values: Iterable[int]) -> int:
    listed = list(values)
    return half_even(sum(listed), len(listed))
