import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.bridges.payloads import (
    LARGEST,
    at,
    instant,
    natural,
    number,
    parsed,
    percent,
    rows,
    share,
    text,
)

ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (5, 5),
        ("5", 5),
        ("0100", 100),
        (" 16.754 ", 16.754),
        (True, None),
        ("", None),
        ("٣", None),
        ("1e3", None),
        (float("nan"), None),
        (float("inf"), None),
        (10**400, None),
        (None, None),
        ([5], None),
    ],
)
def test_a_number_is_finite_and_plain(value: object, read: float | None) -> None:
    assert number(value) == read


@pytest.mark.parametrize("unknown", [-1, -2, -3, "-1", None, True, "INV"])
def test_what_devices_say_for_unknown_is_no_amount(unknown: object) -> None:
    assert natural(unknown) is None
    assert percent(unknown) is None
    assert share(unknown, 100) is None
    assert share(50, unknown) is None


@pytest.mark.parametrize(
    ("part", "whole", "percentage"),
    [(30, 120, 25), (0, 5, 0), (5, 5, 100), (6, 5, None), (0, 0, None), ("3", "4", 75)],
)
def test_a_share_is_of_what_is_measured(
    part: object, whole: object, percentage: float | None
) -> None:
    assert share(part, whole) == percentage


@settings(max_examples=100)
@given(value=ANY, path=st.lists(st.text(max_size=3) | st.integers(), max_size=4))
def test_looking_never_raises(value: object, path: list[str | int]) -> None:
    found = at(value, *path)
    for look in (text, number, percent, natural, rows, instant):
        look(found)
    assert len(text(value).encode()) <= 4 * 200


@pytest.mark.parametrize(
    "payload", [b"", b"{", b"\xff", b"[" * 100_000, b"9" * 10_000, b"1" * (LARGEST + 1)]
)
def test_what_is_no_json_is_nothing(payload: bytes) -> None:
    assert parsed(payload) is None


def test_half_a_surrogate_pair_can_be_sent_on() -> None:
    assert text(json.loads('"a\\ud800b"')) == "a?b"


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("2025-02-07T02:29:55.152Z", datetime(2025, 2, 7, 2, 29, 55, 152000, UTC)),
        (1749747215, datetime(2025, 6, 12, 16, 53, 35, tzinfo=UTC)),
        ("2018-02-15T17:37:10", None),  # Tasmota: local, of no zone
        ("1970-01-01T00:00:00.0Z", None),  # hOn: never set
        (0, None),
        (1e11, None),
        ("soon", None),
        (True, None),
    ],
)
def test_a_time_names_its_zone_and_was_set(value: object, read: datetime | None) -> None:
    assert instant(value) == read
