"""The demand model beside its named peers, on real households, cross-fitted by household.

    python benchmarks/forecast.py [--max-per-class 8] [--json FILE] [--quick]

Data: FORECAST_DATA, or shared/data/forecast beside the checkout. Protocol: forecast_protocol.
"""

import argparse
import json
import sys
import warnings
from collections.abc import Sequence
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

SAMPLED = {peers.Ets: 1}  # per class: fitting it takes a tenth of a second
GROUPS = ("appliances", "purchases")
RESAMPLES = 2000


def main() -> None:
    asked = arguments()
    warnings.filterwarnings("ignore", category=RuntimeWarning)  # of statsforecast's fits
    known = protocol.load(protocol.data_folder())
    scored = protocol.at_most_per_class(known, asked.max_per_class)
    judged: dict[str, Judged] = {}
    for make, series in models(known, scored, asked.quick):
        judged[make.name] = protocol.judge(make, known, series)
        print_model(make.name, judged[make.name], judged[Shipped.name])
    found = figures(judged, known, scored)
    print_figures(judged, found)
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=1) + "\n")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--max-per-class", type=int, default=8, help="series; 0: all")
    parser.add_argument("--quick", action="store_true", help="without statsforecast's dates")
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


def models(
    known: Sequence[Series], scored: Sequence[Series], is_quick: bool
) -> list[tuple[Any, list[Series]]]:
    every = [Shipped, ShippedNoPrior, peers.reference("Fleet"), peers.MovingAverage]
    every += [peers.LevelRegression, peers.Smoothing, peers.SyntetosBoylan, peers.Exponential]
    if not is_quick:
        every += [peers.Croston, peers.Adida, peers.Ets]
    return [(make, protocol.at_most_per_class(scored, SAMPLED.get(make, 0))) for make in every]


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


def figures(
    judged: dict[str, Judged], known: Sequence[Series], scored: Sequence[Series]
) -> dict[str, Any]:
    ours, reference = judged[Shipped.name], judged[peers.reference("Fleet").name]
    table, cycles = by_slot(ours.dates), ours.cycles.groupby("group")
    ratio = table.scrps.mean() / by_slot(reference.dates).scrps.mean()
    return {
        **{f"scrps_{group}": _listed(table.scrps[group]) for group in GROUPS},
        "coverage80": {group: _listed(table.in80[group]) for group in GROUPS},
        "coverage95": {group: _listed(table.in95[group]) for group in GROUPS},
        "stockout_sl95": cycles.is_out.mean().round(4).to_dict(),
        "excess_sl95": cycles.excess_days.mean().round(3).to_dict(),
        "noise_ratio": round(noise_ratio(known, scored, ours), 4),
        "vs_reference": round(float(ratio), 4),
        **{name: float(f"{value:.4g}") for name, value in speed.measured().items()},
    }


def noise_ratio(known: Sequence[Series], scored: Sequence[Series], exact: Judged) -> float:
    """The score at 14 and 28 days, noisy over noise-free, of the appliances."""
    appliances = [noisy(each) for each in scored if each.group == "appliances"]
    blurred = by_slot(protocol.judge(Shipped, known, appliances).dates).scrps["appliances"]
    clear = by_slot(exact.dates).scrps["appliances"]
    return float(blurred[[14, 28]].mean() / clear[[14, 28]].mean())


def least_share(cycles: pd.DataFrame) -> float:
    """Lower end of the 95 % interval of the stock-out share, households drawn anew."""
    each = cycles.groupby("household").is_out.agg(["sum", "size"]).to_numpy()
    random = np.random.default_rng(1)
    drawn = random.integers(0, len(each), (RESAMPLES, len(each)))
    sums = each[drawn].sum(axis=1)
    return float(np.quantile(sums[:, 0] / sums[:, 1], 0.025))


def print_figures(judged: dict[str, Judged], found: dict[str, Any]) -> None:
    cycles = judged[Shipped.name].cycles
    classes = cycles.groupby("cls").is_out.agg(["mean", "size"])
    classes["least"] = {name: least_share(mine) for name, mine in cycles.groupby("cls")}
    print("\nStock-outs per class at 95 %, with the lower end of their interval")
    print(classes.round(3).to_string())
    dates = judged[Shipped.name].dates
    print("\nCoverage of 80 % and 95 % per class")
    print(dates.groupby("cls")[["scrps", "in80", "in95"]].mean().round(3).to_string())
    print("\n" + json.dumps(found, indent=1))


def _listed(values: pd.Series) -> list[float]:
    """At 7, 14 and 28 days."""
    return [round(float(each), 4) for each in values]


if __name__ == "__main__":
    main()
