"""Cycles: the runs of an appliance on a smart plug, and the owner's word on them."""

from datetime import datetime
from typing import Self

from fastapi import APIRouter

from api.deps import Admin, Owner, PlatformDep, Reading
from api.schemas import Output
from devices.cycles import corrections
from devices.cycles.corrections import CorrectCycle, Told
from devices.cycles.judging import CycleKind
from devices.cycles.learning import Learned, Said

router = APIRouter(prefix="/devices/{device_id}/cycles", tags=["devices"])


class CycleView(Output):
    """`curve_w`: mean power over `step_min` minutes each from `curve_from` on; null where
    nothing was measured.
    """

    boot_id: int
    seq: int
    kind: CycleKind
    said: Said | None
    started_at: datetime
    ended_at: datetime
    energy_wh: int
    peak_w: int
    longest_pause_min: int
    is_start_seen: bool
    is_end_seen: bool
    curve_from: datetime
    step_min: int
    curve_w: tuple[int | None, ...]

    @classmethod
    def of(cls, told: Told) -> Self:
        report = told.report
        return cls(
            boot_id=told.boot_id,
            seq=told.seq,
            kind=report.kind,
            said=told.said,
            started_at=report.started_at,
            ended_at=report.ended_at,
            energy_wh=report.wh,
            peak_w=report.peak_w,
            longest_pause_min=report.longest_pause_min,
            is_start_seen=report.is_start_seen,
            is_end_seen=report.is_end_seen,
            curve_from=report.curve_from,
            step_min=report.step_min,
            curve_w=report.curve,
        )


class LearnedView(Output):
    """`corrected_cycles`: what the owner's word adds. Null: nothing was learned."""

    corrected_cycles: int
    wash_from_wh: float | None
    split_from_min: int | None

    @classmethod
    def of(cls, learned: Learned) -> Self:
        return cls(
            corrected_cycles=learned.corrected,
            wash_from_wh=learned.thresholds.wash_wh,
            split_from_min=learned.thresholds.split_min,
        )


@router.get("")
async def list_cycles(session: Reading, owner: Owner, device_id: str) -> list[CycleView]:
    """The newest first."""
    cycles = await corrections.of_device(session, owner.party_id, device_id)
    return [CycleView.of(each) for each in cycles.told]


@router.post("/corrections", status_code=201)
async def correct_cycle(
    platform: PlatformDep, admin: Admin, device_id: str, wanted: CorrectCycle
) -> LearnedView:
    """The plug's bridge counts by it from now on; what was used so far never falls."""
    learned = await corrections.correct(
        admin.party_id,
        device_id,
        wanted,
        transaction=platform.transaction,
        clock=platform.clock,
        ids=platform.ids,
    )
    return LearnedView.of(learned)
