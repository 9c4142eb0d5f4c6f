"""docs/policy.md says what the running rules do: its tables are compared with the code."""

import re
from pathlib import Path

import pytest

from vendor_policy.conditions import CONTESTABLE
from vendor_policy.expression_fields import FIELDS
from vendor_policy.expression_source import LONGEST, WORDS
from vendor_policy.expressions import compiled
from vendor_policy.offers import REASONS, SOURCES
from vendor_policy.policy import PRESETS, Policy
from vendor_policy.pricing import ORDERS_KEPT
from vendor_policy.rules import RULES
from vendor_policy.sums import LINES

PAGE = (Path(__file__).parents[1] / "docs" / "policy.md").read_text()
NAMED = {
    "your catalogue": "catalogue",
    "your declaration": "declaration",
    "the product card": "card",
    "the register": "register",
}


def table(head: str) -> list[list[str]]:
    """Rows below the header that begins with `head`, without back quotes."""
    lines = PAGE[PAGE.index(f"| {head} |") :].splitlines()[2:]
    rows = []
    for line in lines:
        if not line.startswith("|"):
            break
        rows.append([cell.strip().replace("`", "") for cell in line.strip("|").split("|")])
    return rows


def test_it_lists_every_rule_in_order_with_author_kind_and_reason():
    assert [row[:4] for row in table("Rule")] == [
        [rule.rule_id, rule.author, rule.kind, rule.reason] for rule in RULES
    ]


def test_it_explains_every_line_of_the_sum():
    assert [row[0] for row in table("Line")] == list(LINES)
    assert f"({ORDERS_KEPT} kept ones are assumed besides)" in PAGE


def test_it_explains_every_field_of_a_policy():
    assert [row[0] for row in table("Field")] == list(Policy.model_fields)


def test_it_gives_the_numbers_of_every_preset():
    names = (
        "stock_out_minor_per_day",
        "holding_ppm_per_year",
        "loyalty_credit_ppm",
        "failed_order_minor",
    )
    assert table("Preset") == [
        [preset, *(str(numbers[name]) for name in names)] for preset, numbers in PRESETS.items()
    ]


def test_it_names_every_variable_and_function_of_an_expression():
    assert {row[0]: row[1].split() for row in table("Variable")} == {
        root: sorted(fields) for root, fields in FIELDS.items()
    }
    listed = re.search(r"^Functions: (.*?), besides", PAGE, re.MULTILINE)
    assert listed is not None
    assert listed[1].replace("`", "").split() == sorted(WORDS, key=str.lower)
    most = next(each.max_length for each in Policy.model_fields["custom_rules"].metadata)
    assert f"At most {LONGEST} characters and {most} rules." in PAGE


@pytest.mark.parametrize(
    "expression",
    re.findall(r"```\n(.*?)```", PAGE[PAGE.index("### Your own") :], re.DOTALL)[0].splitlines(),
)
def test_its_examples_are_expressions(expression):
    assert compiled(expression)


def test_it_tells_vendors_every_fact_and_every_reason():
    assert {NAMED[row[0]]: row[1].split() for row in table("From")} == {
        source: [field for field in SOURCES if SOURCES[field] == source]
        for source in NAMED.values()
    }
    assert [row[0] for row in table("Reason")] == list(REASONS)


def test_it_says_what_can_be_contested():
    section = PAGE[PAGE.index("### Contesting") : PAGE.index("## The sum")]
    assert set(re.findall(r"`(\w+)`", section)) == CONTESTABLE
