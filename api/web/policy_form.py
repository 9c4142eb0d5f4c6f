"""From the questions of the policy page to a policy. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import ValidationError

from accounts.texts import Text, stored_text, text
from api.web import amounts
from api.web.filled import FilledForm
from api.web.policy_answers import (
    CREDITS,
    LIMITS,
    OWN_RULES_MOST,
    SHARES,
    Asked,
    contest_key,
    own_limit,
)
from vendor_policy import policy as policies
from vendor_policy.conditions import OrderLimit
from vendor_policy.declarations import Unit
from vendor_policy.policy import PRESETS, CategoryNames, Policy, PriceBand, Problem
from vendor_policy.pricing import PER_QUANTITY

WORDED = ("band_impossible", "allowed_and_blocked", "named_twice", "credits_too_high")
OF_EXPRESSION: Final = "expression_wrong"
OWN_RULES: Final = "custom_rules["  # how the field of a wrong one begins


class PolicyRefused(Exception):
    """`rules`: what is wrong with rules of the owner's own, by their place on the page."""

    def __init__(self, problems: tuple[Text, ...], rules: Mapping[int, Text]) -> None:
        super().__init__(", ".join(each.key for each in problems))
        self.problems = problems
        self.rules = rules


@dataclass(slots=True)
class _Refusals:
    problems: list[Text] = field(default_factory=list)
    rules: dict[int, Text] = field(default_factory=dict)

    def check(self) -> None:
        if self.problems or self.rules:
            raise PolicyRefused((*self.problems, *self.rules.values()), self.rules)


def read_policy(form: FilledForm, asked: Asked) -> Policy:
    """What the page asks is taken from the form, all else stays. Another preset brings its own
    numbers. Raises PolicyRefused with every problem.
    """
    refusals = _Refusals(problems=list(_wrongly_typed(form, asked)))
    present, rows = asked.present, own_rows(form)
    for at in rows:
        if not (form.one(f"own_wording:{at}") and form.one(f"own_expression:{at}")):
            refusals.rules[at] = text("policy.problem.half_a_rule")
    refusals.check()
    wanted = policies.to_json(present) | _own_rules(form, asked, rows)
    brought = with_preset(present, form.one("preset"))
    wanted |= _changed(_asked_for(form, asked), brought, present)
    try:
        return policies.from_json(wanted)
    except ValidationError as error:
        for each in policies.problems(error):
            _sort(each, rows, form, refusals)
        refusals.check()
        raise


def with_preset(present: Policy, chosen: str) -> dict[str, Any]:
    """What another preset brings along; nothing for the present one."""
    name = next((each for each in PRESETS if each == chosen), present.preset)
    if name == present.preset:
        return {}
    return {"preset": name, "attribute_credits": [], **PRESETS[name]}


def _changed(
    answered: dict[str, Any], brought: dict[str, Any], present: Policy
) -> dict[str, Any]:
    """What the owner changed holds against what another preset brings."""
    before = policies.to_json(present)
    kept = {
        name: value
        for name, value in answered.items()
        if name not in brought or value != before[name]
    }
    return brought | kept


def own_rows(form: FilledForm) -> list[int]:
    """Places of rules of the owner's own in which something stands."""
    return [
        at
        for at in range(OWN_RULES_MOST)
        if form.one(f"own_wording:{at}") or form.one(f"own_expression:{at}")
    ]


def _wrongly_typed(form: FilledForm, asked: Asked) -> Iterator[Text]:
    for name in ("ask_above", "stock_out_per_day", *(f"band:{each}" for each in asked.cards)):
        if form.one(name) and form.minor(name) is None:
            yield text("policy.problem.amount", value=form.one(name)[:40])
    for name in (*SHARES, *_names(asked), *_worth(asked)):
        if form.one(name) and form.ppm(name) is None:
            yield text("policy.problem.percent", value=form.one(name)[:40])
    for name in (f"{limit}:{each}" for each in asked.cards for limit in LIMITS):
        if form.one(name) and form.count(name) is None:
            yield text("policy.problem.count", value=form.one(name)[:40])


def _names(asked: Asked) -> Iterator[str]:
    for name, of in CREDITS.items():
        yield from (f"{name}:{each}" for each in asked.creditable(of))


def _worth(asked: Asked) -> Iterator[str]:
    for category in asked.cards:
        yield from (f"worth:{each.gtin}" for each in asked.replaceable(category))


def _asked_for(form: FilledForm, asked: Asked) -> dict[str, Any]:
    present = asked.present
    stock_out = form.minor("stock_out_per_day")
    kept = frozenset(form.many("contested"))
    return {
        "stock_out_minor_per_day": (
            present.stock_out_minor_per_day if stock_out is None else stock_out
        ),
        "ask_above_minor": form.minor("ask_above"),
        **{of: form.ppm(name) for name, of in SHARES.items()},
        "loyalty_credit_ppm": form.ppm("loyalty") or 0,
        "vendors_blocked": list(form.many("vendors_blocked")),
        "brands_allowed": _named(form, asked, "brand", "brands_allowed"),
        "attributes_required": _named(form, asked, "attribute", "attributes_required"),
        "price_bands": _bands(form, asked),
        "order_limits": _limits(form, asked),
        "substitutes": _substitutes(form, asked),
        **{of: _credits(form, asked, name) for name, of in CREDITS.items()},
        "contested": [
            each.model_dump(mode="json")
            for at, each in enumerate(present.contested)
            if contest_key(at, present) in kept
        ],
    }


