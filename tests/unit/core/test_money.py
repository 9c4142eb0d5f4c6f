from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.money import CurrencyMismatch, Money, half_even, rounded_lines

numerators = st.integers(-(10**12), 10**12)
denominators = st.integers(1, 10**6)


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def test_money_adds_subtracts_multiplies_and_compares() -> None:
    assert eur(250) + eur(50) == eur(300)
    assert eur(250) - eur(300) == eur(-50)
    assert eur(250) * 3 == eur(750)
    assert -eur(250) == eur(-250)
    assert eur(1) < eur(2) <= eur(2)


def test_two_currencies_do_not_mix() -> None:
    for act in (Money.__add__, Money.__sub__, Money.__lt__, Money.__le__):
        with pytest.raises(CurrencyMismatch, match="EUR with USD"):
            act(eur(1), Money(1, "USD"))


@pytest.mark.parametrize("minor", [1.5, "100", True, None])
def test_minor_units_are_integers(minor: object) -> None:
    with pytest.raises(TypeError):
        Money(minor, "EUR")  # type: ignore[arg-type]  # on purpose


@pytest.mark.parametrize("currency", ["", "eur", "EU", "EURO", "€€€", "ÄÖÜ"])
def test_a_currency_is_an_iso_code(currency: str) -> None:
    with pytest.raises(ValueError, match="ISO 4217"):
        Money(1, currency)


@pytest.mark.parametrize(
    ("numerator", "denominator", "rounded"),
    [
        (5, 2, 2),
        (7, 2, 4),
        (-5, 2, -2),
        (-7, 2, -4),
        (1, 3, 0),
        (2, 3, 1),
        (-2, 3, -1),
        (6, 3, 2),
    ],
)
def test_ties_go_to_the_even_neighbour(numerator: int, denominator: int, rounded: int) -> None:
    assert half_even(numerator, denominator) == rounded


@given(numerators, denominators)
def test_rounding_is_that_of_decimal(numerator: int, denominator: int) -> None:
    exact = Decimal(numerator) / Decimal(denominator)
    if exact * denominator == numerator:  # else 28 digits did not hold it
        assert half_even(numerator, denominator) == int(
            exact.quantize(Decimal(1), ROUND_HALF_EVEN)
        )


@given(st.lists(numerators, max_size=8), denominators)
def test_rounded_lines_add_up_to_the_rounded_sum(lines: list[int], denominator: int) -> None:
    assert sum(rounded_lines(lines, denominator)) == half_even(sum(lines), denominator)


@given(st.lists(numerators, min_size=1, max_size=8), denominators)
def test_only_the_last_line_takes_the_remainder(lines: list[int], denominator: int) -> None:
    shown = rounded_lines(lines, denominator)
    assert shown[:-1] == [half_even(each, denominator) for each in lines[:-1]]
    assert abs(shown[-1] * denominator - lines[-1]) <= denominator * len(lines)


def test_no_lines_are_no_lines() -> None:
    assert rounded_lines([], 7) == []
