"""How forecasts of depletion and reorder points are judged: origins, scores and replay.

Series: one slot of one household, as use per day. Everything that is fitted is fitted on other
households than those it is scored on (five folds).

A. Depletion dates. On every seventh day, for a nominal cover of 7, 14 and 28 days, a quantity
   is left that would last so long at the long-run rate, times exp(N(0, 0.25)); it does not
   depend on what happens afterwards. The forecast is F(k), k = 1 to H days, H three times the
   cover. Score: CRPS over the cover; coverage by the randomised PIT.
B. Replay of daily review with reorder point s. Packages of 28 days' cover times
   exp(N(0, 0.35)), lead time of 1 to 5 days drawn once per cycle, eight replications. A cycle
   is a stock-out when the use during the lead time exceeds what was on hand at the order.
   Excess: days the old stock would still have lasted on arrival.

The random draws are seeded by the series' name alone, in the same way as the programs that
came with the data, so that figures can be compared one to one.
"""

import hashlib
import math
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

FOLDS = 5
EVERY_DAYS = 7
COVERS = (7, 14, 28)
LONGEST_DAYS = 120
LEAD_CHANCES = {1: 0.10, 2: 0.25, 3: 0.30, 4: 0.25, 5: 0.10}
SERVICE_LEVEL = 0.95
LEVEL_ASKED = np.array([SERVICE_LEVEL])
REPLICATIONS = 8
COLD_DAYS = 21
GROUPS = {"refit": "appliances", "cjourney": "purchases"}
COUNTED_UNITS = frozenset({"cycle", "use", "pack", "cup", "dose", "unit", "flush"})

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Series:
    """`x`: units per day; `n`: uses per day; `unit`: size of one use, a fact of the model."""

    sid: str
    group: str
    cls: str
    x: Floats
    n: Floats
    unit: float
    dow0: int = 0

    @property
    def household(self) -> str:
        found = re.match(r"(refit_h\d+)_|(cj)_[a-z]+_(\d+)$", self.sid)
        return "_".join(part for part in found.groups() if part) if found else self.sid

    @property
    def fold(self) -> int:
        return seed("fold", self.household) % FOLDS


class Model(Protocol):
    name: str

    def start(self, cls: str, unit: float, sid: str | None = None) -> None: ...
    def update(self, x: float, n: int, dow: int) -> None: ...
    def cdf(self, L: float, H: int, dow1: int) -> Floats: ...  # noqa: N803  (the plug-in's names)
    def reorder_points(self, sl: Floats, lt: dict[int, float], dow1: int) -> Floats: ...


@dataclass(frozen=True, slots=True)
class Judged:
    """`dates`: a row per forecast; `cycles`: a row per order of the replay."""

    dates: pd.DataFrame
    cycles: pd.DataFrame


def data_folder() -> Path:
    """The folder FORECAST_DATA names, else the nearest shared/data/forecast beside the
    checkout or one of the folders it is in.
    """
    named = os.environ.get("FORECAST_DATA")
    places = [each / "shared" / "data" / "forecast" for each in Path(__file__).parents]
    for place in [Path(named)] if named else places:
        if (place / "dev" / "series.csv").is_file():
            return place / "dev"
    raise SystemExit("no data: set FORECAST_DATA, or put shared/data beside the checkout")


def seed(*parts: object) -> int:
    return int(hashlib.md5("|".join(map(str, parts)).encode()).hexdigest()[:8], 16)  # noqa: S324


def load(folder: Path) -> list[Series]:
    table = pd.read_csv(folder / "series.csv", parse_dates=["start", "end"])
    found = []
    for dataset, facts in table.set_index("series_id").groupby("dataset", sort=True):
        events = pd.read_parquet(folder / f"{dataset}.parquet")
        for sid, mine in events.groupby("series_id", sort=True):
            found.append(_series(str(sid), str(dataset), mine, facts.loc[sid]))
    return found


