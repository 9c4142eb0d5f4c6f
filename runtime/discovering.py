"""`nachschub discover`: what is on the owner's network, and the command that adopts each.

Off unless an interface or a broker is named, here or in the settings, for the pages.
"""

import asyncio
from dataclasses import dataclass
from typing import Annotated, Final

import aiomqtt
import typer
from rich.console import Console

from broker.bridges import discovery
from core.settings import Settings
from devices.discovered import Discovery
from runtime.bridged import WrongAddress, mqtt_address
from runtime.startup import CannotStart, settings_from_environment

WAIT_S: Final = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """`interfaces`: own addresses in the networks to ask; `brokers`: as for bridges."""

    interfaces: tuple[str, ...]
    brokers: tuple[str, ...]


NOWHERE: Final = Places(interfaces=(), brokers=())


def places_of(settings: Settings) -> Places:
    return Places(
        interfaces=tuple(map(str, settings.discover_interfaces)),
        brokers=settings.discover_brokers,
    )


async def look(places: Places, wait_s: float = WAIT_S) -> Discovery:
    """A place that does not answer leaves the others alone."""
    looks = [_on_broker(each, wait_s) for each in places.brokers]
    if places.interfaces:
        looks.append(_printers(places.interfaces, wait_s))
    results = await asyncio.gather(*looks)
    return Discovery(
        found=tuple(each for result in results for each in result.found),
        problems=tuple(each for result in results for each in result.problems),
    )


async def _printers(interfaces: tuple[str, ...], wait_s: float) -> Discovery:
    try:
        return Discovery(found=await discovery.printers(interfaces, wait_s))
    except (OSError, RuntimeError) as error:  # no such interface here
        return Discovery(found=(), problems=(f"{', '.join(interfaces)}: {error}",))


async def _on_broker(address: str, wait_s: float) -> Discovery:
    """The password stays out of what is told."""
    try:
        where = mqtt_address(address, {})
    except WrongAddress:
        return Discovery(found=(), problems=("a broker is named mqtt://user:password@host",))
    try:
        return Discovery(found=await discovery.on_broker(where, wait_s))
    except aiomqtt.MqttError as error:
        return Discovery(found=(), problems=(f"{where.host}:{where.port}: {error}",))


def discover_command(
    *,
    interface: Annotated[
        list[str] | None,
        typer.Option(help="This computer's address on the network to ask in, for printers."),
    ] = None,
    broker: Annotated[
        list[str] | None, typer.Option(help="A broker: mqtt://user:password@host")
    ] = None,
    seconds: Annotated[float, typer.Option(min=0.5, max=120)] = WAIT_S,
) -> None:
    """Looks for printers and for what an MQTT broker announces, only where you say so."""
    settings = settings_from_environment()
    known = places_of(settings)
    places = Places(
        interfaces=tuple(interface or known.interfaces), brokers=tuple(broker or known.brokers)
    )
    if places == NOWHERE:
        raise CannotStart(
            "Say where to look: --interface 192.168.1.5 (this computer's address on your"
            " network) or --broker mqtt://user:password@192.168.1.2"
        )
    platform_url = f"http://{settings.http_host}:{settings.http_port}"
    _tell(asyncio.run(look(places, seconds)), platform_url)


def _tell(told: Discovery, platform_url: str) -> None:
    out = Console(soft_wrap=True, markup=False, highlight=False)
    for problem in told.problems:
        out.print(f"Could not ask {problem}")
    if not told.found:
        out.print("Nothing was found.")
        return
    out.print(f"CODE comes from {platform_url}/guide, one for each device.")
    for each in told.found:
        out.print(f"\n{each.kind}: {each.name}\n  {each.command('CODE', platform_url)}")
    if any(each.kind == "plug" for each in told.found):
        out.print("\nOf a plug, say what hangs on it: appliance=washer, dishwasher or dryer.")
    if any(each.address.startswith("mqtt") for each in told.found):
        out.print("A broker with passwords wants mqtt://user:password@host in the command.")
