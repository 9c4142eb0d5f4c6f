"""Correcting stated chances, and keeping the promised service level."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replenishment.demand.recalibration import BINS, Reliability, cover_bucket
from replenishment.demand.steering import FIRST_CYCLES, Steering

ranges = st.tuples(st.floats(0, 1), st.floats(0, 1)).map(sorted)


def test_without_any_forecast_resolved_the_stated_chance_is_published() -> None:
    for chance in (0.0, 0.1, 0.5, 0.937, 1.0):
        assert Reliability().published(chance) == pytest.approx(chance)


@given(st.lists(ranges, max_size=50))
def test_every_forecast_counts_once(resolved) -> None:
    reliability = Reliability()
    for before, after in resolved:
        reliability = reliability.resolved(before, after)
    assert sum(reliability.counts) == pytest.approx(len(resolved))


@given(st.lists(ranges, max_size=50), st.floats(0, 1), st.floats(0, 1))
def test_published_chances_keep_their_order_and_can_be_undone(resolved, one, other) -> None:
    reliability = Reliability()
    for before, after in resolved:
        reliability = reliability.resolved(before, after)
    low, high = sorted((one, other))
    assert 0 <= reliability.published(low) <= reliability.published(high) <= 1
    assert reliability.stated(reliability.published(one)) == pytest.approx(one, abs=1e-9)


def test_chances_that_were_stated_too_high_are_lowered() -> None:
    reliability = Reliability()
    for _ in range(1000):  # everything came when 0.8 to 1 was stated
        reliability = reliability.resolved(0.8, 1.0)
    assert reliability.published(0.8) < 0.1
    assert reliability.stated(0.5) > 0.85


def test_forecasts_are_judged_with_others_of_their_cover() -> None:
    assert [cover_bucket(days) for days in (0, 9.9, 10, 19.9, 20, 300)] == [0, 0, 1, 1, 2, 2]
    assert len(Reliability().counts) == BINS


def test_nothing_is_steered_before_a_hundred_cycles() -> None:
    steering = Steering()
    for _ in range(FIRST_CYCLES - 1):
        steering = steering.after(is_stock_out=True, service_level=0.95)
    assert steering.margin == 0.0
    assert steering.after(is_stock_out=True, service_level=0.95).margin > 0


@pytest.mark.parametrize("off", [-0.5, 0.5])
def test_the_realised_share_comes_to_the_promised_one(off) -> None:
    """A model whose scores are off by half: the margin makes up for it."""
    chance, steering, outs = random.Random(3), Steering(), 0  # noqa: S311
    for cycle in range(12_000):
        is_out = chance.gauss(0, 1) > 1.6449 + off + steering.margin
        steering = steering.after(is_stock_out=is_out, service_level=0.95)
        outs += is_out and cycle >= 2_000
    assert outs / 10_000 == pytest.approx(0.05, abs=0.006)
