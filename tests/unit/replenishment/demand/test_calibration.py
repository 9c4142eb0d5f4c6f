"""What outcomes of this installation correct, on top of what is shipped."""

import pickle
import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.money import PPM
from replenishment.demand.calibration import (
    FEWEST_OWNERS,
    MOST_MARGIN_MICRO,
    QUANTILES,
    UNCORRECTED,
    Calibration,
    CycleOutcome,
    ForecastOutcome,
    as_shipped,
    calibrated,
)
from replenishment.demand.families import Families, shipped
from replenishment.demand.steering import FIRST_CYCLES

FAMILIES = shipped()
SHIPPED = as_shipped(FAMILIES)


def forecasts(
    *, owners: int, each: int = 30, came_ppm: tuple[int, int] = (780_000, 820_000)
) -> list[ForecastOutcome]:
    """Of the lowest bucket; `came_ppm`: the chance at which all of them came true."""
    return [
        ForecastOutcome(f"owner-{n % owners}", "appliances", 0, *came_ppm)
        for n in range(owners * each)
    ]


def cycles(*, owners: int, out: int, of: int, family: str = "washer") -> list[CycleOutcome]:
    """`out` stock-outs among `of` cycles of every owner."""
    return [
        CycleOutcome(f"owner-{n}", "appliances", family, 950_000, is_stock_out=cycle < out)
        for cycle in range(of)
        for n in range(owners)
    ]


def made(
    of_forecasts: Sequence[ForecastOutcome] = (), of_cycles: Sequence[CycleOutcome] = ()
) -> Calibration:
    return calibrated(FAMILIES, of_forecasts, of_cycles)


def test_nothing_counted_is_what_is_shipped() -> None:
    applied = SHIPPED.applied("appliances", "washer")
    assert made() == SHIPPED
    assert applied.calibration == 0
    assert applied.margin_micro == round(FAMILIES.groups["appliances"].steering.margin * PPM)
    assert [len(each) for each in applied.stated_ppm] == [3, 3, 3]


def test_a_group_that_is_not_known_is_corrected_by_nothing() -> None:
    assert SHIPPED.applied("boats", "sail") == UNCORRECTED
    assert UNCORRECTED.stated_ppm == ((100_000, 500_000, 900_000),) * 3


def test_nineteen_owners_correct_nothing() -> None:
    few = FEWEST_OWNERS - 1
    assert made(forecasts(owners=few), cycles(owners=few, out=3, of=10)) == SHIPPED


def test_a_household_that_speaks_for_twenty_is_one() -> None:
    assert made(forecasts(owners=1, each=2_000)) == SHIPPED


def test_events_that_come_late_move_the_published_dates_later() -> None:
    """All came true where the model had given 80 %: what it calls 80 % is half of them."""
    late = made(forecasts(owners=20)).stated_ppm["appliances"]
    for new, old in zip(late[0][:2], SHIPPED.stated_ppm["appliances"][0][:2], strict=True):
        assert new > old
    assert late[0][1] == pytest.approx(800_000, abs=20_000)
    assert late[1:] == SHIPPED.stated_ppm["appliances"][1:]


@pytest.mark.parametrize("power", [0.5, 2.0])
def test_what_is_published_comes_true_as_often_as_it_says(power) -> None:
    """The model states chances that come true as u ** power instead of evenly; judged on
    events that were not counted.
    """
    chance = random.Random(5)  # noqa: S311
    pits = [chance.random() ** power for _ in range(30 * 60)]
    counted = [
        ForecastOutcome(f"owner-{n % 30}", "boats", 1, low := int(pit * 990_000), low + 10_000)
        for n, pit in enumerate(pits)
    ]
    stated = made(counted).stated_ppm["boats"][1]
    for wanted, ppm in zip(QUANTILES, stated, strict=True):
        came = sum(chance.random() ** power <= ppm / PPM for _ in range(5_000)) / 5_000
        assert came == pytest.approx(wanted, abs=0.05)
    uncorrected = sum(each <= 0.5 for each in pits) / len(pits)
    assert abs(uncorrected - 0.5) > 0.15


def test_more_outcomes_weigh_more_against_what_is_shipped() -> None:
    few, many = (
        made(forecasts(owners=20, each=each)).stated_ppm["appliances"][0][1] for each in (1, 30)
    )
    assert SHIPPED.stated_ppm["appliances"][0][1] < few < many


def test_too_many_stock_outs_make_orders_more_careful() -> None:
    """Group and family both step, as in the benchmark."""
    before = SHIPPED.applied("appliances", "washer").margin_micro
    careful = made(of_cycles=cycles(owners=20, out=2, of=10)).applied("appliances", "washer")
    assert careful.margin_micro > before
    frugal = made(of_cycles=cycles(owners=20, out=0, of=10)).applied("appliances", "washer")
    assert frugal.margin_micro < before


def test_no_margin_moves_before_a_hundred_cycles() -> None:
    assert made(of_cycles=cycles(owners=20, out=1, of=4)) == SHIPPED
    assert FIRST_CYCLES > 20 * 4


def test_a_family_that_is_not_shipped_is_steered_by_its_own_cycles() -> None:
    found = made(of_cycles=cycles(owners=20, out=2, of=10, family="salt"))
    assert found.family_margins_micro["salt"] > 0
    assert (
        found.applied("appliances", "washer").margin_micro
        < found.applied("appliances", "salt").margin_micro
    )


@given(st.integers(20, 25), st.integers(0, 20), st.sampled_from([0, 400_000, 980_000]))
def test_whatever_happened_a_correction_is_bounded_and_in_order(owners, out, before) -> None:
    found = made(
        forecasts(owners=owners, each=3, came_ppm=(before, before + 20_000)),
        cycles(owners=owners, out=out, of=20),
    )
    applied = found.applied("appliances", "washer")
    assert abs(applied.margin_micro) <= MOST_MARGIN_MICRO
    for p10, p50, p90 in applied.stated_ppm:
        assert 0 < p10 < p50 < p90 < PPM


def test_it_can_be_counted_in_another_process() -> None:
    values = (Families(), forecasts(owners=20), cycles(owners=20, out=1, of=10))
    assert calibrated(*pickle.loads(pickle.dumps(values))) == calibrated(*values)  # noqa: S301
