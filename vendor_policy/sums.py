"""Winner and runner-up side by side, line by line, computed from a decision record.

Pure. Titles are text keys with parameters, see `explain`.
"""

from dataclasses import dataclass

from vendor_policy.checks import Params
from vendor_policy.decide import Ranked
from vendor_policy.explain import Part, runner_up
from vendor_policy.record import DecisionRecord
from vendor_policy.rules import Author


@dataclass(frozen=True, slots=True)
class Cell:
    """`params`: what the amount was computed from."""

    minor: int
    params: Params


@dataclass(frozen=True, slots=True, kw_only=True)
class SumLine:
    """`runner_up` None: there is no other offer."""

    title: Part
    chosen: Cell
    runner_up: Cell | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """Winner and runner-up side by side, in minor units of `currency` for `per_quantity` of
    `unit`; each column adds up to its total.
    """

    per_quantity: int
    unit: str
    currency: str
    lines: tuple[SumLine, ...]
    chosen_minor: int
    runner_up_minor: int | None


LINES = (
    "price",
    "shipping",
    "lateness",
    "risk",
    "holding",
    "brand_credit",
    "attribute_credit",
    "vendor_credit",
    "picked_credit",
    "loyalty_credit",
)


def sums(record: DecisionRecord) -> Sums | None:
    """None when nothing was chosen."""
    if record.chosen is None:
        return None
    chosen, second = record.ranked[0], runner_up(record)
    left, right = _cells(chosen), _cells(second) if second else {}
    order = sorted(left | right, key=lambda line: (LINES.index(line[0]), line[1]))
    return Sums(
        per_quantity=chosen.price.per_quantity,
        unit=chosen.price.unit,
        currency=chosen.total.currency,
        lines=tuple(
            SumLine(
                title=_line_title(*line),
                chosen=left.get(line, NOTHING),
                runner_up=right.get(line, NOTHING) if second else None,
            )
            for line in order
        ),
        chosen_minor=chosen.price.shown_minor,
        runner_up_minor=second.price.shown_minor if second else None,
    )


NOTHING = Cell(0, {})


def _cells(ranked: Ranked) -> dict[tuple[str, str], Cell]:
    """By the line's name and, for credits to several things, whom it credits."""
    return {
        (line.name, str(line.facts.get("name", ""))): Cell(line.shown_minor, line.facts)
        for line in ranked.price.lines
    }


def _line_title(name: str, credited: str) -> Part:
    author = Author.OWNER if name.endswith("_credit") else None
    return Part(f"line.{name}", {"name": credited} if credited else {}, author)
