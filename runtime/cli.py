"""The `nachschub` command: finds the one that is meant, and loads no other.

Exit codes: 0 done; 1 it could not be done, and why in one line; 2 wrong arguments; 3 a check
found something wrong (`demo`, `replay`, `verify`, `doctor`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

from runtime.console import err
from runtime.startup import CannotStart

PASSED_ON: Final = {"allow_extra_args": True, "ignore_unknown_options": True}


@dataclass(frozen=True, slots=True)
class Command:
    """`where`: module and name of a function, or of a group of its own. `about`: its help.
    `is_passed_on`: arguments it does not know are its own business; `has_own_help`: --help too.
    """

    where: str
    about: str
    is_passed_on: bool = False
    has_own_help: bool = False

    def loaded(self, name: str) -> Any:
        module, _, attribute = self.where.partition(":")
        found: Callable[..., None] | typer.Typer = getattr(import_module(module), attribute)
        if isinstance(found, typer.Typer):
            group = typer.main.get_group(found)
            group.name, group.help = name, self.about
            return group
        one = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        one.command(
            name,
            help=self.about,
            context_settings=PASSED_ON if self.is_passed_on else None,
            add_help_option=not self.has_own_help,
        )(found)
        return typer.main.get_command(one)


# Loading all of them would take longer than most of them run.
COMMANDS: Final = {
    "arena": Command(
        "runtime.arena.command:arena",
        "Policies against honest and cheating vendors, compared by what owners have of them.",
    ),
    "conformance": Command(
        "runtime.conformance_cli:conformance",
        "Lets a firmware talk to a suite of rules and reports; 3 when it breaks one.\n\n"
        "While it runs: let the device measure, refill it, and restart it once.",
    ),
    "bridge": Command(
        "runtime.bridge_commands:bridge_command",
        "Reads a device's supplies and reports them as a device of the platform does.",
    ),
    "discover": Command(
        "runtime.discovering:discover_command",
        "Looks for devices where it is allowed to, and says how each is added.",
    ),
    "home-assistant": Command(
        "runtime.home_assistant_command:home_assistant_command",
        "Shows a household's supplies in its Home Assistant, with buttons to answer asks.",
    ),
    "demo": Command(
        "runtime.commands.demo:demo_command",
        "A simulated household and three shops, sixty days in about a minute, pages live.",
    ),
    "all": Command(
        "runtime.commands.serving:all_command",
        "Everything in one process: pages, REST, the door for devices, the worker.",
    ),
    "api": Command(
        "runtime.commands.serving:api_command",
        "Pages and REST alone.",
    ),
    "simulate": Command(
        "runtime.simulate:simulate",
        "With --fleet: thousands of devices with every fault, checked against the truth.\n\n"
        "Without: a household against any platform; `python -m firmware_sim --help` lists its"
        " options.",
        is_passed_on=True,
    ),
    "shop": Command(
        "runtime.commands.shop:shop_command",
        "One demonstration shop; `--help` lists its options.",
        is_passed_on=True,
        has_own_help=True,
    ),
    "provision": Command(
        "runtime.commands.registering:provision_command",
        "Registers a model and its devices from a maker's JSON file, or a fleet from a CSV; 3"
        " when lines of the CSV were wrong.",
    ),
    "market": Command(
        "runtime.commands.registering:market_command",
        "Registers vendors with their declarations, and product cards, from a JSON file.",
    ),
    "key": Command(
        "runtime.commands.registering:key_command",
        "Makes a key for a vendor's pages (/vendor) and REST, or for the operator's desk.",
    ),
    "migrate": Command(
        "runtime.commands.migrate:migrate_command",
        "Brings the database to the newest tables; every start does it too.",
    ),
    "explain": Command(
        "runtime.commands.records:explain_command",
        "The chain from payload to parcel of one order.",
    ),
    "replay": Command(
        "runtime.commands.records:replay_command",
        "Decides again from a record alone and compares; 3 when it differs.",
    ),
    "verify": Command(
        "runtime.commands.records:verify_command",
        "Whether what was decided, logged and bought holds, offline; 3 when it does not.",
    ),
    "backtest": Command(
        "runtime.commands.backtest:backtest_command",
        "Makes past forecasts and orders again and compares them with what came.",
    ),
    "doctor": Command(
        "runtime.commands.doctor:doctor_command",
        "What is wrong with this installation, and the command that mends it.",
    ),
    "witness": Command(
        "runtime.commands.witness:witnessing",
        "Instances that co-sign each other's log.",
    ),
    "broker": Command(
        "runtime.broker_cli:broker",
        "Mosquitto as the door for devices.",
    ),
}


class Commands(TyperGroup):
    """Lists what is in the table; loads what is called."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands.update(
            (name, TyperCommand(name, help=each.about)) for name, each in COMMANDS.items()
        )

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        name, command, rest = super().resolve_command(ctx, args)
        return name, COMMANDS[name].loaded(name) if name else command, rest


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Connected devices reorder their own consumables, and the owner stays in charge.",
)


@app.callback()
def nachschub() -> None:
    pass


def main() -> None:
    try:
        app()
    except CannotStart as problem:
        err.print(str(problem), markup=False, highlight=False)
        raise SystemExit(1) from None
