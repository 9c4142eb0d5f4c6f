"""What a household adds on its pages, in its own language."""

import re

import pytest

from accounts.scoping import ALL_OWNERS
from accounts.tables import OwnerRow
from devices import registry
from devices.catalog import washer_w7
from devices.registry import ToProvision
from devices.tables import OwnershipRow, StockRow
from tests.store.api.world import (
    DEVICE_KEY,
    Home,
    World,
    act,
    becomes,
    routes_of,
    state_of,
    stock_of,
)


async def test_the_code_for_a_printer_is_shown_once_and_opens_one_bridge(world: World, nora):
    async with world.client(nora) as client:
        shown = await act(client, "/guide", "/devices/bridge-code")
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
        sheet = (await act(client, "/claims", "/claims/data-sheet", code=made.claim_code)).text
        await act(client, "/claims", "/claims", code=made.claim_code)
        devices = (await client.get("/devices")).text
    assert "Waschmaschine W7" in sheet
    assert "Füllstand beider Tanks" in sheet
    assert "Weichspüler" in sheet
    assert "Weichspüler" in devices


async def is_owned(world: World, device_id: str) -> bool:
    async with world.database.snapshot(ALL_OWNERS) as session:
        return await session.get(OwnershipRow, device_id) is not None


def test_no_address_holds_a_claim_code(world: World):
    assert [path for _, path in routes_of(world.app) if "{code}" in path] == []


async def test_a_claim_code_in_the_address_looks_nothing_up(world: World, nora: Home):
    async with world.client(bearer=world.maker_key) as maker:
        made = await maker.post("/api/devices", json={"model": "washer-w7", "serial": "9"})
    code = made.json()["claim_code"]
    async with world.client(nora) as client:
        page = await client.get("/claims", params={"code": code})
    assert made.json()["device_id"] not in page.text
    async with world.client(bearer=nora.key) as machine:
        sheet = await machine.post("/api/claims/look-up", json={"code": code})
        wrong = await machine.post("/api/claims/look-up", json={"code": "AAAABBBBCCCC"})
    assert sheet.json()["device_id"] == made.json()["device_id"]
    assert (wrong.status_code, wrong.json()["code"]) == (404, "claim_code_unknown")


async def test_a_device_is_given_away_only_after_it_was_said_what_that_means(
    world: World, nora: Home, neighbour: Home
):
    page = f"/devices/{nora.device_id}/release"
    async with world.client(nora) as client:
        listed = (await client.get("/devices")).text
        asked = (await client.get(page)).text
        assert await is_owned(world, nora.device_id)
        done = await act(client, page, page)
        assert (await client.get("/")).status_code == 200  # an ask of it still waits
        assert (await client.get(f"/stocks/{nora.stock_id}")).status_code == 200
        again = await act(client, "/devices", page)
    assert f'href="{page}"' in listed
    assert "Give Washer away?" in asked
    assert "Detergent, Fabric softener" in asked
    assert not await is_owned(world, nora.device_id)
    assert (await stock_of(world, nora)).mode == "off"
    assert again.status_code == 404
    code = re.search(r'<p class="hash">(\w{12})</p>', done.text)[1]
    async with world.client(bearer=neighbour.key) as machine:
        claimed = await machine.post("/api/claims", json={"code": code})
    assert claimed.json()["device_id"] == nora.device_id


async def test_the_api_gives_a_device_away_and_shows_the_next_owners_code(
    world: World, nora: Home, neighbour: Home
):
    address = f"/api/devices/{nora.device_id}/release"
    async with world.client(bearer=neighbour.key) as stranger:
        assert (await stranger.post(address)).status_code == 404
    assert await is_owned(world, nora.device_id)
    async with world.client(bearer=nora.key) as machine:
        released = await machine.post(address)
    assert released.status_code == 200
    assert len(released.json()["claim_code"]) == 12
    assert not await is_owned(world, nora.device_id)


@pytest.mark.parametrize("role", ["approver", "viewer"])
async def test_only_an_admin_gives_a_device_away(world: World, nora: Home, role: str):
    await becomes(world, nora, role)
    page = f"/devices/{nora.device_id}/release"
    async with world.client(nora) as client:
        assert page not in (await client.get("/devices")).text
        assert (await client.get(page)).status_code == 403
        assert (await act(client, "/", page)).status_code == 403
    assert await is_owned(world, nora.device_id)


