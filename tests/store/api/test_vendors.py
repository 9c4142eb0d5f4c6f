"""What vendors are told of decisions, their complaints, and the meter, over REST."""

from datetime import timedelta
from uuid import uuid4

import pytest

from accounts import principal
from accounts.principal import Audience
from accounts.scoping import ALL_OWNERS
from core.offload import here
from tests.store.api.world import Home, World
from vendor_policy import metering


async def a_vendor_key(world: World, vendor_id: str) -> str:
    async with world.database.transaction(ALL_OWNERS) as session:
        return principal.issue_vendor_key(
            session, vendor_id, label="shop", ids=world.ids, wall=world.clock.now()
        )


async def an_operator_key(world: World) -> str:
    async with world.database.transaction(ALL_OWNERS) as session:
        return principal.issue_api_key(
            session,
            Audience.OPERATOR,
            world.ids.uuid(),
            label="desk",
            ids=world.ids,
            wall=world.clock.now(),
        )


async def a_day_later(world: World) -> None:
    world.clock.step_to(world.clock.now() + timedelta(days=1))
    parts = {"transaction": world.database.transaction, "clock": world.clock}
    await metering.measure_new(**parts, offload=here)
    await metering.state_new(**parts, offload=here)


async def statements(world: World, vendor_id: str) -> list[dict]:
    async with world.client(bearer=await a_vendor_key(world, vendor_id)) as client:
        answer = await client.get("/api/statements")
    assert answer.status_code == 200
    return answer.json()


async def test_each_vendor_is_told_of_its_own_offer(world: World, nora: Home):
    await a_day_later(world)
    (won,) = await statements(world, "billigblitz")
    (lost,) = await statements(world, "haushaltshof")
    (excluded,) = await statements(world, "tintenwelt")
    assert (won["outcome"], won["short"], won["price"]["minor"]) == ("won", None, 790)
    assert lost["outcome"] == "lost"
    assert lost["short"]["minor"] in (50, 51)
    assert excluded["outcome"] == "excluded"
    assert excluded["reasons"] == [
        {"reason": "out_of_stock", "author": "platform", "missing": None}
    ]
    assert excluded["short"] is None


async def test_a_statement_names_neither_owner_nor_rival(world: World, nora: Home):
    await a_day_later(world)
    others = ("billigblitz", "tintenwelt", "790", "880")
    private = (nora.owner_id, nora.stock_id, nora.order_id, nora.record_id, nora.email)
    told = str(await statements(world, "haushaltshof")).lower()
    assert [each for each in (*others, *map(str, private)) if each in told] == []


async def test_the_same_decision_is_stated_and_measured_once(world: World, nora: Home):
    await a_day_later(world)
    await a_day_later(world)
    assert len(await statements(world, "haushaltshof")) == 1
    async with world.client() as client:
        assert (await client.get("/api/meter")).json()["decisions"] == 1


async def test_a_decision_of_this_moment_waits_until_it_is_settled(world: World, nora: Home):
    parts = {"transaction": world.database.transaction, "clock": world.clock}
    await metering.state_new(**parts, offload=here)
    assert await statements(world, "haushaltshof") == []


async def test_the_meter_is_open_to_everyone_and_holds_counts_alone(world, nora, neighbour):
    await a_day_later(world)
    async with world.client() as client:
        found = (await client.get("/api/meter")).json()
    swaps = {each["swap"]: (each["runs"], each["changes"]) for each in found["swaps"]}
    assert (found["decisions"], found["unreadable"], found["replay_changes"]) == (2, 0, 0)
    assert swaps == {
        "vendors": (4, 0),
        "ids": (2, 0),
        "order": (2, 0),
        "remuneration": (2, 0),
    }
    assert found["newest"]["decisions"] == 2


async def test_before_the_first_run_the_meter_is_empty(world: World):
    async with world.client() as client:
        found = (await client.get("/api/meter")).json()
    assert (found["decisions"], found["newest"]) == (0, None)


async def test_a_complaint_is_opened_taken_up_and_answered_with_dates(world, nora):
    await a_day_later(world)
    (statement,) = await statements(world, "haushaltshof")
    body = {"statement_id": statement["statement_id"], "words": "Our price was lower."}
    async with world.client(bearer=await a_vendor_key(world, "haushaltshof")) as client:
        opened = await client.post("/api/complaints", json=body)
        again = await client.post("/api/complaints", json=body)
    assert (opened.status_code, again.status_code) == (201, 409)
    address = f"/api/operator/complaints/{opened.json()['complaint_id']}"
    async with world.client(bearer=await an_operator_key(world)) as client:
        early = await client.post(address, json={"event": "uphold", "words": "x"})
        world.clock.step_to(world.clock.now() + timedelta(days=2))
        await client.post(address, json={"event": "take_up", "words": "I look at it."})
        done = (
            await client.post(address, json={"event": "dismiss", "words": "It was dearer."})
        ).json()
        listed = (await client.get("/api/operator/complaints")).json()
    assert early.json()["code"] == "complaint_cannot"
    assert [each["state"] for each in done["events"]] == ["opened", "in_review", "not_upheld"]
    assert done["events"][0]["at"] < done["events"][1]["at"]
    assert listed == [done]
    async with world.client(bearer=await a_vendor_key(world, "haushaltshof")) as client:
        assert (await client.get("/api/complaints")).json() == [done]
        late = await client.post(f"/api/complaints/{done['complaint_id']}/withdraw", json={})
    assert late.status_code == 409


async def test_a_vendor_neither_sees_nor_moves_anything_of_another(world, nora):
    await a_day_later(world)
    (statement,) = await statements(world, "haushaltshof")
    body = {"statement_id": statement["statement_id"], "words": "Mine."}
    async with world.client(bearer=await a_vendor_key(world, "haushaltshof")) as client:
        complaint = (await client.post("/api/complaints", json=body)).json()
    async with world.client(bearer=await a_vendor_key(world, "billigblitz")) as client:
        stolen = await client.post("/api/complaints", json=body)
        withdrawn = await client.post(
            f"/api/complaints/{complaint['complaint_id']}/withdraw", json={}
        )
        unknown = await client.post(f"/api/complaints/{uuid4()}/withdraw", json={})
        assert (await client.get("/api/complaints")).json() == []
        answered = await client.post(
            f"/api/operator/complaints/{complaint['complaint_id']}",
            json={"event": "uphold", "words": "x"},
        )
    assert stolen.status_code == withdrawn.status_code == unknown.status_code == 404
    assert answered.status_code == 403


@pytest.mark.parametrize("path", ["/api/statements", "/api/complaints"])
async def test_owners_and_makers_are_not_vendors(world: World, nora: Home, path: str):
    for key in (nora.key, world.maker_key):
        async with world.client(bearer=key) as client:
            assert (await client.get(path)).status_code == 403


async def test_a_vendors_key_opens_no_household(world: World, nora: Home):
    async with world.client(bearer=await a_vendor_key(world, "haushaltshof")) as client:
        for path in ("/api/asks", "/api/policy", f"/api/decisions/{nora.record_id}"):
            assert (await client.get(path)).status_code == 403
