from pathlib import Path

import pytest

from devices.cycles.detector import Detector
from devices.cycles.judging import Appliance, Cycle, CycleKind
from tests import plug_days
from tests.plug_days import Sample
from tests.plug_score import Score
from tests.recorded import power

HELD_OUT = range(9_000, 9_006)  # the detector was built while looking at other days


def found(appliance: Appliance, samples: list[Sample]) -> list[Cycle]:
    detector = Detector(appliance)
    cycles = [each for at_s, watts in samples for each in detector.add(at_s, watts)]
    return [each.cycle for each in cycles + detector.finish()]


def test_every_labelled_run_is_found_with_its_kind_and_nothing_else(shared_data: Path) -> None:
    score = Score()
    for trace in power.labelled(shared_data):
        score.add(trace.runs, found(trace.appliance, list(trace.samples())))
    assert (score.hit, score.missed, score.extra) == (44, 0, 0)
    assert score.of(CycleKind.WASH) == score.of(CycleKind.RINSE_ONLY) == 1


def test_a_run_over_midnight_is_one_wash(shared_data: Path) -> None:
    first, second = (
        each
        for each in power.labelled(shared_data)
        if each.name in {"dev_B81D04_2012.06.01.csv", "dev_B81D04_2012.06.02.csv"}
    )
    [wash] = found(first.appliance, [*first.samples(), *second.samples()])
    assert (wash.kind, wash.is_start_seen, wash.is_end_seen) == (CycleKind.WASH, True, True)
    assert wash.minutes == pytest.approx(73, abs=2)
    assert wash.wh == pytest.approx(742 + 503, rel=0.02)


def test_a_run_that_is_cut_off_by_the_recording_says_so(shared_data: Path) -> None:
    traces = {each.name: each for each in power.labelled(shared_data)}
    before = traces["dev_B81D04_2012.06.01.csv"]
    [cut] = found(before.appliance, list(before.samples()))
    assert (cut.kind, cut.is_start_seen, cut.is_end_seen) == (CycleKind.WASH, True, False)


@pytest.mark.parametrize(
    ("name", "appliance", "kind"),
    [
        ("washer-1", Appliance.WASHER, CycleKind.WASH),  # on warm tap water: it never heats
        ("dryer-1", Appliance.DRYER, CycleKind.DRY),  # turns for an hour after its end
    ],
)
def test_an_owners_own_times_are_met(
    shared_data: Path, name: str, appliance: Appliance, kind: CycleKind
) -> None:
    times = {is_: at_s for at_s, is_ in power.expected(shared_data, name)}
    [cycle] = found(appliance, power.reported(shared_data, name))
    assert cycle.kind is kind
    assert cycle.from_s == pytest.approx(times["on"], abs=180)
    assert cycle.to_s == pytest.approx(times["done"], abs=600)


@pytest.mark.parametrize("machine", ["BeanToCupCoffeemaker", "Printer"])
def test_what_is_no_appliance_washes_nothing(shared_data: Path, machine: str) -> None:
    folder = shared_data / "devices" / "power" / "tracebase" / machine
    for path in sorted(folder.glob("*.csv.gz"))[:2]:
        trace = power.Trace(path.name, Appliance.WASHER, path, [])
        assert found(trace.appliance, list(trace.samples())[::5]) == []


def test_hard_days_are_told_right() -> None:
    score = Score()
    for appliance in Appliance:
        for seed in HELD_OUT:
            day = plug_days.make(seed, appliance)
            score.add(day.runs, found(appliance, day.samples), day.unseen)
    assert score.hit > 80
    assert score.f1 >= 0.98, score


def test_a_rinse_is_told_from_a_wash() -> None:
    score = Score()
    for appliance in (Appliance.WASHER, Appliance.DISHWASHER):
        for seed in range(150):
            day = plug_days.one_load(seed, appliance, is_rinse=seed % 3 > 0)
            score.add(day.runs, found(appliance, day.samples))
    assert sum(n for (kind, _), n in score.kinds.items() if kind is CycleKind.RINSE_ONLY) >= 195
    assert score.of(CycleKind.RINSE_ONLY) >= 0.95
    assert score.of(CycleKind.WASH) >= 0.95
    assert score.f1 >= 0.98, score
