import json
import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.cycles import saving
from devices.cycles.detector import Detector, Found
from devices.cycles.judging import Appliance, CycleKind, Thresholds
from tests.plug_days import Sample

MOST_STATE = 4096  # bytes


def held(*phases: tuple[float, float], from_s: float = 0.0, step_s: int = 10) -> list[Sample]:
    """(minutes, watts) one after the other."""
    samples: list[Sample] = []
    at_s = from_s
    for minutes, watts in phases:
        end_s = at_s + 60 * minutes
        while at_s < end_s:
            samples.append((at_s, watts))
            at_s += step_s
    return samples


IDLE = (20.0, 1.0)
DISHES = ((4.0, 120.0), (20.0, 2080.0), (25.0, 137.0), (12.0, 2070.0), (1.0, 20.0))
RINSE = ((2.0, 50.0), (10.0, 150.0))


def found(samples: list[Sample], detector: Detector | None = None) -> list[Found]:
    detector = detector or Detector(Appliance.DISHWASHER)
    return [each for at_s, watts in samples for each in detector.add(at_s, watts)]


def kinds(samples: list[Sample]) -> list[CycleKind]:
    return [each.cycle.kind for each in found(samples)]


def test_a_run_is_told_with_its_times_energy_and_curve() -> None:
    [run] = found(held(IDLE, *DISHES, IDLE))
    assert (run.cycle.kind, run.cycle.from_s, run.cycle.to_s) == (CycleKind.WASH, 1200, 4920)
    assert run.cycle.wh == pytest.approx(8 + 693.3 + 57.1 + 414 + 0.3, rel=0.01)
    assert run.step_min == 1
    assert run.curve[run.cycle.from_s // 60 - run.start] == 120
    assert max(each for each in run.curve if each) == 2080


def test_a_load_four_minutes_after_another_is_a_second_one() -> None:
    two = found(held(IDLE, *DISHES, (4, 1), *DISHES, IDLE))
    assert [each.cycle.minutes for each in two] == [62, 62]


def test_a_rinse_four_minutes_before_a_wash_is_a_rinse() -> None:
    assert kinds(held(IDLE, *RINSE, (4, 2), *DISHES, IDLE)) == [
        CycleKind.RINSE_ONLY,
        CycleKind.WASH,
    ]


@pytest.mark.parametrize("minute", [12, 30, 40, 55])
def test_a_door_that_is_opened_makes_no_second_load(minute: int) -> None:
    whole = [watts for _, watts in held(*DISHES)]
    watts = [1.0] * 120 + whole[: minute * 6] + [2.0] * 24 + whole[minute * 6 :] + [1.0] * 120
    [run] = found([(10.0 * at, each) for at, each in enumerate(watts)])
    assert run.cycle.minutes == pytest.approx(66, abs=1)


def test_a_fan_after_eight_minutes_of_rest_is_of_the_run_and_a_late_pump_is_not() -> None:
    [run] = found(held(IDLE, *DISHES, (8, 1), (6, 45), (29, 1), (1, 30), IDLE))
    assert run.cycle.minutes == 62 + 8 + 6
    assert run.cycle.longest_pause_min == 8


def test_ninety_minutes_of_anti_crease_turns_are_of_no_run() -> None:
    turns = [each for _ in range(20) for each in ((0.5, 300.0), (4.0, 1.0))]
    [run] = found(held(IDLE, (45, 400), *turns, IDLE), Detector(Appliance.DRYER))
    assert (run.cycle.kind, run.cycle.minutes) == (CycleKind.DRY, pytest.approx(45, abs=1))


def test_spikes_of_seconds_and_noise_are_nothing() -> None:
    samples = held((600, 2.0), step_s=5)
    for at in (100, 1000, 1001, 4000):
        samples[at] = (samples[at][0], 2500.0)
    assert found(samples) == []


def test_a_gap_of_minutes_is_bridged_and_one_of_hours_cuts() -> None:
    samples = held(IDLE, *DISHES, IDLE)
    bridged = [each for each in samples if not 1800 < each[0] < 2800]
    [run] = found(bridged)
    assert run.cycle.minutes == 62
    late = [(at_s + 3 * 3600 * (at_s > 3000), watts) for at_s, watts in samples]
    first, second = found(late)
    assert (first.cycle.is_start_seen, first.cycle.is_end_seen) == (True, False)
    assert (second.cycle.is_start_seen, second.cycle.is_end_seen) == (False, True)


def test_an_unavailable_plug_and_nonsense_are_gaps() -> None:
    samples = held(IDLE, *DISHES, IDLE)
    for wrong in (None, math.nan, -3.0, 1e9):
        broken = [(at_s, wrong if 2000 < at_s < 2300 else watts) for at_s, watts in samples]
        [run] = found(broken)
        assert run.cycle.minutes == 62


def test_a_run_comes_out_though_the_plug_is_never_heard_again() -> None:
    detector = Detector(Appliance.DISHWASHER)
    assert found(held(IDLE, *DISHES), detector) == []
    end_s = 82 * 60
    assert detector.pass_to(end_s + 60 * 60) == []
    [run] = detector.pass_to(end_s + 93 * 60)
    assert (run.cycle.kind, run.cycle.is_end_seen) == (CycleKind.WASH, False)


def test_what_is_cut_off_and_did_not_heat_is_unclear() -> None:
    [run] = found(held((11, 150), IDLE, from_s=1_600_000_020))
    assert (run.cycle.kind, run.cycle.is_start_seen) == (CycleKind.UNCLEAR, False)


def test_learned_thresholds_decide_first() -> None:
    samples = held(IDLE, *RINSE, (4, 2), *DISHES, (9, 1), *DISHES, IDLE)
    learned = Detector(Appliance.DISHWASHER, Thresholds(wash_wh=20.0, split_min=3))
    assert [each.cycle.kind for each in found(samples, learned)] == [CycleKind.WASH] * 3


@pytest.mark.parametrize("hours", range(1, 8))
def test_a_restart_at_any_time_changes_nothing(hours: int) -> None:
    samples = held(IDLE, *RINSE, (4, 2), *DISHES, (4, 1), *DISHES, IDLE, *DISHES, IDLE)
    detector = Detector(Appliance.DISHWASHER)
    at = hours * len(samples) // 8
    before = found(samples[:at], detector)
    again = saving.load(json.loads(json.dumps(saving.dump(detector))))
    found_twice = [each.cycle for each in before + found(samples[at:], again)]
    found_once = [each.cycle for each in found(samples)]
    assert [(each.kind, each.from_s, each.to_s) for each in found_twice] == [
        (each.kind, each.from_s, each.to_s) for each in found_once
    ]


@given(
    st.lists(
        st.tuples(st.floats(0, 30), st.sampled_from([0.0, 1.0, 14.0, 60.0, 400.0, 2200.0])),
        min_size=1,
        max_size=40,
    ),
    st.sampled_from(Appliance),
)
def test_no_minute_counts_twice_whatever_comes(
    phases: list[tuple[float, float]], appliance: Appliance
) -> None:
    detector = Detector(appliance)
    cycles = found(held(IDLE, *phases, IDLE, step_s=20), detector) + detector.finish()
    for first, second in pairwise(cycles):
        assert first.cycle.to_s <= second.cycle.from_s
    assert len(json.dumps(saving.dump(detector))) <= MOST_STATE


def test_late_and_repeated_samples_change_nothing() -> None:
    samples = held(IDLE, *DISHES, IDLE)
    disturbed = [
        again for at, each in enumerate(samples) for again in (each, each, samples[at // 2])
    ]
    assert found(disturbed) == found(samples)


def test_the_state_stays_small_on_the_busiest_day() -> None:
    detector = Detector(Appliance.WASHER)
    for at_s, watts in held(*[(7.3, 300.0), (4.0, 1.0), (0.5, 2100.0)] * 150, step_s=15):
        detector.add(at_s, watts)
        assert len(detector.blocks) <= 5
    assert len(json.dumps(saving.dump(detector))) <= MOST_STATE
