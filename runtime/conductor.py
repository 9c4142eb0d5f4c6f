"""Leads a simulated household, its shops and the platform through time, step by step.

Jumps to the next due moment, lets all that became due happen until nothing is left, then jumps
again. Devices speak MQTT, the owner and the order path HTTP, all on loopback.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from accounts.scoping import ALL_OWNERS
from core import outbox
from core.clock import SteppedClock
from core.database import Transaction
from demo_shop.app import ShopApp
from firmware_sim.household import Household
from firmware_sim.owner import OwnerAtTheApi
from firmware_sim.publish import Publisher
from runtime.worker import Worker

RECEIPTS_S: Final = 5.0  # real seconds until the last event must have its receipt
OWNER_LOOKS_EVERY: Final = timedelta(hours=8)


@dataclass(slots=True, kw_only=True)
class Conductor:
    """`owner` None: asks wait for whoever sits at the pages."""

    clock: SteppedClock
    worker: Worker
    transaction: Transaction
    household: Household
    publisher: Publisher
    tell_devices: Callable[[], Awaitable[None]]
    shops: Sequence[ShopApp]
    owner: OwnerAtTheApi | None
    steps: int = 0
    _carried_until: dict[str, datetime] = field(default_factory=dict)
    _owner_looks_at: datetime | None = None

    async def play(self, until: datetime) -> AsyncIterator[datetime]:
        """Yields the time after each step, up to and including `until`."""
        while (at := await self._next_moment()) <= until:
            await self._step(max(at, self.clock.now()))
            yield self.clock.now()
        self.clock.step_to(max(until, self.clock.now()))
        yield self.clock.now()

    async def end(self) -> None:
        """The devices send what they still hold; every event gets its receipt."""
        await self.publisher.publish(self.household.close(self.clock.now()))
        await self.worker.run_due()
        await self.publisher.all_received(RECEIPTS_S)

    async def _next_moment(self) -> datetime:
        async with self.transaction(ALL_OWNERS) as session:
            due_at = await outbox.next_due_at(session)
        moments = [due_at, self.household.next_tick_at(), self._owner_at()]
        moments += [shop.next_event_at() for shop in self.shops]
        return min(at for at in moments if at is not None)

    def _owner_at(self) -> datetime | None:
        if self.owner is None:
            return None
        known = [self._owner_looks_at or self.clock.now(), self.owner.next_look_at()]
        return min(at for at in known if at is not None)

    async def _step(self, at: datetime) -> None:
        self.clock.step_to(at)
        self.steps += 1
        self._carry_parcels(at)
        if self.household.next_tick_at() <= at:
            await self.publisher.publish(self.household.tick(at))
        if await self.worker.run_due():
            await self.tell_devices()
        owner_at = self._owner_at()
        if self.owner is not None and owner_at is not None and owner_at <= at:
            self._owner_looks_at = at + OWNER_LOOKS_EVERY
            if await self.owner.look(at):
                await self.worker.run_due()

    def _carry_parcels(self, at: datetime) -> None:
        """What the shops delivered since the last step goes into the cupboard."""
        for shop in self.shops:
            since = self._carried_until.get(shop.title, datetime.min.replace(tzinfo=at.tzinfo))
            for order in shop.shop.delivered_since(since):
                for line in order.session.lines:
                    self.household.deliver(line.gtin, line.quantity, at)
            self._carried_until[shop.title] = at
