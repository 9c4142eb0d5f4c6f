"""Containers that fill, as a box for waste toner. Pure.

Real printers report their level in both directions, so only the device's words count; nothing
is ever ordered for one, and its owner is told when it is full.
"""

from typing import Final

from devices.models import Measure, SlotSpec

REPLACED: Final = frozenset({"printer-waste"})  # categories of boxes that are thrown away full


def is_container(spec: SlotSpec) -> bool:
    return spec.direction == "filled" and spec.measure is Measure.STATE


def chore(spec: SlotSpec) -> str:
    """The key of what its owner is asked to do when it is full."""
    return "container.replace" if spec.category in REPLACED else "container.empty"
