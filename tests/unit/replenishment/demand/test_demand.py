"""What is learned of one slot, and that many slots at once get the same numbers."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from replenishment.demand import fleet, states
from replenishment.demand.arithmetic import ONE
from replenishment.demand.depletion import depletion_days
from replenishment.demand.lead_demand import lead_days, lead_use, not_exceeded
from replenishment.demand.model import Learned, Prior, demand, learn, unlearned

WASHER = Prior(uses=2.0, days=4.0, dispersion=1.2, use_size=75.0)  # half a use a day
LEAD = lead_days({1: 0.1, 2: 0.25, 3: 0.3, 4: 0.25, 5: 0.1})

priors = st.builds(
    Prior,
    uses=st.floats(0.5, 20),
    days=st.floats(0.1, 100),
    dispersion=st.floats(0.1, 20),
    use_size=st.floats(0.001, 1e4),
)
observations = st.tuples(
    st.floats(0, 50) | st.just(0.0), st.sampled_from((1.0, 1.0, 1.0, 2.0, 30.0, 365.0))
)


def taught(prior: Prior[float], *days: tuple[float, float]) -> Learned[float]:
    """Each day: uses, exposure."""
    state = unlearned(prior)
    for uses, exposure in days:
        state = learn(state, prior, uses * prior.use_size, exposure, ONE)
    return state


def test_before_its_first_reading_a_slot_is_like_its_family() -> None:
    today = demand(unlearned(WASHER), WASHER, ONE)
    assert today.mean == pytest.approx(37.5)
    assert today.sd == pytest.approx(math.sqrt(1.2 * 75 * 37.5))
    assert today.mean_sd == pytest.approx(37.5 * math.sqrt(2.5 * 1.2 / 2))


def test_one_day_moves_the_rate_as_its_gamma_posterior() -> None:
    state = taught(WASHER, (2.0, 1.0))
    assert (state.uses, state.days) == (4.0, 5.0)
    assert demand(state, WASHER, ONE).mean == pytest.approx(0.8 * 75)


def test_a_gap_is_one_observation_of_its_days() -> None:
    state = taught(WASHER, (6.0, 5.0))
    assert (state.uses, state.days, state.observed_days) == (8.0, 9.0, 5.0)


def test_steady_use_is_learned_and_the_rate_becomes_certain() -> None:
    cold, known = unlearned(WASHER), taught(WASHER, *[(2.0, 1.0)] * 90)
    assert demand(known, WASHER, ONE).mean == pytest.approx(150, rel=0.05)
    certain, vague = demand(known, WASHER, ONE), demand(cold, WASHER, ONE)
    assert certain.mean_sd / certain.mean < 0.3 * vague.mean_sd / vague.mean


def test_a_holiday_does_not_unteach_the_rate() -> None:
    usual = [(1.0, 1.0)] * 60
    home = taught(WASHER, *usual)
    back = taught(WASHER, *usual, *[(0.0, 1.0)] * 21, (1.0, 1.0))
    assert demand(back, WASHER, ONE).mean > 0.85 * demand(home, WASHER, ONE).mean


def test_use_that_has_ended_fades() -> None:
    ended = taught(WASHER, *[(1.0, 1.0)] * 60, *[(0.0, 1.0)] * 730)
    assert demand(ended, WASHER, ONE).mean < 0.5 * 75


def test_a_year_without_a_reading_has_a_defined_answer() -> None:
    state = taught(WASHER, (1.0, 1.0), (180.0, 365.0))
    assert 0 < demand(state, WASHER, ONE).mean < 75


@given(priors, st.lists(observations, max_size=40))
def test_every_history_gives_finite_positive_demand(prior, days) -> None:
    today = demand(taught(prior, *days), prior, ONE)
    assert all(math.isfinite(each) and each > 0 for each in (today.mean, today.sd))
    assert 0 < depletion_days(0.0, 10 * prior.use_size, today, ONE) <= 3650


@given(priors, st.lists(observations, max_size=40), st.floats(1e-3, 1e3))
def test_units_change_nothing(prior, days, scale) -> None:
    other = prior._replace(use_size=prior.use_size * scale)
    one, two = taught(prior, *days), taught(other, *days)
    assert two == pytest.approx(one, rel=1e-6)
    left = 12 * prior.use_size
    assert depletion_days(1.28, left * scale, demand(two, other, ONE), ONE) == pytest.approx(
        depletion_days(1.28, left, demand(one, prior, ONE), ONE), rel=1e-6
    )


@given(priors, st.lists(observations, max_size=40))
def test_what_is_learned_stays_between_the_extremes(prior, days) -> None:
    known = demand(taught(prior, *days), prior, ONE).mean / prior.use_size
    rates = [uses / exposure for uses, exposure in days] + [prior.uses / prior.days]
    assert known <= max(rates) / 0.09  # away days count a tenth


def test_many_slots_get_the_numbers_of_one() -> None:
    random = np.random.default_rng(7)
    slots, days = 300, 60
    prior = Prior(
        uses=random.uniform(0.5, 8, slots),
        days=random.uniform(0.5, 60, slots),
        dispersion=random.uniform(0.3, 6, slots),
        use_size=random.uniform(0.01, 500, slots),
    )
    used = random.poisson(0.4, (days, slots)) * prior.use_size
    exposure = random.choice([1.0, 1.0, 1.0, 4.0], (days, slots))
    score, left = np.full(slots, 1.7), prior.use_size * random.uniform(0.2, 60, slots)
    many = unlearned(prior)
    for day in range(days):
        many = fleet.learn_all(many, prior, used[day], exposure[day])
    reorder_at = fleet.reorder_points(many, prior, LEAD, score)
    [p90] = fleet.depletion_quantiles(many, prior, left, (score,))
    for slot in range(slots):
        one_prior = Prior(*(float(column[slot]) for column in prior))
        one = unlearned(one_prior)
        for day in range(days):
            one = learn(one, one_prior, used[day, slot], exposure[day, slot], ONE)
        today = demand(one, one_prior, ONE)
        mean, variance = lead_use(today, LEAD)
        assert [float(column[slot]) for column in many] == pytest.approx(one, rel=1e-9)
        assert not_exceeded(mean, variance, 1.7, today.use_size, ONE) == pytest.approx(
            reorder_at[slot], rel=1e-9
        )
        assert depletion_days(1.7, left[slot], today, ONE) == pytest.approx(p90[slot], rel=1e-9)


def test_what_no_device_can_have_used_teaches_many_slots_nothing() -> None:
    prior = Prior(*(np.full(4, value) for value in WASHER))
    before = unlearned(prior)
    after = fleet.learn_all(
        before, prior, np.array([math.nan, -5.0, 75.0, 75.0]), np.array([1.0, 1.0, 0.0, 1.0])
    )
    assert [column[:3].tolist() for column in after] == [
        column[:3].tolist() for column in before
    ]
    assert after.uses[3] == 3.0


def test_a_huge_counter_stays_finite() -> None:
    state = learn(unlearned(WASHER), WASHER, 1e300, 1.0, ONE)
    assert state.uses == 1002.0


@given(priors, st.lists(observations, max_size=10))
def test_a_state_survives_storage(prior, days) -> None:
    state = taught(prior, *days)
    assert states.unpacked(states.packed(state), prior) == state
    assert states.from_json(states.to_json(state), prior) == state
    assert len(states.packed(state)) <= 200


@pytest.mark.parametrize(
    "stored",
    [
        None,
        "",
        {"version": 0, "numbers": [1, 1, 1, 1, 0, 0]},
        {"version": states.VERSION, "numbers": [1, 1]},
        {"version": states.VERSION, "numbers": [1, 0, 1, 1, 0, 0]},
        {"version": states.VERSION, "numbers": [math.nan, 1, 1, 1, 0, 0]},
        {"version": states.VERSION, "numbers": ["1", 1, 1, 1, 0, 0]},
    ],
)
def test_a_state_nobody_can_read_starts_again_from_the_prior(stored) -> None:
    assert states.from_json(stored, WASHER) == unlearned(WASHER)
    assert states.unpacked(b"\x00" * 49, WASHER) == unlearned(WASHER)
    assert states.unpacked(b"", WASHER) == unlearned(WASHER)
