"""What the platform tells devices: rows, delivered by the process that owns the door.

A command lies in the table until its device is connected and has subscribed, then it goes out,
in the order of writing: at the gateway with each connection again until the device acknowledged
it, to a broker once. After a week it is old news and stays where it is.
"""

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from accounts.scoping import ALL_OWNERS
from core.clock import Clock
from core.database import Transaction
from devices import wire
from devices.tables import CommandRow, SlotRow

AT_ONCE: Final = 1_000
NEWS_FOR: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A command that is about to be sent."""

    command_id: int
    device_id: str
    payload: bytes
    is_repeat: bool  # it went out before and was not acknowledged

    @classmethod
    def of(cls, row: CommandRow) -> "Waiting":
        return cls(row.command_id or 0, row.device_id, payload_of(row), row.sent_at is not None)


Deliver = Callable[[str, str, bytes], bool]  # device id, topic, payload; False: not now


async def send(
    session: AsyncSession, stock_id: UUID, news: dict[str, Any], *, at: datetime
) -> None:
    """To every device of the stock, with the slots that the news is about."""
    slots = await session.exec(
        select(SlotRow.device_id, SlotRow.slot)
        .where(SlotRow.stock_id == stock_id)
        .order_by(col(SlotRow.device_id), col(SlotRow.slot))
    )
    by_device: dict[str, list[str]] = {}
    for device_id, slot in slots:
        by_device.setdefault(device_id, []).append(slot)
    session.add_all(
        CommandRow(device_id=device_id, payload={"v": 1, "slots": named, **news}, created_at=at)
        for device_id, named in by_device.items()
    )


async def written_since(since: datetime, *, snapshot: Transaction) -> set[str]:
    """Ids of the devices that got a command after `since`, and have not acknowledged it."""
    async with snapshot(ALL_OWNERS) as session:
        found = await session.exec(
            select(CommandRow.device_id)
            .where(col(CommandRow.delivered_at).is_(None), col(CommandRow.created_at) > since)
            .distinct()
        )
        return set(found)


async def take_waiting(
    device_ids: Collection[str], *, transaction: Transaction, clock: Clock
) -> list[Waiting]:
    """What waits for these devices, oldest first, at most a thousand: about to be sent."""
    now = clock.now()
    async with transaction(ALL_OWNERS) as session:
        found = await session.exec(
            _undelivered(now).where(col(CommandRow.device_id).in_(device_ids))
        )
        rows = found.all()
        waiting = [Waiting.of(row) for row in rows]
        for row in rows:
            row.sent_at = row.sent_at or now
        return waiting


async def acknowledge(
    command_ids: Collection[int], *, transaction: Transaction, clock: Clock
) -> None:
    """The devices have them."""
    async with transaction(ALL_OWNERS) as session:
        rows = await session.exec(
            select(CommandRow).where(col(CommandRow.command_id).in_(command_ids))
        )
        for row in rows:
            row.delivered_at = row.delivered_at or clock.now()


async def deliver_waiting(*, transaction: Transaction, deliver: Deliver, clock: Clock) -> int:
    """To a broker, which keeps them for its clients. Returns how many went out."""
    async with transaction(ALL_OWNERS) as session:
        rows = await session.exec(_undelivered(clock.now()))
        count = 0
        for row in rows.all():
            topic = wire.topic(row.device_id, "command")
            if deliver(row.device_id, topic, payload_of(row)):
                row.delivered_at = clock.now()
                count += 1
        return count


def payload_of(row: CommandRow) -> bytes:
    return json.dumps(row.payload).encode()


def _undelivered(now: datetime) -> SelectOfScalar[CommandRow]:
    return (
        select(CommandRow)
        .where(
            col(CommandRow.delivered_at).is_(None), col(CommandRow.created_at) > now - NEWS_FOR
        )
        .order_by(col(CommandRow.command_id))
        .limit(AT_ONCE)
    )
