"""Money as an integer of minor units plus currency, and exact arithmetic on it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

PPM = 1_000_000  # shares and rates travel as parts per million: no float reaches a record


class CurrencyMismatch(Exception):
    def __init__(self, left: str, right: str) -> None:
        super().__init__(f"cannot combine {left} with {right}")


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """`minor`: cents for EUR; may be negative for a credit. `currency`: ISO 4217, e.g. EUR."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if isinstance(self.minor, bool) or not isinstance(self.minor, int):
            raise TypeError("minor must be an integer of minor units")
        if not (
            len(self.currency) == 3 and self.currency.isascii() and self.currency.isupper()
        ):
            raise ValueError(
                f"currency must be an ISO 4217 code such as EUR, not {self.currency!r}"
            )

    def __add__(self, other: Self) -> "Money":
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: Self) -> "Money":
        return Money(self.minor - self._same(other), self.currency)

    def __mul__(self, times: int) -> "Money":
        return Money(self.minor * times, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __lt__(self, other: Self) -> bool:
        return self.minor < self._same(other)

    def __le__(self, other: Self) -> bool:
        return self.minor <= self._same(other)

    def _same(self, other: Self) -> int:
        if other.currency != self.currency:
            raise CurrencyMismatch(self.currency, other.currency)
        return other.minor


def half_even(numerator: int, denominator: int) -> int:
    """The quotient to the nearest integer, ties to the even one; `denominator` > 0."""
    rounded, rest = divmod(2 * numerator + denominator, 2 * denominator)
    return rounded if rest else rounded - (rounded & 1)  # no rest: a tie


def rounded_lines(numerators: Sequence[int], denominator: int) -> list[int]:
    """Each numerator / denominator rounded half-even; the last takes the remainder, so that
    the lines add up to the rounded sum as shown.
    """
    lines: list[int] = []
    for each in (*numerators[:-1], sum(numerators)):
        rounded, rest = divmod(2 * each + denominator, 2 * denominator)
        lines.append(rounded if rest else rounded - (rounded & 1))
    lines[-1] -= sum(lines[:-1])
    return lines[: len(numerators)]
