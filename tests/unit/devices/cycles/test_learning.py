from datetime import UTC, datetime, timedelta

import pytest

from devices.cycles.judging import CycleKind, Thresholds
from devices.cycles.learning import Judged, Learned, Said, learn
from devices.cycles.reporting import CycleReport

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def a_cycle(
    wh: int, kind: CycleKind = CycleKind.WASH, said: Said | None = None, pause_min: int = 0
) -> Judged:
    report = CycleReport(
        kind=kind,
        started_at=NOON - timedelta(hours=1),
        ended_at=NOON,
        wh=wh,
        peak_w=2000,
        longest_pause_min=pause_min,
        is_start_seen=True,
        is_end_seen=True,
        curve_from=NOON - timedelta(hours=1),
        step_min=1,
        curve=(),
    )
    return Judged(report, said)


def test_without_a_word_nothing_is_learned() -> None:
    cycles = [a_cycle(400), a_cycle(30, CycleKind.RINSE_ONLY), a_cycle(500, pause_min=7)]
    assert learn(cycles) == Learned(0, Thresholds())


def test_what_was_no_wash_moves_the_energy_from_which_one_counts() -> None:
    cycles = [a_cycle(400), a_cycle(350), a_cycle(150, said=Said.NOT_A_WASH)]
    assert learn(cycles) == Learned(-1, Thresholds(wash_wh=250.0))


def test_what_was_a_wash_after_all_lowers_it() -> None:
    cycles = [
        a_cycle(400),
        a_cycle(90, CycleKind.RINSE_ONLY, Said.A_WASH),
        a_cycle(20, CycleKind.RINSE_ONLY),
    ]
    assert learn(cycles) == Learned(1, Thresholds(wash_wh=55.0))


def test_a_contradiction_is_settled_for_the_most_cycles() -> None:
    cycles = [a_cycle(wh) for wh in (300, 310, 320)] + [a_cycle(400, said=Said.NOT_A_WASH)]
    assert learn(cycles).thresholds.wash_wh == 299.0


def test_two_loads_teach_the_pause_that_parts_them_unless_one_load_rests_as_long() -> None:
    two = a_cycle(800, said=Said.TWO_LOADS, pause_min=4)
    assert learn([two, a_cycle(400, pause_min=3)]) == Learned(1, Thresholds(split_min=4))
    assert learn([two, a_cycle(400, pause_min=8)]) == Learned(1, Thresholds())


@pytest.mark.parametrize(
    ("kind", "said", "added"),
    [
        (CycleKind.WASH, Said.NOT_A_WASH, -1),
        (CycleKind.RINSE_ONLY, Said.NOT_A_WASH, 0),
        (CycleKind.UNCLEAR, Said.A_WASH, 1),
        (CycleKind.WASH, Said.A_WASH, 0),
        (CycleKind.RINSE_ONLY, Said.TWO_LOADS, 2),
    ],
)
def test_a_word_changes_the_count_by_what_was_wrong(
    kind: CycleKind, said: Said, added: int
) -> None:
    assert learn([a_cycle(100, kind, said)]).corrected == added


def test_a_missed_cycle_adds_a_dose() -> None:
    assert learn([Judged(None, Said.MISSED)]).corrected == 1
