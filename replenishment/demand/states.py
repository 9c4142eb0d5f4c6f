"""The learned state of a slot as it is stored: 49 bytes, or as JSON, with a version.

Pure. A state of an older version is migrated by a step per version; one that nobody can read
any more starts again from the prior, as the day buckets are still there to learn from.
"""

import math
import struct
from typing import Any, Final

from replenishment.demand.model import Learned, Prior, unlearned

VERSION: Final = 1
LAYOUT: Final = struct.Struct("<B6d")


def packed(state: Learned[float]) -> bytes:
    return LAYOUT.pack(VERSION, *state)


def unpacked(stored: bytes, prior: Prior[float]) -> Learned[float]:
    if len(stored) != LAYOUT.size or stored[0] != VERSION:
        return unlearned(prior)
    _, *numbers = LAYOUT.unpack(stored)
    return _checked(numbers, prior)


def to_json(state: Learned[float]) -> dict[str, Any]:
    return {"version": VERSION, "numbers": list(state)}


def from_json(stored: object, prior: Prior[float]) -> Learned[float]:
    match stored:
        case {"version": version, "numbers": list(numbers)} if (
            version == VERSION
            and len(numbers) == len(Learned._fields)
            and all(isinstance(each, int | float) for each in numbers)
        ):
            return _checked([float(each) for each in numbers], prior)
    return unlearned(prior)


def _checked(numbers: list[float], prior: Prior[float]) -> Learned[float]:
    are_sound = all(map(math.isfinite, numbers)) and min(numbers) >= 0 and all(numbers[:4])
    return Learned(*numbers) if are_sound else unlearned(prior)
