"""How fast a decision is, how it compares with Cedar, and what the meter finds.

    python benchmarks/policy.py [--json FILE] [--runs N]

Times are of this process on one core (CPU time, garbage collection off), the best of N runs
after one that warms up, as timeit advises: what a run takes beyond the best is the machine's
doing, not the code's. The median of the runs stands beside. Cedar (`make bench-venv`) is asked
with parsed policies and parsed entities, all requests in one call.
"""

import argparse
import gc
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402

from benchmarks import mutants  # noqa: E402
from benchmarks import policy_cases as cases  # noqa: E402
from vendor_policy.candidates import candidates  # noqa: E402
from vendor_policy.decide import Decision, decide  # noqa: E402
from vendor_policy.log import commitments, proofs, tree  # noqa: E402
from vendor_policy.meter import Swap, measure  # noqa: E402
from vendor_policy.offers import Offer  # noqa: E402
from vendor_policy.policy import PRESETS, Policy, preset  # noqa: E402
from vendor_policy.record import (  # noqa: E402
    Circumstances,
    Question,
    answer,
    record_bytes,
    record_hash,
    written,
)
from vendor_policy.rules import RULES, judged  # noqa: E402

try:
    from benchmarks import policy_cedar
except ImportError:
    policy_cedar = None  # type: ignore[assignment]  # the peer is installed apart


