"""Recommendations over REST: only when asked for, never after a no."""

import re
from datetime import timedelta

from sqlmodel import select

from core.money import Money
from tests.store.api.world import Home, World, act
from tests.unit.vendor_policy.builders import (
    a_need,
    a_policy,
    a_question,
    an_offer,
    some_circumstances,
    some_facts,
)
from vendor_policy import store
from vendor_policy.declarations import Shipping
from vendor_policy.record import answer, written
from vendor_policy.tables import DecisionRow

BLOCKING = a_policy(vendors_blocked=("billigblitz",))
FREE = Shipping(flat_minor=0)


async def a_past(world: World, home: Home) -> None:
    """A year in which the dearer shop was taken each month."""
    now = world.clock.now()
    async with world.database.transaction(home.owner_id) as session:
        await store.save_policy(
            session, home.owner_id, BLOCKING, author="nora", at=now, ids=world.ids
        )
        row = (await session.exec(select(DecisionRow))).one()
        for month in range(1, 13):
            at = now - timedelta(days=29 * month)
            question = a_question(
                an_offer(offer_id="a", price=Money(900, "EUR"), shipping=FREE),
                an_offer(
                    offer_id="b", vendor="billigblitz", price=Money(700, "EUR"), shipping=FREE
                ),
                needs=(a_need(stock_id=str(home.stock_id), need_id=str(world.ids.uuid())),),
                facts=some_facts(now_at=at, today_on=at.date()),
                policy=BLOCKING,
            )
            made = written(question, answer(question), some_circumstances(decided_at=at))
            await store.insert_record(session, row.owner_id, made, ids=world.ids)


async def test_nothing_is_recommended_unless_asked_for(world: World, nora: Home):
    await a_past(world, nora)
    async with world.client(bearer=nora.key) as client:
        found = (await client.get("/api/recommendations")).json()
    assert (found["is_on"], found["recommendations"]) == (False, [])


async def test_a_saving_is_shown_with_its_computation_and_never_after_a_no(world, nora):
    await a_past(world, nora)
    async with world.client(bearer=nora.key) as client:
        await client.put("/api/recommendations", json={"is_on": True})
        (found,) = (await client.get("/api/recommendations")).json()["recommendations"]
        no = await client.post("/api/recommendations/decline", json={"key": found["key"]})
        again = (await client.get("/api/recommendations")).json()
    assert found["key"] == "allow_shop:billigblitz"
    assert found["saved"]["minor"] > 0
    assert found["needs"] >= found["changed"] > 0
    assert "Allow the shop billigblitz again." in found["sentence"]
    assert found["policy"]["vendors_blocked"] == []
    assert no.status_code == 204
    assert (again["is_on"], again["recommendations"]) == (True, [])


async def test_a_neighbours_no_is_its_own(world: World, nora: Home, neighbour: Home):
    await a_past(world, nora)
    async with world.client(bearer=neighbour.key) as client:
        body = {"key": "allow_shop:billigblitz"}
        await client.post("/api/recommendations/decline", json=body)
    async with world.client(bearer=nora.key) as client:
        await client.put("/api/recommendations", json={"is_on": True})
        found = (await client.get("/api/recommendations")).json()
    assert len(found["recommendations"]) == 1


PAGE = "/policy/recommendations"


async def test_the_page_computes_nothing_unasked_and_takes_one_change(world: World, nora: Home):
    await a_past(world, nora)
    async with world.client(nora) as client:
        assert "a year less" not in (await client.get(PAGE)).text
        await act(client, PAGE, PAGE, is_on="yes")
        shown = (await client.get(PAGE)).text
        key = {"key": "allow_shop:billigblitz"}
        stale = await act(client, PAGE, f"{PAGE}/take", **key, version="7")
        taken = await act(client, PAGE, f"{PAGE}/take", **key, version=version_in(shown))
        async with world.client(bearer=nora.key) as reader:
            policy = (await reader.get("/api/policy")).json()
    assert "Allow the shop Billigblitz again." in shown
    assert stale.status_code == 412
    assert taken.headers["location"] == "/policy?said=saved"
    assert policy["vendors_blocked"] == []


async def test_a_no_on_the_page_is_for_good(world: World, nora: Home):
    await a_past(world, nora)
    async with world.client(nora) as client:
        await act(client, PAGE, PAGE, is_on="yes")
        key = {"key": "allow_shop:billigblitz"}
        await act(client, PAGE, f"{PAGE}/decline", **key)
        shown = await client.get(PAGE)
        unknown = await act(client, PAGE, f"{PAGE}/decline", **key)
    assert "a year less" not in shown.text
    assert unknown.status_code == 404


def version_in(page: str) -> str:
    found = re.search(r'name="version" value="(\d+)"', page)
    assert found
    return found[1]
