"""`nachschub arena`: plays all rounds on all processors, prints who served owners best.

Exit code 3: under attack, a rival that the shipped preset must beat beat it.
"""

import json
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from runtime.arena.contestants import SHIPPED
from runtime.arena.rounds import (
    ALL_CHEATS,
    FEW,
    HONEST_ONLY,
    RIVALS,
    ArenaSize,
    PlayedRound,
    played,
    rounds,
    to_json,
)
from runtime.arena.standings import Standing, Standings
from runtime.arena.vendors import CHEATS
from runtime.arena.welfare import Interval

BEATEN: Final = 3
DAY_WITHOUT_MINOR: Final = (50, 200, 2_000)  # as cheapest, balanced and fastest assume
COUNTED: Final = ("days_without", "asked", "cancelled", "complained")
DEFAULT: Final = ArenaSize()
LEGEND: Final = """\
{size.seeds} worlds from seed {size.first_seed}, {size.households} households, {size.years} \
years. A household and year, in EUR; ± 95 % over worlds.
cost: paid, days without, holding, hassle of asks, failures and complaints; the
formula is in docs/arena.md. without: days on which something lacked. failed:
cancelled by the vendor. bad: complaints. lost: to cheats, above the best honest
total."""


def arena(
    seed: Annotated[int, typer.Option(help="Of the first world.")] = DEFAULT.first_seed,
    seeds: Annotated[int, typer.Option(min=1, help="Worlds.")] = DEFAULT.seeds,
    households: Annotated[int, typer.Option(min=1)] = DEFAULT.households,
    years: Annotated[int, typer.Option(min=1, max=10)] = DEFAULT.years,
    file: Annotated[Path | None, typer.Option("--json", help="Also write all counts.")] = None,
) -> None:
    """Policies against honest and cheating vendors, compared by what owners have of them."""
    size = ArenaSize(seeds=seeds, households=households, years=years, first_seed=seed)
    console = Console()
    found = list(_all_played(size, console))
    if file is not None:
        file.write_text(json.dumps(to_json(size, found), indent=1) + "\n")
    standings = Standings(found)
    console.print(LEGEND.format(size=size), highlight=False)
    for attack in (ALL_CHEATS, HONEST_ONLY):
        console.print(_table(attack, standings.of(attack)))
    console.print(_one_at_a_time(standings))
    console.print(_by_day_without(standings))
    console.print("\n".join(_verdict(standings)), highlight=False)
    raise typer.Exit(BEATEN if standings.is_beaten else 0)


def _all_played(size: ArenaSize, console: Console) -> Iterator[PlayedRound]:
    """In the order of `rounds`. Processes are spawned: a progress bar has a thread."""
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        started = [pool.submit(played, each) for each in rounds(size)]
        for _ in track(as_completed(started), "Playing", total=len(started), console=console):
            pass
    return (each.result() for each in started)


def _table(attack: str, standings: list[Standing]) -> Table:
    heads = ("cost", f"over {SHIPPED}", "paid", "without", "asked", "failed", "bad", "lost")
    table = _plain(f"\n[bold]{attack}[/]", *heads)
    for each in standings:
        counts = each.a_year
        table.add_row(
            each.name,
            _euros(-each.welfare.mean),
            _signed(each.behind) if each.name != SHIPPED else "",
            f"{(counts['paid_minor'] - counts['left_minor']) / 100:.0f}",
            *(f"{counts[name]:.1f}" for name in COUNTED),
            f"{counts['lost_minor'] / 100:.0f}",
        )
    return table


def _one_at_a_time(standings: Standings) -> Table:
    table = _plain(f"\n[bold]one cheat at a time[/]: {FEW} worlds", SHIPPED, *RIVALS)
    for cheat in CHEATS:
        cost = {each.name: -each.welfare.mean for each in standings.of(cheat)}
        table.add_row(cheat, *(_euros(cost[name]) for name in (SHIPPED, *RIVALS)))
    return table


def _by_day_without(standings: Standings) -> Table:
    heads = (f"{minor / 100:.2f} EUR" for minor in DAY_WITHOUT_MINOR)
    table = _plain("\n[bold]under attack[/]: cost, if a day without costs", *heads)
    costs = [
        {
            each.name: -each.welfare.mean
            for each in standings.at(day_without_minor=minor).of(ALL_CHEATS)
        }
        for minor in DAY_WITHOUT_MINOR
    ]
    for name in costs[0]:
        table.add_row(name, *(_euros(cost[name]) for cost in costs))
    return table


def _plain(*heads: str) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0))
    for at, head in enumerate(heads):
        table.add_column(head, justify="right" if at else "left", no_wrap=True)
    return table


def _verdict(standings: Standings) -> Iterator[str]:
    losses = list(standings.losses())
    if not losses:
        yield f"{SHIPPED} is beaten nowhere."
    for attack, standing in losses:
        yield f"{SHIPPED} loses to {standing.name}, {attack}: {_signed(standing.behind)}"


def _euros(minor: float) -> str:
    return f"{minor / 100:.1f}"


def _signed(found: Interval) -> str:
    half = "" if found.half_width is None else f" ±{found.half_width / 100:.1f}"
    return f"{found.mean / 100:+.1f}{half}"
