"""Owners' own conditions in CEL: one expression over `offer` and `need`, true when all is well.

Pure. An expression is compiled once. What it may name and call is listed below, so that it ends
soon and says the same everywhere: no clock, no chance, no regular expressions, no loop in a
loop. A wrong one is refused with its place and a hint; one that cannot be answered objects.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from functools import lru_cache
from typing import Final, Literal

import cel

from vendor_policy.candidates import Candidate
from vendor_policy.facts import Facts
from vendor_policy.needs import Need

Value = bool | int | str | Sequence[str]

# What is not known is left out: `has(need.last_paid_minor)` tells, anything else objects.
OFFER: Mapping[str, Callable[[Candidate], Value]] = {
    "attributes": lambda each: list(each.attributes),
    "brand": lambda each: each.brand,
    "category": lambda each: each.category,
    "currency": lambda each: each.price.currency,
    "earliest_days": lambda each: each.delivery.earliest_days,
    "fits": lambda each: list(each.fits),
    "goods_minor": lambda each: each.goods_minor,
    "gtin": lambda each: each.gtin,
    "in_stock": lambda each: each.in_stock,
    "latest_days": lambda each: each.delivery.latest_days,
    "pack_quantity": lambda each: each.pack_quantity,
    "packs": lambda each: each.packs,
    "price_minor": lambda each: each.price.minor,
    "quantity": lambda each: each.quantity,
    "shipping_minor": lambda each: each.shipping_minor,
    "total_minor": lambda each: each.total_minor,
    "unit": lambda each: each.unit,
    "vendor": lambda each: each.vendor,
}
OF_PACKS: Final = frozenset(
    {"packs", "quantity", "goods_minor", "shipping_minor", "total_minor"}
)
NEED: Mapping[str, Callable[[Need, Facts], Value | None]] = {
    "category": lambda need, _: need.category,
    "days_left": lambda need, facts: (need.depletion.p50_on - facts.today_on).days,
    "days_since_last": lambda need, facts: _days(facts.bought_on.get(need.stock_id), facts),
    "fits": lambda need, _: list(need.fits),
    "last_paid_minor": lambda need, facts: _last_paid(need, facts, "minor"),
    "last_paid_quantity": lambda need, facts: _last_paid(need, facts, "quantity"),
    "quantity_least": lambda need, _: need.quantity_least,
    "quantity_most": lambda need, _: need.quantity_most,
    "quantity_target": lambda need, _: need.quantity_target,
    "unit": lambda need, _: need.unit,
}
FIELDS: Mapping[str, frozenset[str]] = {"offer": frozenset(OFFER), "need": frozenset(NEED)}
WORDS: Final = frozenset(
    {"all", "contains", "endsWith", "exists", "exists_one", "has", "size", "startsWith"}
)
LOOPS: Final = frozenset({"all", "exists", "exists_one"})
LONGEST: Final = 500  # characters of an expression


def _days(since_on: date | None, facts: Facts) -> int | None:
    return None if since_on is None else (facts.today_on - since_on).days


def _last_paid(need: Need, facts: Facts, part: str) -> int | None:
    last = facts.last_paid.get(need.stock_id)
    if last is None:
        return None
    return last.total.minor if part == "minor" else last.quantity


Code = Literal[
    "too_long",
    "needless",
    "other_list",
    "loop_in_loop",
    "unknown_near",
    "unknown",
    "syntax",
    "unlike",
    "cannot_run",
    "no_yes_or_no",
]


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong: for owners a text key below `policy.expression.` and its parameters, for
    developers the same in English; `hint` says what would do.
    """

    code: Code
    problem: str
    hint: str
    params: Mapping[str, str] = field(default_factory=dict)


class ExpressionRefused(ValueError):
    """`line` and `column` count from 1."""

    def __init__(self, mistake: Mistake, *, line: int, column: int) -> None:
        super().__init__(f"line {line}, column {column}: {mistake.problem}; {mistake.hint}")
        self.mistake = mistake
        self.line, self.column = line, column


@dataclass(frozen=True, slots=True)
class Expression:
    offer_fields: frozenset[str]
    need_fields: frozenset[str]
    run: Callable[[cel.Context], object]


@lru_cache(maxsize=1024)
def compiled(source: str) -> Expression:
    """Raises ExpressionRefused. What is told only by running it is found out on two samples."""
    bare = _bare(source)
    try:
        cel.compile(source)
    except ValueError as error:
        raise _syntax(str(error)) from error
    _check_words(source, bare)
    _check_loops(source, bare)
    used = {root: frozenset(re.findall(rf"\b{root}\s*\.\s*(\w+)", bare)) for root in FIELDS}
    program = cel.compile(_flat(source, bare))
    expression = Expression(used["offer"], used["need"], program.execute)
    for sample in SAMPLES:
        _try(source, expression, sample)
    return expression


LITERAL = re.compile(
    r"""//[^\n]*|[rR]?("{3}|'{3}).*?\1|[rR]"[^"\n]*"|[rR]'[^'\n]*'"""
    r"""|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""",
    re.DOTALL,
)
LOOP_VARIABLE = re.compile(r"\.\s*(?:all|exists|exists_one)\s*\(\s*([A-Za-z_]\w*)\s*,")


