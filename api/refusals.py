"""What a route finds out by itself: nothing there, changed meanwhile, impossible values."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

M = TypeVar("M", bound=BaseModel)


class NotFound(Exception):
    """Also for what belongs to another owner: that it exists is not told."""

    def __init__(self, what: str) -> None:
        super().__init__(f"there is no {what}")


class Stale(Exception):
    """`If-Match` named another version than the present one."""

    def __init__(self, version: int) -> None:
        super().__init__(f"the present version is {version}; read it and try again")
        self.version = version


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    field: str
    code: str
    message: str


class Invalid(Exception):
    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(f"{each.field}: {each.message}" for each in faults))
        self.faults = tuple(faults)


def invalid(error: ValidationError) -> Invalid:
    return Invalid(
        [
            Fault(
                field=".".join(str(part) for part in each["loc"]),
                code=each["type"],
                message=each["msg"],
            )
            for each in error.errors(include_url=False)
        ]
    )


def parse(model: type[M], value: Any) -> M:
    """A form's fields are strings, so that "5" is a number here. Raises Invalid."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise invalid(error) from error
