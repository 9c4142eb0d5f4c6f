"""From an owner's own choice to rules that lead there: "make this a rule". Pure.

Each idea is the answers of the rules page with one of them changed; it is shown with what it
would have bought before anything is saved.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from accounts.texts import Text, text
from api.web.filled import FilledForm
from api.web.views_orders import RuleIdea
from vendor_policy.offers import Offer

PREFERRED: Final = "5"  # percent; can be changed before it is saved
# The answers to empty so that a rule no longer stands against the choice; `{}`: the category.
EMPTIED: Final[Mapping[str, str]] = {
    "price_in_band": "band:{}",
    "has_attributes": "attribute:{}",
    "packs_within": "packs:{}",
    "delivery_within": "days:{}",
    "not_too_often": "gap:{}",
    "price_rise": "price_rise",
    "delivery_in_time": "late",
}

Changed = Mapping[str, tuple[str, ...]]


def ideas(
    form: FilledForm, chosen: Offer, proposed: Offer | None, objected: Mapping[str, Text]
) -> tuple[RuleIdea, ...]:
    """objected: the rules that stood against the choice, by id, with their wording."""
    return tuple(
        RuleIdea(words=words, fields=tuple(_fields({**form.values, **changed})))
        for words, changed in (
            *_against(form, chosen, objected),
            *_for_vendor(form, chosen, proposed),
        )
    )


def _fields(values: Changed) -> Iterator[tuple[str, str]]:
    for name, several in values.items():
        yield from ((name, value) for value in several)


def _against(
    form: FilledForm, chosen: Offer, objected: Mapping[str, Text]
) -> Iterator[tuple[Text, Changed]]:
    brands, blocked = f"brand:{chosen.category}", form.many("vendors_blocked")
    for rule_id, title in objected.items():
        if rule_id == "brand_allowed" and form.many(brands):
            yield (
                text("rule_idea.brand_too", brand=chosen.brand),
                {brands: (*form.many(brands), chosen.brand)},
            )
        if rule_id == "vendor_not_blocked" and chosen.vendor in blocked:
            others = tuple(each for each in blocked if each != chosen.vendor)
            words = text("rule_idea.vendor_again", vendor=chosen.vendor_name)
            yield words, {"vendors_blocked": others}
        name = EMPTIED.get(rule_id, "").format(chosen.category)
        if name and form.one(name):
            yield text("rule_idea.without", rule=title), {name: ()}


def _for_vendor(
    form: FilledForm, chosen: Offer, proposed: Offer | None
) -> Iterator[tuple[Text, Changed]]:
    if proposed is None or proposed.vendor == chosen.vendor:
        return
    yield (
        text("rule_idea.prefer", vendor=chosen.vendor_name, percent=PREFERRED),
        {f"worth_vendor:{chosen.vendor}": (PREFERRED,)},
    )
    blocked = form.many("vendors_blocked")
    if proposed.vendor not in blocked:
        words = text("rule_idea.never", vendor=proposed.vendor_name)
        yield words, {"vendors_blocked": (*blocked, proposed.vendor)}
