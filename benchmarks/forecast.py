"""The demand model beside its named peers, on real households, cross-fitted by household.

    python benchmarks/forecast.py [--max-per-class 8] [--json FILE] [--quick] [--jobs N]

Data: FORECAST_DATA, or shared/data/forecast beside the checkout. Protocol: forecast_protocol.
One process per model; eight minutes of one processor in all. AutoETS takes 70 ms a forecast
and is judged on one slot per class, the exponential forecaster on two.
"""

import argparse
import json
import os
import sys
import warnings
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks import forecast_peers as peers  # noqa: E402
from benchmarks import forecast_protocol as protocol  # noqa: E402
from benchmarks import forecast_speed as speed  # noqa: E402
from benchmarks.forecast_noise import noisy  # noqa: E402
from benchmarks.forecast_plugin import Shipped, ShippedNoPrior  # noqa: E402
from benchmarks.forecast_protocol import Judged, Series  # noqa: E402

GROUPS = ("appliances", "purchases")
RESAMPLES = 2000
REFERENCE = "reference"
NOISY = "noisy"
MODELS: dict[str, Callable[[], Any]] = {
    "shipped": Shipped,
    "no prior": ShippedNoPrior,
    REFERENCE: peers.reference,
    "moving average": peers.MovingAverage,
    "level": peers.LevelRegression,
    "smoothing": peers.Smoothing,
    "boylan": peers.SyntetosBoylan,
    "exponential": peers.Exponential,
    "croston": peers.Croston,
    "adida": peers.Adida,
    "ets": peers.Ets,
    NOISY: Shipped,
}
SLOW = ("exponential", "croston", "adida", "ets")  # left out by --quick
SAMPLED = {"ets": 1, "exponential": 2}  # slots per class


def main() -> None:
    asked = arguments()
    names = [name for name in MODELS if not (asked.quick and name in SLOW)]
    judged: dict[str, Judged] = {}
    with ProcessPoolExecutor(asked.jobs, mp_context=get_context("spawn")) as pool:
        begun: dict[str, Future[Judged]] = {
            name: pool.submit(judge, name, asked.max_per_class) for name in names
        }
        for name, future in begun.items():
            judged[name] = future.result()
            print_model(name, judged[name], judged["shipped"])
    found = figures(judged)
    print_figures(judged, found)
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=1) + "\n")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--max-per-class", type=int, default=8, help="series; 0: all")
    parser.add_argument("--quick", action="store_true", help="without the slow peers")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes")
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


@cache
def loaded() -> list[Series]:
    return protocol.load(protocol.data_folder())


def judge(name: str, max_per_class: int) -> Judged:
    """In a process of its own."""
    warnings.filterwarnings("ignore", category=RuntimeWarning)  # of statsforecast's fits
    scored = protocol.at_most_per_class(loaded(), max_per_class)
    scored = protocol.at_most_per_class(scored, SAMPLED.get(name, 0))
    if name == NOISY:
        scored = [noisy(each) for each in scored if each.group == GROUPS[0]]
    return protocol.judge(MODELS[name], loaded(), scored)


def by_slot(dates: pd.DataFrame) -> pd.DataFrame:
    """Every slot counts once, however long it was watched."""
    columns = ["scrps", "error_days", "in80", "in95"]
    each = dates.groupby(["group", "cover", "sid"])[columns].mean()
    return each.groupby(["group", "cover"]).mean()


def print_model(name: str, judged: Judged, shipped: Judged) -> None:
    table = by_slot(judged.dates)
    cold = by_slot(judged.dates[judged.dates.is_cold]).add_prefix("cold_")
    same = shipped.dates[shipped.dates.sid.isin(judged.dates.sid)]
    table["ours"] = by_slot(same).scrps
    print(f"\n{name}: {len(judged.dates)} forecasts, {judged.dates.sid.nunique()} slots")
    print(table.join(cold).round(3).to_string())
    if len(judged.cycles):
        print(judged.cycles.groupby("group")[["is_out", "excess_days"]].mean().round(3))
    sys.stdout.flush()


def figures(judged: dict[str, Judged]) -> dict[str, Any]:
    ours, reference = judged["shipped"], judged[REFERENCE]
    table = by_slot(ours.dates)
    ratio = table.scrps.mean() / by_slot(reference.dates).scrps.mean()
    return {
        **{f"scrps_{group}": _listed(table.scrps[group]) for group in GROUPS},
        "coverage80": {group: _listed(table.in80[group]) for group in GROUPS},
        "coverage95": {group: _listed(table.in95[group]) for group in GROUPS},
        "stockout_sl95": _shares(ours),
        "excess_sl95": _excess(ours),
        "stockout_sl95_no_prior": _shares(judged["no prior"]),
        "excess_sl95_reference": _excess(reference),
        "noise_ratio": round(noise_ratio(judged[NOISY], ours), 4),
        "vs_reference": round(float(ratio), 4),
        **{name: float(f"{value:.4g}") for name, value in speed.measured().items()},
    }


def noise_ratio(noisy: Judged, exact: Judged) -> float:
    """The score at 14 and 28 days, noisy over noise-free, of the appliances."""
    blurred, clear = (by_slot(each.dates).scrps[GROUPS[0]] for each in (noisy, exact))
    return float(blurred[[14, 28]].mean() / clear[[14, 28]].mean())


def least_share(cycles: pd.DataFrame) -> float:
    """Lower end of the 95 % interval of the stock-out share, households drawn anew."""
    each = cycles.groupby("household").is_out.agg(["sum", "size"]).to_numpy()
    random = np.random.default_rng(1)
    drawn = random.integers(0, len(each), (RESAMPLES, len(each)))
    sums = each[drawn].sum(axis=1)
    return float(np.quantile(sums[:, 0] / sums[:, 1], 0.025))


def print_figures(judged: dict[str, Judged], found: dict[str, Any]) -> None:
    cycles = judged["shipped"].cycles
    classes = cycles.groupby("cls").is_out.agg(["mean", "size"])
    classes["least"] = {name: least_share(mine) for name, mine in cycles.groupby("cls")}
    print("\nStock-outs per class at 95 %, with the lower end of their interval")
    print(classes.round(3).to_string())
    dates = judged["shipped"].dates
    print("\nCoverage of 80 % and 95 % per class")
    print(dates.groupby("cls")[["scrps", "in80", "in95"]].mean().round(3).to_string())
    print("\n" + json.dumps(found, indent=1))


def _shares(judged: Judged) -> dict[str, float]:
    shares: dict[str, float] = judged.cycles.groupby("group").is_out.mean().round(4).to_dict()
    return shares


def _excess(judged: Judged) -> dict[str, float]:
    days: dict[str, float] = (
        judged.cycles.groupby("group").excess_days.mean().round(3).to_dict()
    )
    return days


def _listed(values: pd.Series) -> list[float]:
    """At 7, 14 and 28 days."""
    return [round(float(each), 4) for each in values]


if __name__ == "__main__":
    main()
