"""A wired household for tests: one washing machine, one stock, two shops, real use cases.

Everything below the wiring is real but the shops; time stands still until it is moved.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import select

from accounts.principal import Audience, Principal
from accounts.scoping import ALL_OWNERS
from accounts.tables import NoticeRow
from core import outbox
from core.clock import SteppedClock
from core.database import Database
from core.ids import SeededIds
from core.money import Money
from core.offload import here
from core.outbox import OutboxRow
from devices.tables import SlotRow, StockRow
from replenishment import approvals, fulfil, orders, replenish
from replenishment.case import Occasion
from replenishment.forecast import ExponentialForecaster, Forecaster
from replenishment.order_states import LIVE, OrderState
from replenishment.proposals import Result
from replenishment.replenish import Stop
from replenishment.tables import NeedRow, OrderLineRow, OrderRow
from runtime.use_cases import UseCases
from tests.fakes_vendor import FakeVendor
from tests.household import (
    ANNA,
    CATEGORY,
    DAY,
    DETERGENT,
    HOUR,
    KLARBACH,
    REINWERK,
    WASHER,
    furnish,
    item,
)
from vendor_policy import store
from vendor_policy.log.cosigning import Post
from vendor_policy.log.notes import Signer
from vendor_policy.mandates import Mandate
from vendor_policy.policy import Policy

SIGNER = Signer.of_seed(bytes(range(32)), "nachschub.log")


class World:
    """`vendors`: the shops by id; "haushaltshof" is quick, "billigblitz" cheaper and slow."""

    def __init__(
        self,
        database: Database,
        clock: SteppedClock,
        forecaster: Forecaster | None = None,
    ) -> None:
        self.forecaster = forecaster or ExponentialForecaster()
        self.database = database
        self.transaction = database.transaction
        self.clock = clock
        self.ids = SeededIds(7)
        self.owner_id, self.stock_id = self.ids.uuid(), self.ids.uuid()
        self.anna = Principal(audience=Audience.OWNER, party_id=self.owner_id, name=ANNA)
        self.vendors = {
            "haushaltshof": FakeVendor(
                {CATEGORY: (item("HH-1", KLARBACH, 840), item("HH-2", REINWERK, 990))},
                delivery=Money(390, "EUR"),
                now=clock.now(),
            ),
            "billigblitz": FakeVendor(
                {CATEGORY: (item("BB-1", KLARBACH, 780),)},
                delivery=Money(490, "EUR"),
                now=clock.now(),
            ),
        }
        self.witness: Post | None = None
        self.use_cases = UseCases(
            transaction=database.transaction,
            clock=clock,
            ids=self.ids,
            forecaster=self.forecaster,
            vendor_of=self.vendor_of,
            offload=here,
            signer=SIGNER,
            post=self.post,
        ).table()

    async def post(self, url: str, body: str) -> tuple[int, str] | None:
        """To a witness."""
        return None if self.witness is None else await self.witness(url, body)

    async def vendor_of(self, vendor_id: str) -> FakeVendor:
        return self.vendors[vendor_id]

    async def build(self) -> "World":
        async with self.transaction(ALL_OWNERS) as session:
            await furnish(
                session, self.owner_id, self.stock_id, at=self.clock.now(), ids=self.ids
            )
        return self

    async def measure(self, amount: float | None) -> None:
        """What the machine says now; None: it cannot tell."""
        async with self.transaction(ALL_OWNERS) as session:
            slot = await session.get_one(SlotRow, (WASHER, DETERGENT.slot))
            slot.in_slot = amount
            slot.condition = "unknown" if amount is None else "ok"
            slot.heard_at = slot.measured_at = self.clock.now()

    async def set(self, **changes: object) -> None:
        """Columns of the stock."""
        async with self.transaction(self.owner_id) as session:
            stock = await session.get_one(StockRow, self.stock_id)
            for name, value in changes.items():
                setattr(stock, name, value)

    async def want(self, policy: Policy) -> None:
        async with self.transaction(self.owner_id) as session:
            await store.save_policy(
                session,
                self.owner_id,
                policy,
                author=self.anna.name,
                at=self.clock.now(),
                ids=self.ids,
            )

    def mandate(self, **overrides: object) -> Mandate:
        plain: dict[str, object] = {
            "products": (KLARBACH, REINWERK),
            "vendors": ("haushaltshof", "billigblitz"),
            "currency": "EUR",
            "order_most_minor": 5000,
            "ends_on": (self.clock.now() + 90 * DAY).date(),
            "accepted_at": self.clock.now(),
            "accepted_by": self.anna.name,
        }
        return Mandate.model_validate({**plain, **overrides})

    async def review(self, occasion: Occasion | None = None) -> Stop | Result:
        return await replenish.review(
            self.stock_id,
            occasion or Occasion(),
            transaction=self.transaction,
            clock=self.clock,
            ids=self.ids,
            forecaster=self.forecaster,
        )

    async def ask(self) -> OrderRow:
        """A low level, looked-at shops, and the ask that follows."""
        await self.measure(200)
        await self.review()
        await self.work()
        order = await self.live()
        assert order is not None
        assert order.state == OrderState.AWAITING_APPROVAL
        return order

    async def approve(self, order: OrderRow) -> OrderState:
        return await approvals.approve(
            order.order_id,
            approvals.Word(principal=self.anna),
            transaction=self.transaction,
            clock=self.clock,
            ids=self.ids,
        )

    async def reject(
        self,
        order: OrderRow,
        rejection: approvals.Rejection = approvals.Rejection.NOT_NOW,
    ) -> OrderState:
        return await approvals.reject(
            order.order_id,
            rejection,
            approvals.Word(principal=self.anna),
            transaction=self.transaction,
            clock=self.clock,
            ids=self.ids,
        )

    async def work(self) -> int:
        """Does all that is due now, also what that makes due; returns how many rows."""
        count = 0
        while (row := await self._claim()) is not None:
            await self.use_cases[row.kind](row)
            async with self.transaction(ALL_OWNERS) as session:
                await outbox.done(session, [row])
            count += 1
        return count

    async def wait(self, span: timedelta) -> None:
        """Moves time from one due row to the next, working each off."""
        until = self.clock.now() + span
        while (due := await self._next_due()) is not None and due <= until:
            self.step_to_at(due)
            await self.work()
        self.step_to_at(until)

    async def jump(self, span: timedelta) -> None:
        """Time passes unwatched; what came due is then worked off at once."""
        self.step_to_at(self.clock.now() + span)
        await self.work()

    def replace_shops(self, kind: type[FakeVendor]) -> None:
        """Every shop sells the same from now on, but in the way of `kind`."""
        for vendor_id, plain in self.vendors.items():
            self.vendors[vendor_id] = kind(plain.items, delivery=plain.delivery, now=plain.now)

    def step_to_at(self, at: datetime) -> None:
        self.clock.step_to(max(at, self.clock.now()))
        for vendor in self.vendors.values():
            vendor.now = self.clock.now()

    async def _next_due(self) -> datetime | None:
        async with self.database.snapshot(ALL_OWNERS) as session:
            return await outbox.next_due_at(session)

    async def _claim(self) -> OutboxRow | None:
        async with self.transaction(ALL_OWNERS) as session:
            now = self.clock.now()
            rows = await outbox.claim(session, now=now, wall=now, lease=HOUR)
        return rows[0] if rows else None

    async def submit(self, order_id: UUID) -> OrderState:
        return await fulfil.submit(
            order_id,
            transaction=self.transaction,
            clock=self.clock,
            ids=self.ids,
            vendor_of=self.vendor_of,
        )

    async def orders(self) -> list[OrderRow]:
        """In the order of their making."""
        async with self.database.snapshot(self.owner_id) as session:
            found = list(await session.exec(select(OrderRow)))
        return sorted(found, key=lambda each: (each.created_at, each.attempt))

    async def lines(self, order: OrderRow) -> Sequence[OrderLineRow]:
        async with self.database.snapshot(self.owner_id) as session:
            return await orders.lines(session, order.order_id)

    async def live(self) -> OrderRow | None:
        return next((each for each in await self.orders() if each.state in LIVE), None)

    async def state(self, order: OrderRow) -> OrderState:
        async with self.database.snapshot(self.owner_id) as session:
            return OrderState((await session.get_one(OrderRow, order.order_id)).state)

    async def history(self, order: OrderRow) -> list[str]:
        async with self.database.snapshot(self.owner_id) as session:
            return [each.event for each in await orders.history(session, order.order_id)]

    async def stock(self) -> StockRow:
        async with self.database.snapshot(self.owner_id) as session:
            return await session.get_one(StockRow, self.stock_id)

    async def needs(self) -> list[NeedRow]:
        async with self.database.snapshot(self.owner_id) as session:
            found = await session.exec(select(NeedRow))
            return sorted(found, key=lambda each: each.opened_at)

    async def notices(self) -> list[str]:
        async with self.database.snapshot(self.owner_id) as session:
            found = await session.exec(select(NoticeRow).order_by(NoticeRow.created_at))  # type: ignore[arg-type]
            return [each.text_key for each in found]

    def purchases(self) -> list[UUID]:
        """Keys in the shops' own ledgers."""
        return [key for vendor in self.vendors.values() for key in vendor.orders]

    def reprice(self, vendor_id: str, sku: str, price_minor: int) -> None:
        vendor = self.vendors[vendor_id]
        vendor.items[CATEGORY] = tuple(
            replace(each, price=Money(price_minor, "EUR")) if each.sku == sku else each
            for each in vendor.items[CATEGORY]
        )
