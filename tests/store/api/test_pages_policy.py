"""The owner's rules as a browser without JavaScript changes them; time machine; versions."""

import re
from html import unescape

import httpx
import pytest

from tests.store.api.world import Home, World, act, rows_of, state_of

FIELD = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
CHEAP = {"version": "1", "preset": "balanced", "stock_out_per_day": "2,00", "loyalty": "2"}


def said(page: str) -> str:
    return unescape(page).replace("\u00a0", " ")


def hidden(page: str) -> dict[str, str]:
    return {name: unescape(value) for name, value in FIELD.findall(page)}


async def in_force(client: httpx.AsyncClient) -> dict:
    return (await client.get("/api/policy")).json()


async def test_limits_shares_and_own_rules_are_saved_and_shown(world: World, nora: Home):
    form = {
        **CHEAP,
        "price_rise": "12,5",
        "late": "20",
        "ask_rise": "5 %",
        "days:laundry-detergent": "5",
        "packs:laundry-detergent": "2",
        "gap:laundry-detergent": "7",
        "worth_attribute:eco-label": "8",
        "worth_vendor:haushaltshof": "3",
        "own_wording:0": "Quick, or cheap",
        "own_expression:0": "offer.latest_days <= 3 || offer.price_minor <= 900",
        "own_otherwise:0": "ask",
    }
    async with world.client(nora) as client:
        saved = await act(client, "/policy", "/policy", **form)
        policy = await in_force(client)
        page = said((await client.get("/policy")).text)
    assert saved.status_code == 303, saved.text
    assert (policy["price_rise_most_ppm"], policy["late_most_ppm"]) == (125_000, 200_000)
    assert policy["order_limits"] == [
        {
            "category": "laundry-detergent",
            "packs_most": 2,
            "delivery_most_days": 5,
            "days_between": 7,
        }
    ]
    assert policy["custom_rules"][0]["wording"] == "Quick, or cheap"
    assert "Laundry detergent: delivered within 5 days." in page
    assert "Quick, or cheap" in page
    assert 'value="12.5"' in page


async def test_a_wrong_own_rule_is_said_at_its_place_and_nothing_typed_is_lost(world, nora):
    form = {
        **CHEAP,
        "ask_above": "33,30",
        "brand:laundry-detergent": "Klarbach",
        "own_wording:0": "Soon",
        "own_expression:0": "offer.latest_day <= 3",
    }
    async with world.client(nora) as client:
        answer = await act(client, "/policy", "/policy", **form)
        policy = await in_force(client)
    page = said(answer.text)
    assert answer.status_code == 422
    assert policy["custom_rules"] == []
    assert "line 1, character 7" in page
    assert "Did you mean `latest_days`?" in page
    assert 'aria-describedby="own-problem-0"' in page
    assert ">offer.latest_day <= 3</textarea>" in page
    assert 'value="33,30"' in page
    assert re.search(r'value="Klarbach" checked', page)


async def test_a_draft_is_shown_with_what_it_would_have_bought_before_it_is_saved(world, nora):
    form = {**CHEAP, "vendors_blocked": "billigblitz"}
    before = await rows_of(world, nora)
    async with world.client(nora) as client:
        shown = await act(client, "/policy", "/policy/preview", **form)
        assert await rows_of(world, nora) == before
        page = said(shown.text)
        fields = hidden(shown.text)
        back = await act(client, "/policy", "/policy/draft", **fields | form)
        saved = await act(client, "/policy", "/policy", **fields | form)
        policy = await in_force(client)
    assert "Shop ruled out: Billigblitz (new)" in page
    assert "One would have gone otherwise." in page
    assert f"/decisions/{nora.record_id}" in page
    assert "Orders from Haushaltshof" in page
    assert re.search(r'value="billigblitz" checked', back.text)
    assert saved.status_code == 303
    assert policy["vendors_blocked"] == ["billigblitz"]


