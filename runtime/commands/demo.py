"""`nachschub demo`."""

from typing import Annotated

import typer

from firmware_sim.faults import NO_FAULTS, USUAL_FAULTS
from runtime import demo
from runtime.console import out, own_settings, run


def demo_command(
    seed: int = 1,
    days: Annotated[int, typer.Option(min=1, max=400)] = 60,
    ends: Annotated[bool, typer.Option("--exit", help="End instead of walking on.")] = False,
    faults: Annotated[bool, typer.Option(help="Devices duplicate, delay, reboot.")] = True,
) -> None:
    rates = USUAL_FAULTS if faults else NO_FAULTS
    wanted = demo.DemoRun(seed=seed, days=days, ends=ends, faults=rates)
    raise typer.Exit(run(demo.play(wanted, own_settings(), out)))
