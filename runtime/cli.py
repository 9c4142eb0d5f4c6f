"""The `nachschub` command: parses arguments, calls one function, prints what it returns.

Exit codes: 0 done; 1 it could not be done, and why in one line; 2 wrong arguments; 3 a check
found something wrong (`demo`, `replay`, `verify`, `doctor`).
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table

from core.database import Database, Transaction, database_file
from core.logging_setup import configure_logging
from core.settings import Settings
from demo_shop import __main__ as demo_shop_command
from firmware_sim import __main__ as simulator_command
from firmware_sim.faults import NO_FAULTS, USUAL_FAULTS
from runtime import (
    access_keys,
    backtest,
    demo,
    doctor,
    explain,
    market,
    migrate,
    provision,
    provision_csv,
    replay,
    serve,
    verify,
    wiring,
    witnesses,
)
from runtime.access_keys import Party
from runtime.arena.command import arena
from runtime.bridge_commands import bridge_command
from runtime.broker_cli import broker
from runtime.conformance_cli import conformance
from runtime.discovering import discover_command
from runtime.home_assistant_command import home_assistant_command
from runtime.startup import CannotStart, prepare_home, settings_from_environment

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Connected devices reorder their own consumables, and the owner stays in charge.",
)
witnessing = typer.Typer(no_args_is_help=True, help="Instances that co-sign each other's log.")
app.add_typer(witnessing, name="witness")
app.command("arena")(arena)
app.command("conformance")(conformance)
app.add_typer(broker, name="broker")
app.command("bridge")(bridge_command)
app.command("discover")(discover_command)
app.command("home-assistant")(home_assistant_command)

CHECK_FAILED: Final = 3
out = Console()
err = Console(stderr=True, soft_wrap=True)
PASSED_ON: Final = {"allow_extra_args": True, "ignore_unknown_options": True}
T = TypeVar("T")
AsJson = Annotated[bool, typer.Option("--json", help="JSON instead of text.")]


def main() -> None:
    try:
        app()
    except CannotStart as problem:
        err.print(str(problem), markup=False, highlight=False)
        raise SystemExit(1) from None


def _settings() -> Settings:
    settings = settings_from_environment()
    configure_logging(settings.log_level)
    return settings


def _run(work: Coroutine[Any, Any, T]) -> T:
    try:
        return asyncio.run(work)
    except KeyboardInterrupt:
        raise SystemExit(130) from None


async def _reading(settings: Settings, ask: Callable[[Transaction], Awaitable[T]]) -> T:
    file = database_file(settings.database)
    if file is not None and not file.exists():
        raise CannotStart(
            f"There is no database at {file}. Name its folder: NACHSCHUB_HOME=var/demo"
        )
    database = Database(settings.database)
    try:
        return await ask(database.transaction)
    finally:
        await database.close()


@app.command("demo")
def demo_command(
    seed: int = 1,
    days: Annotated[int, typer.Option(min=1, max=400)] = 60,
    ends: Annotated[bool, typer.Option("--exit", help="End instead of walking on.")] = False,
    faults: Annotated[bool, typer.Option(help="Devices duplicate, delay, reboot.")] = True,
) -> None:
    """A simulated household and three shops, sixty days in about a minute, pages live."""
    rates = USUAL_FAULTS if faults else NO_FAULTS
    run = demo.DemoRun(seed=seed, days=days, ends=ends, faults=rates)
    raise typer.Exit(_run(demo.play(run, _settings(), out)))


@app.command("all")
def all_command() -> None:
    """Everything in one process: pages, REST, the door for devices, the worker."""
    _run(serve.run_all(_settings(), out))


@app.command("api")
def api_command() -> None:
    """Pages and REST alone."""
    _run(serve.run_api(_settings(), out))


@app.command("simulate", context_settings=PASSED_ON, add_help_option=False)
def simulate_command(context: typer.Context) -> None:
    """The simulated household against any platform; `--help` lists its options."""
    raise typer.Exit(simulator_command.main(context.args))


@app.command("shop", context_settings=PASSED_ON, add_help_option=False)
def shop_command(context: typer.Context) -> None:
    """One demonstration shop; `--help` lists its options."""
    raise typer.Exit(demo_shop_command.main(context.args))


@app.command("provision")
def provision_command(
    file: Path,
    result: Annotated[Path, typer.Option(help="Where secrets and claim codes go.")] = Path(
        "provisioned.csv"
    ),
    model: Annotated[Path | None, typer.Option(help="JSON of the model of a CSV.")] = None,
    key: Annotated[bool, typer.Option("--key", help="Also make a REST key.")] = False,
) -> None:
    """Registers a model and its devices from a maker's JSON file, or a fleet from a CSV; 3 when
    lines of the CSV were wrong.
    """
    if model is not None:
        raise typer.Exit(_run(_provision_csv(file, provision.read(model), result)))
    _run(_provision(provision.read(file), result, is_key_wanted=key))


async def _provision_csv(fleet: Path, batch: provision.Batch, result: Path) -> int:
    async with wiring.opened(_settings(), public_url="") as platform:
        tally = await provision_csv.provision_csv(fleet, batch, result, platform, err)
    out.print(
        f"{tally.provisioned} devices provisioned, {tally.refused} lines refused;"
        f" secrets, claim codes and problems are in {result}"
    )
    return CHECK_FAILED if tally.refused else 0


async def _provision(batch: provision.Batch, result: Path, *, is_key_wanted: bool) -> None:
    async with wiring.opened(_settings(), public_url="") as platform:
        made = await provision.provision(batch, platform)
        provision.write_result(result, made)
        out.print(f"{len(made)} devices provisioned; secrets and claim codes are in {result}")
        if is_key_wanted:
            key = await provision.issue_maker_key(batch.manufacturer, platform)
            out.print(f"Key for REST, shown once: {key}", highlight=False)


@app.command("market")
def market_command(file: Path) -> None:
    """Registers vendors with their declarations, and product cards, from a JSON file."""
    _run(_register(market.read(file)))


async def _register(entries: market.Market) -> None:
    async with wiring.opened(_settings(), public_url="") as platform:
        await market.register(
            entries, transaction=platform.database.transaction, now=platform.clock.now()
        )
    out.print(f"{len(entries.vendors)} vendors and {len(entries.cards)} product cards stand")


@app.command("key")
def key_command(
    party: Party,
    name: Annotated[str, typer.Argument(help="The vendor's id, or who sits at the desk.")],
) -> None:
    """Makes a key for a vendor's pages (/vendor) and REST, or for the operator's desk."""
    out.print(_run(_issue(party, name)), highlight=False, markup=False)
    err.print("Shown once; the platform keeps its hash.")


async def _issue(party: Party, name: str) -> str:
    async with wiring.opened(_settings(), public_url="") as platform:
        return await access_keys.issue(party, name, platform)


@app.command("migrate")
def migrate_command() -> None:
    """Brings the database to the newest tables; every start does it too."""
    settings = _settings()
    prepare_home(settings.home)
    migrate.migrate(settings.database)
    out.print("The database is up to date.")


@app.command("explain")
def explain_command(order: UUID, as_json: AsJson = False) -> None:
    """The chain from payload to parcel of one order."""
    entries = _run(_reading(_settings(), partial(_chain, order)))
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


@app.command("replay")
def replay_command(
    what: Annotated[str, typer.Argument(metavar="RECORD", help="A record's id or a file.")],
    expected: Annotated[str, typer.Option("--hash", help="The hash a file must have.")] = "",
    as_json: AsJson = False,
) -> None:
    """Decides again from a record alone and compares; 3 when it differs."""
    try:
        record_id = UUID(what)
    except ValueError:
        found = replay.replay_file(Path(what), expected or None)
    else:
        found = _run(_reading(_settings(), partial(_replayed, record_id)))
    if as_json:
        out.print_json(json.dumps({"agrees": found.is_right, "said": found.lines()}))
    else:
        out.print("\n".join(found.lines()), highlight=False)
    raise typer.Exit(0 if found.is_right else CHECK_FAILED)


@app.command("verify")
def verify_command(  # noqa: PLR0913, PLR0917  one for each option
    file: Annotated[Path | None, typer.Argument(help="The proof bundle of an order.")] = None,
    key: Annotated[str | None, typer.Option(help="The log's key as you know it.")] = None,
    since: Annotated[Path | None, typer.Option(help="An older bundle or checkpoint.")] = None,
    consistency: Annotated[Path | None, typer.Option(help="Proof from --since on.")] = None,
    witness: Annotated[list[str] | None, typer.Option(help="A key that co-signed.")] = None,
    database: Annotated[bool, typer.Option("--database", help="All of this log.")] = False,
    as_json: AsJson = False,
) -> None:
    """Whether what was decided, logged and bought holds, offline; 3 when it does not."""
    if database == (file is not None):
        raise typer.BadParameter("name a file, or --database")
    if file is None:
        found = _run(_reading(_settings(), verify.verify_database))
    else:
        older = verify.Since(older=since, proof=consistency) if since else None
        found = verify.verify_file(file, key, older, witness or ())
    if as_json:
        out.print_json(json.dumps({"holds": found.holds, "problem": found.problem}))
    else:
        out.print("\n".join(found.lines()), highlight=False, markup=False, soft_wrap=True)
    raise typer.Exit(CHECK_FAILED if found.problem else 0)


@witnessing.command("keys")
def witness_keys_command() -> None:
    """The key this log signs with, and the one this instance co-signs others with."""
    settings = _settings()
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
    name = _run(_changing(partial(witnesses.add, url, key)))
    out.print(f"{name} is asked to co-sign; it must watch this log: nachschub witness watch")


@witnessing.command("watch")
def witness_watch_command(key: Annotated[str, typer.Argument(help="A log's key.")]) -> None:
    """Co-signs the checkpoints of another instance's log."""
    out.print(f"{_run(_changing(partial(witnesses.watch, key)))} is watched from now on")


