"""Sample Views of the page of a plug: a wash, a rinse before it, one that was cut off."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from accounts.texts import text
from api.web.views_cycles import CycleCard, CyclesView, power_chart
from devices.cycles.judging import CycleKind
from devices.cycles.learning import Said
from devices.cycles.reporting import CycleReport

ENDED_AT = datetime(2026, 11, 19, 18, 40, tzinfo=UTC)
WASH_CURVE = (
    *(1, 64, 150, 160, 140, 2090, 2085, 2080, 2090, 150, 120, 130, 140, 160, 120, 110),
    *(
        130,
        140,
        None,
        None,
        110,
        240,
        220,
        20,
        130,
        120,
        210,
        18,
        110,
        130,
        290,
        480,
        460,
        24,
        1,
    ),
)
REPORT = CycleReport(
    kind=CycleKind.WASH,
    started_at=ENDED_AT - timedelta(minutes=66),
    ended_at=ENDED_AT,
    wh=438,
    peak_w=2210,
    longest_pause_min=3,
    is_start_seen=True,
    is_end_seen=True,
    curve_from=ENDED_AT - timedelta(minutes=68),
    step_min=2,
    curve=WASH_CURVE,
)
RINSE = replace(
    REPORT,
    kind=CycleKind.RINSE_ONLY,
    started_at=ENDED_AT - timedelta(minutes=82),
    ended_at=ENDED_AT - timedelta(minutes=70),
    curve_from=ENDED_AT - timedelta(minutes=83),
    step_min=1,
    curve=(2, 50, 40, 118, 119, 118, 120, 118, 119, 118, 118, 120, 60, 3),
)

CYCLES = CyclesView(
    device_id="bridged-0123",
    device_name="Old washing machine",
    cycles=(
        CycleCard(
            boot_id=1,
            seq=40,
            kind=text("cycle.wash"),
            is_counted=True,
            why=(
                text("cycle.ran", n=66, wh=438),
                text("cycle.heated", watts=2210),
                text("cycle.paused", n=3),
            ),
            started_at=REPORT.started_at,
            ended_at=REPORT.ended_at,
            chart=power_chart(REPORT),
            said=None,
            choices=(Said.NOT_A_WASH, Said.TWO_LOADS),
        ),
        CycleCard(
            boot_id=1,
            seq=38,
            kind=text("cycle.rinse_only"),
            is_counted=False,
            why=(text("cycle.ran", n=12, wh=21), text("cycle.cold", watts=177)),
            started_at=RINSE.started_at,
            ended_at=RINSE.ended_at,
            chart=power_chart(RINSE),
            said=None,
            choices=(Said.A_WASH,),
        ),
        CycleCard(
            boot_id=1,
            seq=31,
            kind=text("cycle.unclear"),
            is_counted=True,
            why=(text("cycle.ran", n=25, wh=50), text("cycle.start_unseen")),
            started_at=RINSE.started_at - timedelta(days=2),
            ended_at=RINSE.ended_at - timedelta(days=2),
            chart=None,
            said=Said.A_WASH,
            choices=(Said.A_WASH, Said.NOT_A_WASH),
        ),
    ),
    learned=(text("cycle.learned_wh", wh=210), text("cycle.learned_pause", n=4)),
    missed=1,
    may_change=True,
)
NO_CYCLES = CyclesView(
    device_id="bridged-0123",
    device_name="Old washing machine",
    cycles=(),
    learned=(),
    missed=0,
    may_change=False,
)
