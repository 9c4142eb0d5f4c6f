"""Amounts, shares and counts as people type them. Pure."""

import re
from typing import Final

_AMOUNT: Final = re.compile(r"(\d{1,6})(?:[.,](\d{1,2}))?")
_PERCENT: Final = re.compile(r"(\d{1,4})(?:[.,](\d{1,2}))?")
COUNT_DIGITS: Final = 4


def minor(typed: str) -> int | None:
    """Cents of `40`, `40.5`, `40,50 €`; None for anything else."""
    match = _AMOUNT.fullmatch(typed.replace("€", "").strip())
    return _hundredths(match) if match else None


def ppm(typed: str) -> int | None:
    """Parts per million of `8`, `2,5 %`; None for anything else."""
    match = _PERCENT.fullmatch(typed.replace("%", "").strip())
    return _hundredths(match) * 100 if match else None


def count(typed: str) -> int | None:
    """A whole number of at most four digits; None for anything else."""
    is_one = typed.isascii() and typed.isdecimal() and len(typed) <= COUNT_DIGITS
    return int(typed) if is_one else None


def _hundredths(match: re.Match[str]) -> int:
    return int(match[1]) * 100 + int((match[2] or "").ljust(2, "0"))
