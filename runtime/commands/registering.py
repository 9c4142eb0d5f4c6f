"""`nachschub provision`, `market` and `key`: who and what the platform knows."""

from pathlib import Path
from typing import Annotated

import typer

from runtime import access_keys, market, provision, provision_csv, wiring
from runtime.access_keys import Party
from runtime.console import CHECK_FAILED, err, out, own_settings, run


def provision_command(
    file: Path,
    result: Annotated[Path, typer.Option(help="Where secrets and claim codes go.")] = Path(
        "provisioned.csv"
    ),
    model: Annotated[Path | None, typer.Option(help="JSON of the model of a CSV.")] = None,
    key: Annotated[bool, typer.Option("--key", help="Also make a REST key.")] = False,
) -> None:
    if model is not None:
        raise typer.Exit(run(_provision_csv(file, provision.read(model), result)))
    run(_provision(provision.read(file), result, is_key_wanted=key))


async def _provision_csv(fleet: Path, batch: provision.Batch, result: Path) -> int:
    async with wiring.opened(own_settings(), public_url="") as platform:
        tally = await provision_csv.provision_csv(fleet, batch, result, platform, err)
    out.print(
        f"{tally.provisioned} devices provisioned, {tally.refused} lines refused;"
        f" secrets, claim codes and problems are in {result}"
    )
    return CHECK_FAILED if tally.refused else 0


async def _provision(batch: provision.Batch, result: Path, *, is_key_wanted: bool) -> None:
    async with wiring.opened(own_settings(), public_url="") as platform:
        made = await provision.provision(batch, platform)
        provision.write_result(result, made)
        out.print(f"{len(made)} devices provisioned; secrets and claim codes are in {result}")
        if is_key_wanted:
            key = await provision.issue_maker_key(batch.manufacturer, platform)
            out.print(f"Key for REST, shown once: {key}", highlight=False)


def market_command(file: Path) -> None:
    run(_register(market.read(file)))


async def _register(entries: market.Market) -> None:
    async with wiring.opened(own_settings(), public_url="") as platform:
        await market.register(
            entries, transaction=platform.database.transaction, now=platform.clock.now()
        )
    out.print(f"{len(entries.vendors)} vendors and {len(entries.cards)} product cards stand")


def key_command(
    party: Party,
    name: Annotated[str, typer.Argument(help="The vendor's id, or who sits at the desk.")],
) -> None:
    out.print(run(_issue(party, name)), highlight=False, markup=False)
    err.print("Shown once; the platform keeps its hash.")


async def _issue(party: Party, name: str) -> str:
    async with wiring.opened(own_settings(), public_url="") as platform:
        return await access_keys.issue(party, name, platform)
