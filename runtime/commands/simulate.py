"""`nachschub simulate`."""

import typer

from firmware_sim import __main__ as simulator


def simulate_command(context: typer.Context) -> None:
    raise typer.Exit(simulator.main(context.args))
