"""How long readings are kept. The owner says so; days of use, refills and events stay.

Pruned in bounded steps by a timer row, so that no transaction grows with the history.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec
from sqlmodel import col, select, tuple_
from sqlmodel.ext.asyncio.session import AsyncSession

from accounts.scoping import ALL_OWNERS
from accounts.tables import READINGS_KEPT_DAYS, OwnerRow
from core import outbox
from core.clock import Clock
from core.database import Transaction
from core.outbox import Work
from devices import store
from devices.checkpoints import Saved
from devices.intake import Place
from devices.levels import Key
from devices.tables import OwnershipRow, SlotRow

PRUNE: Final = "prune_readings"  # kind of outbox row
LEAST_DAYS: Final = 30
MOST_DAYS: Final = 3_650
SLOTS_A_STEP: Final = 200
READINGS_A_STEP: Final = 5_000
EVERY: Final = timedelta(days=1)
BEFORE_ALL_SLOTS: Final[Place] = ("", "")


class NotKeptSoLong(Exception):
    def __init__(self, days: int) -> None:
        super().__init__(f"{days} days are not between {LEAST_DAYS} and {MOST_DAYS}")


async def keep_for(owner_id: UUID, days: int, *, transaction: Transaction) -> None:
    """From the next daily round on. Raises NotKeptSoLong."""
    if not LEAST_DAYS <= days <= MOST_DAYS:
        raise NotKeptSoLong(days)
    async with transaction(owner_id) as session:
        owner = await session.get_one(OwnerRow, owner_id, with_for_update=True)
        owner.readings_kept_days = days


async def start_timers(session: AsyncSession, *, at: datetime) -> None:
    """Safe to call at every start."""
    await outbox.add(session, _step(BEFORE_ALL_SLOTS, at))


async def prune(after: Place, *, transaction: Transaction, clock: Clock) -> None:
    """One step of the round; leaves the row for the next one. after: where the last ended."""
    now, left = clock.now(), READINGS_A_STEP
    async with transaction(ALL_OWNERS) as session:
        connection = await session.connection()
        slots = await _slots(session, after)
        for slot, days in slots:
            before, below = now - timedelta(days=days), _refold_start(slot)
            place = slot.device_id, slot.slot
            left -= await connection.run_sync(store.prune_readings, place, before, below, left)
            if left == 0:
                break
            after = place
        is_over = left > 0 and len(slots) < SLOTS_A_STEP
        next_step = _step(BEFORE_ALL_SLOTS, now + EVERY) if is_over else _step(after, now)
        await outbox.add(session, next_step)


async def _slots(session: AsyncSession, after: Place) -> Sequence[tuple[SlotRow, int]]:
    """The next ones, with the days their readings are kept; of nobody's as by default."""
    found = await session.exec(
        select(SlotRow, OwnerRow.readings_kept_days)
        .join(OwnershipRow, col(OwnershipRow.device_id) == col(SlotRow.device_id), isouter=True)
        .join(OwnerRow, col(OwnerRow.owner_id) == col(OwnershipRow.owner_id), isouter=True)
        .where(tuple_(SlotRow.device_id, SlotRow.slot) > tuple_(*after))
        .order_by(col(SlotRow.device_id), col(SlotRow.slot))
        .limit(SLOTS_A_STEP)
    )
    return [(slot, days or READINGS_KEPT_DAYS) for slot, days in found]


def _refold_start(slot: SlotRow) -> Key:
    """What is stored from there on may be folded again, however old it is."""
    older = msgspec.convert(slot.checkpoint or {}, Saved).older
    return older.held.key if older.held else older.key


def _step(after: Place, at: datetime) -> Work:
    return Work(kind=PRUNE, payload={"after": list(after)}, due_at=at, dedupe_key=PRUNE)
