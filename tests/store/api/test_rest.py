"""The REST API: asks, orders, policy, records, makers."""

import json
from hashlib import sha256
from uuid import UUID

from referencing import Registry
from referencing.jsonschema import DRAFT202012

from tests.store.api.world import Home, World, csrf_of, state_of, stock_of
from vendor_policy import store
from vendor_policy.record import Agrees, replay


async def test_an_ask_shows_every_offer_and_which_are_excluded(world: World, nora: Home):
    async with world.client(bearer=nora.key) as client:
        (ask,) = (await client.get("/api/asks")).json()
    assert ask["order_id"] == str(nora.order_id)
    assert ask["chosen_offer_id"] == ask["offers"][0]["offer_id"]
    assert ask["runner_up_offer_id"] == ask["offers"][1]["offer_id"]
    assert [each["is_excluded"] for each in ask["offers"]] == [False, False, True]
    assert ask["total"] == ask["offers"][0]["total"]
    assert ask["asked_at"] < ask["expires_at"]


async def test_approving_twice_is_an_illegal_transition(world: World, nora: Home):
    async with world.client(bearer=nora.key) as client:
        first = await client.post(f"/api/orders/{nora.order_id}/approve")
        second = await client.post(f"/api/orders/{nora.order_id}/approve")
    assert first.json() == {"order_id": str(nora.order_id), "state": "approved"}
    assert second.status_code == 409
    assert second.headers["content-type"] == "application/problem+json"
    assert second.json()["code"] == "illegal_transition"


async def test_choosing_the_runner_up_makes_a_new_approved_order(world: World, nora: Home):
    async with world.client(bearer=nora.key) as client:
        (ask,) = (await client.get("/api/asks")).json()
        offer = ask["offers"][1]
        body = {"offer_id": offer["offer_id"], "packs": offer["packs"]}
        chosen = (await client.post(f"/api/orders/{nora.order_id}/choose", json=body)).json()
        order = (await client.get(f"/api/orders/{chosen['order_id']}")).json()
    assert chosen["order_id"] != str(nora.order_id)
    assert (order["state"], order["is_override"]) == ("approved", True)
    assert order["total"] == offer["total"]
    assert [move["event"] for move in order["history"]] == ["ask", "approve"]
    assert await state_of(world, nora) == "cancelled"


async def test_an_excluded_offer_needs_its_warning_accepted(world: World, nora: Home):
    body = {"offer_id": f"{1:032x}"}
    address = f"/api/orders/{nora.order_id}/choose"
    async with world.client(bearer=nora.key) as client:
        refused = await client.post(address, json=body)
        taken = await client.post(address, json={**body, "accept_warning": True})
    assert refused.status_code == 409
    assert refused.json()["code"] == "warning_not_accepted"
    assert refused.json()["objections"] == ["in_stock"]
    assert taken.json()["state"] == "approved"


async def test_an_offer_the_decision_never_saw_is_not_found(world: World, nora: Home):
    async with world.client(bearer=nora.key) as client:
        answer = await client.post(
            f"/api/orders/{nora.order_id}/choose", json={"offer_id": "none"}
        )
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_offer")


async def test_a_rejected_product_can_be_ruled_out_for_good(world: World, nora: Home):
    async with world.client(bearer=nora.key) as client:
        await client.post(f"/api/orders/{nora.order_id}/reject", json={"reason": "never_this"})
        policy = (await client.get("/api/policy")).json()
    assert policy["products_blocked"] == ["02001000000012"]


async def test_a_record_is_given_out_byte_for_byte_and_replays(world: World, nora: Home):
    async with world.client(bearer=nora.key) as client:
        answer = await client.get(f"/api/decisions/{nora.record_id}")
    assert sha256(answer.content).hexdigest() == answer.headers["x-record-hash"]
    assert isinstance(replay(answer.content), Agrees)