def _bare(source: str) -> str:
    """Texts and comments blanked, every other character in its place."""
    if len(source) > LONGEST:
        raise _refused(source, LONGEST, TOO_LONG)
    return LITERAL.sub(lambda found: " " * len(found.group()), source)


FLAT: Final = "offer__"  # before a field of the offer as a variable: half the time of a map


def _flat(source: str, bare: str) -> str:
    parts, done = [], 0
    for found in re.finditer(r"\boffer\s*\.\s*(\w+)", bare):
        parts += [source[done : found.start()], FLAT, found[1]]
        done = found.end()
    return "".join([*parts, source[done:]])


def with_vendors(source: str, other: Mapping[str, str]) -> str:
    """The same of other vendors: texts that are a vendor's key become another's."""

    def traded(found: re.Match[str]) -> str:
        text = found.group()
        return text[0] + other.get(text[1:-1], text[1:-1]) + text[-1]

    return LITERAL.sub(traded, source)


def _check_words(source: str, bare: str) -> None:
    """Every name is a field of `offer` or `need`, a function of the list, or a loop's own."""
    own = {name for name in LOOP_VARIABLE.findall(bare) if "__" not in name}
    told = re.search(r"\bhas\s*\(\s*offer\b", bare)
    if told:
        raise _refused(source, told.start(), NEEDLESS)
    for found in re.finditer(r"(?<!\w)[A-Za-z_]\w*", bare):
        name, before, after = found.group(), bare[: found.start()], bare[found.end() :]
        known, what = _expected(name, before, after, own)
        if name not in known:
            raise _unknown(source, found.start(), name, known, what)


def _expected(name: str, before: str, after: str, own: set[str]) -> tuple[frozenset[str], str]:
    """What may stand in this place, and what that is called."""
    owner = re.search(r"(?:(\w+)\s*)?\.\s*$", before)
    if re.match(r"\s*\(", after):
        return WORDS, "function"
    if owner:
        return FIELDS.get(owner[1] or "", frozenset()), f"field of `{owner[1] or '...'}`"
    if name in FIELDS and not re.match(r"\s*\.\s*[A-Za-z_]", after):
        return frozenset(f"{name}.{each}" for each in FIELDS[name]), "value by itself"
    return frozenset({*FIELDS, *own, "true", "false", "in"}), "name"


def _check_loops(source: str, bare: str) -> None:
    """A loop runs over one list of the offer or the need, never in another loop."""
    ends = 0
    for found in re.finditer(r"\.\s*(all|exists|exists_one)\s*\(", bare):
        if not re.search(r"\b(offer|need)\s*\.\s*(attributes|fits)\s*$", bare[: found.start()]):
            raise _refused(source, found.start(1), OTHER_LIST)
        if found.start() < ends:
            raise _refused(source, found.start(1), LOOP_IN_LOOP)
        ends = _closing(bare, found.end())


def _closing(bare: str, after: int) -> int:
    depth = 1
    for at in range(after, len(bare)):
        depth += (bare[at] == "(") - (bare[at] == ")")
        if not depth:
            return at
    return len(bare)


def _unknown(
    source: str, at: int, name: str, known: frozenset[str], what: str
) -> ExpressionRefused:
    problem = f"`{name}` is no {what}"
    near = get_close_matches(name, sorted(known), n=1)
    if near:
        params = {"name": name, "near": near[0]}
        hint = f"did you mean `{near[0]}`?"
        return _refused(source, at, Mistake("unknown_near", problem, hint, params))
    listed = ", ".join(sorted(known)) or "-"
    params = {"name": name, "listed": listed}
    return _refused(source, at, Mistake("unknown", problem, f"there is {listed}", params))


TOO_LONG: Final = Mistake(
    "too_long", f"longer than {LONGEST} characters", "use two rules", {"most": str(LONGEST)}
)
NEEDLESS: Final = Mistake(
    "needless",
    "`has` of an offer's field",
    "leave it out: every field of an offer is known",
)
OTHER_LIST: Final = Mistake(
    "other_list",
    "a loop over another list",
    "loop over offer.attributes, offer.fits or need.fits",
)
LOOP_IN_LOOP: Final = Mistake("loop_in_loop", "a loop in a loop", "use two rules")
NO_ANSWER: Final = Mistake(
    "no_yes_or_no", "gives no yes or no", "end it in a comparison such as <= or =="
)


def _refused(source: str, at: int, mistake: Mistake) -> ExpressionRefused:
    before = source[:at]
    column = at - (before.rfind("\n") + 1) + 1
    return ExpressionRefused(mistake, line=before.count("\n") + 1, column=column)


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
        raise _refused(source, 0, Mistake("unlike", problem, hint)) from error
    except (ArithmeticError, LookupError):
        return  # depends on the values: then it objects
    except RuntimeError as error:
        said = str(error)[:160]
        mistake = Mistake("cannot_run", said, "see docs/policy.md", {"said": said})
        raise _refused(source, 0, mistake) from error
    if not isinstance(found, bool):
        raise _refused(source, 0, NO_ANSWER)


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
