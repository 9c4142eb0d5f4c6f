"""A vendor's pages: its own offers, its complaints, and nothing of anybody else."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
import pytest

from accounts.scoping import ALL_OWNERS
from accounts.tables import ApiKeyRow
from tests.store.api.test_vendors import a_day_later, a_vendor_key, statements
from tests.store.api.world import Home, World, act, token_in
from vendor_policy import store
from vendor_policy.offers import MissingFacts
from vendor_policy.store import Sight


@asynccontextmanager
async def signed_in(world: World, vendor_id: str) -> AsyncIterator[httpx.AsyncClient]:
    key = await a_vendor_key(world, vendor_id)
    async with world.client() as client:
        answer = await act(client, "/vendor/sign-in", "/vendor/sign-in", key=key)
        assert answer.headers["location"] == "/vendor"
        assert key not in answer.headers["set-cookie"]
        assert "HttpOnly" in answer.headers["set-cookie"]
        assert "SameSite=strict" in answer.headers["set-cookie"]
        yield client


async def vendor_token(client: httpx.AsyncClient, page: str) -> str:
    html = (await client.get(page)).text.partition("<main")[2]
    return re.search(r'name="csrf_token" value="([^"]+)"', html)[1]


async def complain(client: httpx.AsyncClient, statement_id: str, words: str) -> httpx.Response:
    token = await vendor_token(client, "/vendor")
    return await client.post(
        f"/vendor/statements/{statement_id}/complain",
        data={"csrf_token": token, "words": words},
    )


async def test_a_vendor_reads_why_its_offer_lost_and_complains(world: World, nora: Home):
    await a_day_later(world)
    (mine,) = await statements(world, "haushaltshof")
    page = f"/vendor/statements/{mine['statement_id']}"
    async with signed_in(world, "haushaltshof") as client:
        overview = (await client.get("/vendor")).text
        answer = await complain(client, mine["statement_id"], "Delivery was free.")
        shown = (await client.get(page)).text
        withdraw = re.search(r'action="(/vendor/complaints/[^"]+/withdraw)"', shown)[1]
        token = await vendor_token(client, page)
        await client.post(withdraw, data={"csrf_token": token})
        after = (await client.get(page)).text
    assert page in overview
    assert "too dear a pack" in overview
    assert answer.headers["location"] == page
    assert "Complaint received" in shown
    assert "Delivery was free." in shown
    assert "Withdrawn" in after


async def test_no_page_or_act_of_a_vendor_reaches_another_vendors(world: World, nora: Home):
    await a_day_later(world)
    (mine,) = await statements(world, "haushaltshof")
    async with signed_in(world, "haushaltshof") as client:
        await complain(client, mine["statement_id"], "Mine alone.")
        shown = (await client.get(f"/vendor/statements/{mine['statement_id']}")).text
        withdraw = re.search(r'action="(/vendor/complaints/[^"]+/withdraw)"', shown)[1]
    async with signed_in(world, "tintenwelt") as rival:
        overview = (await rival.get("/vendor")).text
        read = await rival.get(f"/vendor/statements/{mine['statement_id']}")
        spoke = await complain(rival, mine["statement_id"], "Not mine.")
        token = await vendor_token(rival, "/vendor")
        took = await rival.post(withdraw, data={"csrf_token": token})
        assert mine["statement_id"] not in overview
        for told in (overview, read.text, spoke.text, took.text):
            assert "Mine alone." not in told
            assert "Haushaltshof" not in told
    assert (read.status_code, spoke.status_code, took.status_code) == (404, 404, 404)
    (before,) = await statements(world, "haushaltshof")
    assert before == mine


async def test_what_is_refused_at_the_door_is_told_with_field_and_reason(world, nora):
    refused = MissingFacts(
        vendor="tintenwelt",
        sku="TW-9",
        title="<b>Toner</b>",
        fields=("gtin", "remuneration"),
        reasons=("wrong_check_digit", "not_said"),
    )
    sight = Sight(vendor_id="tintenwelt", category="toner", at=world.clock.now())
    async with world.database.transaction(ALL_OWNERS) as session:
        await store.replace_offers(session, sight, [refused])
    async with signed_in(world, "tintenwelt") as client:
        page = (await client.get("/vendor")).text
    async with signed_in(world, "haushaltshof") as rival:
        other = (await rival.get("/vendor")).text
    assert "gtin</span>: The check digit is wrong." in page
    assert "remuneration</span>: Not said." in page
    assert "&lt;b&gt;Toner" in page
    assert "TW-9" not in other


async def test_only_a_vendors_key_signs_in(world: World, nora: Home):
    async with world.client() as client:
        for key in (nora.key, world.maker_key, "guessed", ""):
            answer = await act(client, "/vendor/sign-in", "/vendor/sign-in", key=key)
            assert answer.status_code == 422
            assert "set-cookie" not in answer.headers
        assert (await client.get("/vendor")).headers["location"] == "/vendor/sign-in"


@pytest.mark.parametrize("change", ["late", "revoked", "bent", "cut", "forged"])
async def test_a_session_that_is_over_revoked_or_bent_opens_nothing(world, nora, change):
    async with signed_in(world, "haushaltshof") as client:
        sealed = client.cookies["vendor"]
        client.cookies.clear()
        if change == "late":
            world.clock.step_to(world.clock.now() + timedelta(hours=5))
        elif change == "revoked":
            async with world.database.transaction(ALL_OWNERS) as session:
                row = await session.get_one(ApiKeyRow, sealed.split(".")[0])
                row.revoked_at = world.clock.now()
        elif change == "bent":
            sealed = sealed[:-1] + ("0" if sealed[-1] != "0" else "1")
        elif change == "cut":
            sealed = "."
        else:
            sealed = f"{sealed.split('.')[0]}.9999999999.x.{'0' * 64}"
        answer = await client.get("/vendor", headers={"Cookie": f"vendor={sealed}"})
    assert answer.headers.get("location") == "/vendor/sign-in"


async def test_an_act_wants_the_token_of_the_vendors_own_session(world: World, nora: Home):
    await a_day_later(world)
    (mine,) = await statements(world, "haushaltshof")
    address = f"/vendor/statements/{mine['statement_id']}/complain"
    async with signed_in(world, "haushaltshof") as client:
        guest = await token_in(client, "/verify")
        for token in ("", guest, "guessed"):
            answer = await client.post(address, data={"csrf_token": token, "words": "x"})
            assert answer.status_code == 403
        silent = await complain(client, mine["statement_id"], "   ")
        out = await client.post(
            "/vendor/sign-out", data={"csrf_token": await vendor_token(client, "/vendor")}
        )
        after = await client.get("/vendor")
    assert silent.status_code == 422
    assert out.headers["location"] == "/vendor/sign-in"
    assert after.headers["location"] == "/vendor/sign-in"