LOG_LEAVES = 100_000
Figures = dict[str, float | int | None]
# Most that is allowed; None: told, not judged.
LIMITS: dict[str, float | None] = {
    "decide_20x20_ms": 0.5,
    "decide_1000x20_ms": 25,
    "cel_1000x5_ms": 50,
    "record_append_ms": 2,
    "proof_verify_ms": 5,
    "vs_cedar": 1,
    "swaps": None,
    "swap_changes": 0,
    "remuneration_changes": 0,
    "mutants_caught": None,
    "mutants": None,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--runs", type=int, default=31)
    chosen = parser.parse_args()
    load = os.getloadavg()[0]
    figures: Figures = {
        **speeds(chosen.runs),
        **log_speeds(chosen.runs),
        "vs_cedar": vs_cedar(chosen.runs),
        **meter_counts(),
    }
    if chosen.json:
        chosen.json.write_text(json.dumps(figures, indent=2) + "\n")
    show(figures, chosen.runs, load)
    return any(is_over(name, value) for name, value in figures.items())


class Time(float):
    """Milliseconds that the best run took; `median`: of all runs."""

    median: float

    def __new__(cls, best: float, *, median: float) -> "Time":
        made = super().__new__(cls, best)
        made.median = median
        return made


def time_ms(task: Callable[[], object], runs: int) -> Time:
    task()
    gc.collect()
    gc.disable()
    try:
        found = sorted(_once_ms(task) for _ in range(runs))
        return Time(found[0], median=found[runs // 2])
    finally:
        gc.enable()


def _once_ms(task: Callable[[], object]) -> float:
    started = time.process_time()
    task()
    return (time.process_time() - started) * 1000


def speeds(runs: int) -> Figures:
    need, facts = cases.need(), cases.facts()

    def decided(count: int, policy: Policy) -> float:
        seen = candidates(cases.offers(count), need)
        return time_ms(lambda: decide((need,), seen, policy, facts), runs)

    return {
        "decide_20x20_ms": decided(20, cases.policy()),
        "decide_1000x20_ms": decided(1000, cases.policy()),
        "cel_1000x5_ms": decided(1000, cases.with_expressions()),
    }


def question(offers: Sequence[Offer], policy: Policy) -> Question:
    return Question(
        needs=(cases.need(),),
        offers=tuple(offers),
        refused=(),
        policy=policy,
        policy_version=1,
        facts=cases.facts(),
    )


def recorded(asked: Question, decision: Decision) -> bytes:
    circumstances = Circumstances(decided_at=cases.NOW, mandate_id=None, cause=None)
    return record_bytes(written(asked, decision, circumstances))


def log_speeds(runs: int) -> Figures:
    """A decision's record from its answer to its leaf in a log of 100,000, held in memory, and
    the check of an inclusion proof there.
    """
    asked = question(cases.offers(20), cases.policy())
    decision, salt = answer(asked), bytes(commitments.SALT_BYTES)
    leaves = [tree.leaf_hash(number.to_bytes(8)) for number in range(LOG_LEAVES)]
    nodes = tree.appended(0, leaves, {})

    def append() -> None:
        data = recorded(asked, decision)
        record_hash(data)
        tree.appended(LOG_LEAVES, [commitments.committed_leaf(salt, data)], nodes)

    middle = LOG_LEAVES // 3
    path = tree.path(tree.inclusion_ranges(middle, LOG_LEAVES), nodes)
    root = tree.subtree((0, LOG_LEAVES), nodes)

    def verify() -> None:
        if not proofs.is_included(leaves[middle], middle, LOG_LEAVES, path, root):
            raise ValueError("the proof does not hold")

    return {
        "record_append_ms": time_ms(append, runs),
        "proof_verify_ms": time_ms(verify, runs),
    }


def vs_cedar(runs: int) -> float | None:
    """Our time over Cedar's, for a thousand offers and the same twenty filters."""
    if policy_cedar is None:
        return None
    need, policy, facts = cases.need(), cases.policy(), cases.facts()
    seen = candidates(cases.offers(1000), need)
    filters = [each for each in RULES if each.check and each.check(need, policy, facts)]
    excluding = [each for each in filters if each.kind == "exclude"]
    if len(excluding) != policy_cedar.FILTERS:
        raise ValueError(f"{len(excluding)} filters in force, not {policy_cedar.FILTERS}")
    rules = policy_cedar.policies(need, policy, facts)
    asked, nobody = policy_cedar.requests(seen), policy_cedar.no_entities()
    theirs = policy_cedar.allowed_offers(asked, rules, nobody)
    ours = {each.offer_id for each in judged(excluding, seen, need, policy, facts).acceptable}
    if ours != {each.offer_id for each, yes in zip(seen, theirs, strict=True) if yes}:
        raise ValueError("Cedar allows other offers than the rules do")
    our_ms = time_ms(lambda: judged(excluding, seen, need, policy, facts), runs)
    their_ms = time_ms(lambda: policy_cedar.allowed_offers(asked, rules, nobody), runs)
    return our_ms / their_ms


def meter_counts() -> Figures:
    """Swaps over the benchmark's own decisions, and the planted preferences."""
    questions = [
        question(cases.offers(60)[first : first + 12], policy)
        for first in range(0, 60, 12)
        for policy in (*map(preset, PRESETS), cases.policy(), cases.with_expressions())
    ]
    counts = measure(recorded(each, answer(each)) for each in questions)
    caught, planted = mutants.run()
    return {
        "swaps": sum(counts.runs.values()),
        "swap_changes": counts.total_changes - counts.changes[Swap.REMUNERATION],
        "remuneration_changes": counts.changes[Swap.REMUNERATION],
        "mutants_caught": caught,
        "mutants": planted,
    }


def is_over(name: str, value: float | None) -> bool:
    most = LIMITS[name]
    return value is not None and most is not None and value > most


def show(figures: Figures, runs: int, load: float) -> None:
    table = Table(title=f"Policy, best of {runs} runs, one core of {os.cpu_count()}")
    for column in ("figure", "found", "most", "median", ""):
        table.add_column(column, justify="left" if column == "figure" else "right")
    for name, most in LIMITS.items():
        value = figures[name]
        shown = "not measured" if value is None else f"{value:.3g}"
        verdict = "over" if is_over(name, value) else ""
        median = f"{value.median:.3g}" if isinstance(value, Time) else ""
        table.add_row(name, shown, "" if most is None else f"{most:g}", median, verdict)
    table.caption = f"load average at the start {load:.1f}"
    console = Console()
    console.print(table)
    if figures["vs_cedar"] is None:
        console.print("Cedar is not installed: make bench-venv")


if __name__ == "__main__":
    sys.exit(main())
