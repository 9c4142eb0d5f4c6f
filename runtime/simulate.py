"""`nachschub simulate`: a household, or with `--fleet FILE` a whole fleet that is checked.

A fleet has a platform of its own, with gateway and database in a temporary folder, unless one
that runs already is named. Exit code 1: `--expect` was not met; 2: the scenario is wrong.
"""

import asyncio
import json
import os
import resource
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Final
from urllib.parse import urlsplit

import typer
from rich.console import Console
from rich.progress import Progress

from core.clock import WallClock
from core.database import Database
from core.logging_setup import configure_logging
from core.settings import Settings
from firmware_sim import __main__ as household_command
from firmware_sim import fleet_facts, fleet_scenario
from firmware_sim.fleet import Door, Fleet, Unreachable, members
from firmware_sim.fleet import Progress as Report
from firmware_sim.fleet_facts import Fact
from firmware_sim.fleet_scenario import Scenario, WrongScenario
from runtime import fleet_check, fleet_platform
from runtime.fleet_report import FleetRun, Usage, as_json, print_report
from runtime.startup import CannotStart, prepare_home, settings_from_environment

NOT_MET: Final = 1
WRONG_ARGUMENTS: Final = 2
OTHER_FILES: Final = 200  # the platform's pipe, the database, the truth
TRUTH: Final = Path("truth.jsonl")
out = Console(soft_wrap=True, highlight=False)
err = Console(stderr=True, soft_wrap=True, highlight=False)


class Expectation(StrEnum):
    NO_LOSS = "no-loss"


@dataclass(frozen=True, slots=True)
class _Wishes:
    truth: Path
    folder: Path | None
    platform: str  # its door


@dataclass(frozen=True, slots=True)
class _Stage:
    """`secrets`: by device id."""

    scenario: Scenario
    secrets: Mapping[str, str]
    door: Door


def simulate(  # noqa: PLR0913, PLR0917 - what can be chosen on the command line
    context: typer.Context,
    fleet: Annotated[Path | None, typer.Option(help="A scenario: docs/simulate.md.")] = None,
    expect: Annotated[
        Expectation | None, typer.Option(help="Else exit 1, and the devices by name.")
    ] = None,
    truth: Annotated[Path, typer.Option(help="Where what truly happened goes.")] = TRUTH,
    folder: Annotated[
        Path | None, typer.Option(help="Keeps the platform's database and log there.")
    ] = None,
    platform: Annotated[
        str, typer.Option(help="A running one instead: its door, as mqtt://127.0.0.1:1883.")
    ] = "",
    as_json_wanted: Annotated[bool, typer.Option("--json", help="JSON, not text.")] = False,
) -> None:
    """With --fleet: thousands of devices with every fault, checked against the truth. Without:
    a household against any platform; `python -m firmware_sim --help` lists its options.
    """
    if fleet is None:
        given = [*context.args, *(("--truth", str(truth)) if truth != TRUTH else ())]
        raise typer.Exit(household_command.main(given))
    if context.args:
        raise typer.BadParameter(f"unknown: {' '.join(context.args)}")
    scenario = _read(fleet)
    try:
        run = asyncio.run(_stoppable(scenario, _Wishes(truth, folder, platform)))
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise SystemExit(130) from None
    if as_json_wanted:
        out.print_json(json.dumps(as_json(run)))
    else:
        print_report(run, out)
        out.print(f"What truly happened: {truth}", markup=False)
    raise typer.Exit(NOT_MET if expect and not run.is_right else 0)


def _read(path: Path) -> Scenario:
    try:
        return fleet_scenario.read(path.read_text(), str(path))
    except (OSError, UnicodeDecodeError) as error:
        sys.stderr.write(f"{path}: {getattr(error, 'strerror', None) or error}\n")
    except WrongScenario as wrong:
        sys.stderr.write(f"{wrong}\n")
    raise SystemExit(WRONG_ARGUMENTS)


async def _stoppable(scenario: Scenario, wishes: _Wishes) -> FleetRun:
    """SIGTERM ends the platform too, and leaves nothing behind."""
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    with Progress(console=err, transient=True) as progress:
        bars = _Bars(progress)
        if wishes.platform:
            return await _in_running_platform(scenario, wishes, bars)
        with TemporaryDirectory(prefix="nachschub-") as temporary:
            home = wishes.folder or Path(temporary)
            return await _in_own_platform(scenario, home, wishes.truth, bars)