async def test_the_policy_is_saved_only_against_the_version_that_was_read(world, nora):
    async with world.client(bearer=nora.key) as client:
        read = await client.get("/api/policy")
        wanted = {**read.json(), "ask_above_minor": 4000}
        tag = {"If-Match": read.headers["etag"]}
        saved = await client.put("/api/policy", json=wanted, headers=tag)
        stale = await client.put("/api/policy", json=wanted, headers=tag)
        blind = await client.put("/api/policy", json=wanted)
    assert saved.status_code == 200
    assert saved.headers["etag"] != read.headers["etag"]
    assert (stale.status_code, stale.json()["code"]) == (412, "changed_meanwhile")
    assert blind.status_code == 422


async def test_an_impossible_price_band_names_its_field_and_the_way_to_mend_it(world, nora):
    async with world.client(bearer=nora.key) as client:
        read = await client.get("/api/policy")
        band = {
            "category": "laundry-detergent",
            "unit": "ml",
            "per_quantity": 1000,
            "least_minor": 900,
            "most_minor": 100,
        }
        answer = await client.put(
            "/api/policy",
            json={**read.json(), "price_bands": [band]},
            headers={"If-Match": read.headers["etag"]},
        )
    (error,) = answer.json()["errors"]
    assert answer.status_code == 422
    assert error["field"] == "body.price_bands.0.most_minor"
    assert "raise most_minor" in error["message"]


async def test_a_stock_is_changed_in_what_is_given_only(world: World, nora: Home):
    address = f"/api/stocks/{nora.stock_id}"
    async with world.client(bearer=nora.key) as client:
        before = (await client.get(address)).json()
        after = (await client.patch(address, json={"spares": 1500})).json()
        unknown = await client.patch(address, json={"spare": 1})
        too_early = await client.patch(address, json={"mode": "auto"})
    assert after["spares"] == 1500
    assert {**after, "spares": 0} == before
    assert (unknown.status_code, too_early.status_code) == (422, 422)
    assert too_early.json()["errors"][0]["field"] == "mode"


async def test_a_mandate_is_accepted_and_revoked(world: World, nora: Home):
    terms = {
        "stock_id": str(nora.stock_id),
        "products": ["2001000000012"],
        "vendors": ["haushaltshof"],
        "order_most_minor": 2500,
        "days_between": 14,
        "ends_on": "2027-05-31",
    }
    async with world.client(bearer=nora.key) as client:
        made = (await client.post("/api/mandates", json=terms)).json()
        while_held = (await stock_of(world, nora)).mode
        async with world.database.snapshot(nora.owner_id) as session:
            kept = await store.mandate(session, UUID(made["mandate_id"]))
        gone = await client.delete(f"/api/mandates/{made['mandate_id']}")
        ended = await client.post("/api/mandates", json={**terms, "ends_on": "2020-01-01"})
        never = await client.post("/api/mandates", json={**terms, "days_between": 0})
    assert kept is not None
    assert kept.days_between == 14
    assert (while_held, gone.status_code) == ("auto", 204)
    assert (await stock_of(world, nora)).mode == "ask"
    assert (ended.status_code, never.status_code) == (422, 422)


async def test_notices_come_in_the_owners_words(world: World, nora: Home):
    async with world.client(bearer=nora.key) as client:
        notices = (await client.get("/api/notices")).json()
    (ask,) = (each for each in notices if each["text_key"] == "notice.ask")
    assert "waits for your yes" in ask["words"]
    assert "€" in ask["words"]


async def test_a_browser_needs_its_token_for_acts_at_the_api_too(world: World, nora: Home):
    address = f"/api/orders/{nora.order_id}/approve"
    async with world.client(nora) as client:
        without = await client.post(address)
        read = await client.get("/api/asks")
        token = {"X-CSRF-Token": await csrf_of(world, nora)}
        with_token = await client.post(address, headers=token)
    assert (without.status_code, without.json()["code"]) == (403, "csrf_missing")
    assert read.status_code == 200
    assert with_token.status_code == 200


