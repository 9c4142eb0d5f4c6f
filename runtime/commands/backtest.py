"""`nachschub backtest`."""

import json
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from runtime import backtest
from runtime.console import AsJson, err, out, own_settings, run
from runtime.stored import reading


def backtest_command(
    slot: Annotated[str, typer.Option(help="One slot, as washer-0001/detergent.")] = "",
    is_all: Annotated[bool, typer.Option("--all", help="Every slot of the database.")] = False,
    csv: Annotated[Path | None, typer.Option(help=backtest.CSV_HELP)] = None,
    lead_days: Annotated[int, typer.Option(min=1, max=60, help="Of a delivery.")] = 3,
    as_json: AsJson = False,
) -> None:
    if sum((bool(slot), is_all, csv is not None)) != 1:
        raise typer.BadParameter("name one of --slot, --all and --csv")
    if csv is not None:
        histories = backtest.read_csv(csv)
    else:
        histories = run(reading(own_settings(), partial(backtest.stored, slot)))
    found = backtest.judged(histories, lead_days=lead_days, console=err)
    if as_json:
        out.print_json(json.dumps([backtest.as_json(each) for each in found]))
    else:
        out.print(backtest.table(found))
