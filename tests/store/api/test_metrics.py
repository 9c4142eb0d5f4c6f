"""Metrics and prices over REST."""

from datetime import timedelta

from tests.store.api.world import Home, World


async def test_the_override_rate_and_the_delay_of_a_yes_are_told(world: World, nora: Home):
    world.clock.step_to(world.clock.now() + timedelta(hours=3))
    async with world.client(bearer=nora.key) as client:
        await client.post(f"/api/orders/{nora.order_id}/approve")
        found = (await client.get("/api/metrics")).json()
    assert (found["orders"], found["answered"], found["override_ppm"]) == (1, 1, 0)
    assert found["approval_delay_s"] == 3 * 3600
    assert (found["needs"], found["stock_outs"]) == (1, 0)


async def test_prices_are_told_by_product_and_shop(world: World, nora: Home):
    async with world.client(bearer=nora.key) as client:
        found = (await client.get("/api/prices")).json()
    assert [(each["vendor"], each["points"][0]["price"]["minor"]) for each in found] == [
        ("billigblitz", 790),
        ("haushaltshof", 840),
        ("tintenwelt", 880),
    ]
