"""Descriptions as YAML: read, checked, and every flaw named with file, line and fix.

Pure. Anchors and repeated keys are refused; a word that YAML takes for a boolean or a number is
to stand in quotes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from devices.description import Description

LARGEST: Final = 64 * 1024  # characters
DEEPEST: Final = 20
FIXES: Final = {
    "missing": "add it",
    "string_type": "put it in quotes",
    "literal_error": "take one of the words that the message names",
    "float_type": "write a number without quotes",
    "int_type": "write a whole number without quotes",
    "bool_type": "write true or false",
    "dict_type": "indent its parts below it",
    "model_type": "indent its parts below it",
    "tuple_type": "write a list: [one, two]",
}
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """What is wrong with a file, and what to do about it."""

    file: str
    line: int  # from 1
    field: str
    problem: str
    fix: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.field}: {self.problem}. Fix: {self.fix}"


class BadDescription(Exception):
    def __init__(self, flaws: tuple[Flaw, ...]) -> None:
        super().__init__("\n".join(map(str, flaws)))
        self.flaws = flaws


def read(text: str, file: str) -> Description:
    """Raises BadDescription."""
    node = _composed(text, file)
    flaws = tuple(_structure(node, file))
    if flaws:
        raise BadDescription(flaws)
    try:
        return Description.model_validate(yaml.safe_load(text))
    except ValidationError as error:
        flaws = tuple(_flaw(each, node, file) for each in _told(error.errors()))
        raise BadDescription(flaws) from None
    except (yaml.YAMLError, ValueError, OverflowError) as error:  # as a date that never was
        flaw = _of_file(file, 1, f"holds what YAML cannot read: {error}", "put it in quotes")
        raise BadDescription((flaw,)) from None


def schema() -> dict[str, Any]:
    """JSON Schema of the format."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | (
        Description.model_json_schema()
    )


def _composed(text: str, file: str) -> yaml.Node:
    if len(text) > LARGEST:
        problem, fix = f"{len(text)} characters", f"at most {LARGEST}"
        raise BadDescription((_of_file(file, 1, problem, fix),))
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = str(getattr(error, "problem", None) or "is no YAML")
        line = 1 if mark is None else mark.line + 1
        fix = "look at indentation, colons and quotes here"
        raise BadDescription((_of_file(file, line, problem, fix),)) from None
    except RecursionError:
        raise BadDescription((_of_file(file, 1, "nested too deep", "unfold it"),)) from None
    if node is None:
        raise BadDescription((_of_file(file, 1, "is empty", "begin with `format: 1`"),))
    return node


def _structure(node: yaml.Node, file: str) -> Iterator[Flaw]:
    """What YAML allows and a description does not."""
    seen: set[int] = set()
    waiting: list[tuple[yaml.Node, int]] = [(node, 0)]
    while waiting:
        here, depth = waiting.pop()
        line = here.start_mark.line + 1
        if id(here) in seen:
            yield _of_file(file, line, "an anchor is used again", "write the value out")
            continue
        seen.add(id(here))
        if depth > DEEPEST:
            yield _of_file(file, line, "nested too deep", "unfold it")
        elif isinstance(here, yaml.SequenceNode):
            waiting += [(each, depth + 1) for each in here.value]
        elif isinstance(here, yaml.MappingNode):
            yield from _repeated(here, file)
            waiting += [(value, depth + 1) for _, value in here.value]


def _repeated(node: yaml.MappingNode, file: str) -> Iterator[Flaw]:
    keys: set[str] = set()
    for key, _ in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            yield _of_file(
                file, line, "a key is more than a word", "write one word and a colon"
            )
            continue
        if key.value in keys:
            problem, fix = "stands here twice", "keep one of them"
            yield Flaw(file=file, line=line, field=key.value, problem=problem, fix=fix)
        keys.add(key.value)


def _told(problems: list[ErrorDetails]) -> Iterator[ErrorDetails]:
    """What is missing is not told where a word beside it is that one, misspelt."""
    misspelt = {
        (*each["loc"][:-1], near)
        for each in problems
        if each["type"] == "extra_forbidden" and (near := _near(each["loc"][-1]))
    }
    return (
        each
        for each in problems
        if each["type"] != "missing" or tuple(each["loc"]) not in misspelt
    )


def _flaw(problem: ErrorDetails, node: yaml.Node, file: str) -> Flaw:
    path = problem["loc"]
    return Flaw(
        file=file,
        line=_line(node, path),
        field=".".join(map(str, path)) or "file",
        problem=problem["msg"].removeprefix("Value error, "),
        fix=_fix(problem, path),
    )


def _fix(problem: ErrorDetails, path: Path) -> str:
    if problem["type"] == "extra_forbidden":
        near = _near(path[-1])
        return f"write `{near}`" if near else "leave it out"
    if problem["type"] == "missing":
        return f"add `{path[-1]}:`"
    return FIXES.get(problem["type"], "change it as the message says")


def _near(word: str | int) -> str | None:
    return next(iter(get_close_matches(str(word), _fields(), n=1)), None)


def _fields() -> list[str]:
    found = {*Description.model_fields}
    for definition in schema()["$defs"].values():
        found |= definition.get("properties", {}).keys()
    return sorted(found)


def _line(node: yaml.Node, path: Path) -> int:
    """Of the deepest part of the path that is there."""
    line = node.start_mark.line
    for step in path:
        if isinstance(node, yaml.MappingNode):
            found = next((pair for pair in node.value if pair[0].value == str(step)), None)
            if found is None:
                break
            line, node = found[0].start_mark.line, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            if step >= len(node.value):
                break
            node = node.value[step]
            line = node.start_mark.line
    return line + 1


def _of_file(file: str, line: int, problem: str, fix: str) -> Flaw:
    return Flaw(file=file, line=line, field="file", problem=problem, fix=fix)
