"""Whatever happens in whatever order: one purchase a need, one live order, and an end."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from sqlmodel import SQLModel, col, select

from accounts.scoping import ALL_OWNERS
from core.clock import SteppedClock
from core.database import Database
from replenishment import approvals, automatic
from replenishment.approvals import AskExpired, Rejection, Word
from replenishment.case import Occasion
from replenishment.order_states import COMING, LIVE, IllegalTransition, OrderState
from replenishment.tables import NeedRow, OrderRow
from tests.household import HOUR
from tests.world import World

START = datetime(2026, 11, 20, 12, tzinfo=UTC)
STANDING = COMING | {OrderState.DELIVERED}


class Household(RuleBasedStateMachine):
    """Reviews, answers, failures of shops and time, in any sequence."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.Runner()
        self.folder = TemporaryDirectory()
        self.database = Database(f"sqlite+aiosqlite:///{Path(self.folder.name)}/n.db")

    @initialize()
    def move_in(self) -> None:
        self.world = self.loop.run(self._world())

    async def _world(self) -> World:
        async with self.database.engine.begin() as connection:
            await connection.run_sync(SQLModel.metadata.create_all)
        world = await World(self.database, SteppedClock(START)).build()
        await world.ask()
        return world

    @rule(amount=st.sampled_from([0.0, 200.0, 1100.0, None]))
    def measure(self, amount: float | None) -> None:
        self.loop.run(self.world.measure(amount))

    @rule(is_requested=st.booleans())
    def review(self, is_requested: bool) -> None:
        self.loop.run(self.world.review(Occasion(is_requested=is_requested)))

    @rule()
    def approve(self) -> None:
        self._answer(self.world.approve)

    @rule(rejection=st.sampled_from(Rejection))
    def reject(self, rejection: Rejection) -> None:
        self._answer(lambda order: self.world.reject(order, rejection))

    @rule()
    def cancel(self) -> None:
        self._answer(
            lambda order: approvals.cancel(
                order.order_id,
                Word(principal=self.world.anna),
                transaction=self.world.transaction,
                clock=self.world.clock,
                ids=self.world.ids,
            )
        )

    def _answer(self, act: Callable[[OrderRow], Awaitable[OrderState]]) -> None:
        """To the live order, if there is one that can be answered."""

        async def answer() -> None:
            order = await self.world.live()
            if order is not None:
                with suppress(IllegalTransition, AskExpired):
                    await act(order)

        self.loop.run(answer())

    @rule()
    def allow(self) -> None:
        self.loop.run(
            automatic.accept(
                self.world.stock_id,
                self.world.mandate(order_most_minor=100_000),
                self.world.anna,
                transaction=self.world.transaction,
                clock=self.world.clock,
                ids=self.world.ids,
            )
        )

    @rule()
    def stop(self) -> None:
        self.loop.run(
            automatic.stop(
                self.world.anna, transaction=self.world.transaction, clock=self.world.clock
            )
        )

    @rule(
        fault=st.sampled_from(["lose_answers", "hide_sales", "fail_requests", "talk_nonsense"]),
        times=st.sampled_from([1, 40]),
    )
    def break_a_shop(self, fault: str, times: int) -> None:
        for vendor in self.world.vendors.values():
            setattr(vendor, fault, times)

    @rule(ppm=st.sampled_from([0, 100_000]))
    def change_prices_at_checkout(self, ppm: int) -> None:
        for vendor in self.world.vendors.values():
            vendor.checkout_price_ppm = ppm

    @rule(is_sold_out=st.booleans())
    def sell_out(self, is_sold_out: bool) -> None:
        self.world.vendors["haushaltshof"].out_of_stock = {"HH-1"} if is_sold_out else set()

    @rule()
    def send_twice(self) -> None:
        """Two workers with the same row, as after a lease that ran out."""

        async def send() -> None:
            order = await self.world.live()
            if order is not None:
                await asyncio.gather(
                    self.world.submit(order.order_id), self.world.submit(order.order_id)
                )

        self.loop.run(send())

    @rule(hours=st.sampled_from([1, 7, 25, 80]))
    def pass_time(self, hours: int) -> None:
        self.loop.run(self.world.jump(hours * HOUR))

    @precondition(lambda self: hasattr(self, "world"))
    @invariant()
    def one_live_order_and_one_purchase_a_need(self) -> None:
        found = self.loop.run(self.world.orders())
        states = {order.order_id: OrderState(order.state) for order in found}
        assert sum(state in LIVE for state in states.values()) <= 1
        bought = [order for order in found if order.order_id in self.world.purchases()]
        standing: list[UUID] = [
            order.need_id for order in bought if states[order.order_id] in STANDING
        ]
        assert len(standing) == len(set(standing))
        for order in bought:
            assert states[order.order_id] in STANDING
            ledger = self.world.vendors[order.vendor_id].orders[order.order_id]
            assert ledger.pinned.total.minor == order.total_minor

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.loop.run(self._everything_ends())
        self.loop.run(self.database.close())
        self.loop.close()
        self.folder.cleanup()

    async def _everything_ends(self) -> None:
        """With a full slot and shops that answer, nothing stays open."""
        for vendor in self.world.vendors.values():
            vendor.checkout_price_ppm = vendor.fail_requests = vendor.lose_answers = 0
            vendor.talk_nonsense = vendor.hide_sales = 0
            vendor.out_of_stock = set()
        for _ in range(4):
            await self.world.jump(timedelta(hours=75))
            await self.world.measure(1100)
            await self.world.review()
        assert await self.world.live() is None
        async with self.database.snapshot(ALL_OWNERS) as session:
            open_needs = await session.exec(
                select(NeedRow).where(col(NeedRow.closed_at).is_(None))
            )
            assert open_needs.all() == []
            orders = await session.exec(select(OrderRow.state))
            assert not set(orders) & LIVE


Household.TestCase.settings = settings(
    max_examples=12, stateful_step_count=12, deadline=None, derandomize=True
)
test_any_sequence_of_events = Household.TestCase