def _series(sid: str, dataset: str, events: pd.DataFrame, facts: Any) -> Series:
    days = (facts.end - facts.start).days
    day = ((events.timestamp - facts.start).dt.total_seconds() // 86400).astype(int).to_numpy()
    amount = events.amount.to_numpy(dtype=float)
    inside = (day >= 0) & (day < days)
    return Series(
        sid=sid,
        group=GROUPS.get(dataset, "other"),
        cls=str(facts.cls),
        x=np.bincount(day[inside], weights=amount[inside], minlength=days),
        n=np.bincount(day[inside], minlength=days).astype(float),
        unit=1.0 if facts.unit in COUNTED_UNITS else float(np.median(amount[:10])),
        dow0=facts.start.day_of_week,
    )


def at_most_per_class(series: Sequence[Series], most: int) -> list[Series]:
    """The first so many of each class; 0: all."""
    count: dict[str, int] = {}
    kept = []
    for each in series:
        count[each.cls] = count.get(each.cls, 0) + 1
        if not most or count[each.cls] <= most:
            kept.append(each)
    return kept


def judge(
    make: Callable[[], Model], fitted_on: Sequence[Series], scored: Sequence[Series]
) -> Judged:
    """Cross-fitted by household: a new model per fold."""
    dates, cycles = [], []
    for fold in range(FOLDS):
        model: Any = make()
        if hasattr(model, "fit"):
            model.fit([each for each in fitted_on if each.fold != fold])
        for series in scored:
            if series.fold == fold:
                reorder_at = np.zeros(len(series.x))
                dates += list(_dates(series, model, reorder_at))
                if replays(model):
                    cycles += list(_cycles(series, reorder_at))
    return Judged(pd.DataFrame(dates), pd.DataFrame(cycles))


def replays(model: Any) -> bool:
    """A model that takes long to state a forecast is judged on dates alone."""
    return bool(getattr(model, "replays", True))


def _dates(series: Series, model: Model, reorder_at: Floats) -> Iterator[dict[str, Any]]:
    """Feeds the model day by day; fills `reorder_at` on the way."""
    days, total, rate = len(series.x), np.cumsum(series.x), series.x.mean()
    random = np.random.default_rng(seed("L", series.sid))
    jitter = np.exp(random.normal(0, 0.25, (days, 3)))
    tie = random.random((days, 3))
    model.start(series.cls, series.unit, series.sid)
    for t in range(days):
        _feed(model, series, t)
        dow1 = (series.dow0 + t + 1) % 7
        if replays(model):
            [reorder_at[t]] = model.reorder_points(LEVEL_ASKED, LEAD_CHANCES, dow1)
        if (t + 1) % EVERY_DAYS:
            continue
        for j, cover in enumerate(COVERS):
            left = max(round(cover * rate * jitter[t, j] / series.unit), 1) * series.unit
            nominal = left / rate
            horizon = min(math.ceil(3 * max(nominal, cover)), LONGEST_DAYS)
            if t + horizon >= days:
                continue
            used = total[t + 1 : t + horizon + 1] - total[t]
            truth = int(np.searchsorted(used, left - 1e-9)) + 1
            chances = np.clip(model.cdf(left, horizon, dow1), 0, 1)
            yield {
                **_key(series, t),
                "cover": cover,
                "is_cold": t + 1 <= COLD_DAYS,
                **_scores(chances, truth, nominal, tie[t, j]),
            }


def _feed(model: Any, series: Any, t: int) -> None:
    """One day of use, or what a noisy sensor made of it."""
    seen = getattr(series, "seen", None)
    if seen is None:
        model.update(series.x[t], int(series.n[t]), (series.dow0 + t) % 7)
    elif t in seen:
        model.observe(*seen[t])


def _scores(chances: Floats, truth: int, nominal: float, tie: float) -> dict[str, float]:
    horizon = len(chances)
    came = np.arange(1, horizon + 1) >= truth
    levels = np.concatenate([[0.0], chances, [1.0]])
    at = min(truth, horizon + 1)
    pit = levels[at - 1] + tie * (levels[at] - levels[at - 1])
    median = min(int(np.searchsorted(chances, 0.5)) + 1, horizon)
    return {
        "scrps": float(((chances - came) ** 2).sum()) / nominal,
        "error_days": float(abs(median - min(truth, horizon))),
        "in80": float(0.1 < pit < 0.9),
        "in95": float(0.025 < pit < 0.975),
        "pit": float(pit),
    }


def _cycles(series: Series, reorder_at: Floats) -> Iterator[dict[str, Any]]:
    lead_days = np.array(list(LEAD_CHANCES))
    chances = np.cumsum(list(LEAD_CHANCES.values()))
    for replication in range(REPLICATIONS):
        random = np.random.default_rng(seed("R", series.sid, replication))
        nominal = 28 * series.x.mean() * math.exp(random.normal(0, 0.35))
        package = max(round(nominal / series.unit), 2) * series.unit
        first = 0 if replication % 2 == 0 else int(random.integers(0, 28))
        drawn = np.searchsorted(chances, random.random(400))
        yield from _replay(
            series, reorder_at, package, first, lead_days[np.minimum(drawn, len(chances) - 1)]
        )


def _replay(
    series: Series, reorder_at: Floats, package: float, first: int, leads: NDArray[np.int64]
) -> Iterator[dict[str, Any]]:
    total = np.concatenate([[0.0], np.cumsum(series.x)])
    days, on_hand, t, cycle = len(series.x), package, first, 0
    while t < days:
        levels = np.maximum(on_hand - (total[t + 1 :] - total[t]), 0.0)
        is_due = levels <= reorder_at[t:]
        wait = int(np.argmax(is_due))
        lead = int(leads[cycle])
        t, left = t + wait, float(levels[wait])
        if not is_due[wait] or t + lead + 1 >= days:
            return
        used = total[t + 2 :] - total[t + 1]
        lasts = int(np.searchsorted(used, left + 1e-9, side="right"))
        yield {
            **_key(series, t),
            "is_out": float(lasts < lead),
            "excess_days": float(max(lasts - lead, 0)),
        }
        on_hand = max(left - used[lead - 1], 0.0) + package
        t, cycle = t + lead + 1, cycle + 1


def _key(series: Series, t: int) -> dict[str, Any]:
    return {
        "group": series.group,
        "cls": series.cls,
        "household": series.household,
        "sid": series.sid,
        "day": t + 1,
    }
