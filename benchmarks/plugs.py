"""How well a smart plug tells washes, beside the rule that most people start with.

    python benchmarks/plugs.py [--recordings DIR] [--json FILE] [--days N]

The rule: 15 W opens, ten minutes below closes, kept from ten minutes and 50 Wh on. Both see the
same labelled traces and the same generated hard days (seeds that nothing was built on).
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402

from devices.cycles import saving  # noqa: E402
from devices.cycles.detector import Detector  # noqa: E402
from devices.cycles.judging import Appliance, Cycle, CycleKind  # noqa: E402
from tests import plug_days, shared_data  # noqa: E402
from tests.plug_days import Sample  # noqa: E402
from tests.plug_score import Score  # noqa: E402
from tests.recorded import power  # noqa: E402

FIRST_SEED = 20_000
RINSES = 200
STATE_EVERY = 200  # samples
DAYS = 10  # of each appliance

Find = Callable[[Appliance, Sequence[Sample]], list[Cycle]]


def detected(appliance: Appliance, samples: Sequence[Sample]) -> list[Cycle]:
    detector = Detector(appliance)
    found = [each for at_s, watts in samples for each in detector.add(at_s, watts)]
    return [each.cycle for each in found + detector.finish()]


@dataclass(slots=True)
class _Stretch:
    from_s: float
    to_s: float
    wh: float = 0.0
    peak_w: float = 0.0


def by_threshold(appliance: Appliance, samples: Sequence[Sample]) -> list[Cycle]:
    stretches: list[_Stretch] = []
    before_s: float | None = None
    for at_s, watts in samples:
        if watts is None or (before_s is not None and at_s <= before_s):
            continue
        if watts >= 15:
            if not stretches or at_s - stretches[-1].to_s > 600:
                stretches.append(_Stretch(at_s, at_s))
            now = stretches[-1]
            now.to_s, now.peak_w = at_s, max(now.peak_w, watts)
            now.wh += watts * min(60.0, at_s - (before_s or at_s)) / 3600
        before_s = at_s
    kept = (each for each in stretches if each.to_s - each.from_s >= 600 and each.wh >= 50)
    return [_as_cycle(each, appliance) for each in kept]


def _as_cycle(stretch: _Stretch, appliance: Appliance) -> Cycle:
    return Cycle(
        kind=CycleKind.DRY if appliance is Appliance.DRYER else CycleKind.WASH,
        from_s=round(stretch.from_s),
        to_s=round(stretch.to_s),
        wh=stretch.wh,
        peak_w=stretch.peak_w,
        heat_s=0,
        longest_pause_min=0,
        is_start_seen=True,
        is_end_seen=True,
    )


@dataclass(slots=True)
class Scores:
    traces: Score
    days: Score
    rinses: Score


def score(find: Find, traces: list[power.Trace], days: Iterable[plug_days.Day]) -> Scores:
    scores = Scores(Score(), Score(), Score())
    for trace in traces:
        scores.traces.add(trace.runs, find(trace.appliance, list(trace.samples())))
    for day in days:
        scores.days.add(day.runs, find(day.appliance, day.samples), day.unseen)
    for seed in range(RINSES * 3 // 4):
        for appliance in (Appliance.WASHER, Appliance.DISHWASHER):
            day = plug_days.one_load(seed, appliance, is_rinse=seed % 3 > 0)
            scores.rinses.add(day.runs, find(appliance, day.samples))
    return scores


def rinse_accuracy(scores: Scores) -> float:
    """Of all rinses and washes, labelled and generated: those told as what they were."""
    told = scores.traces.kinds + scores.rinses.kinds
    right = sum(n for (real, said), n in told.items() if real is said)
    return right / (told.total() + scores.traces.missed + scores.rinses.missed)


def us_per_sample(samples: Sequence[Sample], appliance: Appliance) -> float:
    """CPU time of this process."""
    started = time.process_time()
    detected(appliance, samples)
    return (time.process_time() - started) / len(samples) * 1e6


def state_bytes(samples: Sequence[Sample], appliance: Appliance) -> int:
    """The largest that was kept of one plug, as JSON."""
    detector, largest = Detector(appliance), 0
    for n, (at_s, watts) in enumerate(samples):
        detector.add(at_s, watts)
        if n % STATE_EVERY == 0:
            largest = max(largest, len(json.dumps(saving.dump(detector))))
    return largest


def figures(recordings: Path | None, days: int = DAYS) -> dict[str, float]:
    """`cycle_f1` is the lower one of the labelled traces and of the hard days; where the
    recordings hold no trace, of the hard days alone.
    """
    traces = power.labelled_in(recordings) if recordings else []
    hard = [
        plug_days.make(FIRST_SEED + seed, appliance)
        for appliance in Appliance
        for seed in range(days)
    ]
    ours, rule = score(detected, traces, hard), score(by_threshold, traces, hard)
    dense = list(traces[0].samples()) if traces else hard[0].samples
    of_traces = {"traces_f1": ours.traces.f1, "rule_traces_f1": rule.traces.f1}
    return (of_traces if traces else {}) | {
        "cycle_f1": min(ours.traces.f1, ours.days.f1) if traces else ours.days.f1,
        "rinse_accuracy": rinse_accuracy(ours),
        "us_per_sample": us_per_sample(dense, Appliance.WASHER),
        "state_bytes": float(max(state_bytes(day.samples, day.appliance) for day in hard)),
        "days_f1": ours.days.f1,
        "days_runs": float(ours.days.hit + ours.days.missed),
        "rule_days_f1": rule.days.f1,
        "rule_rinse_accuracy": rinse_accuracy(rule),
    }


def recordings_beside() -> Path | None:
    folder = shared_data.find(os.environ, ROOT)
    return folder / "devices" if folder else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--recordings", type=Path, default=recordings_beside())
    parser.add_argument("--json", type=Path)
    parser.add_argument("--days", type=int, default=DAYS, help="hard days for each appliance")
    arguments = parser.parse_args()
    found = figures(arguments.recordings, arguments.days)
    report(found)
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=2))


def report(found: dict[str, float]) -> None:
    table = Table("", "detector", "threshold rule")
    for name in ("traces_f1", "days_f1", "rinse_accuracy"):
        if name in found:
            table.add_row(name, f"{found[name]:.4f}", f"{found['rule_' + name]:.4f}")
    table.add_row("us_per_sample", f"{found['us_per_sample']:.1f}", "")
    table.add_row("state_bytes", f"{found['state_bytes']:.0f}", "")
    table.add_row("runs in hard days", f"{found['days_runs']:.0f}", "")
    Console().print(table)


if __name__ == "__main__":
    main()