async def _in_own_platform(
    scenario: Scenario, home: Path, truth: Path, bars: Report
) -> FleetRun:
    if (home / "platform.log").exists():
        raise CannotStart(f"{home} holds a platform already. Name an empty folder.")
    prepare_home(home)
    settings = fleet_platform.settings_for(home, scenario.count)
    configure_logging(settings.log_level)
    secrets = await fleet_platform.furnish(settings, list(members(scenario)), bars)
    async with fleet_platform.running(settings) as running:
        run = await _lived(_Stage(scenario, secrets, running.door), truth, bars)
        peak_mb = _peak_mb(running.pid, *_started_by(running.pid))
    run.platform = Usage(_cpu_s(resource.RUSAGE_CHILDREN), peak_mb)
    return await _checked(run, settings, truth, bars)


async def _in_running_platform(scenario: Scenario, wishes: _Wishes, bars: Report) -> FleetRun:
    """The fleet is provisioned in the database that the environment's settings name."""
    settings = settings_from_environment()
    configure_logging(settings.log_level)
    secrets = await fleet_platform.furnish(settings, list(members(scenario)), bars)
    url = urlsplit(wishes.platform)
    door = Door(url.hostname or "127.0.0.1", url.port or 1883)
    run = await _lived(_Stage(scenario, secrets, door), wishes.truth, bars)
    return await _checked(run, settings, wishes.truth, bars)


async def _lived(stage: _Stage, truth: Path, bars: Report) -> FleetRun:
    """Raises CannotStart."""
    _allow_files(stage.scenario.count)
    before_s = _cpu_s(resource.RUSAGE_SELF)
    with _recorder(truth) as record:
        fleet = Fleet(
            stage.scenario, stage.secrets, stage.door, record=record, clock=WallClock()
        )
        try:
            tally = await fleet.run(bars)
        except Unreachable as problem:
            raise CannotStart(f"{problem}.") from None
    usage = Usage(_cpu_s(resource.RUSAGE_SELF) - before_s, _peak_mb(os.getpid()))
    return FleetRun(stage.scenario, tally, usage)


@contextmanager
def _recorder(path: Path) -> Iterator[Callable[[Fact], None]]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:

        def record(fact: Fact) -> None:
            file.write(fleet_facts.line(fact))

        yield record


async def _checked(run: FleetRun, settings: Settings, truth: Path, bars: Report) -> FleetRun:
    database = Database(settings.database)
    try:
        run.findings = await fleet_check.compare(truth, database.snapshot, bars)
    finally:
        await database.close()
    return run


def _allow_files(devices: int) -> None:
    """Each connection is an open file. Raises CannotStart when the system forbids so many."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = devices + OTHER_FILES
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise CannotStart(
            f"{devices} devices need {wanted} open files, and {hard} are allowed."
            f" Raise it (ulimit -Hn {wanted}), or simulate fewer."
        )
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _cpu_s(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def _peak_mb(*pids: int) -> float | None:
    """The most memory that each process ever had, added up; None where there is no /proc.
    (`ru_maxrss` begins with that of the parent.)
    """
    try:
        statuses = [Path(f"/proc/{pid}/status").read_text().splitlines() for pid in pids]
    except OSError:
        return None
    peaks = (line for lines in statuses for line in lines if line.startswith("VmHWM"))
    return sum(int(peak.split()[1]) for peak in peaks) * 1024 / 1e6


def _started_by(pid: int) -> list[int]:
    """The processes whose parent it is."""
    found = []
    for status in Path("/proc").glob("[0-9]*/status"):
        with suppress(OSError):  # it has ended meanwhile
            if f"\nPPid:\t{pid}\n" in status.read_text():
                found.append(int(status.parent.name))
    return found


class _Bars:
    """One bar for each phase, made when it begins."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._phase, self._task = "", progress.add_task("", visible=False)

    def __call__(self, phase: str, done: int, of: int) -> None:
        if phase != self._phase:
            self._progress.update(self._task, visible=False)
            self._phase, self._task = phase, self._progress.add_task(phase, total=of)
        self._progress.update(self._task, completed=done, total=of)
