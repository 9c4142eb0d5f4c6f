from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.bridges.describing import NothingReported
from broker.bridges.ipp_supplies import (
    describe,
    readings,
    supplies,
)
from broker.bridges.supply_names import part_numbers
from devices.wire import SlotReading, SlotState

EVE = {
    "printer-make-and-model": "Loop Test",
    "printer-supply": [
        "index=1;class=receptacleThatIsFilled;type=wasteInk;unit=percent;maxcapacity=100;"
        "level=25;colorantname=unknown;",
        "index=2;class=supplyThatIsConsumed;type=ink;unit=percent;maxcapacity=100;"
        "level=75;colorantname=black;",
    ],
    "printer-supply-description": ["Ink Waste Tank", "Black Ink"],
}
LASER = {
    "printer-make-and-model": "ECOSYS M2040dn",
    "marker-names": ["Black TK-1170", "Waste Toner Box"],
    "marker-types": ["toner", "waste-toner"],
    "marker-colors": ["#000000", "none"],
    "marker-levels": [84, 0],
}


def supply(**fields: object) -> dict[str, Any]:
    return {"printer-supply": "".join(f"{name}={value};" for name, value in fields.items())}


def marker(level: object, **others: object) -> dict[str, Any]:
    known = {"marker-names": "Black Toner", "marker-types": "toner", "marker-levels": level}
    return known | others


def levels(attributes: dict[str, Any]) -> dict[str, float | None]:
    return {slot: reading.level for slot, reading in readings(attributes).items()}


def test_markers_become_slots_with_their_levels() -> None:
    assert levels(LASER) == {"black": 0.84, "waste": 0.0}
    assert [each.direction for each in supplies(LASER)] == ["consumed", "filled"]


def test_printer_supply_is_read_where_there_are_no_markers() -> None:
    assert levels(EVE) == {"waste": 0.25, "black": 0.75}
    assert [each.direction for each in supplies(EVE)] == ["filled", "consumed"]


def test_a_lone_marker_comes_as_scalars() -> None:
    assert levels(marker(62)) == {"black": 0.62}


@pytest.mark.parametrize(
    ("level", "state"),
    [
        (-1, SlotState.UNKNOWN),
        (-2, SlotState.UNKNOWN),
        (-3, SlotState.SOME_REMAINING),
        (101, SlotState.UNKNOWN),
        ("87 %", SlotState.UNKNOWN),
        (None, SlotState.UNKNOWN),
    ],
)
def test_a_level_that_the_printer_does_not_know_stays_unknown(
    level: object, state: SlotState
) -> None:
    [reading] = readings(marker(level)).values()
    assert (reading.level, reading.state) == (None, state)


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"level": 40}, SlotState.UNKNOWN),
        ({"level": 40, "maxcapacity": -2}, SlotState.UNKNOWN),
        ({"level": 40, "maxcapacity": 0}, SlotState.UNKNOWN),
        ({"level": 40, "maxcapacity": 30}, SlotState.UNKNOWN),
        ({"level": -2, "maxcapacity": 100}, SlotState.UNKNOWN),
        ({"level": -3, "maxcapacity": 100}, SlotState.SOME_REMAINING),
        ({"level": "many", "maxcapacity": 100}, SlotState.UNKNOWN),
        ({"maxcapacity": 100}, SlotState.UNKNOWN),
    ],
)
def test_a_supply_without_a_measure_has_no_level(
    fields: dict[str, object], state: SlotState
) -> None:
    [reading] = readings(supply(type="toner", colorantname="black", **fields)).values()
    assert (reading.level, reading.state) == (None, state)


def test_a_level_is_a_fraction_of_the_supply_own_capacity() -> None:
    keys_in_another_order = supply(
        level=900, colorantname="black", maxcapacity=1200, type="toner"
    )
    assert levels(keys_in_another_order) == {"black": 0.75}


def test_missing_levels_are_not_filled_in() -> None:
    short = LASER | {"marker-levels": 84}
    assert levels(short) == {"black": 0.84, "waste": None}


