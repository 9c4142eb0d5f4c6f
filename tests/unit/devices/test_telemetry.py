"""The short way in takes what the contract takes, and means the same by it."""

import json
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices import telemetry, wire

GOOD: dict[str, Any] = {
    "v": 1,
    "boot_id": 1,
    "seq": 2,
    "measured_at": "2026-11-22T12:00:00.123Z",
    "slots": {"ink": {"level": 0.5, "raw": "x"}},
}
NUMBERS = st.sampled_from([0, -0.0, 1, 1.0, -1, 1.5, 2**53 - 1, 2**53, 2**70, 1e12, 1e13])
TEXTS = st.sampled_from(
    ["", "1", "ok", "OK", "low", "x" * 201, "é" * 200, "a\0b", "a\nb", "\ud800", "NaN"]
)
INSTANTS = st.sampled_from(
    [
        "2026-11-22T12:00:00",
        "2026-11-22 12:00:00Z",
        "2026-11-22t12:00:00z",
        "2026-11-22T12:00Z",
        "2026-11-22T12:00:60Z",
        "2026-11-22T24:00:00Z",
        "2026-11-22T12:00:00.1234567Z",
        "2026-11-22T12:00:00+01:00",
        "2026-11-22T12:00:00+24:00",
        "0001-01-01T00:00:00+10:00",
        "9999-12-31T23:59:59-10:00",
        "2026-02-30T00:00:00Z",
        1_700_000_000,
    ]
)
VALUES = st.one_of(
    NUMBERS, TEXTS, INSTANTS, st.none(), st.booleans(), st.integers(), st.floats(), st.text()
)
SLOTS = st.dictionaries(
    st.sampled_from(["ink", "Ink", "", "-a", "a_b", "a" * 63, "a" * 64, "ink\n", "é"]),
    st.dictionaries(st.sampled_from(list(wire.SlotReading.model_fields)), VALUES) | VALUES,
    max_size=4,
)
FIELDS = st.dictionaries(st.sampled_from([*GOOD, "more"]), VALUES, max_size=2)


@given(FIELDS, st.none() | SLOTS, st.booleans())
def test_what_the_short_way_takes_the_contract_takes_with_the_same_meaning(
    fields: dict[str, Any], slots: dict[str, Any] | None, is_cut: bool
):
    body = GOOD | fields | ({} if slots is None else {"slots": slots})
    payload = json.dumps(body).encode()[: -1 if is_cut else None]
    short = telemetry.decoded(payload)
    if short is None or not telemetry.is_storable(short):
        return
    parsed = wire.parse("telemetry", payload)
    assert isinstance(parsed, wire.Parsed), parsed
    assert parsed.faults == ()
    assert same_to_the_microsecond(telemetry.taken(parsed.message), short)


def same_to_the_microsecond(message: Any, short: telemetry.Telemetry) -> bool:
    """One rounds what is finer, the other cuts it."""
    if message.measured_at is None or short.measured_at is None:
        return bool(message == short)
    apart = abs(message.measured_at - short.measured_at)
    same = msgspec.structs.replace(message, measured_at=short.measured_at) == short
    return same and apart <= timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("slots", "field"),
    [
        ({"ink": {"level": 2}}, "slots.ink.level"),
        ({"ink": {"level": 0.5}, "toner": {"level": -1}}, "slots.toner.level"),
    ],
)
def test_what_it_does_not_take_the_contract_says_why(slots: dict[str, Any], field: str):
    parsed = telemetry.parse("telemetry", json.dumps(GOOD | {"slots": slots}).encode())
    fault = parsed.fault if isinstance(parsed, wire.Quarantined) else parsed.faults[0]
    assert (fault.code, fault.field) == ("bad_payload", field)


def test_a_nul_is_stored_as_json_writes_it():
    body = GOOD | {"slots": {"ink": {"level": 0.5, "raw": "a\0b"}}}
    parsed = telemetry.parse("telemetry", json.dumps(body).encode())
    assert isinstance(parsed, telemetry.Parsed)
    assert isinstance(parsed.message, telemetry.Telemetry)
    assert parsed.message.slots["ink"].raw == r"a\u0000b"


def test_events_and_status_are_read_by_the_contract():
    payload = b'{"v":1,"state":"online","boot_id":3}'
    parsed = telemetry.parse("status", payload)
    assert parsed == telemetry.Parsed(wire.Status(v=1, state="online", boot_id=3))
