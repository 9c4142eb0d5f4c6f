"""`nachschub bridge KIND ADDRESS`: devices that do not speak to the platform themselves."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from core.logging_setup import configure_logging
from core.settings import Settings
from runtime import bridges
from runtime.adoption import Bridge, Platform
from runtime.bridges import KINDS, OPTIONS
from runtime.loop import stop_on_signals
from runtime.startup import prepare_home, settings_from_environment

KIND_HELP = f"One of {', '.join(KINDS)}."
ADDRESS_HELP = (
    "ipp://host/ipp/print, snmp://host, mqtt://user:password@host, a URL, a file,"
    " or webhook://127.0.0.1:8099"
)
SET_HELP = (
    f"NAME=VALUE, or NAME=@FILE for a secret; names are {', '.join(OPTIONS)}. May be repeated."
)


def bridge_command(  # noqa: PLR0913 - what can be chosen on the command line
    kind: Annotated[str, typer.Argument(help=KIND_HELP)],
    address: Annotated[str, typer.Argument(help=ADDRESS_HELP)],
    *,
    claim: Annotated[
        str, typer.Option(help="The code from the guide for adding a device.")
    ] = "",
    platform: Annotated[str, typer.Option(help="Where its pages are.")] = "",
    every_s: Annotated[float, typer.Option(min=1, help="Seconds between looks.")] = 900,
    in_all: Annotated[bool, typer.Option(help="`nachschub all` runs it from now on.")] = False,
    settings: Annotated[list[str] | None, typer.Option("--set", help=SET_HELP)] = None,
) -> None:
    """Reads a device's supplies and reports them as a device of the platform does."""
    meant = Bridge(
        kind=kind,
        address=address,
        options=dict(_option(each) for each in settings or []),
        interval_s=every_s,
        in_all=in_all,
    )
    own = settings_from_environment()
    configure_logging(own.log_level)
    prepare_home(own.home)
    asyncio.run(_run(meant, platform_of(own, platform), claim))


def _option(said: str) -> tuple[str, str]:
    name, sign, value = said.partition("=")
    if not sign or name not in OPTIONS:
        raise typer.BadParameter(f"{said}: wanted is one of {', '.join(OPTIONS)} =VALUE")
    return name, Path(value[1:]).read_text().strip() if value.startswith("@") else value


def platform_of(settings: Settings, url: str = "") -> Platform:
    return Platform(
        url=url or f"http://{settings.http_host}:{settings.http_port}",
        mqtt_host=settings.mqtt_host,
        mqtt_port=settings.mqtt_port,
        folder=settings.home / "bridges",
    )


async def _run(meant: Bridge, platform: Platform, claim: str) -> None:
    await bridges.run(meant, platform, claim=claim, stop=stop_on_signals())
