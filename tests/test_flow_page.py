"""docs/flow.md says what the code does."""

import ast
import re
from pathlib import Path

import pytest

from replenishment.order_states import TRANSITIONS, OrderState, allowed

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "flow.md").read_text()
FUNCTIONS = re.findall(r"`([\w/]+\.py):([\w.]+)`", PAGE)
FILES = re.findall(r"`([\w/]+\.py)`", PAGE)


def picture_of_orders() -> str:
    """Mermaid's state diagram of `TRANSITIONS`."""
    moves = [
        f"{before} --> {after} : {event}" for (before, event), after in TRANSITIONS.items()
    ]
    ends = [f"{state} --> [*]" for state in OrderState if not allowed(state)]
    lines = [f"[*] --> {OrderState.PROPOSED}", *moves, *ends]
    return "\n".join(["stateDiagram-v2", *(f"    {line}" for line in lines)])


def declared(tree: ast.Module) -> set[str]:
    """Names of functions, and of methods as `Class.method`."""
    found: set[str] = set()
    for node in tree.body:
        inside = node.body if isinstance(node, ast.ClassDef) else [node]
        for each in inside:
            if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef):
                name = each.name if each is node else f"{getattr(node, 'name', '')}.{each.name}"
                found.add(name)
    return found


def test_the_picture_of_orders_is_the_table_of_transitions() -> None:
    [shown] = re.findall(r"```mermaid\n(stateDiagram.*?)\n```", PAGE, flags=re.DOTALL)
    assert shown == picture_of_orders(), f"put this into docs/flow.md:\n{picture_of_orders()}"


@pytest.mark.parametrize("file", FILES)
def test_every_named_file_exists(file: str) -> None:
    assert (ROOT / file).is_file()


@pytest.mark.parametrize(("file", "function"), FUNCTIONS)
def test_every_named_function_exists(file: str, function: str) -> None:
    assert (ROOT / file).is_file(), f"{file} is missing"
    assert function in declared(ast.parse((ROOT / file).read_text()))


def test_the_page_names_the_six_hops() -> None:
    assert re.findall(r"^\| (\d) \|", PAGE, flags=re.MULTILINE) == list("0123456")
