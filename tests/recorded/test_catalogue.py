"""The catalogue has what recordings back, and nothing else."""

from pathlib import Path

import pytest

from benchmarks import recordings
from benchmarks.recordings import DECODERS
from broker.bridges.described import seen_as
from broker.bridges.describing import followed
from broker.bridges.reading import Reading
from devices.catalog import described, shelf
from devices.description import Description, model_of
from devices.wire import SlotState


@pytest.fixture(scope="module")
def folder(shared_data: Path) -> Path:
    return shared_data / "devices"


def readings(folder: Path, description: Description) -> tuple[Reading, ...]:
    """Of all its recordings."""
    return tuple(
        reading
        for each in recordings.found(folder)
        if each.path in description.recordings and each.decoder != "home-assistant"
        for reading in DECODERS[each.decoder](each.content)
    )


def test_every_model_names_recordings_that_are_there(folder: Path) -> None:
    named = {path for each in described.all_described() for path in each.recordings}
    assert [path for path in sorted(named) if not (folder / path).is_file()] == []


def test_every_recording_with_supplies_backs_a_model(folder: Path) -> None:
    named = {path for each in described.all_described() for path in each.recordings}
    with_supplies = {
        each.path
        for each in recordings.found(folder)
        if followed(DECODERS[each.decoder](each.content))
    }
    assert with_supplies - named == set()


def test_every_slot_of_a_model_is_in_its_recordings(folder: Path) -> None:
    """But for the three Zigbee models, of which only definitions are recorded."""
    missing = []
    for each in described.all_described():
        said = {reading.slot for reading in readings(folder, each)}
        bound = {binding.reading for binding in each.bindings}
        if said and not bound <= said:
            missing.append((each.name, bound - said))
    assert missing == []
    unsaid = {each.name for each in described.all_described() if not readings(folder, each)}
    assert unsaid == {
        "ikea-starkvind",
        "sinope-lm4110zb",
        "third-reality-scale",
        "tuya-me201wz",
    }


def test_a_level_seen_through_a_description_is_the_one_of_the_decoder(folder: Path) -> None:
    for each in described.all_described():
        if not each.name.startswith(("bambu", "hon", "miele")):
            by_slot = {reading.slot: reading for reading in readings(folder, each)}
            for seen in seen_as(each, tuple(by_slot.values()), {}):
                if each.slots[seen.slot].condition:
                    assert seen.level_pct == by_slot[seen.slot].level_pct, (each.name, seen)
                assert seen.state is not SlotState.UNSUPPORTED


def test_the_models_of_the_demo_are_simulated_and_in_no_description() -> None:
    described_names = {each.name for each in described.all_described()}
    for model in shelf.MODELS:
        assert model.name not in described_names
    assert shelf.SIMULATED == shelf.MODELS


def test_every_described_model_can_be_registered() -> None:
    for each in described.all_described():
        model = model_of(each)
        if model:
            assert type(model).model_validate_json(model.model_dump_json()) == model
