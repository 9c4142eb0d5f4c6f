"""The owner's word: yes, another one, no, and no word at all."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from sqlmodel import select

from accounts.principal import Principal
from accounts.scoping import ALL_OWNERS
from accounts.tables import OwnerRow
from replenishment import approvals, orders
from replenishment.addresses import AddressMissing
from replenishment.approvals import AskExpired, MayNotApprove, Rejection, Word
from replenishment.order_states import IllegalTransition, OrderState
from replenishment.orders import UnknownOrder
from replenishment.overrides import Choice, UnknownOffer, WarningNotAccepted
from replenishment.proposals import Result
from replenishment.replenish import Stop
from replenishment.tables import OrderEventRow, OrderRow
from tests.household import DAY, KLARBACH
from tests.world import World
from vendor_policy import record, store
from vendor_policy.policy import preset


async def choose(
    world: World, order: OrderRow, choice: Choice, principal: Principal | None = None
) -> OrderRow:
    return await approvals.choose(
        order.order_id,
        choice,
        Word(principal=principal or world.anna, remark="smells better"),
        transaction=world.transaction,
        clock=world.clock,
        ids=world.ids,
    )


async def offer_ids(world: World, order: OrderRow) -> dict[str, str]:
    """By SKU, of all the decision saw."""
    async with world.database.snapshot(world.owner_id) as session:
        row = await store.decision(session, order.record_id)
    assert row is not None
    made = record.parsed(row.record)
    return {offer.sku: offer.offer_id for offer in made.offers.values()}


async def last_event(world: World, order: OrderRow) -> OrderEventRow:
    async with world.database.snapshot(world.owner_id) as session:
        return (await orders.history(session, order.order_id))[-1]


async def test_a_yes_is_sent_and_kept_with_who_said_it(world: World) -> None:
    order = await world.ask()
    assert await world.approve(order) is OrderState.APPROVED
    assert (await last_event(world, order)).by == "anna@example.org"
    await world.work()
    assert await world.state(order) is OrderState.PLACED
    assert world.purchases() == [order.order_id]


async def test_a_yes_said_twice_is_refused_the_second_time(world: World) -> None:
    order = await world.ask()
    await world.approve(order)
    with pytest.raises(IllegalTransition):
        await world.approve(order)


async def test_a_timeout_means_no(world: World) -> None:
    order = await world.ask()
    await world.jump(timedelta(hours=72))
    assert await world.state(order) is OrderState.EXPIRED
    assert world.purchases() == []
    assert "notice.expired" in await world.notices()


async def test_a_yes_that_comes_too_late_counts_for_nothing(world: World) -> None:
    order = await world.ask()
    world.step_to_at(order.expires_at)
    with pytest.raises(AskExpired):
        await world.approve(order)
    await world.work()
    assert await world.state(order) is OrderState.EXPIRED


async def test_an_expired_ask_is_repeated_once_after_three_days(world: World) -> None:
    await world.ask()
    await world.jump(timedelta(hours=72))
    await world.measure(200)
    assert await world.review() is Stop.QUIET
    await world.jump(3 * DAY)
    await world.measure(200)
    assert await world.review() is Result.ASKED
    await world.jump(timedelta(hours=72))
    await world.jump(6 * DAY)
    await world.measure(200)
    assert await world.review() is Stop.QUIET
    assert [each.state for each in await world.orders()] == [OrderState.EXPIRED] * 2


async def test_an_expired_ask_is_repeated_when_the_risk_doubles(world: World) -> None:
    await world.measure(500)
    await world.review()
    await world.work()
    await world.jump(timedelta(hours=72))
    await world.measure(500)
    assert await world.review() is Stop.QUIET
    await world.measure(100)
    assert await world.review() is Result.ASKED


async def test_a_rejected_ask_stays_quiet_until_something_is_named(world: World) -> None:
    await world.reject(await world.ask())
    await world.jump(5 * DAY)
    await world.measure(200)
    assert await world.review() is Stop.QUIET
    await world.measure(0)
    assert await world.review() is Result.ASKED


async def test_a_lower_price_breaks_the_quiet_after_a_rejection(world: World) -> None:
    order = await world.ask()
    await world.reject(order)
    lines = await world.lines(order)
    world.reprice(order.vendor_id, lines[0].sku, lines[0].price_minor - 100)
    await world.wait(timedelta(hours=6))
    repeated = await world.live()
    assert repeated is not None
    assert repeated.attempt == 2
    event = await last_event(world, repeated)
    assert (event.event, event.remark) == ("ask", "mode")


async def test_a_changed_policy_breaks_the_quiet_after_a_rejection(world: World) -> None:
    await world.reject(await world.ask())
    await world.want(preset("loyal"))
    assert await world.review() is Result.ASKED


async def test_never_this_blocks_the_product_in_a_new_policy(world: World) -> None:
    order = await world.ask()
    await world.reject(order, Rejection.NEVER_THIS)
    async with world.transaction(world.owner_id) as session:
        in_force = await store.policy_in_force(
            session, world.owner_id, at=world.clock.now(), ids=world.ids
        )
    assert in_force.version == 2
    assert in_force.policy.products_blocked == (KLARBACH,)
    await world.work()
    other = await world.live()
    assert other is not None
    assert (await world.lines(other))[0].sku == "HH-2"


async def test_another_offer_is_pinned_and_bought_instead(world: World) -> None:
    asked = await world.ask()
    offers = await offer_ids(world, asked)
    order = await choose(world, asked, Choice(offer_id=offers["HH-2"]))
    await world.work()
    assert await world.state(asked) is OrderState.CANCELLED
    assert await world.state(order) is OrderState.PLACED
    assert order.is_override
    assert order.record_id == asked.record_id
    [line] = await world.lines(order)
    assert line.sku == "HH-2"
    assert order.total_minor == line.packs * 990 + 390
    bought = world.vendors["haushaltshof"].orders[order.order_id].pinned
    assert (bought.lines[0].sku, bought.total.minor) == ("HH-2", order.total_minor)
    assert world.purchases() == [order.order_id]


async def test_an_excluded_offer_needs_the_warning_accepted(world: World) -> None:
    await world.want(preset().model_copy(update={"brands_blocked": ("Reinwerk",)}))
    asked = await world.ask()
    offers = await offer_ids(world, asked)
    with pytest.raises(WarningNotAccepted, match="brand_not_blocked"):
        await choose(world, asked, Choice(offer_id=offers["HH-2"]))
    assert await world.state(asked) is OrderState.AWAITING_APPROVAL
    order = await choose(world, asked, Choice(offer_id=offers["HH-2"], accepts_warning=True))
    assert order.state == OrderState.APPROVED
    async with world.database.snapshot(world.owner_id) as session:
        remarks = [each.remark for each in await orders.history(session, order.order_id)]
    assert remarks[-1] == "smells better; in spite of brand_not_blocked"


async def test_an_offer_the_decision_never_saw_cannot_be_chosen(world: World) -> None:
    with pytest.raises(UnknownOffer):
        await choose(world, await world.ask(), Choice(offer_id="no such offer"))


async def test_more_packs_than_the_decision_saw_cannot_be_chosen(world: World) -> None:
    asked = await world.ask()
    offers = await offer_ids(world, asked)
    with pytest.raises(UnknownOffer, match="of 5000 packs"):
        await choose(world, asked, Choice(offer_id=offers["HH-2"], packs=5000))
    assert await world.state(asked) is OrderState.AWAITING_APPROVAL


async def test_a_viewer_may_not_approve(world: World) -> None:
    order = await world.ask()
    viewer = replace(world.anna, role="viewer")
    with pytest.raises(MayNotApprove):
        await approvals.approve(
            order.order_id,
            Word(principal=viewer),
            transaction=world.transaction,
            clock=world.clock,
            ids=world.ids,
        )


async def test_the_policy_says_who_may_approve(world: World) -> None:
    await world.want(preset().model_copy(update={"may_approve": ("admin",)}))
    asked = await world.ask()
    offers = await offer_ids(world, asked)
    approver = replace(world.anna, role="approver")
    with pytest.raises(MayNotApprove, match="admin may"):
        await choose(world, asked, Choice(offer_id=offers["HH-2"]), approver)


async def test_another_owners_order_does_not_exist(world: World) -> None:
    order = await world.ask()
    stranger = replace(world.anna, party_id=world.ids.uuid())
    with pytest.raises(UnknownOrder):
        await approvals.approve(
            order.order_id,
            Word(principal=stranger),
            transaction=world.transaction,
            clock=world.clock,
            ids=world.ids,
        )


async def test_nothing_is_approved_without_an_address(world: World) -> None:
    order = await world.ask()
    async with world.transaction(ALL_OWNERS) as session:
        (await session.get_one(OwnerRow, world.owner_id)).street = ""
    with pytest.raises(AddressMissing):
        await world.approve(order)
    assert await world.state(order) is OrderState.AWAITING_APPROVAL


async def test_an_approved_order_can_be_cancelled_before_it_is_sent(world: World) -> None:
    order = await world.ask()
    await world.approve(order)
    cancelled = await approvals.cancel(
        order.order_id,
        Word(principal=world.anna),
        transaction=world.transaction,
        clock=world.clock,
        ids=world.ids,
    )
    assert cancelled is OrderState.CANCELLED
    await world.work()
    assert world.purchases() == []
    assert await world.live() is None


async def test_a_placed_order_is_past_cancelling_here(world: World) -> None:
    order = await world.ask()
    await world.approve(order)
    await world.work()
    with pytest.raises(IllegalTransition):
        await approvals.cancel(
            order.order_id,
            Word(principal=world.anna),
            transaction=world.transaction,
            clock=world.clock,
            ids=world.ids,
        )


async def test_every_move_has_one_row_of_history(world: World) -> None:
    order = await world.ask()
    await world.approve(order)
    await world.wait(8 * DAY)
    assert await world.history(order) == [
        "ask",
        "approve",
        "submit",
        "acknowledge",
        "ship",
        "deliver",
    ]
    async with world.database.snapshot(world.owner_id) as session:
        moves = list(await session.exec(select(OrderEventRow)))
    assert all(left.after == right.before for left, right in pairwise(moves))


async def test_an_order_that_is_no_ask_any_more_cannot_be_exchanged(world: World) -> None:
    order = await world.ask()
    offers = await offer_ids(world, order)
    choice = Choice(offer_id=offers["HH-2"])
    await world.approve(order)
    with pytest.raises(IllegalTransition):
        await choose(world, order, choice)
    await world.work()
    assert await world.state(order) is OrderState.PLACED
    with pytest.raises(IllegalTransition):
        await choose(world, order, choice)
    await world.work()
    assert world.purchases() == [order.order_id]
