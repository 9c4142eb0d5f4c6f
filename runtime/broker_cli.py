"""`nachschub broker ...`: Mosquitto's files, certificates, and whether it keeps its word."""

import asyncio
import json
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from core.clock import WallClock
from core.logging_setup import configure_logging
from core.settings import Settings
from runtime import broker_certs, broker_check, wiring
from runtime.broker_files import BrokerFiles
from runtime.doctor import Check
from runtime.startup import prepare_home, settings_from_environment

broker = typer.Typer(no_args_is_help=True, help="Mosquitto as the door for devices.")
out = Console(soft_wrap=True)
BROKEN: Final = 3


def _settings() -> Settings:
    settings = settings_from_environment()
    configure_logging(settings.log_level)
    return settings


@broker.command("files")
def files_command() -> None:
    """Writes who may connect, for Mosquitto's first start; later the platform does it."""
    out.print(f"Written: {asyncio.run(_write_files(_settings()))}", highlight=False)


async def _write_files(settings: Settings) -> Path:
    async with wiring.opened(settings, public_url="") as platform:
        files = BrokerFiles.of(settings, platform.database)
        await files.write()
        return files.folder


@broker.command("certs")
def certs_command(
    host: Annotated[
        list[str] | None, typer.Option(help="By which devices reach the broker; repeatable.")
    ] = None,
    device: Annotated[
        list[str] | None, typer.Option(help="A device that gets one too; repeatable.")
    ] = None,
) -> None:
    """Makes an authority, the broker's certificate and those of devices, for development."""
    settings = _settings()
    prepare_home(settings.home)
    made = broker_certs.make(
        settings.home / "mosquitto" / "tls",
        hosts=host or ["localhost", "127.0.0.1"],
        device_ids=device or [],
        now=WallClock().now(),
    )
    for path in made:
        out.print(f"Made {path} and its key", highlight=False)
    out.print("The listener for them stands at the end of mosquitto.conf.")


@broker.command("check")
def check_command(
    url: Annotated[
        str, typer.Option(help="A running broker, as mqtt://127.0.0.1:1883; else a copy.")
    ] = "",
    config: Annotated[Path, typer.Option(help="Its configuration, for line numbers.")] = Path(
        "mosquitto.conf"
    ),
    as_json: Annotated[bool, typer.Option("--json", help="JSON instead of text.")] = False,
) -> None:
    """Whether Mosquitto keeps every promise; 3 when it does not, and the line to change."""
    configuration = broker_check.read_configuration(config, is_needed=not url)
    if url:
        checks = asyncio.run(_check_running(url, configuration))
    else:
        checks = asyncio.run(broker_check.check_copy(configuration))
    _print(checks, as_json=as_json)
    raise typer.Exit(BROKEN if any(check.fix for check in checks) else 0)


async def _check_running(url: str, configuration: broker_check.Configuration) -> list[Check]:
    async with wiring.opened(_settings(), public_url="") as platform:
        return await broker_check.check_running(url, configuration, platform)


def _print(checks: list[Check], *, as_json: bool) -> None:
    if as_json:
        out.print_json(
            json.dumps([{"name": c.name, "found": c.found, "fix": c.fix} for c in checks])
        )
        return
    for check in checks:
        out.print(
            f"{'!!' if check.fix else 'ok'}  {check.name}: {check.found}", highlight=False
        )
        if check.fix:
            out.print(f"      {check.fix}", highlight=False, markup=False)
