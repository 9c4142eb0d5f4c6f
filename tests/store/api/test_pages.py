"""Pages and their acts, as a browser without JavaScript uses them."""

import re

import pytest

from accounts.catalogues import read_catalogues
from replenishment import orders
from replenishment.order_states import OrderEvent
from tests.store.api.world import Home, World, act, routes_of, state_of, stock_of

OWNER_PAGES = (
    "/",
    "/approvals",
    "/orders",
    "/policy",
    "/devices",
    "/notices",
    "/claims",
    "/address",
    "/consent",
    "/stocks/{stock_id}",
    "/stocks/{stock_id}/mandate",
    "/orders/{order_id}",
    "/decisions/{record_id}",
    "/devices/{device_id}/quarantine",
    "/devices/{device_id}/access",
    "/retention",
    "/devices/{device_id}/cycles",
    "/devices/{device_id}/release",
    "/orders/{order_id}/rule",
    "/policy/versions",
    "/policy/time-machine",
    "/meter",
    "/verify",
    "/vendor/sign-in",
)


def path(pattern: str, home: Home) -> str:
    return pattern.format(**vars(home))


@pytest.mark.parametrize("language", ["en", "de"])
async def test_every_page_is_shown_in_both_languages(world: World, nora: Home, language):
    async with world.client(nora) as client:
        await act(client, "/", "/language", language=language)
        for pattern in OWNER_PAGES:
            page = await client.get(path(pattern, nora))
            assert page.status_code == 200, pattern
            assert f'<html lang="{language}">' in page.text, pattern


async def test_the_home_page_says_in_words_what_is_wanted(world: World, nora: Home):
    async with world.client(nora) as client:
        page = (await client.get("/")).text
    assert "One thing needs you." in page
    assert "with obligation to pay" in page
    assert "Washer" in page


async def test_one_tap_approves_the_order(world: World, nora: Home):
    async with world.client(nora) as client:
        answer = await act(client, "/", f"/orders/{nora.order_id}/approve")
        page = (await client.get(answer.headers["location"])).text
    assert answer.status_code == 303
    assert await state_of(world, nora) == "approved"
    assert "The order goes to the shop now." in page


async def test_approving_twice_says_that_it_changed_meanwhile(world: World, nora: Home):
    async with world.client(nora) as client:
        await act(client, "/", f"/orders/{nora.order_id}/approve")
        again = await act(client, "/", f"/orders/{nora.order_id}/approve")
    assert again.status_code == 409
    assert "It changed meanwhile" in again.text
    assert "illegal_transition" in again.text


async def test_more_packs_than_anyone_can_mean_are_refused(world: World, nora: Home):
    choose = f"/orders/{nora.order_id}/choose"
    async with world.client(nora) as client:
        answer = await act(client, "/", choose, offer_id=f"{1:032x}", packs="9" * 5000)
    assert answer.status_code == 422
    assert await state_of(world, nora) == "awaiting_approval"


async def test_not_now_is_a_no(world: World, nora: Home):
    async with world.client(nora) as client:
        await act(client, "/", f"/orders/{nora.order_id}/reject", reason="not_now")
    assert await state_of(world, nora) == "rejected"


async def test_an_excluded_offer_is_ordered_only_after_the_warning(world: World, nora: Home):
    excluded = f"{1:032x}"  # Tintenwelt has none in stock
    async with world.client(nora) as client:
        why = (await client.get(f"/decisions/{nora.record_id}")).text
        choose = f"/orders/{nora.order_id}/choose"
        second_look = (await client.get(f"{choose}?offer_id={excluded}")).text
        refused = await act(client, "/", choose, offer_id=excluded)
        taken = await act(client, "/", choose, offer_id=excluded, accept_warning="true")
    assert "Not in stock." in why
    assert "This speaks against it" in second_look
    assert refused.status_code == 409
    assert taken.status_code == 303
    assert await state_of(world, nora) == "cancelled"


async def moved(world: World, home: Home, *events: OrderEvent) -> None:
    async with world.database.transaction(home.owner_id) as session:
        order = await orders.get(session, home.order_id)
        for event in events:
            await orders.move(session, order, event, at=world.clock.now())


async def test_an_order_the_shop_may_have_is_taken_back_and_the_page_says_so(
    world: World, nora: Home
):
    await moved(world, nora, OrderEvent.APPROVE, OrderEvent.SUBMIT)
    order = f"/orders/{nora.order_id}"
    async with world.client(nora) as client:
        assert f"{order}/cancel" in (await client.get(order)).text
        answer = await act(client, order, f"{order}/cancel")
        page = (await client.get(answer.headers["location"])).text
    assert await state_of(world, nora) == "stopping"
    assert "Taken back." in page
    assert "It is not sent again" in page
    assert f"{order}/cancel" not in page


