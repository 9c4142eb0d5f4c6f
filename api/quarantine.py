"""What devices sent and could not be taken: read it, have it taken again, discard it.

Owners see their devices', makers their test devices'.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path

from accounts.principal import Principal
from accounts.scoping import ALL_OWNERS
from api.deps import Admin, Maker, Owner, Platform, PlatformDep, Reading
from api.schemas import Output
from devices import quarantine, quarantine_answers
from devices.quarantine_answers import KeptMessage
from devices.tables import QuarantineRow

router = APIRouter(tags=["quarantine"])

QuarantineId = Annotated[int, Path(ge=1, le=2**31 - 1)]


class FaultView(Output):
    """`fix`: what to change in the firmware."""

    code: str
    field: str
    value: str
    fix: str


class QuarantinedView(Output):
    """`raw`: the payload, or its beginning. `is_released`: the worker is about to take it."""

    quarantine_id: int
    device_id: str
    received_at: datetime
    faults: list[FaultView]
    raw: str
    payload_bytes: int
    may_be_released: bool
    is_released: bool


class QuarantineAnswerView(Output):
    quarantine_id: int
    is_released: bool


@router.get("/quarantine")
async def list_quarantined(session: Reading, owner: Owner) -> list[QuarantinedView]:
    """The newest of your devices, newest first; of each device and day 100 are kept."""
    return _views(await quarantine.of_owner(session, owner.party_id))


@router.post("/quarantine/{quarantine_id}/release")
async def release_as_owner(
    platform: PlatformDep, by: Admin, quarantine_id: QuarantineId
) -> QuarantineAnswerView:
    """Takes the message again, once, as if it came now; what is still wrong is quarantined."""
    return await _release(platform, by, quarantine_id)


@router.post("/quarantine/{quarantine_id}/discard")
async def discard_as_owner(
    platform: PlatformDep, by: Admin, quarantine_id: QuarantineId
) -> QuarantineAnswerView:
    """Removes the message; it stays counted."""
    return await _discard(platform, by, quarantine_id)


@router.get("/makers/quarantine")
async def list_of_tests(platform: PlatformDep, maker: Maker) -> list[QuarantinedView]:
    """The newest of your test devices; what customers' devices send is theirs."""
    async with platform.database.snapshot(ALL_OWNERS) as session:
        return _views(await quarantine.of_tests(session, maker.party_id))


@router.post("/makers/quarantine/{quarantine_id}/release")
async def release_as_maker(
    platform: PlatformDep, by: Maker, quarantine_id: QuarantineId
) -> QuarantineAnswerView:
    """Takes a message of your test device again, once."""
    return await _release(platform, by, quarantine_id)


@router.post("/makers/quarantine/{quarantine_id}/discard")
async def discard_as_maker(
    platform: PlatformDep, by: Maker, quarantine_id: QuarantineId
) -> QuarantineAnswerView:
    """Removes a message of your test device; it stays counted."""
    return await _discard(platform, by, quarantine_id)


async def _release(
    platform: Platform, by: Principal, quarantine_id: int
) -> QuarantineAnswerView:
    await quarantine_answers.release(
        quarantine_id, by, transaction=platform.transaction, clock=platform.clock
    )
    return QuarantineAnswerView(quarantine_id=quarantine_id, is_released=True)


async def _discard(
    platform: Platform, by: Principal, quarantine_id: int
) -> QuarantineAnswerView:
    await quarantine_answers.discard(quarantine_id, by, transaction=platform.transaction)
    return QuarantineAnswerView(quarantine_id=quarantine_id, is_released=False)


def _views(rows: Sequence[QuarantineRow]) -> list[QuarantinedView]:
    return [_view(each) for each in quarantine_answers.messages(rows)]


def _view(of: KeptMessage) -> QuarantinedView:
    return QuarantinedView(
        quarantine_id=of.quarantine_id,
        device_id=of.device_id,
        received_at=of.received_at,
        faults=[
            FaultView(code=each.code, field=each.field, value=each.value, fix=each.fix)
            for each in of.faults
        ],
        raw=of.raw,
        payload_bytes=len(of.payload),
        may_be_released=of.may_be_released,
        is_released=of.released_at is not None,
    )
