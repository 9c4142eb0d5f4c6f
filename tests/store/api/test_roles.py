"""What each role of a household may do to an ask, on pages and over REST."""

import pytest

from tests.store.api.world import Home, World, act, becomes, csrf_of, state_of
from vendor_policy import store

NEVER = "Not this product"


async def policy_versions(world: World, home: Home) -> list[tuple[str, ...]]:
    """Products blocked by each version, newest first."""
    async with world.database.snapshot(home.owner_id) as session:
        rows = await store.policy_versions(session, home.owner_id)
    return [tuple(row.body["products_blocked"]) for row in rows]


async def test_an_admin_rules_a_product_out_for_good(world: World, nora: Home):
    page = f"/orders/{nora.order_id}"
    async with world.client(nora) as client:
        assert NEVER in (await client.get(page)).text
        answer = await act(client, page, f"{page}/reject", reason="never_this")
    assert answer.status_code == 303
    assert (await policy_versions(world, nora))[0] == ("02001000000012",)
    assert await state_of(world, nora) == "rejected"


@pytest.mark.parametrize("role", ["approver", "viewer"])
async def test_who_may_not_edit_the_policy_rules_no_product_out(
    world: World, nora: Home, role: str
):
    await becomes(world, nora, role)
    page, before = f"/orders/{nora.order_id}", await policy_versions(world, nora)
    token = {"X-CSRF-Token": await csrf_of(world, nora)}
    async with world.client(nora) as client:
        assert NEVER not in (await client.get(page)).text
        on_page = await act(client, page, f"{page}/reject", reason="never_this")
        by_rest = await client.post(
            f"/api{page}/reject", json={"reason": "never_this"}, headers=token
        )
    assert (on_page.status_code, by_rest.status_code) == (403, 403)
    assert await policy_versions(world, nora) == before
    assert await state_of(world, nora) == "awaiting_approval"


@pytest.mark.parametrize(("role", "status"), [("approver", 303), ("viewer", 403)])
async def test_who_may_approve_may_also_say_not_now(
    world: World, nora: Home, role: str, status: int
):
    await becomes(world, nora, role)
    reject = f"/orders/{nora.order_id}/reject"
    async with world.client(nora) as client:
        answer = await act(client, "/", reject, reason="not_now")
    assert answer.status_code == status
    assert await state_of(world, nora) == ("rejected" if status == 303 else "awaiting_approval")
