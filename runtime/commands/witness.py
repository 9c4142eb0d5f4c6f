"""`nachschub witness ...`."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated

import typer

from runtime import wiring, witnesses
from runtime.console import out, own_settings, run
from runtime.startup import prepare_home

witnessing = typer.Typer(no_args_is_help=True)


@witnessing.command("keys")
def witness_keys_command() -> None:
    """The key this log signs with, and the one this instance co-signs others with."""
    settings = own_settings()
    prepare_home(settings.home)
    for name, signer in (
        ("log", witnesses.log_signer(settings)),
        ("witness", witnesses.witness_signer(settings)),
    ):
        out.print(f"{name:8}{signer.key.text}", highlight=False, markup=False, soft_wrap=True)


@witnessing.command("add")
def witness_add_command(
    url: Annotated[str, typer.Argument(help="As https://other.example/witness")],
    key: Annotated[str, typer.Argument(help="Its witness key.")],
) -> None:
    """Has another instance co-sign this log's checkpoints from the next one on."""
    name = run(_changing(partial(witnesses.add, url, key)))
    out.print(f"{name} is asked to co-sign; it must watch this log: nachschub witness watch")


@witnessing.command("watch")
def witness_watch_command(key: Annotated[str, typer.Argument(help="A log's key.")]) -> None:
    """Co-signs the checkpoints of another instance's log."""
    out.print(f"{run(_changing(partial(witnesses.watch, key)))} is watched from now on")


async def _changing(act: Callable[..., Awaitable[str]]) -> str:
    async with wiring.opened(own_settings(), public_url="") as platform:
        return await act(transaction=platform.database.transaction)