def test_what_was_reported_is_kept() -> None:
    assert readings(marker(-3))["black"].raw == "marker-level=-3"
    assert "level=75" in str(readings(EVE)["black"].raw)


@settings(max_examples=100)
@given(level=st.one_of(st.none(), st.integers(), st.text(max_size=10), st.booleans()))
def test_no_level_is_ever_invented(level: object) -> None:
    [reading] = readings(marker(level)).values()
    if reading.level is None:
        assert reading.state is not None
    else:
        assert type(level) is int
        assert reading.level == level / 100
    assert SlotReading.model_validate(reading.model_dump())


def test_a_slot_is_named_by_colour_whatever_serial_number_the_cartridge_has() -> None:
    one = marker(62) | {"marker-names": "Black Toner_S/N_:CRUM-230512A4EFE"}
    other = marker(100) | {"marker-names": "Black Toner_S/N_:CRUM-990101B0001"}
    assert levels(one) == {"black": 0.62}
    assert levels(other) == {"black": 1.0}
    assert describe(one).slots[0].fits == ("Black Toner",)


def test_a_slot_keeps_its_name_when_the_printer_turns_from_ink_to_toner() -> None:
    assert list(readings(EVE)) == list(
        readings(
            EVE | {"printer-supply": [x.replace("Ink", "Toner") for x in EVE["printer-supply"]]}
        )
    )


def test_a_localised_name_takes_its_slot_from_the_colour() -> None:
    assert levels(marker(5, **{"marker-names": "黑色碳粉", "marker-colors": "#000000"})) == {
        "black": 0.05
    }


def test_two_supplies_of_one_colour_are_two_slots() -> None:
    photo = {
        "marker-names": ["Photo Black ink", "Black ink", "Black ink"],
        "marker-types": ["ink-cartridge", "inkCartridge", "ink-cartridge"],
        "marker-colors": ["#000000"] * 3,
        "marker-levels": [27, 64, 65],
    }
    assert levels(photo) == {"photo-black": 0.27, "black": 0.64, "black-2": 0.65}
    assert {each.category for each in describe(photo).slots} == {"printer-ink"}


def test_one_cartridge_of_three_colours_is_one_slot() -> None:
    three = {
        "marker-names": ["Color", "Black"],
        "marker-types": ["inkCartridge", "inkCartridge"],
        "marker-colors": ["#39D2E7#D945DD#DFD31D", "#101010"],
        "marker-levels": [50, 51],
    }
    assert levels(three) == {"colour": 0.5, "black": 0.51}


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("Black TK-1170", ("TK-1170",)),
        ("Cyan Cartridge HP CF381A", ("CF381A",)),
        ("PN 006R01509", ("006R01509",)),
        ("Black P-200-K", ("P-200-K",)),
        ("Black ink, XL", ()),
        ("imagingdrumhpcea", ()),
        ("Tank 2", ()),
    ],
)
def test_the_part_number_is_found_in_the_name(name: str, numbers: tuple[str, ...]) -> None:
    assert part_numbers(name) == numbers


def test_a_printer_is_described_by_what_it_reports() -> None:
    model = describe(LASER)
    assert model.name == "ECOSYS M2040dn"
    black, waste = model.slots
    assert (black.slot, black.category, black.fits) == ("black", "printer-toner", ("TK-1170",))
    assert (black.unit, black.capacity, black.measure) == ("fill", 1, "level")
    assert (waste.category, waste.direction) == ("printer-waste", "filled")


def test_a_drum_is_neither_ink_nor_toner() -> None:
    drum = marker(
        40, **{"marker-types": "opc", "marker-names": "imagingdrum", "marker-colors": "#000000"}
    )
    [slot] = describe(drum).slots
    assert (slot.slot, slot.category) == ("opc", "printer-opc")


def test_a_printer_without_supplies_has_nothing_to_follow() -> None:
    label_printer = {"printer-make-and-model": "QL-1110NWB"}
    assert readings(label_printer) == {}
    with pytest.raises(NothingReported):
        describe(label_printer)