async def test_a_cupboard_is_added_and_reported_by_hand(world: World, nora: Home):
    cupboard = {
        "name": "Cupboard",
        "title": "Rice",
        "category": "rice",
        "fits": ["rice"],
        "capacity": 2000,
        "unit": "g",
        "typical_use_per_day": 60,
    }
    async with world.client(bearer=nora.key) as machine:
        made = (await machine.post("/api/devices/by-hand", json=cupboard)).json()
        rice = next(
            each for each in (await machine.get("/api/stocks")).json() if each["unit"] == "g"
        )
        report = f"/api/stocks/{rice['stock_id']}/by-hand"
        body = {"device_id": made["device_id"], "slot": "rice", "amount": 1500}
        told = await machine.post(report, json=body)
        too_much = await machine.post(report, json={**body, "amount": 2001})
        wrong = await machine.post("/api/devices/by-hand", json={**cupboard, "unit": "fill"})
        now = (await machine.get(f"/api/stocks/{rice['stock_id']}")).json()
    assert told.json() == {"outcome": "recorded"}
    assert now["in_slot"] == 1500
    assert too_much.status_code == 422
    assert wrong.status_code == 422
    assert "holds exactly 1" in wrong.json()["detail"]


async def test_two_stocks_are_joined_unless_an_order_is_under_way_or_they_differ(
    world: World, nora: Home
):
    shelf = {
        "name": "Shelf",
        "title": "Detergent",
        "category": "laundry-detergent",
        "fits": ["laundry-liquid"],
        "capacity": 2000,
        "unit": "ml",
        "typical_use_per_day": 10,
    }
    async with world.client(bearer=nora.key) as machine:
        made = (await machine.post("/api/devices/by-hand", json=shelf)).json()
        stocks = (await machine.get("/api/stocks")).json()
        devices = (await machine.get("/api/devices")).json()
        (slot,) = next(
            each["slots"] for each in devices if each["device_id"] == made["device_id"]
        )
        softener = next(each for each in stocks if each["category"] == "fabric-softener")
        address = f"/api/stocks/{nora.stock_id}/join"
        joined = await machine.post(address, json={"joined_id": slot["stock_id"]})
        differs = await machine.post(address, json={"joined_id": softener["stock_id"]})
        busy = await machine.post(
            f"/api/stocks/{slot['stock_id']}/join", json={"joined_id": str(nora.stock_id)}
        )
        after = (await machine.get("/api/devices")).json()
    assert joined.status_code == 200
    assert str(nora.stock_id) in [
        each["slots"][0]["stock_id"] for each in after if each["device_id"] == made["device_id"]
    ]
    assert (differs.status_code, differs.json()["code"]) == (422, "stocks_differ")
    assert (busy.status_code, busy.json()["code"]) == (409, "order_underway")


GERMAN_PAGES = (
    "/",
    "/approvals",
    "/orders",
    "/notices",
    "/stocks/{stock_id}",
    "/stocks/{stock_id}/mandate",
    "/orders/{order_id}",
    "/decisions/{record_id}",
    "/devices/{device_id}/release",
)


async def test_stocks_bear_the_models_title_in_the_readers_language(world: World, nora: Home):
    async with world.client(nora) as client:
        english = (await client.get("/")).text
        await act(client, "/", "/language", language="de")
        for pattern in GERMAN_PAGES:
            page = (await client.get(pattern.format(**vars(nora)))).text
            assert "Waschmittel" in page, pattern
            assert re.search(r"\bDetergent\b", page) is None, pattern
    assert "Detergent" in english
    assert (await stock_of(world, nora)).name == "Detergent"


async def test_a_name_of_the_owners_own_stays_in_every_language(world: World, nora: Home):
    async with world.database.transaction(nora.owner_id) as session:
        (await session.get_one(StockRow, nora.stock_id)).name = "Omas Pulver"
    async with world.client(nora) as client:
        for language in ("en", "de"):
            await act(client, "/", "/language", language=language)
            assert "Omas Pulver" in (await client.get("/")).text