async def test_devices_are_provisioned_all_or_none(world: World):
    twice = [{"model": "washer-w7", "serial": "1", "device_id": "washer-0001"}] * 2
    async with world.client(bearer=world.maker_key) as client:
        refused = await client.post("/api/devices", json=twice)
        made = await client.post("/api/devices", json=twice[:1])
        unknown = await client.post("/api/devices", json={"model": "W99", "serial": "1"})
    assert (refused.status_code, refused.json()["code"]) == (409, "device_id_taken")
    assert made.status_code == 201
    assert made.json()[0]["device_id"] == "washer-0001"
    assert made.json()[0]["secret"]
    assert unknown.status_code == 404


async def test_a_model_with_an_impossible_slot_names_the_field(world: World):
    model = {
        "name": "Kettle",
        "version": 1,
        "slots": [
            {
                "slot": "filter",
                "title": "Filter",
                "category": "water-filter",
                "fits": ["AP-1"],
                "capacity": 0,
                "unit": "fill",
                "measure": "level",
                "typical_use_per_day": 0.1,
                "most_per_day": 1,
            }
        ],
        "data_sheet": {
            "sends": "The level of the filter.",
            "every_hours": 6,
            "kept_where": "Here",
            "kept_days": 400,
        },
    }
    async with world.client(bearer=world.maker_key) as client:
        refused = await client.post("/api/models", json=model)
        model["slots"][0]["capacity"] = 1
        made = await client.post("/api/models", json=model)
        again = await client.post("/api/models", json=model)
        changed = await client.post(
            "/api/models",
            json={**model, "slots": model["slots"] * 1}
            | {"data_sheet": {**model["data_sheet"], "every_hours": 3}},
        )
    assert refused.json()["errors"][0]["field"] == "body.slots.0.capacity"
    assert made.status_code == 201
    assert again.json() == made.json()
    assert (changed.status_code, changed.json()["code"]) == (409, "model_version_taken")


async def test_levels_are_listed_and_the_device_shows_its_slots(world: World, nora: Home):
    async with world.client(bearer=nora.key) as client:
        levels = await client.get(f"/api/stocks/{nora.stock_id}/levels")
        (device,) = (await client.get("/api/devices")).json()
    assert levels.status_code == 200
    assert [slot["slot"] for slot in device["slots"]] == ["detergent", "softener"]
    assert device["slots"][0]["in_slot"] == 60.0
    assert device["slots"][1]["in_slot"] is None


async def test_wrong_keys_are_told_apart_from_missing_rights(world: World, nora: Home):
    async with world.client(bearer="wrong") as client:
        answer = await client.get("/api/asks")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_it_says_when_it_is_up(world: World):
    async with world.client() as client:
        assert (await client.get("/healthz")).text == "ok\n"


async def test_openapi_describes_every_route_below_api_with_a_sentence(world: World):
    async with world.client() as client:
        document = (await client.get("/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    assert all(
        path.startswith(("/api/", "/events", "/asyncapi", "/metrics", "/witness"))
        for path in document["paths"]
    )
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation.get("description"), f"{method} {path}"


async def test_asyncapi_names_the_topics_and_resolves_every_reference(world: World):
    async with world.client() as client:
        document = (await client.get("/asyncapi.json")).json()
    telemetry = document["channels"]["telemetry"]
    assert document["asyncapi"] == "3.0.0"
    assert telemetry["address"] == "v1/devices/{device_id}/telemetry"
    registry = Registry().with_resource("", DRAFT202012.create_resource(document))
    for reference in references(document):
        assert registry.resolver().lookup(reference).contents, reference
    assert "boot_id" in json.dumps(document["components"]["schemas"]["Telemetry"])


def references(value):
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for each in value.values():
            yield from references(each)
    elif isinstance(value, list):
        for each in value:
            yield from references(each)
