"""A bridge of a device that can be looked at: opened, recognised, added, and then published."""

import asyncio
from functools import partial
from pathlib import Path

from broker.bridges import describing, publishing
from broker.bridges.described import seen_as
from broker.bridges.publishing import Device, DeviceUnreadable, Publishing, Sight
from broker.bridges.reading import Reading
from devices.catalog import described
from devices.description import Description, model_of
from devices.description_file import BadDescription
from devices.models import DeviceModel
from runtime import adoption
from runtime.adoption import Bridge, Introduced, Kept, Platform
from runtime.bridged import DESCRIBED, UnknownInterface, device_of
from runtime.startup import CannotStart


async def run(bridge: Bridge, platform: Platform, *, claim: str, stop: asyncio.Event) -> None:
    """Until `stop` is set. `claim` empty: added before. Raises CannotStart."""
    before = adoption.kept(adoption.file_of(bridge, platform.folder))
    device = _device(bridge, _description(bridge, before))
    async with device.opened():
        kept = await adoption.kept_or_adopted(
            bridge, platform, claim, partial(_introduced, device, bridge)
        )
        with adoption.refusal_explained(bridge, platform):
            await publishing.run(device, _to(kept, bridge, platform), stop=stop)


def _description(bridge: Bridge, kept: Kept | None = None) -> Description | None:
    """The owner's file, or the model that was chosen or recognised. Raises CannotStart."""
    file, chosen = bridge.options.get("description"), bridge.options.get("model")
    try:
        if file:
            return described.read_file(Path(file))
    except (BadDescription, OSError) as error:
        raise CannotStart(str(error)) from None
    name = chosen or (kept.model if kept else "")
    found = described.named(name) if name else None
    if chosen and found is None:
        raise CannotStart(f"{chosen}: the catalogue has no such model")
    return found


def _device(bridge: Bridge, description: Description | None) -> Device:
    try:
        return device_of(bridge.kind, bridge.address, bridge.options, description)
    except (UnknownInterface, ValueError) as error:
        raise CannotStart(str(error)) from None


def _to(kept: Kept, bridge: Bridge, platform: Platform) -> Publishing:
    return Publishing(
        credential=adoption.credential(kept, platform),
        interval_s=bridge.interval_s,
        state_folder=platform.folder,
        slots=frozenset(kept.slots),
        seen_as=partial(_seen_as, _description(bridge, kept), bridge.kind),
    )


def _seen_as(description: Description | None, kind: str, sight: Sight) -> tuple[Reading, ...]:
    """What has no interface but its description is seen that way already."""
    if description is None or kind == DESCRIBED:
        return sight.readings
    return seen_as(description, sight.readings, sight.said)


async def _introduced(device: Device, bridge: Bridge) -> Introduced:
    try:
        sight = await device.look()
        description = _description(bridge) or described.recognised(bridge.kind, sight.name)
        model = _model(description, sight)
    except (DeviceUnreadable, describing.NothingReported) as error:
        raise CannotStart(f"Cannot read the device: {error}") from None
    return Introduced(
        model=model,
        serial=sight.serial or bridge.address,
        description=description.name if description else "",
    )


def _model(description: Description | None, sight: Sight) -> DeviceModel:
    """Raises NothingReported."""
    known = model_of(description) if description else None
    return known or describing.describe(sight.name, sight.readings)
