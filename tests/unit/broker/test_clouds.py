"""The traps of makers' clouds; whole recordings are in tests/recorded."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from broker.bridges import syncthru
from broker.bridges.clouds import hon, matter, miele, roborock, smartthings
from broker.bridges.reading import Reading, Scheme
from devices.wire import SlotState


def drawer(disabled: tuple[str, ...] = (), **amounts: object) -> list[Reading]:
    known = {
        "remainingAmount": 100,
        "initialAmount": 500,
        "dosage": 30,
        "detergentType": "liquid",
    }
    told = {name: {"value": value} for name, value in (known | amounts).items()}
    main = {
        "samsungce.detergentState": told,
        "custom.disabledCapabilities": {"disabledCapabilities": {"value": list(disabled)}},
    }
    return list(smartthings.decode(json.dumps({"components": {"main": main}}).encode()))


@pytest.mark.parametrize(
    ("amounts", "level", "state"),
    [
        ({}, 20, SlotState.OK),
        ({"remainingAmount": 0}, 0, SlotState.EMPTY),
        ({"remainingAmount": 0, "dosage": 0}, None, SlotState.UNKNOWN),
        ({"remainingAmount": 0, "initialAmount": 0}, None, SlotState.NOT_FITTED),
        ({"detergentType": "none"}, None, SlotState.NOT_FITTED),
        ({"remainingAmount": 600}, None, SlotState.UNKNOWN),
    ],
)
def test_a_drawer_that_is_not_in_use_is_not_empty(
    amounts: dict[str, object], level: float | None, state: SlotState
) -> None:
    [reading] = drawer(**amounts)
    assert (reading.level_pct, reading.state) == (level, state)
    assert (reading.amount is None) == (level is None)


def test_a_disabled_capability_is_skipped() -> None:
    assert drawer(disabled=("samsungce.detergentState",)) == []


@pytest.mark.parametrize(
    ("setting", "level", "state"),
    [
        ("1", 0, SlotState.EMPTY),
        ("0", None, SlotState.NOT_FITTED),
        ("", None, SlotState.NOT_FITTED),
    ],
)
def test_a_percentage_counts_while_dosing_is_in_use(
    setting: str, level: float | None, state: SlotState
) -> None:
    told = {
        "detergentPercent": {"parNewVal": "0"},
        "autoDetergentStatus": {"parNewVal": setting},
    }
    [reading] = hon.decode(json.dumps({"shadow": {"parameters": told}}).encode())
    assert (reading.level_pct, reading.state) == (level, state)


def test_what_is_overdue_is_neither_an_error_nor_a_zero() -> None:
    told = {"filterCleaning": {"tot": 15, "count": 136, "remaining": -121, "percentage": 907}}
    [reading] = hon.decode(json.dumps(told).encode())
    assert (reading.level_pct, reading.state) == (None, SlotState.EMPTY)


@pytest.mark.parametrize(
    ("worked_s", "level", "state"),
    [(0, 100, SlotState.OK), (540_000, None, SlotState.EMPTY), (-1, None, None)],
)
def test_a_part_beyond_its_life_is_overdue(
    worked_s: int, level: float | None, state: SlotState | None
) -> None:
    payload = json.dumps({"result": [{"filter_work_time": worked_s}]}).encode()
    found = [(each.level_pct, each.state) for each in roborock.decode(payload)]
    assert found == ([] if state is None else [(level, state)])


def test_null_is_not_fitted_and_a_saturation_fills() -> None:
    told = {
        "deviceId": "d",
        "fillingLevels": {"saltFillingLevel": None, "coalFilterSaturation": 80},
    }
    salt, coal = miele.decode(json.dumps([told]).encode())
    assert (salt.level_pct, salt.state) == (None, SlotState.NOT_FITTED)
    assert (coal.level_pct, coal.direction) == (80, "filled")


def purifier(**attributes: Any) -> Reading:
    known = {"0": 30, "1": 1, "2": 0, "3": True, "5": []}
    told = {f"1/113/{number}": value for number, value in (known | attributes).items()}
    [reading] = matter.decode(json.dumps({"node_id": 5, "attributes": told}).encode())
    return reading


@pytest.mark.parametrize(
    ("seconds", "changed_at"),
    [
        (825_638_400, datetime(2026, 3, 1, tzinfo=UTC)),  # since 2000 began
        (None, None),
        (0, None),
        (-1, None),
        (2**40, None),
        ("825638400", datetime(2026, 3, 1, tzinfo=UTC)),
    ],
)
def test_a_resource_says_when_it_was_changed(
    seconds: object, changed_at: datetime | None
) -> None:
    assert purifier(**{"4": seconds}).changed_at == changed_at


@pytest.mark.parametrize(
    ("attributes", "level", "state"),
    [
        ({}, 30, SlotState.OK),
        ({"1": 0}, 70, SlotState.OK),  # the number rises as it wears
        ({"1": None}, None, SlotState.OK),
        ({"1": []}, None, SlotState.OK),
        ({"0": None}, None, SlotState.OK),
        ({"0": 101}, None, SlotState.OK),
        ({"2": 1}, 30, SlotState.LOW),
        ({"2": 2}, 30, SlotState.EMPTY),
        ({"3": False}, None, SlotState.NOT_FITTED),
    ],
)
def test_a_condition_needs_its_direction(
    attributes: dict[str, Any], level: float | None, state: SlotState
) -> None:
    reading = purifier(**attributes)
    assert (reading.level_pct, reading.state) == (level, state)


@pytest.mark.parametrize(
    ("scheme", "number", "taken"),
    [
        (2, "4006381333931", Scheme.EAN),
        (3, "04006381333931", Scheme.GTIN14),
        (0, "036000291452", Scheme.UPC),
        (4, "AP-1 FILTER", Scheme.OEM),
        (2, "4006381333932", None),
        (3, "4006381333931", None),
        (3, "gtin14xxxxxxxx", None),
        (4, "oem20xxxxxxxxxxxxxxx", None),
        (9, "4006381333931", None),
        (True, "x", None),
    ],
)
def test_a_product_number_is_taken_with_a_right_check_digit(
    scheme: int, number: str, taken: Scheme | None
) -> None:
    found = purifier(**{"5": [{"0": scheme, "1": number}]}).replacements
    assert [each.scheme for each in found] == ([taken] if taken else [])


def test_a_drum_that_a_printer_lacks_is_no_reading() -> None:
    page = b"{drum_cyan: {opt: 0, remaining: 100}, toner_cyan: {opt: 1, remaining: -1}}"
    drum, toner = syncthru.decode(page)
    assert (drum.level_pct, drum.state) == (None, SlotState.NOT_FITTED)
    assert (toner.level_pct, toner.state) == (None, SlotState.UNKNOWN)
