"""`nachschub home-assistant ADDRESS`: the link as a process of its own."""

import asyncio
from typing import Annotated

import typer

from core.logging_setup import configure_logging
from runtime import adoption, home_assistant_link, wiring
from runtime.adoption import Bridge
from runtime.bridge_commands import platform_of
from runtime.loop import stop_on_signals
from runtime.startup import prepare_home, settings_from_environment


def home_assistant_command(
    address: Annotated[
        str, typer.Argument(help="Home Assistant's broker: mqtt://user:password@host")
    ],
    *,
    owner: Annotated[str, typer.Option(help="The household, if there are several.")] = "",
    in_all: Annotated[bool, typer.Option(help="`nachschub all` runs it from now on.")] = False,
) -> None:
    """Shows a household's supplies in its Home Assistant, with buttons to answer asks."""
    settings = settings_from_environment()
    configure_logging(settings.log_level)
    prepare_home(settings.home)
    meant = Bridge(
        kind=home_assistant_link.KIND, address=address, options={"owner": owner}, in_all=in_all
    )
    home_assistant_link.read(meant)
    if in_all:
        folder = platform_of(settings, "").folder
        adoption.keep(adoption.file_of(meant, folder), meant, None)
    asyncio.run(_run(meant))


async def _run(meant: Bridge) -> None:
    settings = settings_from_environment()
    async with wiring.opened(settings, public_url="") as platform:
        link = home_assistant_link.read(meant)
        await home_assistant_link.run(link, platform, stop=stop_on_signals())
