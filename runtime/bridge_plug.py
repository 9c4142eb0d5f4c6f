"""A bridge of an appliance on a smart plug: its runs are counted, what they used is told."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Final

from broker.bridges import plug, plug_count
from broker.bridges.plug_payloads import PlugKind
from devices.cycles.judging import Appliance
from runtime import adoption
from runtime.adoption import Bridge, Introduced, Platform
from runtime.bridged import WrongAddress, mqtt_address
from runtime.startup import CannotStart

KIND: Final = "plug"
OPTIONS: Final = ("plug", "appliance", "dose")  # beside `device`: as in the plug's topics


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    source: plug.Source
    appliance: Appliance
    dose: float | None


async def run(bridge: Bridge, platform: Platform, *, claim: str, stop: asyncio.Event) -> None:
    """Until `stop` is set. `claim` empty: added before. Raises CannotStart."""
    wanted = read(bridge)
    kept = await adoption.kept_or_adopted(bridge, platform, claim, partial(_introduced, wanted))
    counted = plug.Plug(
        source=wanted.source,
        credential=adoption.credential(kept, platform),
        appliance=wanted.appliance,
        dose=wanted.dose,
        state_folder=platform.folder / "plugs",
        now=lambda: datetime.now(UTC),
    )
    with adoption.refusal_explained(bridge, platform):
        await plug.run(counted, stop=stop)


async def _introduced(wanted: Wanted) -> Introduced:
    model = plug_count.describe(wanted.appliance, plug_count.SUPPLIES[wanted.appliance])
    return Introduced(model=model, serial=wanted.source.name)


def read(bridge: Bridge) -> Wanted:
    """Raises CannotStart."""
    said = bridge.options
    try:
        where = mqtt_address(bridge.address, said)
        kind = PlugKind(_chosen(said, "plug", PlugKind))
        appliance = Appliance(_chosen(said, "appliance", Appliance))
        dose = float(said["dose"]) if said.get("dose") else None
    except (ValueError, WrongAddress) as error:
        raise CannotStart(str(error)) from None
    if not where.device_id or (dose is not None and not 0 < dose < float("inf")):
        wrong = "dose=NUMBER above 0" if where.device_id else "device=NAME, as in its topics"
        raise CannotStart(f"plug: say --set {wrong}")
    source = plug.Source(
        host=where.host,
        port=where.port,
        kind=kind,
        name=where.device_id,
        user=where.user or None,
        password=where.password or None,
        tls=where.tls,
    )
    return Wanted(source=source, appliance=appliance, dose=dose)


def _chosen(said: dict[str, str], name: str, choices: type[PlugKind] | type[Appliance]) -> str:
    """Raises ValueError."""
    known = [each.value for each in choices]
    if said.get(name) not in known:
        raise ValueError(f"plug: say --set {name}=, one of {', '.join(known)}")
    return said[name]
