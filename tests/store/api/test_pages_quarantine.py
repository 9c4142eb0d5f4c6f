"""Quarantine, access and retention, on pages and over REST."""

import re

from sqlmodel import select

from accounts.scoping import ALL_OWNERS
from accounts.tables import OwnerRow
from core.outbox import OutboxRow
from devices import quarantine_answers
from devices.tables import DeviceRow, OwnershipRow, QuarantineRow
from tests.store.api.world import Home, World, act, becomes


async def work_of(world: World, kind: str) -> list[OutboxRow]:
    async with world.database.snapshot(ALL_OWNERS) as session:
        return list(await session.exec(select(OutboxRow).where(OutboxRow.kind == kind)))


async def device(world: World, home: Home) -> DeviceRow:
    async with world.database.snapshot(ALL_OWNERS) as session:
        return await session.get_one(DeviceRow, home.device_id)


async def kept(world: World, home: Home) -> QuarantineRow | None:
    async with world.database.snapshot(ALL_OWNERS) as session:
        return await session.get(QuarantineRow, home.quarantine_id)


async def test_the_reason_and_the_raw_message_are_shown_and_it_is_tried_again_once(
    world: World, nora: Home
):
    page = f"/devices/{nora.device_id}/quarantine"
    async with world.client(nora) as client:
        shown = (await client.get(page)).text
        assert "one message was set aside" in shown
        assert "Unknown slot" in shown
        assert "&#34;bleach&#34;: {&#34;level&#34;: 0.5}" in shown
        for _ in range(2):
            answer = await act(client, page, f"{page}/{nora.quarantine_id}/release")
            assert answer.headers["location"].startswith(page)
        assert "Is being tried again" in (await client.get(page)).text
    [row] = await work_of(world, quarantine_answers.RELEASE)
    assert row.payload == {"quarantine_id": nora.quarantine_id}


async def test_who_may_only_look_is_offered_no_act(world: World, nora: Home):
    await becomes(world, nora, "viewer")
    page = f"/devices/{nora.device_id}/quarantine"
    async with world.client(nora) as client:
        shown = (await client.get(page)).text
        answer = await act(client, page, f"{page}/{nora.quarantine_id}/discard")
    assert "Unknown slot" in shown
    assert "/discard" not in shown
    assert answer.status_code == 403
    assert await kept(world, nora) is not None


async def test_over_rest_it_is_listed_released_and_discarded(world: World, nora: Home):
    address = f"/api/quarantine/{nora.quarantine_id}"
    async with world.client(bearer=nora.key) as client:
        [found] = (await client.get("/api/quarantine")).json()
        assert (found["quarantine_id"], found["may_be_released"]) == (nora.quarantine_id, True)
        assert [each["code"] for each in found["faults"]] == ["unknown_slot"]
        assert found["raw"].startswith('{"v": 1, "boot_id": 1')
        assert (await client.post(f"{address}/release")).json()["is_released"] is True
        [found] = (await client.get("/api/quarantine")).json()
        assert (found["may_be_released"], found["is_released"]) == (False, True)
        await client.post(f"{address}/discard")
        assert (await client.get("/api/quarantine")).json() == []
        assert (await client.post(f"{address}/discard")).status_code == 404


async def test_a_maker_sees_test_devices_only_and_answers_for_them(world: World, nora: Home):
    async with world.client(bearer=world.maker_key) as client:
        assert (await client.get("/api/makers/quarantine")).json() == []
        address = f"/api/makers/quarantine/{nora.quarantine_id}/discard"
        assert (await client.post(address)).status_code == 404
        async with world.database.transaction(ALL_OWNERS) as session:
            (await session.get_one(DeviceRow, nora.device_id)).is_test = True
        [found] = (await client.get("/api/makers/quarantine")).json()
        assert found["device_id"] == nora.device_id
        assert (await client.post(address)).status_code == 200
    assert await kept(world, nora) is None


async def test_a_maker_answers_on_its_own_page(world: World, nora: Home):
    async with world.database.transaction(ALL_OWNERS) as session:
        (await session.get_one(DeviceRow, nora.device_id)).is_test = True
    async with world.client() as client:
        signed_out = await client.get("/maker/quarantine")
        assert signed_out.headers["location"] == "/maker/sign-in"
        await act(client, "/maker/sign-in", "/maker/sign-in", key=world.maker_key)
        shown = (await client.get("/maker/quarantine")).text
        assert nora.device_id in shown
        page = "/maker/quarantine"
        await act(client, page, f"{page}/{nora.quarantine_id}/release")
        assert "Is being tried again" in (await client.get(page)).text
        await act(client, page, f"{page}/{nora.quarantine_id}/discard")
    assert await kept(world, nora) is None


async def test_another_secret_is_shown_once(world: World, nora: Home):
    before = (await device(world, nora)).secret_hash
    page = f"/devices/{nora.device_id}/access"
    async with world.client(nora) as client:
        shown = (await act(client, page, f"/devices/{nora.device_id}/secret")).text
        again = (await client.get(page)).text
    secret = re.search(r'<p class="hash">([\w-]{43,52})</p>', shown)
    assert secret is not None
    assert secret[1] not in again
    assert (await device(world, nora)).secret_hash != before


async def test_a_device_is_locked_out_only_after_a_tick(world: World, nora: Home):
    page = f"/devices/{nora.device_id}/access"
    async with world.client(nora) as client:
        refused = await act(client, page, f"/devices/{nora.device_id}/revoke")
        assert refused.status_code == 422
        assert (await device(world, nora)).revoked_at is None
        done = await act(client, page, f"/devices/{nora.device_id}/revoke", sure="yes")
        assert done.headers["location"] == "/devices?said=device_revoked"
        assert "locked out" in (await client.get("/devices")).text
        shown = (await client.get(page)).text
        late = await act(client, page, f"/devices/{nora.device_id}/secret")
    assert (await device(world, nora)).revoked_at is not None
    assert "Make another secret" not in shown
    assert late.status_code == 422


async def test_a_removed_device_is_gone_with_what_it_sent(world: World, nora: Home):
    page = f"/devices/{nora.device_id}/access"
    async with world.client(nora) as client:
        kept_it = await act(client, page, f"/devices/{nora.device_id}/deregister")
        gone = await act(client, page, f"/devices/{nora.device_id}/deregister", sure="yes")
        assert (await client.get(page)).status_code == 404
    assert (kept_it.status_code, gone.status_code) == (422, 303)
    assert await kept(world, nora) is None
    async with world.database.snapshot(nora.owner_id) as session:
        assert (await session.exec(select(OwnershipRow))).all() == []


async def test_the_owner_says_how_long_readings_are_kept(world: World, nora: Home):
    async def days() -> int:
        async with world.database.snapshot(nora.owner_id) as session:
            return (await session.get_one(OwnerRow, nora.owner_id)).readings_kept_days

    async with world.client(nora) as client:
        assert 'value="400"' in (await client.get("/retention")).text
        for wrong in ("29", "4000", "soon", ""):
            refused = await act(client, "/retention", "/retention", days=wrong)
            assert refused.status_code == 422
            assert "from 30 to 3650" in refused.text
        assert await days() == 400
        await act(client, "/retention", "/retention", days="90")
        assert await days() == 90
    async with world.client(bearer=nora.key) as client:
        assert (await client.get("/api/retention")).json()["readings_kept_days"] == 90
        wrong = await client.put("/api/retention", json={"readings_kept_days": 7})
        assert (wrong.status_code, wrong.json()["code"]) == (422, "not_kept_so_long")
        await client.put("/api/retention", json={"readings_kept_days": 3650})
    assert await days() == 3650
