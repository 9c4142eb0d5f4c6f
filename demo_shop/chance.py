"""Seeded chance without state: the same question always gets the same answer."""

import hashlib


def draw(seed: int, *about: str, below: int) -> int:
    """A number in [0, below), evenly spread, from the seed and the question."""
    digest = hashlib.sha256("|".join([str(seed), *about]).encode()).digest()
    return int.from_bytes(digest[:8], "big") % below
