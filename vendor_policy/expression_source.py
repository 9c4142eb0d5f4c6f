"""An owner's own condition as text: what it names and calls, before anything is compiled.

Pure. Everything that is not listed is refused, so that a condition ends soon and says the same
everywhere: no clock, no chance, no regular expressions, no loop in a loop.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import partial
from typing import Final, Literal

from vendor_policy.expression_fields import FIELDS

WORDS: Final = frozenset(
    {"all", "contains", "endsWith", "exists", "exists_one", "has", "size", "startsWith"}
)
LOOPS: Final = frozenset({"all", "exists", "exists_one"})
LONGEST: Final = 500  # characters of an expression

Code = Literal[
    "too_long",
    "needless",
    "plain_texts",
    "vendor_as_a_whole",
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


# Texts in the plain form only: in raw and in long ones a backslash or a quote means something
# else, and what looks like a text could hide code.
TEXT: Final = r"""(?:"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')"""
LITERAL = re.compile(rf"""(?P<other>"{{3}}|'{{3}}|\w["'])|//[^\n]*|{TEXT}""")
STRANGE = re.compile(r"""["']|[^\x20-\x7e\n\t]""")  # outside of texts and comments
# A shop is compared with texts, as a whole: so the meter can put another in its place.
PLAIN: Final = r"""(?:"[^"\\]*"|'[^'\\]*')"""
OF_VENDOR = re.compile(
    rf"(?:^|[(,?:]|&&|\|\|)\s*offer\s*\.\s*vendor\s*"
    rf"(?:[!=]=\s*{PLAIN}|in\s*\[\s*{PLAIN}(?:\s*,\s*{PLAIN})*\s*\])\s*(?=$|[),?:]|&&|\|\|)"
)
LOOP_VARIABLE = re.compile(r"\.\s*(?:all|exists|exists_one)\s*\(\s*([A-Za-z_]\w*)\s*,")


def bare_of(source: str) -> str:
    """Texts and comments blanked, every other character in its place."""
    if len(source) > LONGEST:
        raise refused(source, LONGEST, TOO_LONG)
    bare = LITERAL.sub(partial(_blank, source), source)
    strange = STRANGE.search(bare)
    if strange:
        raise refused(source, strange.start(), PLAIN_TEXTS)
    return bare


def _blank(source: str, found: re.Match[str]) -> str:
    if found["other"]:
        raise refused(source, found.start(), PLAIN_TEXTS)
    return " " * len(found.group())


FLAT: Final = "offer__"  # before a field of the offer as a variable: half the time of a map


def flat(source: str, bare: str) -> str:
    parts, done = [], 0
    for found in re.finditer(r"\boffer\s*\.\s*(\w+)", bare):
        parts += [source[done : found.start()], FLAT, found[1]]
        done = found.end()
    return "".join([*parts, source[done:]])


def with_vendors(source: str, other: Mapping[str, str]) -> str:
    """The same of other vendors: where a vendor is compared, another's key stands."""

    def traded(found: re.Match[str]) -> str:
        text = found.group()
        return text[0] + other.get(text[1:-1], text[1:-1]) + text[-1]

    parts, done = [], 0
    for found in OF_VENDOR.finditer(_outline(source)):
        compared = source[found.start() : found.end()]
        parts += [source[done : found.start()], re.sub(PLAIN, traded, compared)]
        done = found.end()
    return "".join([*parts, source[done:]])


def _outline(source: str) -> str:
    """With texts and comments as long as they are, and nothing in them."""

    def emptied(found: re.Match[str]) -> str:
        token = found.group()
        if token.startswith("/"):
            return " " * len(token)
        filled = "\\" if "\\" in token else "_"
        return token[0] + filled * (len(token) - 2) + token[-1]

    return LITERAL.sub(emptied, source)


def check(source: str, bare: str) -> None:
    """Raises ExpressionRefused."""
    _check_words(source, bare)
    _check_loops(source, bare)
    _check_vendors(source, bare)


def _check_vendors(source: str, bare: str) -> None:
    whole = sum(1 for _ in OF_VENDOR.finditer(_outline(source)))
    named = [found.start() for found in re.finditer(r"\boffer\s*\.\s*vendor\b", bare)]
    if len(named) != whole:
        raise refused(source, named[0], VENDOR_AS_A_WHOLE)


def _check_words(source: str, bare: str) -> None:
    """Every name is a field of `offer` or `need`, a function of the list, or a loop's own."""
    own = {name for name in LOOP_VARIABLE.findall(bare) if "__" not in name}
    told = re.search(r"\bhas\s*\(\s*offer\b", bare)
    if told:
        raise refused(source, told.start(), NEEDLESS)
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
            raise refused(source, found.start(1), OTHER_LIST)
        if found.start() < ends:
            raise refused(source, found.start(1), LOOP_IN_LOOP)
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
        return refused(source, at, Mistake("unknown_near", problem, hint, params))
    listed = ", ".join(sorted(known)) or "-"
    params = {"name": name, "listed": listed}
    return refused(source, at, Mistake("unknown", problem, f"there is {listed}", params))


TOO_LONG: Final = Mistake(
    "too_long", f"longer than {LONGEST} characters", "use two rules", {"most": str(LONGEST)}
)
PLAIN_TEXTS: Final = Mistake(
    "plain_texts", "an open, raw or long text, or a sign outside of texts", "write 'text'"
)
VENDOR_AS_A_WHOLE: Final = Mistake(
    "vendor_as_a_whole",
    "`offer.vendor` in another way than as a whole",
    "write offer.vendor == 'shop', offer.vendor != 'shop' or offer.vendor in ['shop']",
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


def refused(source: str, at: int, mistake: Mistake) -> ExpressionRefused:
    before = source[:at]
    column = at - (before.rfind("\n") + 1) + 1
    return ExpressionRefused(mistake, line=before.count("\n") + 1, column=column)
