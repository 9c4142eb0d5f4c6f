"""The traps of printers: MIB, Brother's own strings, IPP bytes; recordings are in
tests/recorded.
"""

import struct

import pytest

from broker.bridges import brother, ipp_attributes, ipp_supplies, printer_mib, snmp_supplies
from broker.bridges.reading import Reading
from devices.wire import SlotState

ROW = printer_mib.SUPPLIES
Walk = dict[str, int | bytes | str]


def row(index: int, **columns: int | bytes | str) -> Walk:
    numbers = {"colorant": 3, "cls": 4, "kind": 5, "name": 6, "unit": 7, "most": 8, "level": 9}
    return {f"{ROW}.{numbers[key]}.1.{index}": value for key, value in columns.items()}


def only(walk: Walk) -> Reading:
    [reading] = printer_mib.supplies(walk)
    return reading


@pytest.mark.parametrize(
    ("level", "most", "pct", "state"),
    [
        (50, 200, 25, SlotState.OK),
        (0, 200, 0, SlotState.EMPTY),
        (-1, 100, None, SlotState.UNKNOWN),
        (-2, 100, None, SlotState.UNKNOWN),
        (-3, 100, None, SlotState.SOME_REMAINING),
        (50, -2, None, SlotState.UNKNOWN),
        (50, 0, None, SlotState.UNKNOWN),
        (201, 200, None, SlotState.UNKNOWN),
    ],
)
def test_a_level_is_a_share_of_the_capacity_or_none(
    level: int, most: int, pct: float | None, state: SlotState
) -> None:
    reading = only(row(1, kind=3, name=b"Black Toner", most=most, level=level))
    assert (reading.level_pct, reading.state) == (pct, state)


def test_only_a_model_known_for_it_gives_percent_without_a_capacity() -> None:
    walk = row(1, kind=3, name=b"Black Toner", most=-2, level=40)
    assert only(walk | {printer_mib.MODEL: b"SHARP MX-3570N"}).level_pct == 40
    assert only(walk | {printer_mib.MODEL: b"SHARP MX-9999"}).level_pct is None


@pytest.mark.parametrize(
    "columns",
    [
        {"cls": 4, "name": b"Box"},
        {"kind": 4, "name": b"Box"},
        {"name": b"Waste Toner Container"},
        {"kind": 1, "name": b"Maintenance Box"},
    ],
)
def test_a_container_gives_the_room_that_is_left(columns: dict[str, int | bytes]) -> None:
    reading = only(row(1, most=100, level=30, **columns))
    assert (reading.direction, reading.level_pct) == ("filled", 70)


def test_two_toners_of_one_colour_are_two_slots_in_the_order_of_their_index() -> None:
    walk = row(31, kind=3, name=b"Black", most=100, level=2)
    walk |= row(4, kind=3, name=b"Black", most=100, level=1)
    found = [(each.slot, each.level_pct) for each in printer_mib.supplies(walk)]
    assert found == [("black", 1), ("black-2", 2)]


def test_a_colour_comes_from_the_colorant_where_the_name_has_none() -> None:
    walk = row(1, kind=3, name=b"TK-1162\0", most=100, level=1, colorant=2)
    assert only(walk | {f"{printer_mib.COLORANTS}.1.2": b"magenta"}).slot == "magenta"


@pytest.mark.parametrize(
    ("unit", "amount", "named"), [(15, 5, "ml"), (13, 5, "g"), (7, 50, "pages"), (19, None, "")]
)
def test_an_amount_is_in_the_unit_of_the_mib(
    unit: int, amount: float | None, named: str
) -> None:
    reading = only(row(1, kind=3, name=b"Black", most=100, level=50, unit=unit))
    assert (reading.amount, reading.unit) == (amount, named)


def octets(*records: tuple[int, int]) -> bytes:
    said = b"".join(struct.pack(">B2sI", id_, b"\x01\x04", value) for id_, value in records)
    return said + b"\xff"


def test_a_brother_toner_that_its_mib_does_not_know_is_measured() -> None:
    walk = row(1, kind=3, name=b"Black Toner Cartridge", most=-2, level=-3)
    walk[brother.MAINTENANCE] = octets((0x6F, 7500), (0x81, 80), (0x41, 9200))
    found = {each.slot: each.level_pct for each in snmp_supplies.supplies(walk)}
    assert found == {"black": 75, "opc": 92}


