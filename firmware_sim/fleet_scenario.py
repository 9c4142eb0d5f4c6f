"""What a simulated fleet is to be: its devices, its households and its faults, from YAML.

Pure. Every flaw of a scenario is named with line, field and fix.
"""

from difflib import get_close_matches
from typing import Annotated, Final, Self

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails

from firmware_sim.faults import FaultRates
from firmware_sim.fleet_models import MODELS

MOST_DEVICES: Final = 25_000  # of one process: one address has no more ports to connect from
FIXES: Final = {
    "missing": "add it",
    "string_type": "put it in quotes",
    "int_type": "write a whole number without quotes",
    "int_parsing": "write a whole number without quotes",
    "float_type": "write a number without quotes",
    "model_type": "indent its parts below it",
    "tuple_type": "write a list: `- {model: washer-w7, count: 10}`",
}

Chance = Annotated[float, Field(ge=0, le=0.5)]
Hours = Annotated[float, Field(gt=0, le=12)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Devices(_Frozen):
    model: str
    count: Annotated[int, Field(ge=1, le=MOST_DEVICES)]
    every_hours: Annotated[float, Field(ge=0.25, le=48)] = 6.0  # between two reports

    @field_validator("model")
    @classmethod
    def _known(cls, model: str) -> str:
        if model not in MODELS:
            raise ValueError(f"{model!r} is not simulated; one of {', '.join(MODELS)}")
        return model


class Households(_Frozen):
    """Owners that have claimed some of the devices; the others are nobody's yet."""

    count: Annotated[int, Field(ge=1)]
    devices: Annotated[int, Field(ge=1, le=50)]  # of each


class Delay(_Frozen):
    chance: Chance
    hours: Hours = 6.0  # at most


class ClockSkew(_Frozen):
    share: Annotated[float, Field(ge=0, le=1)]  # of the devices
    hours: Hours = 6.0  # at most, fast or slow


class Flood(_Frozen):
    devices: Annotated[int, Field(ge=0)]
    messages: Annotated[int, Field(ge=1, le=100_000)]  # of each of them, at once


class Faults(_Frozen):
    """Chances are per message, unless said otherwise."""

    loss: Chance = 0.0  # the line breaks under it: either it or its acknowledgement is gone
    duplicate: Chance = 0.0
    delay: Delay | None = None
    reorder: Chance = 0.0  # per group of messages that a device sends at once
    offline: Chance = 0.0  # a spell begins, up to two days, in which the device buffers
    reboot: Chance = 0.0
    unknown: Chance = 0.0  # a reading without a value comes first
    clock_skew: ClockSkew | None = None
    counter_reset: Chance = 0.0  # per report of a device that counts
    garbage: Chance = 0.0  # per report: something that must end in quarantine follows it
    flood: Flood | None = None
    identical_serials: Annotated[float, Field(ge=0, le=1)] = 0.0  # share of the devices

    @property
    def radio(self) -> FaultRates:
        return FaultRates(
            duplicate=self.duplicate,
            late=self.offline,
            reboot=self.reboot,
            unknown=self.unknown,
            reordered=self.reorder,
        )


class Scenario(_Frozen):
    name: Annotated[str, Field(min_length=1, max_length=80)]
    seed: int = 1
    days: Annotated[float, Field(ge=2, le=60)]  # that the fleet lives, up to now
    seconds: Annotated[float, Field(ge=1, le=86_400)]  # in which it lives them
    households: Households | None = None
    devices: Annotated[tuple[Devices, ...], Field(min_length=1, strict=False)]
    faults: Faults = Faults()

    @property
    def count(self) -> int:
        return sum(each.count for each in self.devices)

    @property
    def claimed(self) -> int:
        return self.households.count * self.households.devices if self.households else 0

    @field_validator("devices")
    @classmethod
    def _not_too_many(cls, devices: tuple[Devices, ...]) -> tuple[Devices, ...]:
        count = sum(each.count for each in devices)
        if count > MOST_DEVICES:
            raise ValueError(f"{count} devices; one process connects at most {MOST_DEVICES}")
        return devices

    @model_validator(mode="after")
    def _enough_to_claim(self) -> Self:
        if self.claimed > self.count:
            raise ValueError(f"households claim {self.claimed} devices; there are {self.count}")
        return self


class WrongScenario(Exception):
    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))


def read(text: str, file: str) -> Scenario:
    """file: for the messages only. Raises WrongScenario."""
    try:
        node, content = yaml.compose(text, Loader=yaml.SafeLoader), yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        said = getattr(error, "problem", None) or error
        fix = "look at indentation, colons and quotes here"
        raise WrongScenario([f"{file}:{line}: {said}. Fix: {fix}"]) from None
    if node is None:
        raise WrongScenario([f"{file}:1: is empty. Fix: begin with `name:`"])
    try:
        return Scenario.model_validate(content)
    except ValidationError as error:
        raise WrongScenario([_flaw(file, node, each) for each in error.errors()]) from None


def _flaw(file: str, node: yaml.Node, problem: ErrorDetails) -> str:
    path = problem["loc"]
    field = ".".join(map(str, path)) or "scenario"
    said = problem["msg"].removeprefix("Value error, ")
    return f"{file}:{_line(node, path)}: {field}: {said}. Fix: {_fix(problem)}"


def _fix(problem: ErrorDetails) -> str:
    if problem["type"] == "extra_forbidden":
        near = get_close_matches(str(problem["loc"][-1]), _keys(), n=1)
        return f"write `{near[0]}`" if near else "leave it out"
    return FIXES.get(problem["type"], "change it as the message says")


def _keys() -> list[str]:
    parts = (Scenario, Devices, Households, Faults, Delay, ClockSkew, Flood)
    return sorted({name for part in parts for name in part.model_fields})


def _line(node: yaml.Node, path: tuple[str | int, ...]) -> int:
    """Of the deepest part of the path that is there."""
    line = node.start_mark.line
    for step in path:
        if isinstance(node, yaml.MappingNode):
            found = next((pair for pair in node.value if pair[0].value == str(step)), None)
            if found is None:
                break
            line, node = found[0].start_mark.line, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            node = node.value[step]
            line = node.start_mark.line
    return int(line) + 1
