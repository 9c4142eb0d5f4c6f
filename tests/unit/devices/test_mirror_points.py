"""A point says what the device said, and says it in the same way every time."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from influxdb_client import Point, WritePrecision
from msgspec.structs import replace

from devices.mirror.points import EPOCH, Mirrored, line
from devices.wire import LARGEST_NUMBER, SlotState

TEN = datetime(2026, 11, 21, 10, tzinfo=UTC)
DETERGENT = Mirrored(
    device_id="washer-0001",
    boot_id=17,
    seq=4211,
    slot="detergent",
    measured_at=TEN,
    level=0.62,
    quantity=None,
    used_total=10_388,
    state="ok",
    unit="ml",
    model="washer-w7",
)

counters = st.integers(0, LARGEST_NUMBER)
amounts = st.none() | st.floats(0, 1e12, allow_nan=False)
signs = st.characters(exclude_categories=["C", "Z"], exclude_characters="\\")
names = st.text(signs, min_size=1)
mirrored = st.builds(
    Mirrored,
    device_id=st.from_regex(r"[a-z0-9][a-z0-9-]{2,20}", fullmatch=True),
    boot_id=counters,
    seq=counters,
    slot=st.from_regex(r"[a-z0-9][a-z0-9_-]{0,20}", fullmatch=True),
    measured_at=st.datetimes(datetime(1980, 1, 1), datetime(2200, 1, 1)).map(  # noqa: DTZ001
        lambda at: at.replace(tzinfo=UTC)
    ),
    level=st.none() | st.floats(0, 1),
    quantity=amounts,
    used_total=amounts,
    state=st.none() | st.sampled_from([str(each) for each in SlotState]),
    unit=st.sampled_from(["ml", "g", "pieces", "fill"]),
    model=st.none() | names | st.just("W 7, rev=2"),
)


def as_the_client_writes_it(of: Mirrored) -> str:
    """By the `Point` of influxdb-client, which has its own spelling of 1.0."""
    point = Point("reading").tag("device_id", of.device_id).tag("slot", of.slot)
    point = point.tag("model", of.model).field("boot_id", of.boot_id).field("seq", of.seq)
    for name, value in (
        ("level_fraction", of.level),
        (f"quantity_{of.unit}", of.quantity),
        (f"used_total_{of.unit}", of.used_total),
        ("state", of.state),
    ):
        point = point.field(name, value)
    since = of.measured_at - EPOCH
    at_ns = since // timedelta(microseconds=1) * 1_000 + of.seq % 1_000
    return str(point.time(at_ns, WritePrecision.NS))


def test_a_reading_is_one_line_with_its_units_in_the_names_of_the_fields() -> None:
    assert line(DETERGENT) == (
        "reading,device_id=washer-0001,model=washer-w7,slot=detergent"
        ' boot_id=17i,level_fraction=0.62,seq=4211i,state="ok",used_total_ml=10388.0'
        " 1795255200000000211"
    )


@given(mirrored)
def test_it_is_what_the_influxdb_client_writes_for_the_same_values(of: Mirrored) -> None:
    assert line(of).replace(".0,", ",").replace(".0 ", " ") == as_the_client_writes_it(of)


@given(mirrored)
def test_said_twice_it_is_the_same_point(of: Mirrored) -> None:
    assert line(of) == line(replace(of))


@given(mirrored)
def test_a_field_is_of_one_kind_whatever_its_value(of: Mirrored) -> None:
    fields = line(of).rpartition(" ")[0].rpartition(" ")[2]
    for name, _, value in (each.partition("=") for each in fields.split(",")):
        kind = {"boot_id": r"\d+i", "seq": r"\d+i", "state": r'"[a-z_]+"'}.get(name)
        assert re.fullmatch(kind or r"\d+(\.\d+)?(e[-+]\d+)?", value), (name, value)
        assert kind or re.search(r"[.e]", value), (name, value)


@pytest.mark.parametrize(
    ("model", "written"),
    [
        ("W 7, rev=2", r",model=W\ 7\,\ rev\=2,"),
        ("W\n7\\", ",model=W7,"),
        ('W"7', ',model=W"7,'),
        ("Wäsche", ",model=Wäsche,"),
        ("\\\n", ","),
        (None, ","),
    ],
)
def test_whatever_a_maker_calls_a_model_the_line_stays_one_line(
    model: str | None, written: str
) -> None:
    found = line(replace(DETERGENT, model=model))
    assert found.startswith(f"reading,device_id=washer-0001{written}slot=detergent ")
    assert "\n" not in found


def test_messages_of_one_instant_are_points_of_their_own() -> None:
    lines = {line(replace(DETERGENT, seq=seq)).rpartition(" ")[2] for seq in range(1_000)}
    assert len(lines) == 1_000


def test_an_instant_before_1970_is_a_negative_number() -> None:
    before = replace(DETERGENT, measured_at=EPOCH - timedelta(microseconds=1), seq=0)
    assert line(before).endswith(" -1000")
