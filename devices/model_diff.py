"""What one version of a model says otherwise than another, line by line.

Pure.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from devices.models import DeviceModel


@dataclass(frozen=True, slots=True)
class ModelChange:
    """`field`: as slots.detergent.capacity. `before` or `after` empty: it was not there."""

    field: str
    before: str
    after: str


def changes(before: DeviceModel, after: DeviceModel) -> tuple[ModelChange, ...]:
    """In the order of the fields; the version itself is no change."""
    old, new = dict(_lines(before)), dict(_lines(after))
    return tuple(
        ModelChange(field, old.get(field, ""), new.get(field, ""))
        for field in dict.fromkeys([*old, *new])
        if old.get(field, "") != new.get(field, "")
    )


def _lines(model: DeviceModel) -> Iterator[tuple[str, str]]:
    described = model.model_dump(mode="json", exclude={"version", "slots"})
    yield from _flat("", described)
    for spec in model.slots:
        yield from _flat(f"slots.{spec.slot}.", spec.model_dump(mode="json", exclude={"slot"}))


def _flat(prefix: str, described: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in described.items():
        if isinstance(value, dict):
            yield from _flat(f"{prefix}{name}.", value)
        elif isinstance(value, list):
            yield prefix + name, ", ".join(map(str, value))
        else:
            yield prefix + name, str(value)
