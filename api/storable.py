"""What the database can keep: checked of everything a client sends, before any route sees it.

PostgreSQL keeps no NUL in a text, UTF-8 no half of a surrogate pair, and JSON as the world
reads it neither endless numbers nor integers beyond 2**53 - 1.
"""

import json
import math
from collections.abc import Iterable, Iterator
from typing import Any, Final

from fastapi import Request

from api.refusals import Fault, Invalid

LONGEST_TEXT: Final = 10_000  # characters; routes allow less
LARGEST_INTEGER: Final = 2**53 - 1


async def check_storable(request: Request) -> None:
    """Path, query and JSON of one request; forms are checked where they are read.
    Raises Invalid, which names the field.
    """
    raise_faults(
        [
            *_faults_of("path", request.path_params.items()),
            *_faults_of("query", request.query_params.multi_items()),
            *faults(await _json(request), "body"),
        ]
    )


def check_form(fields: Iterable[tuple[str, str]]) -> None:
    """Raises Invalid."""
    raise_faults([each for name, value in fields for each in faults({name: value}, "")])


def raise_faults(found: list[Fault]) -> None:
    if found:
        raise Invalid(found)


def faults(value: Any, where: str) -> Iterator[Fault]:
    """Of each text and number within the JSON value, keys included."""
    waiting = [(where, value)]
    while waiting:
        place, each = waiting.pop()
        if isinstance(each, dict):
            for key, item in each.items():
                inside = _joined(place, key)
                yield from _fault(inside, key)
                waiting.append((inside, item))
        elif isinstance(each, list):
            waiting += [(_joined(place, str(at)), item) for at, item in enumerate(each)]
        else:
            yield from _fault(place, each)


def _faults_of(where: str, values: Iterable[tuple[str, Any]]) -> list[Fault]:
    return [each for name, value in values for each in faults({name: value}, where)]


async def _json(request: Request) -> Any:
    """None when there is none, or none that can be read: the route says so itself."""
    if "json" not in request.headers.get("content-type", ""):
        return None
    try:
        return json.loads(await request.body())
    except (ValueError, RecursionError):
        return None


def _joined(place: str, name: str) -> str:
    shown = name[:80].encode("ascii", "backslashreplace").decode().replace("\0", r"\x00")
    return f"{place}.{shown}" if place else shown


def _fault(place: str, value: object) -> Iterator[Fault]:
    problem = _problem(value)
    if problem:
        yield Fault(field=place, code="not_storable", message=problem)


def _problem(value: object) -> str:
    match value:
        case str() if len(value) > LONGEST_TEXT:
            return f"at most {LONGEST_TEXT} characters"
        case str() if "\0" in value:
            return "a NUL cannot be kept; take it out"
        case str() if any("\ud800" <= sign <= "\udfff" for sign in value):
            return "half of a surrogate pair is no character; send both halves"
        case float() if not math.isfinite(value):
            return "a finite number"
        case int() if abs(value) > LARGEST_INTEGER:
            return "an integer of at most 2**53 - 1"
    return ""
