"""Messages and parts of them that were not taken, for those who can mend the cause.

Written inside the ingest transaction, read by owners, makers and developers. Of each device and
day 100 payloads are kept and the rest is counted.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, true
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from accounts import notices
from accounts.notices import Notice
from accounts.scoping import ALL_OWNERS
from accounts.tables import NoticeRow
from core import outbox
from core.clock import Clock
from core.database import Transaction
from core.ids import Ids
from core.outbox import Work
from devices import store, wire
from devices.levels import Key
from devices.slot_changes import SlotChange
from devices.tables import (
    DeviceModelRow,
    DeviceRow,
    OwnershipRow,
    QuarantineCountRow,
    QuarantineRow,
)

KEPT_A_DAY: Final = 100  # payloads of one device
TELL_RECURRING: Final = "tell_recurring"  # kind of outbox row
RECURRING: Final = 3  # messages of one device within a day: no accident any more
DAY: Final = timedelta(hours=24)
QUIET_DAYS: Final = 7  # without any: what comes after them is another case, and told again
NOTICE: Final = "notice.recurring"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """One message with all that is wrong with it."""

    device_id: str
    topic: str
    payload: bytes
    faults: Sequence[wire.Fault]
    received_at: datetime

    @property
    def day(self) -> tuple[str, date]:
        return self.device_id, self.received_at.astimezone(UTC).date()


def glitches(change: SlotChange) -> list[Quarantined]:
    """Jumps that the slot's next reading contradicted; the message is named, not repeated."""
    device_id, slot = change.place
    return [
        Quarantined(
            device_id=device_id,
            topic=wire.topic(device_id, "telemetry"),
            payload=_name(held.key, slot),
            faults=(
                wire.Fault(
                    code="glitch",
                    field=f"slots.{slot}",
                    value=f"{held.value:g} {change.slot.gauge.unit}",
                    fix="the next reading said otherwise; look at the sensor if it lasts",
                ),
            ),
            received_at=change.received_at,
        )
        for held in change.glitches
    ]


def _name(key: Key, slot: str) -> bytes:
    return json.dumps({"boot_id": key[0], "seq": key[1], "slot": slot}).encode()


def clear(connection: Connection, changes: Sequence[SlotChange]) -> None:
    """A late reading showed that these were no glitches after all."""
    cleared = {
        (change.slot.device_id, _name(key, change.slot.slot))
        for change in changes
        for key in change.cleared
    }
    store.remove_glitches(connection, cleared)


def keep(connection: Connection, found: Sequence[Quarantined]) -> None:
    counts = store.quarantined_so_far(connection, {each.day for each in found})
    rows, perhaps_recurring = [], {}
    for each in found:
        counts[each.day] = counts.get(each.day, 0) + 1
        if counts[each.day] <= RECURRING:  # a later one of a day adds nothing to the answer
            perhaps_recurring[each.device_id] = _tell(each)
        if counts[each.day] <= KEPT_A_DAY:
            rows += [
                {
                    "device_id": each.device_id,
                    "topic": each.topic,
                    "payload": each.payload[: wire.LARGEST_PAYLOAD],
                    "code": fault.code,
                    "field": wire.storable(fault.field),
                    "value": wire.storable(fault.value),
                    "fix": wire.storable(fault.fix),
                    "received_at": each.received_at,
                }
                for fault in each.faults
            ]
    store.add_quarantined(connection, rows, counts)
    outbox.add_sync(connection, *perhaps_recurring.values())


def _tell(found: Quarantined) -> Work:
    return Work(
        kind=TELL_RECURRING,
        payload={"device_id": found.device_id},
        due_at=found.received_at,
        dedupe_key=f"{TELL_RECURRING}:{found.device_id}",
    )


