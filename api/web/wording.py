"""From what the domain says (keys, parameters, states) to texts of a page. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from accounts.texts import Share, Text, Value, stored_text, text
from api.web.views_orders import Objected
from core.money import PPM
from replenishment.order_states import COMING, WAITING, OrderState
from vendor_policy.explain import Part
from vendor_policy.policy import PRESETS
from vendor_policy.policy_diff import FieldChange
from vendor_policy.rules import Author

Tone = Literal["waiting", "coming", "done", "ended"]

CATEGORIES = frozenset(
    {
        "laundry-detergent",
        "fabric-softener",
        "printer-toner",
        "coffee-beans",
        "coffee-descaler",
        "water-filter",
    }
)

ATTRIBUTES = frozenset({"eco-label", "fair-trade", "fragrance-free", "refilled"})
NAME_ATTRIBUTES = {  # sentences, and which of their values lists attributes
    "rule.has_attributes.title": "names",
    "rule.has_attributes.objection": "attributes",
    "rule.attribute_credit.title": "names",
    "line.attribute_credit": "name",
}


# Sentences with a range from `least` to `most`; where both are equal, one amount is said.
RANGES = frozenset({"rule.quantity_fits.title", "rule.quantity_fits.objection"})


def said(part: Part) -> Text:
    is_one = part.key in RANGES and part.params["least"] == part.params["most"]
    words = stored_text(f"{part.key}_same" if is_one else part.key, part.params)
    listed = NAME_ATTRIBUTES.get(part.key)
    if listed is None or not part.params.get(listed):
        return words
    names = str(part.params[listed]).split(", ")
    return Text(words.key, {**words.values, listed: attributes(names)})


def attributes(names: Sequence[str]) -> Text:
    """At least one; those of ours by their words, another by its name."""
    first, *rest = names
    words = (
        text(f"attribute.{first}")
        if first in ATTRIBUTES
        else text("category.named", name=first)
    )
    return text("attribute.and", first=words, rest=attributes(rest)) if rest else words


def difference(change: FieldChange, vendor_names: Mapping[str, str]) -> Text:
    return called(said(change.words), vendor_names)


def called(words: Text, vendor_names: Mapping[str, str]) -> Text:
    """With shops, categories, attributes and presets by what the reader calls them."""
    values = {name: _called(value, vendor_names) for name, value in words.values.items()}
    return Text(words.key, values)


def _called(value: Value, vendor_names: Mapping[str, str]) -> Value:
    match value:
        case Text():
            return called(value, vendor_names)
        case str() if value in CATEGORIES:
            return category(value)
        case str() if value in ATTRIBUTES:
            return attributes([value])
        case str() if value in PRESETS:
            return text(f"preset.{value}")
        case str():
            return vendor_names.get(value, value)
    return value


def objected(parts: Iterable[Part]) -> tuple[Objected, ...]:
    return tuple(
        Objected(words=said(part), author=author(part)) for part in parts if part.author
    )


def author(part: Part) -> Author:
    return part.author or Author.PLATFORM


def state(order_state: str) -> Text:
    return text(f"order.state.{order_state}")


def tone(order_state: str) -> Tone:
    is_in = OrderState(order_state)
    if is_in in WAITING:
        return "waiting"
    if is_in in COMING:
        return "coming"
    return "done" if is_in is OrderState.DELIVERED else "ended"


def quantity(amount: int, unit: str) -> Text:
    return text(f"amount.{unit}", n=amount)


def measured(amount: float, unit: str) -> Text:
    """An amount that need not be whole: of a cartridge, how much of it."""
    if unit == "fill":
        return text("amount.part", share=Share(round(amount * PPM)))
    return text(f"amount.{unit}", n=amount)


def per(quantity_of: int, unit: str) -> Text:
    """What a price is for: "for 1,000 ml"."""
    return text("decision.per", amount=quantity(quantity_of, unit))


def category(name: str) -> Text:
    """A category of ours by its words, another by its name."""
    known = name in CATEGORIES
    return text(f"category.{name}") if known else text("category.named", name=name)


def by(who: str) -> Text:
    """Who moved an order: a member, `mandate:<id>`, `vendor` or `platform`."""
    if who.startswith("mandate:"):
        return text("by.mandate")
    if who in ("vendor", "platform"):
        return text(f"by.{who}")
    return text("by.member", member=who.removeprefix("key:"))


def why_asked(reason: str, rules: Iterable[Part]) -> tuple[Text, ...]:
    """The reason kept beside the ask; for a rule's, what the rule said."""
    if reason.startswith("rule."):
        return tuple(said(part) for part in rules)
    if reason.startswith("mandate."):
        return (text(reason),)
    return (text(f"ask.{reason}"),) if reason else ()


def moved(event: str) -> Text:
    return text(f"order.event.{event}")


def policy_author(author: str) -> Text:
    return text("by.platform") if author == "platform" else text("by.member", member=author)
