"""What becomes of a quarantined message: taken once more by the way it came, or discarded.

By the device's owner, and by its maker while it is a test device; for everybody else there is
no such message. It is taken again in one transaction that also removes it: once, whatever
crashes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, get_args

from sqlalchemy import Connection
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from accounts.principal import Audience, Principal
from accounts.scoping import ALL_OWNERS
from core import outbox
from core.clock import Clock
from core.database import Transaction
from core.outbox import Work
from devices import readings, telemetry, wire
from devices.intake import Arrival
from devices.tables import DeviceModelRow, DeviceRow, OwnershipRow, QuarantineRow

RELEASE: Final = "release_quarantined"  # kind of outbox row
NOT_KEPT_WHOLE: Final = frozenset({"glitch", "too_large"})  # codes
RAW_SHOWN: Final = 2_000  # bytes of a payload


class QuarantinedUnknown(Exception):
    def __init__(self, quarantine_id: int) -> None:
        super().__init__(f"no quarantined message {quarantine_id} of yours")


class CannotBeReleased(Exception):
    def __init__(self, quarantine_id: int) -> None:
        super().__init__(f"of message {quarantine_id} not all is kept; it can be discarded")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptMessage:
    """All that is wrong with one message. `quarantine_id` of its newest row names it."""

    quarantine_id: int
    device_id: str
    payload: bytes
    faults: tuple[wire.Fault, ...]
    received_at: datetime
    released_at: datetime | None

    @property
    def may_be_released(self) -> bool:
        is_whole = all(each.code not in NOT_KEPT_WHOLE for each in self.faults)
        return is_whole and self.released_at is None

    @property
    def raw(self) -> str:
        """The payload, or its beginning and an ellipsis, in signs that can be shown."""
        shown = self.payload[:RAW_SHOWN].decode(errors="replace")
        shown += " …" if len(self.payload) > RAW_SHOWN else ""
        return "".join(
            sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in shown
        )


def messages(rows: Iterable[QuarantineRow]) -> list[KeptMessage]:
    """In the order of the rows; each fault has one."""
    found: dict[tuple[str, datetime, bytes], list[QuarantineRow]] = {}
    for row in rows:
        found.setdefault((row.device_id, row.received_at, row.payload), []).append(row)
    return [_message(each) for each in found.values()]


def _message(rows: Sequence[QuarantineRow]) -> KeptMessage:
    first = rows[0]
    return KeptMessage(
        quarantine_id=first.quarantine_id or 0,
        device_id=first.device_id,
        payload=first.payload,
        faults=tuple(
            wire.Fault(code=row.code, field=row.field, value=row.value, fix=row.fix)
            for row in rows
        ),
        received_at=first.received_at,
        released_at=first.released_at,
    )


async def release(
    quarantine_id: int, by: Principal, *, transaction: Transaction, clock: Clock
) -> None:
    """The worker takes it again. Once more changes nothing. Raises QuarantinedUnknown and
    CannotBeReleased.
    """
    now = clock.now()
    async with transaction(ALL_OWNERS) as session:
        rows = await _of(session, quarantine_id, by)
        if rows[0].released_at is not None:
            return
        if not _message(rows).may_be_released:
            raise CannotBeReleased(quarantine_id)
        for row in rows:
            row.released_at = now
        work = Work(kind=RELEASE, payload={"quarantine_id": quarantine_id}, due_at=now)
        await outbox.add(session, work)


async def discard(quarantine_id: int, by: Principal, *, transaction: Transaction) -> None:
    """It stays counted. Raises QuarantinedUnknown."""
    async with transaction(ALL_OWNERS) as session:
        for row in await _of(session, quarantine_id, by):
            await session.delete(row)


async def take_again(quarantine_id: int, *, transaction: Transaction, clock: Clock) -> None:
    """What is good by now is recorded; what is still wrong is a new entry of the quarantine."""
    async with transaction(ALL_OWNERS) as session:
        rows = await _rows(session, quarantine_id)
        if not rows or rows[0].released_at is None:
            return  # done, or discarded, or erased with its device
        arrival = _arrival(rows[0], clock.now())
        for row in rows:
            await session.delete(row)
        await session.flush()
        connection = await session.connection()
        await connection.run_sync(_record, arrival)


def _arrival(row: QuarantineRow, now: datetime) -> Arrival:
    """As if it came now; a message without a time of its own was measured when it came."""
    _, name = wire.split_topic(row.topic) or ("", "")
    channel = next(each for each in get_args(wire.Channel) if each == name)
    parsed = telemetry.parse(channel, row.payload)
    has_clock = isinstance(parsed, telemetry.Parsed) and getattr(
        parsed.message, "measured_at", None
    )
    return Arrival(
        device_id=row.device_id,
        channel=channel,
        payload=row.payload,
        received_at=now if has_clock else row.received_at,
    )


def _record(connection: Connection, arrival: Arrival) -> None:
    readings.record(connection, [arrival])


async def _of(
    session: AsyncSession, quarantine_id: int, by: Principal
) -> Sequence[QuarantineRow]:
    """Raises QuarantinedUnknown."""
    rows = await _rows(session, quarantine_id)
    if not rows or not await _may(session, rows[0], by):
        raise QuarantinedUnknown(quarantine_id)
    return rows


async def _rows(session: AsyncSession, quarantine_id: int) -> Sequence[QuarantineRow]:
    """Of the whole message, newest first; locked."""
    named = await session.get(QuarantineRow, quarantine_id, with_for_update=True)
    if named is None:
        return ()
    found = await session.exec(
        select(QuarantineRow)
        .where(
            QuarantineRow.device_id == named.device_id,
            QuarantineRow.received_at == named.received_at,
            QuarantineRow.payload == named.payload,
        )
        .order_by(col(QuarantineRow.quarantine_id).desc())
        .with_for_update()
    )
    return found.all()


async def _may(session: AsyncSession, row: QuarantineRow, by: Principal) -> bool:
    match by.audience:
        case Audience.OWNER:
            owned = await session.exec(
                select(OwnershipRow).where(
                    OwnershipRow.device_id == row.device_id,
                    OwnershipRow.owner_id == by.party_id,
                    col(OwnershipRow.claimed_at) <= row.received_at,
                )
            )
            return owned.first() is not None and by.may_change
        case Audience.MAKER:
            made = await session.exec(
                select(DeviceRow)
                .join(DeviceModelRow, col(DeviceModelRow.model_id) == DeviceRow.model_id)
                .where(
                    DeviceRow.device_id == row.device_id,
                    col(DeviceRow.is_test),
                    DeviceModelRow.manufacturer_id == by.party_id,
                )
            )
            return made.first() is not None
    return False