async def test_an_order_without_an_answer_says_what_the_owner_can_do(world: World, nora: Home):
    await moved(world, nora, OrderEvent.APPROVE, OrderEvent.SUBMIT, OrderEvent.GIVE_UP)
    order = f"/orders/{nora.order_id}"
    async with world.client(nora) as client:
        page = (await client.get(order)).text
        assert "has not said for a day whether this order was bought" in page
        await act(client, order, f"{order}/cancel")
    assert await state_of(world, nora) == "cancelled"


async def test_the_decision_shows_who_pays_and_that_it_counts_for_nothing(world, nora):
    async with world.client(nora) as client:
        why = (await client.get(f"/decisions/{nora.record_id}")).text
    assert "pays 5% of the price to operator. It changed nothing." in why
    assert "the choice does not know it" in why


async def test_an_act_without_the_token_of_its_session_does_nothing(world: World, nora: Home):
    async with world.client(nora) as client:
        answer = await client.post(f"/orders/{nora.order_id}/approve")
        other = await client.post(
            f"/orders/{nora.order_id}/approve", data={"csrf_token": "guessed"}
        )
    assert (answer.status_code, other.status_code) == (403, 403)
    assert await state_of(world, nora) == "awaiting_approval"


async def test_every_act_of_a_page_wants_the_token(world: World, nora: Home):
    posts = [
        path
        for method, path in routes_of(world.app)
        if method == "POST" and not path.startswith(("/api", "/witness"))
    ]
    async with world.client(nora) as client:
        answers = {
            each: (await client.post(re.sub(r"{\w+}", str(nora.order_id), each))).status_code
            for each in posts
        }
    assert len(posts) >= 15
    assert set(answers.values()) == {403}, answers


async def test_signed_out_pages_lead_to_sign_in_and_back(world: World, nora: Home):
    async with world.client() as client:
        sent = await client.get("/orders")
        form = await client.get(sent.headers["location"])
        token = re.search(r'name="csrf_token" value="([^"]+)"', form.text)[1]
        answer = await client.post(
            "/sign-in",
            data={
                "csrf_token": token,
                "then": "/orders",
                "email": nora.email,
                "password": "a sentence is good",
            },
        )
        page = await client.get(answer.headers["location"])
    assert sent.headers["location"] == "/sign-in?then=/orders"
    assert answer.headers["location"] == "/orders"
    assert page.status_code == 200
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie


async def test_sign_in_never_leads_to_another_site(world: World, nora: Home):
    async with world.client(nora) as client:
        for then in ("//evil.example", "https://evil.example/", "/\\evil.example"):
            answer = await client.get("/sign-in", params={"then": then})
            assert answer.headers["location"] == "/"


async def test_a_new_household_signs_up_and_is_shown_an_empty_page_that_teaches(world: World):
    async with world.client() as client:
        answer = await act(
            client,
            "/sign-up",
            "/sign-up",
            name="Familie Nord",
            email="new@example.org",
            password="ten letters and more",  # noqa: S106 - of nobody
            timezone="Europe/Vienna",
        )
        page = await client.get(answer.headers["location"])
    assert "ready for its first device" in page.text


async def test_counts_beside_the_navigation_are_of_ones_own_household_only(
    world, nora, neighbour
):
    async with world.client(nora) as client:
        page = (await client.get("/")).text
    assert re.findall(r'<span class="count">(\d+)</span>', page) == ["1", "1"]


async def test_a_short_password_is_said_at_its_field(world: World):
    async with world.client() as client:
        answer = await act(
            client,
            "/sign-up",
            "/sign-up",
            name="N",
            email="n@example.org",
            password="short",  # noqa: S106 - of nobody
            timezone="Europe/Vienna",
        )
    assert answer.status_code == 422
    assert 'id="password-problem"' in answer.text


async def test_settings_of_a_stock_are_saved(world: World, nora: Home):
    page = f"/stocks/{nora.stock_id}"
    form = {
        "mode": "notify",
        "spares": "3000",
        "least": "200",
        "most": "",
        "service": "990000",
    }
    async with world.client(nora) as client:
        answer = await act(client, page, page, **form)
    stock = await stock_of(world, nora)
    assert answer.status_code == 303
    assert (stock.mode, stock.spares, stock.least, stock.most) == ("notify", 3000, 200, None)


async def test_automatic_orders_need_an_accepted_mandate(world: World, nora: Home):
    page = f"/stocks/{nora.stock_id}"
    terms = {
        "products": "02001000000012",
        "vendors": "haushaltshof",
        "cap": "25,00",
        "days_between": "14",
        "ends_on": "2027-05-31",
    }
    async with world.client(nora) as client:
        refused = await act(client, page, page, mode="auto")
        wrong = await act(client, page, f"{page}/mandate", **{**terms, "cap": "much"})
        accepted = await act(client, page, f"{page}/mandate", **terms)
        after = (await client.get(page)).text
    assert refused.status_code == 422
    assert "Give an amount above zero" in wrong.text
    assert re.search(r'name="days_between"[^>]* value="14"', wrong.text)  # not lost on the way
    assert accepted.status_code == 303
    assert "At most one order every 14 days." in after
    assert (await stock_of(world, nora)).mode == "auto"


