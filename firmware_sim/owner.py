"""The simulated owner at the platform's REST API: reads asks, answers those that are due.

Speaks HTTP only; what is answered is decided in `answers.py`.
"""

from datetime import datetime
from typing import Final

import httpx
from pydantic import AwareDatetime, BaseModel, ConfigDict, TypeAdapter

from firmware_sim.answers import Answer, Ask, AskedOffer, Owner

MOVED_ON: Final = (404, 409, 410)


class _Heard(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _OfferHeard(_Heard):
    offer_id: str
    packs: int
    is_excluded: bool = False


class _AskHeard(_Heard):
    order_id: str
    asked_at: AwareDatetime
    offers: list[_OfferHeard] = []
    chosen_offer_id: str | None = None
    runner_up_offer_id: str | None = None

    def ask(self) -> Ask:
        return Ask(
            order_id=self.order_id,
            asked_at=self.asked_at,
            offers=tuple(AskedOffer(**each.model_dump()) for each in self.offers),
            chosen_offer_id=self.chosen_offer_id,
            runner_up_offer_id=self.runner_up_offer_id,
        )


_ASKS: Final = TypeAdapter(list[_AskHeard])


class OwnerAtTheApi:
    """`client` has the platform's base URL and the owner's API key as bearer token."""

    def __init__(self, client: httpx.AsyncClient, owner: Owner) -> None:
        self._client = client
        self._owner = owner
        self._settled: set[str] = set()
        self._next_at: datetime | None = None

    def next_look_at(self) -> datetime | None:
        """When the earliest known answer is due; None: nothing waits that will be answered."""
        return self._next_at

    async def look(self, at: datetime) -> list[Answer]:
        """Give the answers that are due at `at`; returns those that the platform took.

        An answer to an order that has moved on counts as given. Raises httpx.HTTPError when the
        platform cannot be reached or refuses otherwise; the next look gives the answer again.
        """
        waiting = await self._waiting()
        taken = [each for each in waiting if each.due_at <= at and await self._give(each)]
        self._next_at = min((each.due_at for each in waiting if each.due_at > at), default=None)
        return taken

    async def _waiting(self) -> list[Answer]:
        response = await self._client.get("/api/asks")
        response.raise_for_status()
        asks = [each.ask() for each in _ASKS.validate_json(response.content)]
        asks.sort(key=lambda each: (each.asked_at, each.order_id))
        answers = (self._owner.answer(ask) for ask in asks)
        return [each for each in answers if each and each.order_id not in self._settled]

    async def _give(self, answer: Answer) -> bool:
        order = f"/api/orders/{answer.order_id}"
        if answer.choose:
            body = {"offer_id": answer.choose.offer_id, "packs": answer.choose.packs}
            response = await self._client.post(f"{order}/choose", json=body)
        else:
            response = await self._client.post(f"{order}/approve")
        if response.status_code not in MOVED_ON:
            response.raise_for_status()
        self._settled.add(answer.order_id)
        return response.is_success