async def test_a_wrong_draft_is_not_tried_but_said(world: World, nora: Home):
    async with world.client(nora) as client:
        answer = await act(client, "/policy", "/policy/preview", **CHEAP, late="often")
    assert answer.status_code == 422
    assert "“often” is not a percentage" in said(answer.text)


async def test_versions_are_compared_in_words_and_tried_again(world: World, nora: Home):
    async with world.client(nora) as client:
        await act(client, "/policy", "/policy", **CHEAP, ask_above="40")
        page = said((await client.get("/policy/versions")).text)
        other = said((await client.get("/policy/versions?before=2&after=1")).text)
        tried = await client.get("/policy/time-machine?version=1")
        missing = await client.get("/policy/versions?before=1&after=9")
    assert "Ask above: 40.00 € (new)" in page
    assert "Ask above: no longer 40.00 €" in other
    assert tried.status_code == 200
    assert "Every one would have gone the same way." in tried.text
    assert missing.status_code == 404


@pytest.mark.parametrize("preset", ["cheapest", "fastest", "no-such-preset"])
async def test_other_presets_are_tried_without_being_saved(world: World, nora: Home, preset):
    before = await rows_of(world, nora)
    async with world.client(nora) as client:
        answer = await client.get(f"/policy/time-machine?preset={preset}")
    assert answer.status_code == 200
    assert await rows_of(world, nora) == before


async def test_the_time_machine_sees_ones_own_decisions_only(world, nora, neighbour):
    async with world.client(neighbour) as client:
        answer = await act(
            client, "/policy", "/policy/preview", **CHEAP, vendors_blocked="billigblitz"
        )
    assert str(nora.record_id) not in answer.text
    assert str(neighbour.record_id) in answer.text


async def test_what_would_have_changed_the_choice_is_told(world: World, nora: Home):
    async with world.client(nora) as client:
        page = said((await client.get(f"/decisions/{nora.record_id}")).text)
    assert "What would have changed it" in page
    assert re.search(
        r"from Haushaltshof would be chosen if one pack were 0\.5\d € cheaper", page
    )


async def test_a_choice_of_ones_own_becomes_a_rule_only_when_it_is_saved(world, nora):
    excluded = f"{1:032x}"  # Tintenwelt
    async with world.client(nora) as client:
        answer = await act(
            client,
            "/",
            f"/orders/{nora.order_id}/choose",
            offer_id=excluded,
            accept_warning="true",
        )
        order = answer.headers["location"].partition("?")[0]
        assert "Make this a rule" in (await client.get(order)).text
        before = await in_force(client)
        page = (await client.get(f"{order}/rule")).text
        assert await in_force(client) == before
        name = re.search(r'name="name" value="(\w+)"', page)
        version = re.search(r'name="version" value="(\d+)"', page)
        if name is not None:
            saved = await act(
                client, f"{order}/rule", f"{order}/rule", name=name[1], version=version[1]
            )
            assert saved.status_code == 303
            assert await in_force(client) != before
    assert await state_of(world, nora) == "cancelled"
    assert "Nothing is learned silently" in page


async def test_nobody_contests_a_rule_that_did_not_object(world, nora, neighbour):
    query = {"record_id": str(nora.record_id), "offer_id": f"{1:032x}", "rule_id": "in_stock"}
    async with world.client(nora) as client:
        assert (await client.get("/policy/contest", params=query)).status_code == 404
        assert (await act(client, "/policy", "/policy/contest", **query)).status_code == 404
    async with world.client(neighbour) as client:
        assert (await client.get("/policy/contest", params=query)).status_code == 404


async def test_the_meter_and_the_way_to_check_are_open_to_everyone(world: World, nora: Home):
    async with world.client() as client:
        meter = await client.get("/meter")
        verify = await client.get("/verify")
    assert (meter.status_code, verify.status_code) == (200, 200)
    assert "Nothing was measured yet." in meter.text
    assert "nachschub_verify.py" in verify.text
