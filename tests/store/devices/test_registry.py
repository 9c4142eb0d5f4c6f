"""What makers register: models that never change, devices whose secrets are shown once."""

import pytest
from pydantic import ValidationError

from devices import registry
from devices.catalog.shelf import MAKER, MODELS
from devices.credentials import verify
from devices.registry import (
    DeviceIdTaken,
    ManufacturerNameTaken,
    ModelUnknown,
    ModelVersionTaken,
    ToProvision,
)
from devices.tables import DeviceModelRow, DeviceRow, SlotRow
from tests.devices_world import KEY, a_model, a_spec


async def register(world, maker_id, model):
    return await registry.register_model(
        maker_id,
        model,
        transaction=world.database.transaction,
        clock=world.clock,
        ids=world.ids,
    )


async def provision(world, maker_id, *wanted):
    return await registry.provision(
        maker_id,
        wanted,
        key=KEY,
        transaction=world.database.transaction,
        clock=world.clock,
        ids=world.ids,
    )


async def test_the_same_version_with_the_same_content_is_the_same_model(world):
    maker_id = await world.maker()
    first = await register(world, maker_id, a_model())
    assert await register(world, maker_id, a_model()) == first
    assert len(await world.rows(DeviceModelRow)) == 1


async def test_the_same_version_with_other_content_is_refused(world):
    maker_id = await world.maker(a_model())
    with pytest.raises(ModelVersionTaken, match="raise `version`"):
        await register(world, maker_id, a_model(a_spec(capacity=900)))
    await register(world, maker_id, a_model(a_spec(capacity=900), version=2))


async def test_a_makers_name_is_taken_once(world):
    await world.maker()
    with pytest.raises(ManufacturerNameTaken):
        await world.maker()


async def test_the_models_of_the_catalogue_can_be_registered_and_provisioned(world):
    maker_id = await world.maker(*MODELS, name=MAKER)
    wanted = [ToProvision(model=model.name, serial=f"SN {model.name}") for model in MODELS]
    made = await provision(world, maker_id, *wanted)
    assert len({each.device_id for each in made}) == 4
    slots = await world.rows(SlotRow)
    assert len(slots) == 9
    assert all(each.in_slot is None for each in slots)


async def test_a_devices_secret_is_stored_only_as_a_hash(world):
    made = await world.provisioned(await world.maker(a_model()))
    (device,) = await world.rows(DeviceRow)
    assert verify(made.secret, device.secret_hash, KEY)
    stored = device.model_dump_json()
    assert made.secret not in stored
    assert made.claim_code not in stored
    assert made.secret not in repr(made)


async def test_devices_take_the_newest_version_unless_one_is_named(world):
    maker_id = await world.maker(a_model(), a_model(a_spec(capacity=900), version=2))
    await provision(
        world,
        maker_id,
        ToProvision(model="washer", serial="1", device_id="newest"),
        ToProvision(model="washer", version=1, serial="2", device_id="first"),
    )
    capacity = {each.device_id: each.spec["capacity"] for each in await world.rows(SlotRow)}
    assert capacity == {"newest": 900, "first": 1000}


async def test_provisioning_is_all_or_nothing(world):
    maker_id = await world.maker(a_model())
    good = ToProvision(model="washer", serial="1", device_id="washer-0001")
    with pytest.raises(ModelUnknown):
        await provision(world, maker_id, good, ToProvision(model="dryer", serial="2"))
    with pytest.raises(DeviceIdTaken):
        await provision(world, maker_id, good, good)
    assert await world.rows(DeviceRow) == []
    await provision(world, maker_id, good)
    with pytest.raises(DeviceIdTaken):
        await provision(world, maker_id, good)


async def test_a_maker_cannot_provision_another_makers_model(world):
    await world.maker(a_model())
    other_id = await world.maker(name="Geraetewerk")
    with pytest.raises(ModelUnknown):
        await provision(world, other_id, ToProvision(model="washer", serial="1"))


def test_a_row_of_a_csv_file_becomes_what_to_provision():
    row = {"model": "washer", "version": "2", "serial": "SN 7", "is_test": "true"}
    wanted = ToProvision.model_validate(row)
    assert (wanted.version, wanted.is_test, wanted.device_id) == (2, True, None)
    with pytest.raises(ValidationError, match="device_id"):
        ToProvision.model_validate({**row, "device_id": "No Spaces"})