async def _changing(act: Callable[..., Awaitable[str]]) -> str:
    async with wiring.opened(_settings(), public_url="") as platform:
        return await act(transaction=platform.database.transaction)


@app.command("backtest")
def backtest_command(
    slot: Annotated[str, typer.Option(help="One slot, as washer-0001/detergent.")] = "",
    is_all: Annotated[bool, typer.Option("--all", help="Every slot of the database.")] = False,
    csv: Annotated[Path | None, typer.Option(help=backtest.CSV_HELP)] = None,
    lead_days: Annotated[int, typer.Option(min=1, max=60, help="Of a delivery.")] = 3,
    as_json: AsJson = False,
) -> None:
    """Makes past forecasts and orders again and compares them with what came."""
    if sum((bool(slot), is_all, csv is not None)) != 1:
        raise typer.BadParameter("name one of --slot, --all and --csv")
    if csv is not None:
        histories = backtest.read_csv(csv)
    else:
        histories = _run(_reading(_settings(), partial(backtest.stored, slot)))
    found = backtest.judged(histories, lead_days=lead_days, console=err)
    if as_json:
        out.print_json(json.dumps([backtest.as_json(each) for each in found]))
    else:
        out.print(backtest.table(found))


@app.command("doctor")
def doctor_command(as_json: AsJson = False) -> None:
    """What is wrong with this installation, and the command that mends it."""
    checks = _run(doctor.examine(_settings()))
    is_wrong = any(check.fix and not check.is_optional for check in checks)
    if as_json:
        out.print_json(
            json.dumps([{"name": c.name, "found": c.found, "fix": c.fix} for c in checks])
        )
    else:
        table = Table("", "what", "found", "to mend it", box=None)
        for check in checks:
            sign = "ok" if not check.fix else "--" if check.is_optional else "!!"
            table.add_row(sign, check.name, check.found, check.fix)
        out.print(table)
    raise typer.Exit(CHECK_FAILED if is_wrong else 0)
