"""The cycles a plug found, what its owner says of them, and what the plug learns from that.

Everything is told to the plug anew each time, as a whole: a command that is lost or comes
twice does no harm.
"""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.clock import Clock
from core.database import Transaction
from core.ids import Ids
from devices.cycles import learning, reporting
from devices.cycles.learning import Judged, Learned, Said
from devices.cycles.reporting import CycleReport
from devices.models import Frozen
from devices.ownership import NotYourDevice
from devices.tables import CommandRow, CycleCorrectionRow, DeviceEventRow, OwnershipRow
from devices.wire import EventKind


class CycleUnknown(Exception):
    def __init__(self, device_id: str, boot_id: int | None, seq: int | None) -> None:
        super().__init__(f"{device_id} has reported no cycle ({boot_id}, {seq})")


class CorrectCycle(Frozen):
    """Without `boot_id` and `seq`: of a cycle that was missed. `said` null: it was right."""

    said: Said | None
    boot_id: int | None = None
    seq: int | None = None


@dataclass(frozen=True, slots=True)
class Told:
    boot_id: int
    seq: int
    report: CycleReport
    said: Said | None


@dataclass(frozen=True, slots=True)
class Cycles:
    """`told`: the newest first."""

    told: tuple[Told, ...]
    missed: tuple[datetime, ...]

    @property
    def learned(self) -> Learned:
        judged = [Judged(each.report, each.said) for each in self.told]
        return learning.learn([*judged, *(Judged(None, Said.MISSED) for _ in self.missed)])


async def of_device(session: AsyncSession, owner_id: UUID, device_id: str) -> Cycles:
    """Raises NotYourDevice."""
    await _check_owner(session, owner_id, device_id)
    events = await session.exec(
        select(DeviceEventRow)
        .where(
            DeviceEventRow.device_id == device_id,
            DeviceEventRow.event == EventKind.CYCLE_FINISHED,
        )
        .order_by(col(DeviceEventRow.measured_at).desc())
    )
    corrections = await _corrections(session, owner_id, device_id)
    said = {(each.boot_id, each.seq): Said(each.said) for each in corrections}
    told = []
    for event in events:
        report = reporting.read(event.detail, event.measured_at)
        if report:
            is_ = said.get((event.boot_id, event.seq))
            told.append(Told(event.boot_id, event.seq, report, is_))
    missed = tuple(each.said_at for each in corrections if each.seq is None)
    return Cycles(tuple(told), missed)


async def plugs(session: AsyncSession, device_ids: Collection[str]) -> set[str]:
    """Those of the devices that have reported a cycle with a curve."""
    found = await session.exec(
        select(DeviceEventRow.device_id)
        .where(
            col(DeviceEventRow.device_id).in_(device_ids),
            DeviceEventRow.event == EventKind.CYCLE_FINISHED,
            col(DeviceEventRow.detail).contains(" curve "),
        )
        .distinct()
    )
    return set(found)


async def correct(
    owner_id: UUID,
    device_id: str,
    wanted: CorrectCycle,
    *,
    transaction: Transaction,
    clock: Clock,
    ids: Ids,
) -> Learned:
    """The newest word on a cycle counts. Raises NotYourDevice, CycleUnknown."""
    async with transaction(owner_id) as session:
        cycles = await of_device(session, owner_id, device_id)
        known = {(each.boot_id, each.seq) for each in cycles.told}
        is_missed = wanted.said is Said.MISSED and wanted.seq is None
        if not is_missed and (wanted.boot_id, wanted.seq) not in known:
            raise CycleUnknown(device_id, wanted.boot_id, wanted.seq)
        if not is_missed:
            for row in await _corrections(session, owner_id, device_id):
                if (row.boot_id, row.seq) == (wanted.boot_id, wanted.seq):
                    await session.delete(row)
        if wanted.said:
            session.add(
                CycleCorrectionRow(
                    owner_id=owner_id,
                    cycle_correction_id=ids.uuid(),
                    device_id=device_id,
                    boot_id=wanted.boot_id,
                    seq=wanted.seq,
                    said=wanted.said,
                    said_at=clock.now(),
                )
            )
        await session.flush()
        learned = (await of_device(session, owner_id, device_id)).learned
        session.add(_command(device_id, learned, clock.now()))
        return learned


def _command(device_id: str, learned: Learned, at: datetime) -> CommandRow:
    payload = {
        "v": 1,
        "cycles_corrected": learned.corrected,
        "cycle_thresholds": asdict(learned.thresholds),
    }
    return CommandRow(device_id=device_id, payload=payload, created_at=at)


async def _check_owner(session: AsyncSession, owner_id: UUID, device_id: str) -> None:
    owned = select(OwnershipRow).where(
        OwnershipRow.device_id == device_id, OwnershipRow.owner_id == owner_id
    )
    if (await session.exec(owned)).one_or_none() is None:
        raise NotYourDevice(device_id)


async def _corrections(
    session: AsyncSession, owner_id: UUID, device_id: str
) -> list[CycleCorrectionRow]:
    found = await session.exec(
        select(CycleCorrectionRow).where(
            CycleCorrectionRow.device_id == device_id,
            CycleCorrectionRow.owner_id == owner_id,
        )
    )
    return list(found)
