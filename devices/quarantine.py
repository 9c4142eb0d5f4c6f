"""Messages and parts of them that were not taken, for those who can mend the cause.

Written inside the ingest transaction, read by owners, makers and developers. Of each device and
day 100 payloads are kept and the rest is counted.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Connection
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from devices import store, wire
from devices.slot_changes import SlotChange
from devices.tables import (
    DeviceModelRow,
    DeviceRow,
    OwnershipRow,
    QuarantineCountRow,
    QuarantineRow,
)

KEPT_A_DAY: Final = 100  # payloads of one device


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """One message with all that is wrong with it."""

    device_id: str
    topic: str
    payload: bytes
    faults: tuple[wire.Fault, ...]
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
            payload=json.dumps(
                {"boot_id": held.key[0], "seq": held.key[1], "slot": slot}
            ).encode(),
            faults=(
                wire.Fault(
                    code="glitch",
                    field=f"slots.{slot}",
                    value=f"{held.value:g} {change.slot.spec.unit}",
                    fix="the next reading said otherwise; look at the sensor if it lasts",
                ),
            ),
            received_at=change.received_at,
        )
        for held in change.glitches
    ]


def keep(connection: Connection, found: Sequence[Quarantined]) -> None:
    counts = store.quarantined_so_far(connection, {each.day for each in found})
    rows = []
    for each in found:
        counts[each.day] = counts.get(each.day, 0) + 1
        if counts[each.day] <= KEPT_A_DAY:
            rows += [
                {
                    "device_id": each.device_id,
                    "topic": each.topic,
                    "payload": each.payload[: wire.LARGEST_PAYLOAD],
                    "code": fault.code,
                    "field": fault.field,
                    "value": fault.value,
                    "fix": fault.fix,
                    "received_at": each.received_at,
                }
                for fault in each.faults
            ]
    store.add_quarantined(connection, rows, counts)


async def of_owner(
    session: AsyncSession, owner_id: UUID, *, most: int = 100
) -> list[QuarantineRow]:
    """Of the owner's devices since they were claimed, newest first."""
    statement = (
        select(QuarantineRow)
        .join(OwnershipRow, col(OwnershipRow.device_id) == col(QuarantineRow.device_id))
        .where(
            OwnershipRow.owner_id == owner_id,
            col(QuarantineRow.received_at) >= col(OwnershipRow.claimed_at),
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