async def tell_recurring(
    device_id: str, *, transaction: Transaction, clock: Clock, ids: Ids
) -> None:
    """Tells the owner when RECURRING messages of his device were quarantined within a day;
    once, however long it lasts.
    """
    now = clock.now()
    async with transaction(ALL_OWNERS) as session:
        ownership = await session.get(OwnershipRow, device_id)
        if ownership is None:
            return
        since = max(now - DAY, ownership.claimed_at)
        link = f"/devices/{device_id}/quarantine"
        count = await _messages(session, device_id, since)
        if count < RECURRING or await _is_told(session, device_id, ownership, link):
            return
        notice = Notice(
            text_key=NOTICE, params={"device": ownership.name, "n": count}, link=link
        )
        await notices.tell(session, ownership.owner_id, notice, at=now, ids=ids)


async def _messages(session: AsyncSession, device_id: str, since: datetime) -> int:
    """One with several faults has several rows."""
    statement = (
        select(QuarantineRow.received_at, QuarantineRow.payload)
        .where(QuarantineRow.device_id == device_id, col(QuarantineRow.received_at) >= since)
        .distinct()
    )
    return len((await session.exec(statement)).all())


async def _is_told(
    session: AsyncSession, device_id: str, ownership: OwnershipRow, link: str
) -> bool:
    """Since then no QUIET_DAYS went by without a quarantined message."""
    found = await session.exec(
        select(NoticeRow.created_at)
        .where(
            NoticeRow.owner_id == ownership.owner_id,
            NoticeRow.text_key == NOTICE,
            NoticeRow.link == link,
            col(NoticeRow.created_at) >= ownership.claimed_at,
        )
        .order_by(col(NoticeRow.created_at).desc())
    )
    told_at = found.first()
    if told_at is None:
        return False
    days = await session.exec(
        select(col(QuarantineCountRow.day_on))
        .where(
            QuarantineCountRow.device_id == device_id,
            col(QuarantineCountRow.day_on) >= told_at.date(),
            QuarantineCountRow.messages > 0,
        )
        .order_by(col(QuarantineCountRow.day_on))
    )
    with_some = [told_at.date(), *days]
    return all((later - earlier).days <= QUIET_DAYS for earlier, later in pairwise(with_some))


async def of_owner(
    session: AsyncSession, owner_id: UUID, device_id: str = "", *, most: int = 100
) -> list[QuarantineRow]:
    """Of one or all of the owner's devices since they were claimed, newest first."""
    statement = (
        select(QuarantineRow)
        .join(OwnershipRow, col(OwnershipRow.device_id) == col(QuarantineRow.device_id))
        .where(
            OwnershipRow.owner_id == owner_id,
            col(QuarantineRow.received_at) >= col(OwnershipRow.claimed_at),
            col(QuarantineRow.device_id) == device_id if device_id else true(),
        )
        .order_by(col(QuarantineRow.quarantine_id).desc())
        .limit(most)
    )
    return list(await session.exec(statement))


async def of_tests(
    session: AsyncSession, manufacturer_id: UUID, *, most: int = 100
) -> list[QuarantineRow]:
    """Of the maker's test devices, newest first; what customers' devices send is theirs."""
    statement = (
        select(QuarantineRow)
        .join(DeviceRow, col(DeviceRow.device_id) == col(QuarantineRow.device_id))
        .join(DeviceModelRow, col(DeviceModelRow.model_id) == col(DeviceRow.model_id))
        .where(DeviceModelRow.manufacturer_id == manufacturer_id, col(DeviceRow.is_test))
        .order_by(col(QuarantineRow.quarantine_id).desc())
        .limit(most)
    )
    return list(await session.exec(statement))


async def count(session: AsyncSession, device_id: str, *, since_on: date) -> int:
    """Messages of the device since that day (UTC), also those whose payload is not kept."""
    statement = select(QuarantineCountRow.messages).where(
        QuarantineCountRow.device_id == device_id, col(QuarantineCountRow.day_on) >= since_on
    )
    return sum(await session.exec(statement))
