"""A maker's pages: its models, devices and fees, and nothing of another's or of an owner's."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from sqlmodel import select

from accounts import principal
from accounts.principal import Audience
from accounts.scoping import ALL_OWNERS
from devices import registry
from devices.catalog import washer_w7
from devices.credentials import authenticator
from devices.registry import ToProvision
from devices.tables import DeviceModelRow, DeviceRow, SlotRow
from tests.conftest import NOON
from tests.store.api.world import DEVICE_KEY, Home, World, act
from vendor_policy import store

CODE = re.compile(r'<p class="hash">([A-Z2-9]{12})</p>')


@asynccontextmanager
async def signed_in(world: World, key: str) -> AsyncIterator[httpx.AsyncClient]:
    async with world.client() as client:
        answer = await act(client, "/maker/sign-in", "/maker/sign-in", key=key)
        assert answer.headers["location"] == "/maker"
        assert key not in answer.headers["set-cookie"]
        assert "SameSite=strict" in answer.headers["set-cookie"]
        yield client


async def send(client: httpx.AsyncClient, path: str, **fields: str) -> httpx.Response:
    """An act of the signed-in maker, with its own token."""
    html = (await client.get("/maker")).text.partition("<main")[2]
    token = re.search(r'name="csrf_token" value="([^"]+)"', html)[1]
    return await client.post(path, data={"csrf_token": token, **fields})


async def another_maker(world: World) -> tuple[UUID, str]:
    maker_id = await registry.register_manufacturer(
        "Anders", transaction=world.database.transaction, ids=world.ids
    )
    async with world.database.transaction(ALL_OWNERS) as session:
        key = principal.issue_api_key(
            session,
            Audience.MAKER,
            maker_id,
            label="factory",
            ids=world.ids,
            wall=world.clock.now(),
        )
    return maker_id, key


async def rows(world: World, table):
    async with world.database.snapshot(ALL_OWNERS) as session:
        return (await session.exec(select(table))).all()


async def test_a_new_version_of_a_model_shows_what_changed(world: World):
    described = washer_w7.MODEL.model_dump(mode="json")
    sheet = described["data_sheet"] | {"kept_days": 777}
    newer = described | {"version": washer_w7.MODEL.version + 1, "data_sheet": sheet}
    async with signed_in(world, world.maker_key) as client:
        answer = await send(client, "/maker/models", description=json.dumps(newer))
        page = (await client.get(answer.headers["location"])).text
        overview = (await client.get("/maker")).text
        prefilled = re.search(r'href="(/maker/models/new\?like=[^"]+)"', page)[1]
        form = (await client.get(prefilled)).text
    assert "data_sheet.kept_days" in page
    assert f"<del>{washer_w7.MODEL.data_sheet.kept_days}</del> <ins>777</ins>" in page
    assert answer.headers["location"] in overview
    assert f"&#34;version&#34;: {washer_w7.MODEL.version + 2}" in form


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"data_sheet": None}, "data_sheet"),
        ({"slots": []}, "slots"),
        ({"title": "<script>"}, "registered with another content"),
    ],
)
async def test_a_model_that_is_refused_says_why_and_keeps_what_was_typed(world, change, said):
    described = washer_w7.MODEL.model_dump(mode="json") | change
    async with signed_in(world, world.maker_key) as client:
        answer = await send(client, "/maker/models", description=json.dumps(described))
    assert answer.status_code == 422
    assert said in re.search(r'id="description-problem">([^<]+)', answer.text)[1]
    assert "washer-w7" in answer.text
    assert "<script>" not in answer.text
    assert len(await rows(world, DeviceModelRow)) == 1


async def test_provisioned_devices_are_shown_once_with_a_code_that_claims_them(
    world: World, nora: Home
):
    async with signed_in(world, world.maker_key) as client:
        fields = {"model": "washer-w7", "serials": "S-1\n\n S-2 \n"}
        answer = await send(client, "/maker/devices", **fields)
        listed = (await client.get("/maker/devices")).text
    codes = CODE.findall(answer.text)
    assert len(codes) == 2
    assert answer.text.count('class="qr"') == 2
    assert "S-1" in listed
    assert codes[0] not in listed
    async with world.client(bearer=nora.key) as owner:
        seen = await owner.post("/api/claims/look-up", json={"code": codes[0]})
    assert seen.json()["manufacturer"] == "Hausgeraete Nord"


@pytest.mark.parametrize(
    "fields",
    [
        {"serials": "", "model": "washer-w7"},
        {"serials": "S\n" * 51, "model": "washer-w7"},
        {"serials": "x" * 81, "model": "washer-w7"},
        {"serials": "S", "model": "dryer"},
        {"serials": "S", "model": ""},
    ],
)
async def test_what_cannot_be_provisioned_is_said(world: World, fields):
    async with signed_in(world, world.maker_key) as client:
        answer = await send(client, "/maker/devices", **fields)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert await rows(world, DeviceRow) == []


async def test_a_claimed_device_is_counted_and_not_shown(world: World, nora: Home):
    async with signed_in(world, world.maker_key) as client:
        overview, listed = [(await client.get(p)).text for p in ("/maker", "/maker/devices")]
        page = f"/maker/devices/{nora.device_id}/deregister"
        refused = await send(client, page, sure="yes")
    assert "Devices with an owner: 1." in overview
    assert nora.device_id not in listed
    assert refused.status_code == 409


async def test_another_maker_finds_and_changes_nothing(world: World):
    [made] = await registry.provision(
        world.maker_id,
        [ToProvision(model="washer-w7", serial="S-1", device_id="washer-9")],
        key=DEVICE_KEY,
        **world.parts,
    )
    [model] = await rows(world, DeviceModelRow)
    before = await rows(world, DeviceRow)
    _, key = await another_maker(world)
    async with signed_in(world, key) as rival:
        overview, listed = [(await rival.get(p)).text for p in ("/maker", "/maker/devices")]
        read = await rival.get(f"/maker/models/{model.model_id}")
        like = await rival.get(f"/maker/models/new?like={model.model_id}")
        acts = [
            await send(rival, f"/maker/devices/washer-9/{name}", sure="yes")
            for name in ("secret", "claim-code", "revoke", "deregister")
        ]
        made_of_it = await send(rival, "/maker/devices", model="washer-w7", serials="S-9")
    assert "washer-w7" not in overview
    assert "washer-9" not in listed
    assert [each.status_code for each in (read, like, *acts)] == [404] * 6
    assert made_of_it.status_code == 422
    assert await rows(world, DeviceRow) == before
    assert await authenticator(world.database, DEVICE_KEY)("washer-9", made.secret)


async def test_a_test_device_was_heard_when_its_slots_or_it_were(world: World):
    devices = [
        ToProvision(model="washer-w7", serial=f"S-{n}", device_id=f"washer-{n}", is_test=True)
        for n in (7, 8, 9)
    ]
    await registry.provision(world.maker_id, devices, key=DEVICE_KEY, **world.parts)
    heard_at = NOON - timedelta(hours=3)
    async with world.database.transaction(ALL_OWNERS) as session:
        (await session.get_one(SlotRow, ("washer-7", "detergent"))).heard_at = heard_at
        (await session.get_one(DeviceRow, "washer-8")).last_heard_at = heard_at
    async with signed_in(world, world.maker_key) as client:
        listed = (await client.get("/maker/devices")).text
    told = re.findall(r"(Last heard|Never heard)([^<.]*)", listed)
    assert sorted(heard for heard, _ in told) == ["Last heard", "Last heard", "Never heard"]
    assert len({at for heard, at in told if heard == "Last heard"}) == 1


async def test_the_maker_changes_the_secret_and_ends_a_device(world: World):
    [made] = await registry.provision(
        world.maker_id,
        [ToProvision(model="washer-w7", serial="S-1", device_id="washer-9")],
        key=DEVICE_KEY,
        **world.parts,
    )
    async with signed_in(world, world.maker_key) as client:
        shown = (await send(client, "/maker/devices/washer-9/secret")).text
        label = (await send(client, "/maker/devices/washer-9/claim-code")).text
        unsure = await send(client, "/maker/devices/washer-9/deregister")
        gone = await send(client, "/maker/devices/washer-9/deregister", sure="yes")
        listed = (await client.get("/maker/devices")).text
    assert made.secret not in shown
    assert CODE.search(label)
    assert unsure.status_code == 422
    assert gone.headers["location"] == "/maker/devices"
    assert "revoked" in listed


async def test_only_a_makers_key_signs_in_and_no_act_works_without(world: World, nora: Home):
    async with world.client() as client:
        for key in (nora.key, "guessed", ""):
            answer = await act(client, "/maker/sign-in", "/maker/sign-in", key=key)
            assert answer.status_code == 422
        assert (await client.get("/maker")).headers["location"] == "/maker/sign-in"
        denied = await client.post("/maker/devices", data={"serials": "S"})
    assert denied.status_code == 403


async def test_what_shops_pay_the_maker_and_nobody_else_is_disclosed(world: World):
    share = {"payer": "Shop", "payee": "Hausgeraete Nord", "share_ppm": 30_000}
    async with world.database.transaction(ALL_OWNERS) as session:
        vendor = await store.vendor(session, "haushaltshof")
        vendor.declaration = {**vendor.declaration, "remuneration": share}
    _, key = await another_maker(world)
    async with signed_in(world, world.maker_key) as client:
        mine = (await client.get("/maker")).text
    async with signed_in(world, key) as rival:
        other = (await rival.get("/maker")).text
    assert re.search(r"Haushaltshof</th><td class=\"n\">3\s?% of the price", mine)
    assert "Haushaltshof" not in other
    assert "No shop has declared to pay you anything." in other
