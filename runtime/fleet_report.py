"""What a run of a simulated fleet came to: for a person, and as JSON."""

from dataclasses import dataclass, field
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from firmware_sim.fleet import Tally
from firmware_sim.fleet_scenario import Scenario
from runtime.reconcile import Finding

MOST_NAMED: Final = 20  # of what is wrong, for each comparison; JSON has all


@dataclass(frozen=True, slots=True)
class Usage:
    """Of one process. `peak_mb`: the most memory it ever had, in MB of 10^6 bytes; None: this
    system does not tell.
    """

    cpu_s: float
    peak_mb: float | None


@dataclass(slots=True)
class FleetRun:
    scenario: Scenario
    tally: Tally
    simulator: Usage
    platform: Usage | None = None  # None: it ran before and goes on
    findings: list[Finding] = field(default_factory=list)

    @property
    def is_right(self) -> bool:
        return not any(each.wrong for each in self.findings)

    @property
    def seconds(self) -> float:
        return self.tally.connect_s + self.tally.live_s + self.tally.settle_s

    @property
    def per_s(self) -> float:
        return self.tally.counts["acknowledged"] / self.seconds


def as_json(run: FleetRun) -> dict[str, Any]:
    tally = run.tally
    return {
        "scenario": run.scenario.name,
        "devices": run.scenario.count,
        "connected": tally.connected,
        **{name.replace(" ", "_"): count for name, count in sorted(tally.counts.items())},
        "faults": dict(sorted(tally.faults.items())),
        "acknowledged_per_s": round(run.per_s, 1),
        "seconds": {
            "connect": round(tally.connect_s, 1),
            "live": round(tally.live_s, 1),
            "settle": round(tally.settle_s, 1),
        },
        "simulator": _usage(run.simulator),
        "platform": _usage(run.platform) if run.platform else None,
        "is_right": run.is_right,
        "findings": [
            {"what": each.what, "compared": each.compared, "wrong": list(each.wrong)}
            for each in run.findings
        ],
    }


def _usage(usage: Usage) -> dict[str, float | None]:
    peak_mb = None if usage.peak_mb is None else round(usage.peak_mb, 1)
    return {"cpu_s": round(usage.cpu_s, 1), "peak_mb": peak_mb}


def print_report(run: FleetRun, console: Console) -> None:
    tally = run.tally
    table = Table(title=f"{run.scenario.name}, seed {run.scenario.seed}", box=None)
    table.add_column("")
    table.add_column("", justify="right")
    table.add_row("devices", f"{run.scenario.count:,}")
    table.add_row("connected at once", f"{tally.connected:,}")
    for name, count in sorted(tally.counts.items()):
        table.add_row(name, f"{count:,}")
    for fault, count in sorted(tally.faults.items()):
        table.add_row(f"fault: {fault}", f"{count:,}")
    table.add_row("acknowledged a second", f"{run.per_s:,.0f}")
    table.add_row("connecting, living, settling, s", _phases(run))
    table.add_row("simulator", _text(run.simulator))
    if run.platform:
        table.add_row("platform", _text(run.platform))
    console.print(table)
    for each in run.findings:
        sign = "!!" if each.wrong else "ok"
        said = f"{each.what}: {each.compared:,} compared, {len(each.wrong):,} wrong"
        console.print(f"{sign}  {said}", markup=False)
        for wrong in each.wrong[:MOST_NAMED]:
            console.print(f"      {wrong}", markup=False)
        if len(each.wrong) > MOST_NAMED:
            console.print(f"      and {len(each.wrong) - MOST_NAMED:,} more: --json has all")


def _phases(run: FleetRun) -> str:
    tally = run.tally
    return f"{tally.connect_s:.0f}, {tally.live_s:.0f}, {tally.settle_s:.0f}"


def _text(usage: Usage) -> str:
    memory = "" if usage.peak_mb is None else f", {usage.peak_mb:.0f} MB at most"
    return f"{usage.cpu_s:.0f} s of CPU{memory}"
