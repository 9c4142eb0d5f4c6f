import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from firmware_sim.answers import Owner
from firmware_sim.owner import OwnerAtTheApi

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
EVENING = NOON + timedelta(hours=8)


class FakePlatform:
    """Keeps asks until they are answered, and can have an order that has moved on."""

    def __init__(self, orders: int) -> None:
        self.asks = [f"order-{number}" for number in range(orders)]
        self.answered: list[tuple[str, dict[str, object] | None]] = []
        self.moved_on: set[str] = set()
        self.is_down = False

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if self.is_down:
            raise httpx.ConnectError("connection refused")
        assert request.headers["authorization"] == "Bearer key-1"
        if (request.method, request.url.path) == ("GET", "/api/asks"):
            return httpx.Response(200, json=[self._view(each) for each in self.asks])
        _, _, _, order_id, act = request.url.path.split("/")
        if order_id in self.moved_on:
            return httpx.Response(409, json={"code": "illegal_transition"})
        self.asks.remove(order_id)
        body = json.loads(request.content) if act == "choose" else None
        self.answered.append((act, body))
        return httpx.Response(200, json={"order_id": order_id, "state": "approved"})

    def _view(self, order_id: str) -> dict[str, object]:
        total = {"minor": 1299, "currency": "EUR"}
        return {
            "order_id": order_id,
            "stock_id": "stock-1",
            "total": total,
            "record_id": "record-1",
            "asked_at": NOON.isoformat(),
            "expires_at": (NOON + timedelta(days=2)).isoformat(),
            "chosen_offer_id": "a",
            "runner_up_offer_id": "b",
            "offers": [
                {"offer_id": each, "packs": 1, "total": total, "is_excluded": False}
                for each in ("a", "b")
            ],
        }


@pytest.fixture
def platform() -> FakePlatform:
    return FakePlatform(orders=8)


@pytest.fixture
async def owner(platform: FakePlatform) -> AsyncIterator[OwnerAtTheApi]:
    async with httpx.AsyncClient(
        transport=httpx.MockTransport(platform),
        base_url="http://127.0.0.1",
        headers={"Authorization": "Bearer key-1"},
    ) as client:
        yield OwnerAtTheApi(client, Owner(7))


async def test_nothing_is_answered_before_its_time(
    platform: FakePlatform, owner: OwnerAtTheApi
) -> None:
    assert await owner.look(NOON) == []
    assert platform.answered == []
    due_at = owner.next_look_at()
    assert due_at is not None
    assert NOON < due_at < EVENING
    assert len(await owner.look(due_at)) == 1


async def test_by_the_evening_all_but_one_are_answered(
    platform: FakePlatform, owner: OwnerAtTheApi
) -> None:
    taken = await owner.look(EVENING)
    assert len(taken) == 7
    assert len(platform.asks) == 1
    acts = [act for act, _ in platform.answered]
    assert (acts.count("approve"), acts.count("choose")) == (6, 1)
    assert ("choose", {"offer_id": "b", "packs": 1}) in platform.answered
    assert owner.next_look_at() is None


async def test_an_order_that_has_moved_on_is_not_answered_twice(
    platform: FakePlatform, owner: OwnerAtTheApi
) -> None:
    platform.moved_on = {"order-0"}
    taken = await owner.look(EVENING)
    assert "order-0" not in [each.order_id for each in taken]
    platform.moved_on = set()
    assert await owner.look(EVENING) == []


async def test_an_answer_is_given_again_after_the_platform_was_away(
    platform: FakePlatform, owner: OwnerAtTheApi
) -> None:
    platform.is_down = True
    with pytest.raises(httpx.ConnectError):
        await owner.look(EVENING)
    platform.is_down = False
    assert len(await owner.look(EVENING)) == 7
