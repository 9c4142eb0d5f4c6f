"""Everything at home, adding what cannot report, and saying what one does with it."""

import html
import re
from dataclasses import replace

from sqlmodel import select

from accounts.scoping import ALL_OWNERS
from devices.discovered import Discovery, Found
from devices.tables import SlotRow, StockRow
from tests.store.api.world import Home, World, act, token_in

COFFEE = {
    "name": "Old coffee machine",
    "place": "Kitchen",
    "what": "slot:coffee-b4/beans",
    "pack": "1000",
    "lasts_days": "20",
    "dose": "15",
    "packs": "2",
    "is_full": "yes",
}


async def slot_by_hand(world: World) -> SlotRow:
    async with world.database.snapshot(ALL_OWNERS) as session:
        (row,) = (
            await session.exec(select(SlotRow).where(SlotRow.device_id.startswith("by-hand")))
        ).all()
        return row


async def stock_by_hand(world: World) -> StockRow:
    slot = await slot_by_hand(world)
    async with world.database.snapshot(ALL_OWNERS) as session:
        return await session.get_one(StockRow, slot.stock_id)


async def test_an_appliance_is_added_with_what_is_open_and_on_the_shelf(
    world: World, nora: Home
):
    async with world.client(nora) as client:
        added = await act(client, "/devices/by-hand", "/devices/by-hand", **COFFEE)
        page = (await client.get(added.headers["location"])).text
    slot, stock = await slot_by_hand(world), await stock_by_hand(world)
    assert (slot.in_slot, slot.spec["typical_use_per_day"]) == (1000, 50)
    assert (stock.category, stock.unit, stock.spares, stock.mode) == (
        "coffee-beans",
        "g",
        2000,
        "ask",
    )
    assert "Used once (15\u00a0g)" in page or "Used once (15 g)" in page
    assert "Opened a new pack today" in page


async def test_a_tap_and_a_new_pack_lead_back_to_where_they_were_said(world: World, nora: Home):
    async with world.client(nora) as client:
        await act(client, "/devices/by-hand", "/devices/by-hand", **COFFEE)
        slot = await slot_by_hand(world)
        said = {"device_id": slot.device_id, "slot": slot.slot, "then": "/at-home"}
        path = f"/stocks/{slot.stock_id}"
        used = await act(client, "/at-home", f"{path}/used", **said)
        left = (await slot_by_hand(world)).in_slot
        opened = await act(client, "/at-home", f"{path}/new-pack", **said)
    assert used.headers["location"].startswith("/at-home?said=used_once")
    assert opened.headers["location"].startswith("/at-home?said=pack_opened")
    assert left == 985
    assert (await slot_by_hand(world)).in_slot == 1000
    assert (await stock_by_hand(world)).spares == 1000


async def test_what_no_shop_sells_is_told_and_never_ordered(world: World, nora: Home):
    own = {**COFFEE, "what": "own", "own": "Kümmel aus Omas Garten", "unit": "g"}
    async with world.client(nora) as client:
        await act(client, "/devices/by-hand", "/devices/by-hand", **own)
    stock = await stock_by_hand(world)
    assert (stock.name, stock.mode) == ("Kümmel aus Omas Garten", "notify")


async def test_what_is_missing_is_named_and_what_was_typed_stays(world: World, nora: Home):
    wrong = {**COFFEE, "what": "own", "name": "", "place": "Loft", "pack": "a lot"}
    async with world.client(nora) as client:
        answer = await act(client, "/devices/by-hand", "/devices/by-hand", **wrong)
    assert answer.status_code == 422
    for said in ("Name what it uses up.", "Give it a name.", "A whole number, please."):
        assert said in answer.text
    assert 'value="Loft"' in answer.text


async def test_everything_at_home_says_how_much_where_and_what_waits(world: World, nora: Home):
    async with world.client(nora) as client:
        await act(client, "/devices/by-hand", "/devices/by-hand", **COFFEE)
        page = (await client.get("/at-home")).text
    assert "3 supplies at home" in page
    assert "One of them waits for your answer." in page
    assert "Old coffee machine" in page
    assert re.search(r"2,000\s*g on the shelf", page)
    assert re.search(r"In use: 1,000\s*g", page)


async def test_the_guide_looks_around_only_where_the_operator_said_so(world: World, nora: Home):
    async with world.client(nora) as client:
        off = (await client.get("/guide")).text
        refused = await act(client, "/guide", "/guide/look")
    assert "Looking around is off" in off
    assert refused.status_code == 404


async def test_what_is_found_is_added_by_a_command_with_a_code_of_its_own(
    world: World, nora: Home
):
    async def discover() -> Discovery:
        plug = Found(
            kind="plug",
            name="<b>Cellar</b>",
            address="mqtt://10.0.0.2:1883",
            options=("device=a plug", "plug=tasmota", "appliance=washer"),
        )
        return Discovery(found=(plug,), problems=("10.0.0.3:1883: timed out",))

    world.app.state.platform = replace(world.app.state.platform, discover=discover)
    async with world.client(nora) as client:
        page = (await act(client, "/guide", "/guide/look")).text
        hidden = re.findall(r'type="hidden" name="(kind|address|option)" value="([^"]*)"', page)
        token = await token_in(client, "/guide")
        form = {"csrf_token": token, "option": [v for k, v in hidden if k == "option"]}
        form |= {k: v for k, v in hidden if k != "option"}
        shown = await client.post("/devices/bridge-code", data=form)
    assert "One thing found" in page
    assert "<b>Cellar</b>" not in page
    assert "Could not ask 10.0.0.3:1883: timed out" in page
    command = re.search(r"nachschub bridge plug [^<]*", html.unescape(shown.text))[0]
    assert " mqtt://10.0.0.2:1883 --set 'device=a plug' --set plug=tasmota" in command
    assert re.search(r"--claim [A-Z0-9]{8,} --platform http://platform", command)
    assert "Say what hangs on the plug" in shown.text
