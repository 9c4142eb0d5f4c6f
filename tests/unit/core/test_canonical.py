import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.canonical import SAFE_INTEGER, Json, NotCanonical, digest, dumps

keys = st.text(st.characters(max_codepoint=127), max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-SAFE_INTEGER, SAFE_INTEGER) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)


def test_keys_are_sorted_and_no_space_is_left() -> None:
    assert dumps({"b": 1, "a": [True, None, "x"]}) == b'{"a":[true,null,"x"],"b":1}'


def test_text_stays_utf_8_and_controls_are_escaped() -> None:
    assert (
        dumps('Flüssig €\n\x0f"\\') == '"Flüssig €\\n\\u000f\\"\\\\"'.encode()
    )  # RFC 8785, 3.2.2.2


@given(values)
def test_reading_and_writing_again_gives_the_same_bytes(value: Json) -> None:
    assert dumps(json.loads(dumps(value))) == dumps(value)


@given(st.dictionaries(keys, st.integers(0, 9), max_size=6), st.randoms())
def test_the_order_in_which_keys_were_set_does_not_matter(
    value: dict[str, int], random: object
) -> None:
    items = list(value.items())
    random.shuffle(items)  # type: ignore[attr-defined]  # hypothesis types it as object
    assert dumps(dict(items)) == dumps(value)


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (1.0, "$"),
        ({"lines": [{"price": 4.2}]}, "$.lines[0].price"),
        ([float("nan")], "$[0]"),
        ({"total": SAFE_INTEGER + 1}, "$.total"),
        ({"total": -SAFE_INTEGER - 1}, "$.total"),
        ({"größe": 1}, "$"),
        ({1: "x"}, "$"),
        ({"at": {1, 2}}, "$.at"),
        ([b"bytes"], "$[0]"),
        ({"title": json.loads('"\\ud83d"')}, "$.title"),  # a shop may cut an emoji in half
    ],
)
def test_what_has_no_canonical_form_is_named_by_its_path(value: Json, path: str) -> None:
    with pytest.raises(NotCanonical) as problem:
        dumps(value)
    assert problem.value.path == path


def test_the_largest_exact_integers_are_kept() -> None:
    assert dumps([SAFE_INTEGER, -SAFE_INTEGER]) == b"[9007199254740991,-9007199254740991]"


def test_a_digest_is_sha_256_in_hexadecimal() -> None:
    assert digest(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
