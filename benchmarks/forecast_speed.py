"""Speed of the demand model on one core, and of statsforecast's CrostonOptimized for the same
job: quantiles for N slots after one more day.

Processor time of this process, the best of several runs: other work on the machine does not
count.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from statsforecast.models import CrostonOptimized
from statsforecast.utils import ConformalIntervals

from devices.levels import Measured, SlotFold, fold
from devices.models import Measure, SlotSpec
from replenishment.demand import fleet, states
from replenishment.demand.arithmetic import ONE
from replenishment.demand.lead_demand import lead_days, lead_use, not_exceeded
from replenishment.demand.model import Learned, Prior, demand, learn, unlearned

SLOTS = 1_000_000
RUNS = 5
READINGS = 5_000
STATS_SLOTS = 500
HISTORY_DAYS = 180
HORIZON_DAYS = 28
SCORES = (-1.2816, 0.0, 1.2816)
LEAD = lead_days({1: 0.10, 2: 0.25, 3: 0.30, 4: 0.25, 5: 0.10})


def measured() -> dict[str, float]:
    random = np.random.default_rng(1)
    prior = Prior(*(random.uniform(0.5, 8, SLOTS) for _ in Prior._fields))
    state = unlearned(prior)
    used = prior.use_size * random.poisson(0.6, SLOTS)
    days, score = np.ones(SLOTS), np.full(SLOTS, 1.645)
    left = prior.use_size * random.uniform(3, 40, SLOTS)
    scores = tuple(np.full(SLOTS, each) for each in SCORES)
    update_s = _best(lambda: fleet.learn_all(state, prior, used, days))
    decision_s = _best(lambda: fleet.reorder_points(state, prior, LEAD, score))
    interval_s = _best(lambda: fleet.depletion_quantiles(state, prior, left, scores))
    return {
        "updates_per_s": SLOTS / update_s,
        "decisions_per_s": SLOTS / decision_s,
        "intervals_per_s": SLOTS / interval_s,
        "reading_us": _reading_us(),
        "fold_us": _folding_us(),
        "state_bytes": float(len(states.packed(Learned(*(float(x[0]) for x in state))))),
        "vs_statsforecast_speed": _croston_s() / ((update_s + interval_s) / SLOTS),
    }


def _best(job: Callable[[], object]) -> float:
    taken = []
    for _ in range(RUNS):
        begin = time.process_time()
        job()
        taken.append(time.process_time() - begin)
    return min(taken)


def _reading_us() -> float:
    """One day of one slot all in: state unpacked, use learned, decision, state packed."""
    prior = Prior(uses=2.0, days=4.0, dispersion=1.5, use_size=50.0)
    packed = states.packed(unlearned(prior))

    def job() -> None:
        state = packed
        for _ in range(READINGS):
            learned = learn(states.unpacked(state, prior), prior, 55.0, 1.0, ONE)
            today = demand(learned, prior, ONE)
            not_exceeded(*lead_use(today, LEAD), 1.645, prior.use_size, ONE)
            state = states.packed(learned)

    return _best(job) / READINGS * 1e6


def _folding_us() -> float:
    """The fold of one reading before that, which belongs to ingest."""
    spec = SlotSpec(
        slot="tank",
        title="Tank",
        category="anything",
        fits=("any",),
        capacity=10_000,
        unit="ml",
        measure=Measure.LEVEL,
        typical_use_per_day=1.0,
        most_per_day=10_000,
    )
    first, zone = datetime(2026, 1, 1, tzinfo=UTC), ZoneInfo("UTC")

    def job() -> None:
        state = SlotFold()
        for n in range(READINGS):
            at = first + timedelta(minutes=n)
            state = fold(
                state, Measured(key=(1, n), at=at, amount=9_999.0 - n), spec, zone
            ).state

    return _best(job) / READINGS * 1e6


def _croston_s() -> float:
    """Per slot: fitted on its history, its quantiles over four weeks by its own conformal
    intervals, which are the only ones it has, with the fewest windows they take.
    """
    random = np.random.default_rng(2)
    histories = random.poisson(0.6, (STATS_SLOTS, HISTORY_DAYS)).astype(float)
    intervals = ConformalIntervals(h=HORIZON_DAYS, n_windows=2)
    model: Any = CrostonOptimized(prediction_intervals=intervals)
    model.forecast(y=histories[0], h=HORIZON_DAYS, level=[80])

    def job() -> None:
        for history in histories:
            model.forecast(y=history, h=HORIZON_DAYS, level=[80])

    return _best(job) / STATS_SLOTS
