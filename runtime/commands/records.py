"""`nachschub explain`, `replay` and `verify`: what was decided, and whether it holds."""

import json
from functools import partial
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.table import Table

from core.database import Transaction
from runtime import explain, replay, verify
from runtime.console import CHECK_FAILED, AsJson, out, own_settings, run
from runtime.stored import reading


def explain_command(order: UUID, as_json: AsJson = False) -> None:
    entries = run(reading(own_settings(), partial(_chain, order)))
    if as_json:
        out.print_json(json.dumps([{"hop": hop, "said": said} for hop, said in entries]))
        return
    table = Table(show_header=False, box=None)
    for hop, said in entries:
        table.add_row(hop, said)
    out.print(table)


async def _chain(order: UUID, transaction: Transaction) -> list[explain.Entry]:
    return await explain.chain(order, transaction=transaction)


async def _replayed(record_id: UUID, transaction: Transaction) -> replay.Replayed:
    return await replay.replay_stored(record_id, transaction=transaction)


def replay_command(
    what: Annotated[str, typer.Argument(metavar="RECORD", help="A record's id or a file.")],
    expected: Annotated[str, typer.Option("--hash", help="The hash a file must have.")] = "",
    as_json: AsJson = False,
) -> None:
    try:
        record_id = UUID(what)
    except ValueError:
        found = replay.replay_file(Path(what), expected or None)
    else:
        found = run(reading(own_settings(), partial(_replayed, record_id)))
    if as_json:
        out.print_json(json.dumps({"agrees": found.is_right, "said": found.lines()}))
    else:
        out.print("\n".join(found.lines()), highlight=False)
    raise typer.Exit(0 if found.is_right else CHECK_FAILED)


def verify_command(  # noqa: PLR0913, PLR0917  one for each option
    file: Annotated[Path | None, typer.Argument(help="The proof bundle of an order.")] = None,
    key: Annotated[str | None, typer.Option(help="The log's key as you know it.")] = None,
    since: Annotated[Path | None, typer.Option(help="An older bundle or checkpoint.")] = None,
    consistency: Annotated[Path | None, typer.Option(help="Proof from --since on.")] = None,
    witness: Annotated[list[str] | None, typer.Option(help="A key that co-signed.")] = None,
    database: Annotated[bool, typer.Option("--database", help="All of this log.")] = False,
    as_json: AsJson = False,
) -> None:
    if database == (file is not None):
        raise typer.BadParameter("name a file, or --database")
    if file is None:
        found = run(reading(own_settings(), verify.verify_database))
    else:
        older = verify.Since(older=since, proof=consistency) if since else None
        found = verify.verify_file(file, key, older, witness or ())
    if as_json:
        out.print_json(json.dumps({"holds": found.holds, "problem": found.problem}))
    else:
        out.print("\n".join(found.lines()), highlight=False, markup=False, soft_wrap=True)
    raise typer.Exit(CHECK_FAILED if found.problem else 0)
