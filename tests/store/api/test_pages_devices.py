"""What a household adds on its pages, in its own language."""

import re

from accounts.tables import OwnerRow
from devices import registry
from devices.catalog import washer_w7
from devices.registry import ToProvision
from tests.store.api.world import DEVICE_KEY, Home, World, act, state_of


async def test_the_code_for_a_printer_is_shown_once_and_opens_one_bridge(world: World, nora):
    async with world.client(nora) as client:
        shown = await act(client, "/devices", "/devices/bridge-code")
        devices = (await client.get("/devices")).text
    code = re.search(
        r"ipp://PRINTER/ipp/print --claim (\S+) --platform http://platform", shown.text
    )[1]
    assert code not in devices
    model = washer_w7.MODEL.model_dump(mode="json")
    adoption = {"code": code, "model": model, "serial": "S1"}
    async with world.client() as bridge:
        added = await bridge.post("/api/bridges", json=adoption)
        again = await bridge.post("/api/bridges", json=adoption)
    assert (added.status_code, again.status_code) == (201, 404)
    async with world.client(nora) as client:
        assert "Washing machine W7" in (await client.get("/devices")).text


async def test_no_code_for_a_printer_without_the_token_of_the_session(world: World, nora: Home):
    async with world.client(nora) as client:
        answer = await client.post("/devices/bridge-code")
    assert answer.status_code == 403
    assert "--claim" not in answer.text


async def test_a_yes_without_an_address_leads_to_the_address(world: World, nora: Home):
    async with world.database.transaction(nora.owner_id) as session:
        (await session.get_one(OwnerRow, nora.owner_id)).city = ""
    async with world.client(nora) as client:
        page = await act(client, "/", f"/orders/{nora.order_id}/approve")
    async with world.client(bearer=nora.key) as client:
        refused = await client.post(f"/api/orders/{nora.order_id}/approve")
    assert (refused.status_code, refused.json()["code"]) == (409, "address_missing")
    assert page.status_code == 409
    assert "Where should the parcel go?" in page.text
    assert 'href="/address"' in page.text
    assert "address_missing" in page.text
    assert await state_of(world, nora) == "awaiting_approval"


async def test_the_data_sheet_and_the_stocks_are_in_the_language_of_the_household(
    world: World, nora
):
    async with world.database.transaction(nora.owner_id) as session:
        (await session.get_one(OwnerRow, nora.owner_id)).language = "de"
    [made] = await registry.provision(
        world.maker_id,
        [ToProvision(model=washer_w7.MODEL.name, serial="S9", device_id="washer-0009")],
        key=DEVICE_KEY,
        **world.parts,
    )
    async with world.client(nora) as client:
        await act(client, "/", "/language", language="de")
        sheet = (await client.get("/claims", params={"code": made.claim_code})).text
        await act(client, "/claims", "/claims", code=made.claim_code)
        devices = (await client.get("/devices")).text
    assert "Waschmaschine W7" in sheet
    assert "Füllstand beider Tanks" in sheet
    assert "Weichspüler" in sheet
    assert "Weichspüler" in devices
