"""Owners' own conditions in CEL: one expression over `offer` and `need`, true when all is well.

Pure. An expression is compiled once. A wrong one is refused with its place and a hint; one that
cannot be answered objects.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import cel

from vendor_policy.candidates import Candidate
from vendor_policy.expression_fields import FIELDS, NEED, OFFER, Value
from vendor_policy.expression_source import (
    FLAT,
    NO_ANSWER,
    ExpressionRefused,
    Mistake,
    bare_of,
    check,
    flat,
    refused,
)
from vendor_policy.facts import Facts
from vendor_policy.needs import Need


@dataclass(frozen=True, slots=True)
class Expression:
    offer_fields: frozenset[str]
    need_fields: frozenset[str]
    run: Callable[[cel.Context], object]


@lru_cache(maxsize=1024)
def compiled(source: str) -> Expression:
    """Raises ExpressionRefused. What is told only by running it is found out on two samples."""
    bare = bare_of(source)
    try:
        cel.compile(source)
    except ValueError as error:
        raise _syntax(str(error)) from error
    check(source, bare)
    used = {root: frozenset(re.findall(rf"\b{root}\s*\.\s*(\w+)", bare)) for root in FIELDS}
    program = cel.compile(flat(source, bare))
    expression = Expression(used["offer"], used["need"], program.execute)
    for sample in SAMPLES:
        _try(source, expression, sample)
    return expression


SYNTAX = re.compile(r"<input>:(\d+):(\d+): (?:Syntax error: )?([^\n]*)")


def _syntax(told: str) -> ExpressionRefused:
    found = SYNTAX.search(told)
    line, column, problem = found.groups() if found else ("1", "1", "not an expression")
    said = problem.split(" expecting ")[0]
    hint = "write a condition such as offer.price_minor <= 900"
    mistake = Mistake("syntax", said, hint, {"said": said})
    return ExpressionRefused(mistake, line=int(line), column=int(column))


Sample = Mapping[str, Value | Mapping[str, Value]]
TYPICAL: Mapping[str, Value] = {
    "attributes": ["eco-label"],
    "fits": ["refill"],
    "in_stock": True,
    "currency": "EUR",
    "unit": "ml",
    **dict.fromkeys(("brand", "category", "gtin", "vendor"), "text"),
}
SAMPLES: tuple[Sample, ...] = tuple(
    {
        **{FLAT + name: TYPICAL.get(name, number) for name in OFFER},
        "need": {name: TYPICAL.get(name, number) for name in NEED},
    }
    for number in (1, 1000)
)


def _try(source: str, expression: Expression, sample: Sample) -> None:
    context = cel.Context(variables={**sample})
    try:
        found = expression.run(context)
    except TypeError as error:
        problem = f"unlike things compared ({error})"[:160]
        hint = "compare numbers with numbers and texts with texts"
        raise refused(source, 0, Mistake("unlike", problem, hint)) from error
    except (ArithmeticError, LookupError):
        return  # depends on the values: then it objects
    except RuntimeError as error:
        said = str(error)[:160]
        mistake = Mistake("cannot_run", said, "see docs/policy.md", {"said": said})
        raise refused(source, 0, mistake) from error
    if not isinstance(found, bool):
        raise refused(source, 0, NO_ANSWER)


# What a page is told when an expression cannot be answered.
UNANSWERED: Mapping[type[Exception], str] = {
    ZeroDivisionError: "division_by_zero",
    OverflowError: "number_too_large",
    IndexError: "list_too_short",
    TypeError: "unlike_things_compared",
    ValueError: "no_answer",
    RuntimeError: "no_answer",
}
UNANSWERABLE: Final = tuple(UNANSWERED)


@dataclass(frozen=True, slots=True)
class Reply:
    """`missing`: the fact, or the code of `UNANSWERED`, for want of which it does not hold."""

    holds: bool
    missing: str | None = None


HOLDS: Final = Reply(holds=True)
HOLDS_NOT: Final = Reply(holds=False)
Replies = Callable[[Candidate], Sequence[Reply]]


def replies(expressions: Sequence[Expression], need: Need, facts: Facts) -> Replies:
    """Of all the expressions to one candidate: what they see of it is put together once."""
    of_offer = sorted(frozenset().union(*(each.offer_fields for each in expressions)))
    of_need = sorted(frozenset().union(*(each.need_fields for each in expressions)))
    values = ((name, NEED[name](need, facts)) for name in of_need)
    known = {name: value for name, value in values if value is not None}
    context = cel.Context(variables={"need": known})
    getters = [(FLAT + name, OFFER[name]) for name in of_offer]
    runs = [each.run for each in expressions]
    made: dict[tuple[str, int], Sequence[Reply]] = {}

    def of(candidate: Candidate) -> Sequence[Reply]:
        key = candidate.offer_id, candidate.packs
        found = made.get(key)
        if found is None:
            for name, get in getters:
                context.add_variable(name, get(candidate))
            found = made[key] = [_reply(run, context) for run in runs]
        return found

    return of


def _reply(run: Callable[[cel.Context], object], context: cel.Context) -> Reply:
    try:
        return HOLDS if run(context) is True else HOLDS_NOT
    except KeyError as error:
        return Reply(holds=False, missing=str(error.args[0]).strip("'\""))
    except UNANSWERABLE as error:
        code = next(code for kind, code in UNANSWERED.items() if isinstance(error, kind))
        return Reply(holds=False, missing=code)
