"""An override made a rule, over REST: suggested, never learned."""

from tests.store.api.world import Home, World


async def overridden(client, home: Home) -> str:
    """Another offer than the policy's; the id of the order."""
    (ask,) = (await client.get("/api/asks")).json()
    body = {"offer_id": ask["runner_up_offer_id"]}
    return (await client.post(f"/api/orders/{home.order_id}/choose", json=body)).json()[
        "order_id"
    ]


async def test_an_override_is_learned_only_when_its_owner_says_so(world: World, nora: Home):
    async with world.client(bearer=nora.key) as client:
        before = (await client.get("/api/policy")).json()
        order_id = await overridden(client, nora)
        found = (await client.get(f"/api/orders/{order_id}/suggestions")).json()
        assert (await client.get("/api/policy")).json() == before
        names = [each["name"] for each in found["suggestions"]]
        body = {"name": "prefer_shop", "version": found["version"]}
        saved = await client.post(f"/api/orders/{order_id}/make-rule", json=body)
        stale = await client.post(f"/api/orders/{order_id}/make-rule", json=body)
        after = (await client.get("/api/policy")).json()
    assert names == ["prefer_shop", "not_this_shop"]
    assert "Haushaltshof" in found["suggestions"][0]["sentence"]
    assert saved.json() == {"version": found["version"] + 1}
    assert [each["name"] for each in after["vendor_credits"]] == ["haushaltshof"]
    assert (stale.status_code, stale.json()["code"]) == (412, "changed_meanwhile")


async def test_what_is_not_suggested_cannot_be_saved(world: World, nora: Home):
    async with world.client(bearer=nora.key) as client:
        order_id = await overridden(client, nora)
        body = {"name": "make_me_rich", "version": 1}
        answer = await client.post(f"/api/orders/{order_id}/make-rule", json=body)
    assert answer.status_code == 404


async def test_an_order_of_the_policys_own_choice_suggests_nothing(world: World, nora: Home):
    async with world.client(bearer=nora.key) as client:
        found = await client.get(f"/api/orders/{nora.order_id}/suggestions")
    assert found.json()["suggestions"] == []