def test_what_the_mib_knows_is_kept() -> None:
    walk = row(1, kind=3, name=b"Black Toner", most=100, level=60)
    walk[brother.MAINTENANCE] = octets((0x6F, 7500))
    assert [each.level_pct for each in snmp_supplies.supplies(walk)] == [60]


@pytest.mark.parametrize("cut", range(1, 8))
def test_an_octet_string_cut_short_keeps_what_is_whole(cut: int) -> None:
    walk: Walk = {brother.MAINTENANCE: octets((0x41, 9200), (0x6F, 7500))[:-1][:-cut]}
    assert [each.slot for each in brother.supplies(walk)] == ["opc"]


def test_a_life_beyond_the_whole_is_no_level() -> None:
    walk: Walk = {brother.MAINTENANCE: octets((0x6F, 10_001))}
    [reading] = brother.supplies(walk)
    assert (reading.level_pct, reading.state) == (None, SlotState.UNKNOWN)


def attribute(tag: int, name: str, *values: bytes) -> bytes:
    named = [name.encode(), *[b""] * (len(values) - 1)]
    return b"".join(
        struct.pack(">BH", tag, len(key)) + key + struct.pack(">H", len(value)) + value
        for key, value in zip(named, values, strict=True)
    )


HEAD = b"\x02\x00\x00\x00\x00\x00\x00\x01"
MARKERS = (
    attribute(0x42, "marker-names", b"Black, XL", b"Cyan")
    + attribute(0x44, "marker-types", b"inkCartridge", b"ink-cartridge")
    + attribute(0x21, "marker-levels", struct.pack(">i", 12), struct.pack(">i", -3))
)


def test_attributes_of_the_first_printer_are_read() -> None:
    other = b"\x04" + attribute(0x21, "marker-levels", struct.pack(">i", 99))
    answer = ipp_attributes.decoded(HEAD + b"\x01" + b"\x04" + MARKERS + other + b"\x03")
    assert answer.status == 0
    found = [(each.slot, each.level_pct) for each in ipp_supplies.supplies(answer.attributes)]
    assert found == [("black", 12), ("cyan", None)]


def test_members_of_collections_are_left_out() -> None:
    inner = attribute(0x4A, "", b"marker-levels") + attribute(0x21, "", struct.pack(">i", 7))
    collection = attribute(0x34, "media-col", b"") + inner + attribute(0x37, "", b"")
    answer = ipp_attributes.decoded(HEAD + b"\x04" + collection + MARKERS + b"\x03")
    assert answer.attributes["marker-levels"] == [12, -3]
    assert "media-col" not in answer.attributes


@pytest.mark.parametrize("length", range(0, len(HEAD + MARKERS) + 1, 7))
def test_an_answer_cut_short_keeps_what_is_whole(length: int) -> None:
    whole = ipp_attributes.decoded(HEAD + b"\x04" + MARKERS).attributes
    cut = ipp_attributes.decoded((HEAD + b"\x04" + MARKERS)[:length]).attributes
    assert all(whole[name][: len(values)] == values for name, values in cut.items())


def test_a_text_with_its_language_is_read_without_it() -> None:
    value = struct.pack(">H2sH5s", 2, b"en", 5, b"Black")
    answer = ipp_attributes.decoded(HEAD + b"\x04" + attribute(0x36, "marker-names", value))
    assert answer.attributes == {"marker-names": ["Black"]}


def test_the_request_is_an_ipp_message_of_its_own() -> None:
    asked = ipp_attributes.request("ipp://p/ipp/print", ("marker-names", "marker-levels"), 7)
    assert asked[:8] == b"\x02\x00\x00\x0b\x00\x00\x00\x07"
    assert asked.endswith(b"\x44\x00\x00\x00\x0dmarker-levels\x03")


def test_the_printer_says_that_its_waste_box_is_almost_full() -> None:
    said = {
        "marker-names": ["Waste"],
        "marker-types": ["waste-toner"],
        "marker-levels": [40],
        "printer-state-reasons": ["none", "marker-waste-almost-full-report"],
    }
    [waste] = ipp_supplies.supplies(said)
    assert (waste.state, waste.level_pct) == (SlotState.LOW, 40)
