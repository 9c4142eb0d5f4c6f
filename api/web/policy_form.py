"""From the questions of the policy page to a policy. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from accounts.texts import Text, stored_text, text
from api.web.filled import FilledForm
from vendor_policy import policy as policies
from vendor_policy.declarations import ProductCard, Unit
from vendor_policy.policy import PRESETS, Policy
from vendor_policy.pricing import PER_QUANTITY

WORDED = ("band_impossible", "allowed_and_blocked", "named_twice", "credits_too_high")


class PolicyRefused(Exception):
    def __init__(self, problems: tuple[Text, ...]) -> None:
        super().__init__(", ".join(each.key for each in problems))
        self.problems = problems


def read_policy(
    form: FilledForm, present: Policy, cards: Mapping[str, list[ProductCard]]
) -> Policy:
    """What the page asks is taken from the form, all else stays. Another preset brings its own
    numbers. Raises PolicyRefused with every problem.
    """
    problems = tuple(_wrong_amounts(form, cards))
    if problems:
        raise PolicyRefused(problems)
    wanted = policies.to_json(present) | _preset(form, present)
    stock_out = form.minor("stock_out_per_day")
    if stock_out is not None and stock_out != present.stock_out_minor_per_day:
        wanted["stock_out_minor_per_day"] = stock_out
    wanted |= {
        "ask_above_minor": form.minor("ask_above"),
        "vendors_blocked": list(form.many("vendors_blocked")),
        "brands_allowed": _brands(form, present, cards),
        "price_bands": _bands(form, present, cards),
    }
    try:
        return policies.from_json(wanted)
    except ValidationError as error:
        raise PolicyRefused(tuple(_problems(error))) from error


def _preset(form: FilledForm, present: Policy) -> dict[str, Any]:
    chosen = next((each for each in PRESETS if each == form.one("preset")), present.preset)
    if chosen == present.preset:
        return {}
    return {"preset": chosen, "attribute_credits": [], **PRESETS[chosen]}


def _wrong_amounts(form: FilledForm, cards: Mapping[str, list[ProductCard]]) -> Iterator[Text]:
    for name in ("ask_above", "stock_out_per_day", *(f"band:{each}" for each in cards)):
        typed = form.one(name)
        if typed and form.minor(name) is None:
            yield text("policy.problem.amount", value=typed[:40])


def _brands(
    form: FilledForm, present: Policy, cards: Mapping[str, list[ProductCard]]
) -> list[dict[str, Any]]:
    others = [
        each.model_dump(mode="json")
        for each in present.brands_allowed
        if each.category not in cards
    ]
    chosen = {each: list(form.many(f"brand:{each}")) for each in cards}
    return others + [
        {"category": category, "names": names} for category, names in chosen.items() if names
    ]


def _bands(
    form: FilledForm, present: Policy, cards: Mapping[str, list[ProductCard]]
) -> list[dict[str, Any]]:
    others = [
        each.model_dump(mode="json")
        for each in present.price_bands
        if each.category not in cards
    ]
    for category, products in cards.items():
        most = form.minor(f"band:{category}")
        if most is not None:
            others.append(_band(category, products[0].unit, most, present))
    return others


def _band(category: str, unit: Unit, most: int, present: Policy) -> dict[str, Any]:
    held = present.band(category)
    return {
        "category": category,
        "unit": unit,
        "per_quantity": held.per_quantity if held else PER_QUANTITY[unit],
        "least_minor": held.least_minor if held else 0,
        "most_minor": most,
    }


def _problems(error: ValidationError) -> Iterator[Text]:
    for each in policies.problems(error):
        if each.code in WORDED:
            yield stored_text(f"policy.problem.{each.code}", each.params)
        else:
            yield text("policy.problem.other", field=each.field, message=each.message)
