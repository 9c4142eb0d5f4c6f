"""What the page of an appliance on a plug shows: its runs, why they count, what was learned."""

from datetime import timedelta
from typing import Final

from sqlmodel.ext.asyncio.session import AsyncSession

from accounts.principal import Principal
from accounts.texts import Text, text
from api.web.queries_devices import find_ownership
from api.web.views_cycles import CycleCard, CyclesView, power_chart
from devices.cycles import corrections, learning
from devices.cycles.corrections import Told
from devices.cycles.judging import CycleKind
from devices.cycles.learning import Judged, Learned, Said
from devices.cycles.reporting import CycleReport

MOST_SHOWN: Final = 30
HEATED_W: Final = 1_000
CHOICES: Final = {
    CycleKind.WASH: (Said.NOT_A_WASH, Said.TWO_LOADS),
    CycleKind.DRY: (Said.NOT_A_WASH, Said.TWO_LOADS),
    CycleKind.RINSE_ONLY: (Said.A_WASH,),
    CycleKind.UNCLEAR: (Said.A_WASH, Said.NOT_A_WASH),
}


async def cycles_view(session: AsyncSession, device_id: str, member: Principal) -> CyclesView:
    """Raises NotFound."""
    ownership = await find_ownership(session, device_id)
    cycles = await corrections.of_device(session, member.party_id, device_id)
    return CyclesView(
        device_id=device_id,
        device_name=ownership.name,
        cycles=tuple(_card(each) for each in cycles.told[:MOST_SHOWN]),
        learned=learned_texts(cycles.learned),
        missed=len(cycles.missed),
        may_change=member.may_change,
    )


def _card(told: Told) -> CycleCard:
    report = told.report
    counted = int(report.kind in (CycleKind.WASH, CycleKind.DRY))
    counted += learning.added(Judged(report, told.said))
    return CycleCard(
        boot_id=told.boot_id,
        seq=told.seq,
        kind=text(f"cycle.{report.kind}"),
        is_counted=counted > 0,
        why=_why(report),
        started_at=report.started_at,
        ended_at=report.ended_at,
        chart=power_chart(report),
        said=told.said,
        choices=CHOICES[report.kind],
    )


def _why(report: CycleReport) -> tuple[Text, ...]:
    minutes = round((report.ended_at - report.started_at) / timedelta(minutes=1))
    reasons = [text("cycle.ran", n=minutes, wh=report.wh)]
    is_hot = report.peak_w >= HEATED_W
    reasons.append(text("cycle.heated" if is_hot else "cycle.cold", watts=report.peak_w))
    if report.longest_pause_min:
        reasons.append(text("cycle.paused", n=report.longest_pause_min))
    if not report.is_start_seen:
        reasons.append(text("cycle.start_unseen"))
    if not report.is_end_seen:
        reasons.append(text("cycle.end_unseen"))
    return tuple(reasons)


def learned_texts(learned: Learned) -> tuple[Text, ...]:
    found = []
    if learned.thresholds.wash_wh is not None:
        found.append(text("cycle.learned_wh", wh=round(learned.thresholds.wash_wh)))
    if learned.thresholds.split_min is not None:
        found.append(text("cycle.learned_pause", n=learned.thresholds.split_min))
    return tuple(found)
