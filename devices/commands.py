"""What the platform tells devices: rows, delivered by the process that owns the door.

A command lies in the table until its device is connected and has subscribed; then it goes out
once, in the order of writing. After a week it is old news and stays where it is.
"""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from accounts.scoping import ALL_OWNERS
from core.clock import Clock
from core.database import Transaction
from devices import wire
from devices.tables import CommandRow, SlotRow

AT_ONCE: Final = 1_000
NEWS_FOR: Final = timedelta(days=7)

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


async def deliver_waiting(*, transaction: Transaction, deliver: Deliver, clock: Clock) -> int:
    """Returns how many went out. A device that is not there keeps its own waiting only."""
    async with transaction(ALL_OWNERS) as session:
        rows = await session.exec(
            select(CommandRow)
            .where(
                col(CommandRow.delivered_at).is_(None),
                col(CommandRow.created_at) > clock.now() - NEWS_FOR,
            )
            .order_by(col(CommandRow.command_id))
            .limit(AT_ONCE)
        )
        count = 0
        for row in rows.all():
            topic = wire.topic(row.device_id, "command")
            if deliver(row.device_id, topic, json.dumps(row.payload).encode()):
                row.delivered_at = clock.now()
                count += 1
        return count
