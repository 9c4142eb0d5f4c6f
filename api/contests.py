"""The owner contests an automatic order; a person looks at it."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from accounts.principal import Principal
from accounts.scoping import ALL_OWNERS
from api.deps import Operator, Owner, Platform, PlatformDep, Reading, WrongAudience
from api.schemas import Input, Output
from api.web.queries_orders import find_order
from replenishment import contests
from replenishment.contest_states import ContestEvent, ContestState
from replenishment.contests import WORDS_MOST, OrderContest, Said
from replenishment.order_states import OrderState

router = APIRouter(tags=["orders"])


class OpenContest(Input):
    words: Annotated[str, Field(min_length=1, max_length=WORDS_MOST)]


class WithdrawContest(Input):
    words: Annotated[str, Field(max_length=WORDS_MOST)] = ""


class AnswerContest(Input):
    event: ContestEvent
    words: Annotated[str, Field(min_length=1, max_length=WORDS_MOST)]


class ContestEventView(Output):
    event: ContestEvent
    state: ContestState
    by: str
    words: str
    at: datetime


class ContestView(Output):
    """`order_state`: of the order when it was contested. If no vendor had it, it is held until
    there is an answer.
    """

    order_id: UUID
    order_state: OrderState
    state: ContestState
    events: list[ContestEventView]

    @classmethod
    def of(cls, contest: OrderContest) -> "ContestView":
        return cls(
            order_id=contest.order_id,
            order_state=contest.order_state,
            state=contest.state,
            events=[
                ContestEventView(
                    event=ContestEvent(each.event),
                    state=ContestState(each.state),
                    by=each.by,
                    words=each.words,
                    at=each.at,
                )
                for each in contest.events
            ],
        )


@router.get("/orders/{order_id}/contest")
async def get_contest(session: Reading, owner: Owner, order_id: UUID) -> ContestView | None:
    """With every step and its date; null: the order was not contested."""
    await find_order(session, order_id)
    found = await contests.of_order(session, order_id)
    return ContestView.of(found) if found else None


@router.post("/orders/{order_id}/contest", status_code=201)
async def open_contest(
    platform: PlatformDep, owner: Owner, order_id: UUID, wanted: OpenContest
) -> ContestView:
    """An automatic order should not have been: it is held, and a person looks at it."""
    if not owner.may_approve:
        raise WrongAudience
    opened = await contests.open_contest(
        order_id,
        Said(by=owner, words=wanted.words, at=platform.clock.now()),
        transaction=platform.transaction,
        ids=platform.ids,
    )
    return ContestView.of(opened)


@router.post("/orders/{order_id}/contest/withdraw")
async def withdraw_contest(
    platform: PlatformDep, owner: Owner, order_id: UUID, wanted: WithdrawContest
) -> ContestView:
    """The order goes on."""
    if not owner.may_approve:
        raise WrongAudience
    return await _answer(platform, order_id, ContestEvent.WITHDRAW, wanted.words, owner)


@router.get("/operator/contests")
async def list_contests(platform: PlatformDep, operator: Operator) -> list[ContestView]:
    """Of all owners, for whoever looks at them."""
    async with platform.database.snapshot(ALL_OWNERS) as session:
        return [ContestView.of(each) for each in await contests.contests(session)]


@router.post("/operator/contests/{order_id}")
async def answer_contest(
    platform: PlatformDep, operator: Operator, order_id: UUID, wanted: AnswerContest
) -> ContestView:
    """Take it up, then uphold it (the order is stopped) or dismiss it (the order goes on)."""
    return await _answer(platform, order_id, wanted.event, wanted.words, operator)


async def _answer(
    platform: Platform, order_id: UUID, event: ContestEvent, words: str, by: Principal
) -> ContestView:
    answered = await contests.answer(
        order_id,
        Said(by=by, words=words, at=platform.clock.now()),
        event,
        transaction=platform.transaction,
        ids=platform.ids,
    )
    return ContestView.of(answered)
