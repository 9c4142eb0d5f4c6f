"""What differs between policies, and what a draft would have bought, over REST."""

from typing import Any

import httpx

from tests.store.api.world import Home, World, rows_of


async def in_force(client: httpx.AsyncClient) -> dict[str, Any]:
    read: dict[str, Any] = (await client.get("/api/policy")).json()
    return read


async def save(client: httpx.AsyncClient, **changes: Any) -> None:
    read = await client.get("/api/policy")
    wanted = {**read.json(), **changes}
    headers = {"If-Match": read.headers["etag"]}
    assert (await client.put("/api/policy", json=wanted, headers=headers)).status_code == 200


async def test_versions_are_listed_and_told_apart(world: World, nora: Home):
    async with world.client(bearer=nora.key) as client:
        await save(client, ask_above_minor=4000)
        versions = (await client.get("/api/policies")).json()
        diff = await client.get("/api/policies/diff", params={"before": 1, "after": 2})
        missing = await client.get("/api/policies/diff", params={"before": 1, "after": 9})
    assert [each["version"] for each in versions] == [2, 1]
    assert len({each["policy_hash"] for each in versions}) == 2
    assert diff.json() == [
        {
            "field": "ask_above_minor",
            "entry": None,
            "before": None,
            "after": 4000,
            "sentence": "Ask above: 40.00\u00a0€ (new)",
        }
    ]
    assert missing.status_code == 404


async def test_a_preview_says_what_saving_would_change_and_saves_nothing(world, nora):
    before = await rows_of(world, nora)
    async with world.client(bearer=nora.key) as client:
        draft = {**await in_force(client), "brands_blocked": ["Klarbach"]}
        shown = (await client.post("/api/policies/preview", json=draft)).json()
    assert shown["version"] == 1
    assert [each["sentence"] for each in shown["changes"]] == [
        "Brand ruled out: Klarbach (new)"
    ]
    assert await rows_of(world, nora) == before


async def test_a_dry_run_shows_both_sides_and_saves_nothing(world: World, nora: Home):
    before = await rows_of(world, nora)
    async with world.client(bearer=nora.key) as client:
        draft = {**await in_force(client), "vendors_blocked": ["billigblitz"]}
        found = (await client.post("/api/policies/dry-run", json=draft)).json()
        (ask,) = (await client.get("/api/asks")).json()
    assert (found["needs"], found["unreadable"]) == (1, 0)
    assert (found["before"]["vendors"], found["after"]["vendors"]) == (
        {"billigblitz": 1},
        {"haushaltshof": 1},
    )
    (changed,) = found["changed"]
    assert changed["before"]["paid"] == ask["total"]
    assert changed["after"]["vendor_name"] == "Haushaltshof"
    assert await rows_of(world, nora) == before


async def test_an_impossible_draft_is_refused_with_its_field(world: World, nora: Home):
    async with world.client(bearer=nora.key) as client:
        draft = {**await in_force(client), "brands_blocked": 7}
        answer = await client.post("/api/policies/dry-run", json=draft)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "body.brands_blocked"


async def test_a_dry_run_sees_only_ones_own_decisions(world, nora, neighbour):
    async with world.client(bearer=neighbour.key) as client:
        found = (await client.post("/api/policies/dry-run", json=await in_force(client))).json()
    assert found["needs"] == 1  # two households, one decision each


async def test_counterfactuals_of_a_decision_are_told_with_their_numbers(world, nora):
    async with world.client(bearer=nora.key) as client:
        found = (await client.get(f"/api/decisions/{nora.record_id}/counterfactuals")).json()
        (ask,) = (await client.get("/api/asks")).json()
    (cut,) = found["cuts"]
    assert cut["offer_id"] == ask["runner_up_offer_id"]
    assert cut["cut"]["minor"] in (50, 51)  # 8.40 against 7.90, the same delivery
    shown = f"would be chosen if one pack were 0.{cut['cut']['minor']}\u00a0€ cheaper."
    assert found["sentences"][0].endswith(shown)