def _named(form: FilledForm, asked: Asked, name: str, of: str) -> list[dict[str, Any]]:
    """By category, what is ticked in it."""
    chosen = {each: list(form.many(f"{name}:{each}")) for each in asked.cards}
    return _elsewhere(asked, of) + [
        {"category": category, "names": names} for category, names in chosen.items() if names
    ]


def _elsewhere(asked: Asked, of: str) -> list[dict[str, Any]]:
    """Entries for categories that the page does not ask about."""
    entries: tuple[CategoryNames | PriceBand | OrderLimit, ...] = getattr(asked.present, of)
    return [
        each.model_dump(mode="json") for each in entries if each.category not in asked.cards
    ]


def _bands(form: FilledForm, asked: Asked) -> list[dict[str, Any]]:
    found = _elsewhere(asked, "price_bands")
    for category, products in asked.cards.items():
        most = form.minor(f"band:{category}")
        if most is not None:
            found.append(_band(category, products[0].unit, most, asked.present))
    return found


def _band(category: str, unit: Unit, most: int, present: Policy) -> dict[str, Any]:
    held = present.band(category)
    return {
        "category": category,
        "unit": unit,
        "per_quantity": held.per_quantity if held else PER_QUANTITY[unit],
        "least_minor": held.least_minor if held else 0,
        "most_minor": most,
    }


def _limits(form: FilledForm, asked: Asked) -> list[dict[str, Any]]:
    found = _elsewhere(asked, "order_limits")
    for category in asked.cards:
        limits = {of: form.count(f"{name}:{category}") for name, of in LIMITS.items()}
        held = own_limit(asked.present, category)
        if held in asked.present.order_limits or any(
            each is not None for each in limits.values()
        ):
            found.append({"category": category, **limits})
    return found


def _substitutes(form: FilledForm, asked: Asked) -> list[dict[str, Any]]:
    asked_about = {each.gtin for of in asked.cards for each in asked.replaceable(of)}
    found = [
        each.model_dump(mode="json")
        for each in asked.present.substitutes
        if each.product not in asked_about
    ]
    for gtin in sorted(asked_about):
        instead = list(form.many(f"instead:{gtin}"))
        if instead:
            worth = form.ppm(f"worth:{gtin}") or None
            found.append({"product": gtin, "instead": instead, "credit_ppm": worth})
    return found


def _credits(form: FilledForm, asked: Asked, name: str) -> list[dict[str, Any]]:
    shares = {each: form.ppm(f"{name}:{each}") for each in asked.creditable(CREDITS[name])}
    return [{"name": each, "credit_ppm": share} for each, share in shares.items() if share]


def _own_rules(form: FilledForm, asked: Asked, rows: list[int]) -> dict[str, Any]:
    held = {each.name: each for each in asked.present.custom_rules}
    taken = {form.one(f"own_name:{at}") for at in rows}
    free = (f"rule_{at}" for at in range(1, 100) if f"rule_{at}" not in taken)
    rules = []
    for at in rows:
        rule = {
            "name": form.one(f"own_name:{at}") or next(free),
            "wording": form.one(f"own_wording:{at}"),
            "expression": form.one(f"own_expression:{at}"),
            "otherwise": "ask" if form.one(f"own_otherwise:{at}") == "ask" else "exclude",
        }
        before = held.get(rule["name"])
        is_same = before and rule == before.model_dump(exclude={"since"})
        since = before.since if before and is_same else asked.today_on
        rules.append({**rule, "since": since.isoformat()})
    return {"custom_rules": rules}


def _sort(problem: Problem, rows: list[int], form: FilledForm, refusals: _Refusals) -> None:
    if problem.field.startswith(OWN_RULES):
        place = amounts.count(problem.field.removeprefix(OWN_RULES).partition("]")[0])
        if place is not None and place < len(rows):
            refusals.rules[rows[place]] = _of_rule(
                problem, form.one(f"own_wording:{rows[place]}")
            )
            return
    if problem.code in WORDED:
        refusals.problems.append(stored_text(f"policy.problem.{problem.code}", problem.params))
    else:
        refusals.problems.append(
            text("policy.problem.other", field=problem.field, message=problem.message)
        )


def _of_rule(problem: Problem, wording: str) -> Text:
    if problem.code == OF_EXPRESSION:
        return stored_text(
            "policy.problem.expression", {**problem.params, "wording": wording[:80]}
        )
    return text("policy.problem.other", field=wording[:80], message=problem.message)
