import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.gtin import normalised_gtin


@pytest.mark.parametrize(
    ("text", "normalised"),
    [
        ("96385074", "00000096385074"),  # GTIN-8
        ("614141000036", "00614141000036"),  # GTIN-12
        ("4006381333931", "04006381333931"),  # GTIN-13
        ("2001000000012", "02001000000012"),
        ("10614141000415", "10614141000415"),  # GTIN-14
    ],
)
def test_every_length_becomes_fourteen_digits(text: str, normalised: str) -> None:
    assert normalised_gtin(text) == normalised
    assert normalised_gtin(normalised) == normalised


@pytest.mark.parametrize(
    "text",
    [
        "",
        "4006381333930",
        "400638133393",
        "4006-3813-33931",
        "４００６３８１３３３９３１",
        "x" * 13,
    ],
)
def test_what_is_no_gtin_is_none(text: str) -> None:
    assert normalised_gtin(text) is None


@given(st.integers(0, 10**12 - 1), st.integers(0, 12), st.integers(1, 9))
def test_one_wrong_digit_is_always_found(body: int, place: int, change: int) -> None:
    valid = next(
        text for last in range(10) if normalised_gtin(text := f"{body:012d}{last}") is not None
    )
    wrong = str((int(valid[place]) + change) % 10)
    assert normalised_gtin(valid[:place] + wrong + valid[place + 1 :]) is None
