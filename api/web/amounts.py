"""Amounts as people type them. Pure."""

import re
from typing import Final

_AMOUNT: Final = re.compile(r"(\d{1,6})(?:[.,](\d{1,2}))?")


def minor(typed: str) -> int | None:
    """Cents of `40`, `40.5`, `40,50 €`; None for anything else."""
    match = _AMOUNT.fullmatch(typed.replace("€", "").strip())
    if match is None:
        return None
    whole, cents = match[1], (match[2] or "").ljust(2, "0")
    return int(whole) * 100 + int(cents)
