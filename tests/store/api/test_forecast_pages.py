"""What the owner reads of a forecast, corrects in it, and takes along."""

from datetime import timedelta
from typing import Any

import httpx

from accounts.scoping import ALL_OWNERS
from accounts.tables import OwnerRow
from devices.tables import DayUseRow
from tests.store.api.world import Home, World, act, stock_of


async def lived(world: World, home: Home, days: int = 90) -> None:
    """A washing every other day, as the washer would have counted it."""
    today = world.clock.now().date()
    async with world.database.transaction(ALL_OWNERS) as session:
        for n in range(1, days + 1):
            used = 90.0 if n % 2 else 0.0
            session.add(
                DayUseRow(
                    device_id=home.device_id,
                    slot="detergent",
                    day_on=today - timedelta(days=n),
                    used=used,
                )
            )


async def said_of_kind(client: httpx.AsyncClient, kind: str) -> dict[str, Any]:
    found = (await client.get("/api/corrections")).json()
    (said,) = [each for each in found if each["kind"] == kind]
    return said


async def test_a_correction_is_said_listed_and_taken_back_without_javascript(
    world: World, nora: Home
):
    page = f"/stocks/{nora.stock_id}"
    form = {"kind": "change", "from_on": "2026-11-01", "people_before": "3", "people_now": "5"}
    async with world.client(nora) as client:
        said = await act(client, page, f"{page}/corrections", holds_for="stock", **form)
        html = (await client.get(said.headers["location"])).text
        assert "The forecast counts with it from now on." in html
        assert "From Sun 1 Nov on: 167% of the use before." in html
        mine = await said_of_kind(client, "change")
        assert (mine["stock_id"], mine["factor_ppm"]) == (str(nora.stock_id), 1_666_667)
        await act(client, page, f"{page}/corrections/{mine['correction_id']}/take-back")
        html = (await client.get(page)).text
        (left,) = (await client.get("/api/corrections")).json()
    assert "of the use before" not in html
    assert left["correction_id"] == str(nora.correction_id)


async def test_away_is_said_for_everything_at_home(world: World, nora: Home):
    page = f"/stocks/{nora.stock_id}"
    form = {"kind": "away", "from_on": "2026-12-20", "until_on": "2027-01-03"}
    async with world.client(nora) as client:
        await act(
            client, page, f"{page}/corrections", holds_for="everything", factor_ppm="0", **form
        )
        said = await said_of_kind(client, "away")
    assert (said["stock_id"], said["factor_ppm"], said["by"]) == (None, 0, nora.email)


async def test_impossible_corrections_are_refused_in_words(world: World, nora: Home):
    page = f"/stocks/{nora.stock_id}"
    wrong = {"kind": "change", "from_on": "2026-11-01", "people_before": "0", "people_now": "5"}
    async with world.client(nora) as client:
        answer = await act(client, page, f"{page}/corrections", **wrong)
        body = {"kind": "away", "from_on": "2026-12-20"}
        machine = world.client(bearer=nora.key)
        async with machine:
            refused = await machine.post("/api/corrections", json=body)
            gone = await machine.delete(f"/api/corrections/{nora.stock_id}")
    assert answer.status_code == 422
    assert refused.status_code == 422
    assert gone.status_code == 404


async def test_the_page_says_what_waiting_would_risk(world: World, nora: Home):
    async with world.client(nora) as client:
        html = (await client.get(f"/stocks/{nora.stock_id}")).text
    assert "Delivery takes" in html
    assert "waiting until Sat 21 Nov would risk" in html
    assert "The numbers behind it" in html
    assert "Too little history yet." in html


async def test_after_a_month_the_page_says_how_good_the_forecast_was(world: World, nora: Home):
    await lived(world, nora)
    async with world.client(nora) as client:
        html = (await client.get(f"/stocks/{nora.stock_id}")).text
    assert "of the dates came within the range shown; 80% are promised." in html
    assert 'class="chart reliability"' in html


async def test_the_same_back_test_over_rest(world: World, nora: Home):
    await lived(world, nora)
    async with world.client(bearer=nora.key) as client:
        found = (await client.get(f"/api/stocks/{nora.stock_id}/backtest")).json()
    assert found["judged"] > 100
    assert 0 <= found["coverage"] <= 1
    assert [each["cover_days"] for each in found["errors"]] == [7, 14, 28]
    assert all(each["error_days"] < 3 for each in found["errors"])
    assert len(found["reliability"]) == 9


async def test_what_was_learned_goes_along_in_one_document(world: World, nora: Home):
    await lived(world, nora, days=5)
    async with world.client(bearer=nora.key) as client:
        found = (await client.get(f"/api/stocks/{nora.stock_id}/profile")).json()
    assert (found["format"], found["version"]) == ("nachschub-profile", 1)
    (slot,) = found["slots"]
    assert [day["used"] for day in slot["day_use"]] == [90, 0, 90, 0, 90]
    assert [each["kind"] for each in found["corrections"]] == ["ignore"]
    assert found["learned"]["use_per_day"]["mean"] > 0


async def test_a_day_without_gets_a_price_and_a_service_level(world: World, nora: Home):
    page = f"/stocks/{nora.stock_id}"
    form = {
        "service": "priced",
        "stock_out_per_day": "2,50",
        "target": "900",
        "keeps_days": "200",
    }
    async with world.client(nora) as client:
        await act(client, page, page, **form)
        html = (await client.get(page)).text
    stock = await stock_of(world, nora)
    assert (stock.stock_out_minor_per_day, stock.target, stock.keeps_days) == (250, 900, 200)
    assert 'value="2.50"' in html


async def test_outcomes_are_counted_only_while_the_owner_agrees(world: World, nora: Home):
    async def shared() -> bool:
        async with world.database.snapshot(ALL_OWNERS) as session:
            return (await session.get_one(OwnerRow, nora.owner_id)).shares_outcomes

    async with world.client(nora) as client:
        home = (await client.get("/")).text
        html = (await client.get("/consent")).text
        assert 'href="/consent"' in home
        assert "only once 20 households have agreed" in html
        assert "checked" not in html
        assert not await shared()
        await act(client, "/consent", "/consent", is_shared="true")
        html = (await client.get("/consent")).text
        assert "checked" in html
        assert await shared()
        await act(client, "/consent", "/consent")
        assert not await shared()


async def test_the_page_says_by_whose_outcomes_it_is_corrected(world: World, nora: Home):
    async with world.client(nora) as client:
        html = (await client.get(f"/stocks/{nora.stock_id}")).text
    assert "of public data, as shipped" in html
