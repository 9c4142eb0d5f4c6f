"""An automatic order that its owner contests is held, looked at by a person, and answered."""

from uuid import UUID

import pytest

from accounts.principal import Audience, Principal
from replenishment import contests
from replenishment.contest_states import ContestCannot, ContestEvent, ContestState
from replenishment.contests import NotContestable, OrderContest, Said
from replenishment.order_states import OrderState
from replenishment.orders import UnknownOrder
from replenishment.tables import OrderRow
from tests.household import DAY, HOUR
from tests.mandated import accept, proposed
from tests.world import World

REVIEWER = Principal(audience=Audience.OPERATOR, party_id=UUID(int=9), name="desk")


async def contest(world: World, order: OrderRow) -> OrderContest:
    return await contests.open_contest(
        order.order_id,
        Said(by=world.anna, words="We are on holiday.", at=world.clock.now()),
        transaction=world.transaction,
        ids=world.ids,
    )


async def answer(
    world: World, order: OrderRow, event: ContestEvent, by: Principal = REVIEWER
) -> OrderContest:
    return await contests.answer(
        order.order_id,
        Said(by=by, words="Looked at.", at=world.clock.now()),
        event,
        transaction=world.transaction,
        ids=world.ids,
    )


async def an_automatic_order(world: World) -> OrderRow:
    await accept(world)
    order = await proposed(world)
    assert order.state == OrderState.APPROVED
    return order


async def test_a_contested_order_is_held_until_it_is_answered(world: World) -> None:
    order = await an_automatic_order(world)
    opened = await contest(world, order)
    await world.work()
    await world.wait(2 * HOUR)
    assert await world.state(order) is OrderState.APPROVED
    assert world.purchases() == []
    assert (opened.state, opened.order_state) == (ContestState.OPENED, OrderState.APPROVED)
    assert "notice.contest.opened" in await world.notices()


async def test_one_that_is_not_upheld_goes_on(world: World) -> None:
    order = await an_automatic_order(world)
    await contest(world, order)
    await answer(world, order, ContestEvent.TAKE_UP)
    await world.work()
    assert await world.state(order) is OrderState.APPROVED
    answered = await answer(world, order, ContestEvent.DISMISS)
    await world.work()
    assert await world.state(order) is OrderState.PLACED
    assert [each.state for each in answered.events] == ["opened", "in_review", "not_upheld"]


async def test_one_that_is_upheld_is_stopped_and_not_ordered_again(world: World) -> None:
    order = await an_automatic_order(world)
    await contest(world, order)
    await answer(world, order, ContestEvent.TAKE_UP)
    await answer(world, order, ContestEvent.UPHOLD)
    await world.work()
    await world.wait(2 * DAY)
    assert await world.state(order) is OrderState.CANCELLED
    assert world.purchases() == []
    assert await world.live() is None


async def test_the_owner_may_take_it_back(world: World) -> None:
    order = await an_automatic_order(world)
    await contest(world, order)
    await answer(world, order, ContestEvent.WITHDRAW, by=world.anna)
    await world.work()
    assert await world.state(order) is OrderState.PLACED


async def test_one_that_was_placed_is_looked_at_and_stays_placed(world: World) -> None:
    order = await an_automatic_order(world)
    await world.work()
    opened = await contest(world, order)
    await answer(world, order, ContestEvent.TAKE_UP)
    await answer(world, order, ContestEvent.UPHOLD)
    assert opened.order_state is OrderState.PLACED
    assert await world.state(order) is OrderState.PLACED


async def test_what_the_owner_ordered_by_its_own_word_is_not_contested(world: World) -> None:
    order = await world.ask()
    await world.approve(order)
    with pytest.raises(NotContestable):
        await contest(world, order)


async def test_it_is_contested_once_and_answered_by_another(world: World) -> None:
    order = await an_automatic_order(world)
    await contest(world, order)
    with pytest.raises(ContestCannot):
        await contest(world, order)
    with pytest.raises(ContestCannot):
        await answer(world, order, ContestEvent.UPHOLD)  # nobody took it up
    with pytest.raises(ContestCannot):
        await answer(world, order, ContestEvent.TAKE_UP, by=world.anna)
    with pytest.raises(ContestCannot):
        await answer(world, order, ContestEvent.WITHDRAW)


async def test_another_owner_finds_no_such_order(world: World) -> None:
    order = await an_automatic_order(world)
    stranger = Principal(audience=Audience.OWNER, party_id=UUID(int=8), name="eve")
    said = Said(by=stranger, words="x", at=world.clock.now())
    with pytest.raises(UnknownOrder):
        await contests.open_contest(
            order.order_id, said, transaction=world.transaction, ids=world.ids
        )
