"""Every recording of a real device is decoded to the right record."""

from pathlib import Path

import pytest
from pydantic import TypeAdapter

from benchmarks import expected, recordings
from benchmarks.devices import OWN, decoded
from benchmarks.recordings import DECODERS, Recording
from broker.bridges.mqtt import zigbee2mqtt
from broker.bridges.payloads import at, parsed, rows, text
from broker.bridges.reading import Reading, slots
from devices.models import SlotName
from devices.wire import SlotReading

TABLE = expected.read(expected.EXPECTED.read_text())
# Properties of zigbee2mqtt beside the consumable ones of the same devices.
BESIDE = {
    *("feed", "feeding_source", "feeding_size", "portion_weight", "liquid_depth"),
    *("liquid_depth_max", "weight_pound_ounce", "set_weight_button"),
}


@pytest.fixture(scope="module")
def folder(shared_data: Path) -> Path:
    return shared_data / "devices"


def decode(recording: Recording) -> tuple[Reading, ...]:
    return DECODERS[recording.decoder](recording.content)


def wrong(recording: Recording, folder: Path) -> str | None:
    """The rows that differ; None: the record is right."""
    readings = decode(recording)
    verdict = expected.judge(recording, readings, TABLE, folder)
    if verdict.is_right and not verdict.false_levels:
        return None
    return f"{recording.path} ({recording.decoder}): {readings}"


def test_every_recording_is_decoded_to_the_right_record(folder: Path) -> None:
    found = list(recordings.found(folder))
    assert len(found) >= 83
    assert [each for each in (wrong(r, folder) for r in found) if each] == []


def test_payloads_by_the_documentation_are_decoded_to_the_right_record() -> None:
    found = list(recordings.found(OWN))
    assert len(found) == 11
    assert [each for each in (wrong(r, OWN) for r in found) if each] == []


def test_a_wrong_record_is_seen() -> None:
    [recording] = [r for r in recordings.found(OWN) if r.decoder == "syncthru"]
    changed = Recording(
        recording.path, recording.decoder, recording.content.replace(b"61", b"62")
    )
    verdict = expected.judge(changed, decode(changed), TABLE, OWN)
    assert (verdict.is_right, verdict.false_levels) == (False, 1)


def test_a_file_of_the_folder_that_nobody_reads_is_noticed(folder: Path) -> None:
    read = {each.path for each in recordings.found(folder)}
    known = {
        "SOURCES.txt",
        "mqtt/bambu/filaments.json",
        "mqtt/zigbee2mqtt/exposes_consumables.json",
    }
    others = {
        path
        for file in folder.rglob("*")
        if file.is_file()
        and not (path := file.relative_to(folder).as_posix()).startswith(
            ("power/", "snmp/expected/")
        )
    }
    assert others - read == known


def test_no_level_is_made_up_where_librenms_writes_50(folder: Path) -> None:
    result = decoded([folder])
    assert result.false_levels == 0
    assert result.invented == 8  # listed in docs/devices.md


def test_consumable_properties_of_zigbee_devices_are_known(folder: Path) -> None:
    told = parsed((folder / "mqtt/zigbee2mqtt/exposes_consumables.json").read_bytes())
    exposed = {
        text(at(hit, "property")) for model in rows(told) for hit in rows(at(model, "hits"))
    }
    known = {*zigbee2mqtt.LEVELS, *zigbee2mqtt.AMOUNTS, *zigbee2mqtt.FLAGS, "filter_age"}
    assert exposed - known == BESIDE
    assert known <= exposed


@pytest.mark.parametrize("of", ["shared", "own"])
def test_whatever_was_decoded_can_be_sent_on_the_wire(
    of: str, request: pytest.FixtureRequest
) -> None:
    place = OWN if of == "own" else request.getfixturevalue("folder")
    name = TypeAdapter(SlotName)
    for recording in recordings.found(place):
        for slot, reading in slots(decode(recording)).items():
            assert name.validate_python(slot) == slot
            assert SlotReading.model_validate_json(reading.model_dump_json()) == reading