async def test_rules_are_saved_as_a_new_version(world: World, nora: Home):
    async with world.client(nora) as client:
        page = (await client.get("/policy")).text
        version = re.search(r'name="version" value="(\d+)"', page)[1]
        form = {
            "version": version,
            "preset": "cheapest",
            "ask_above": "40,00",
            "brand:laundry-detergent": "Klarbach",
            "band:laundry-detergent": "8.50",
            "vendors_blocked": "billigblitz",
            "stock_out_per_day": "2.00",
        }
        saved = await act(client, "/policy", "/policy", **form)
        after = (await client.get("/policy")).text
        stale = await act(client, "/policy", "/policy", **form)
    assert saved.status_code == 303
    assert "You are asked above 40.00" in after.replace("\u00a0", " ")
    assert "Laundry detergent: only Klarbach." in after
    assert "Never from Billigblitz." in after
    assert "A day without counts 0.50" in after.replace("\u00a0", " ")
    assert "The rules were changed meanwhile" in stale.text


async def test_an_amount_that_is_none_is_named(world: World, nora: Home):
    async with world.client(nora) as client:
        page = (await client.get("/policy")).text
        version = re.search(r'name="version" value="(\d+)"', page)[1]
        answer = await act(client, "/policy", "/policy", version=version, ask_above="forty")
    assert answer.status_code == 422
    assert "“forty” is not an amount" in answer.text


async def test_the_switch_stops_and_resumes_automatic_orders(world: World, nora: Home):
    async with world.client(nora) as client:
        await act(client, "/", "/kill-switch", is_stopped="true")
        stopped = (await client.get("/")).text
        await act(client, "/", "/kill-switch", is_stopped="false")
        resumed = (await client.get("/")).text
    assert "Automatic orders are stopped." in stopped
    assert "Automatic orders are stopped." not in resumed


async def test_a_device_is_claimed_only_after_its_data_sheet_was_shown(world, nora):
    async with world.client(bearer=world.maker_key) as maker:
        made = (
            await maker.post("/api/devices", json={"model": "washer-w7", "serial": "9"})
        ).json()
    async with world.client(nora) as client:
        look = "/claims/data-sheet"
        sheet = (await act(client, "/claims", look, code=made["claim_code"])).text
        wrong = await act(client, "/claims", look, code="AAAABBBBCCCC")
        answer = await act(
            client, "/", "/claims", code=made["claim_code"], name="Second", place="Attic"
        )
        devices = (await client.get("/devices")).text
    assert "what it sends" in sheet
    assert "Your data" in sheet
    assert wrong.status_code == 422
    assert answer.status_code == 303
    assert "Second" in devices


async def test_unknown_pages_and_broken_acts_teach_instead_of_tracing(world, nora):
    async with world.client(nora) as client:
        missing = await client.get("/nothing-here")
        wrong_id = await client.get("/orders/not-an-id")
    assert missing.status_code == 404
    assert "This page does not exist" in missing.text
    assert wrong_id.status_code == 422
    assert "Traceback" not in wrong_id.text


async def test_what_breaks_shows_no_trace_and_keeps_the_headers(world: World, nora: Home):
    await world.database.close()
    world.app.state.platform = None
    async with world.client(nora) as client:
        answer = await client.get("/api/asks")
    assert answer.status_code == 500
    assert answer.json()["code"] == "broken"
    assert "Traceback" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_every_answer_is_guarded(world: World, nora: Home):
    async with world.client(nora) as client:
        for address in ("/", "/nothing", "/api/asks", "/static/style.css"):
            headers = (await client.get(address)).headers
            assert "default-src 'none'" in headers["content-security-policy"], address
            assert headers["x-content-type-options"] == "nosniff"


async def test_a_body_above_a_megabyte_is_refused(world: World, nora: Home):
    async with world.client(nora) as client:
        page = await client.post("/policy", data={"csrf_token": "x" * 1_100_000})
    async with world.client(bearer=nora.key) as machine:
        api = await machine.put("/api/policy", content=b"[" * 1_100_000)
    assert (page.status_code, api.status_code) == (413, 413)
    assert api.json()["code"] == "too_large"


async def test_no_page_carries_a_style_or_script_of_its_own(world: World, nora: Home):
    async with world.client(nora) as client:
        for pattern in OWNER_PAGES:
            html = (await client.get(path(pattern, nora))).text
            assert " style=" not in html, pattern
            assert re.search(r"<script(?! src=\"/static/)|\son\w+=", html) is None, pattern


def test_what_an_act_said_exists_in_every_language():
    for sentences in read_catalogues().values():
        assert "said.approved" in sentences


async def test_what_a_month_cost_is_a_sum_and_not_a_share_of_nothing(world: World, nora: Home):
    async with world.client(nora) as client:
        page = (await client.get("/")).text
    assert "Spent in November" in page
    assert "0.00" in page
    assert 'class="bar"' not in page
