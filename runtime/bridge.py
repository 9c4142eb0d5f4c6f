"""A bridge from start to stop: adds its device for an owner, keeps the credential, reports.

What was added with `--in-all` is run by `nachschub all` as well, from the files it left.
"""

import asyncio
import hashlib
import json
import logging
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

import httpx

from broker.bridges import describing, publishing
from broker.bridges.described import seen_as
from broker.bridges.publishing import (
    CredentialRefused,
    Device,
    DeviceCredential,
    DeviceUnreadable,
    Publishing,
    Sight,
)
from broker.bridges.reading import Reading
from devices.catalog import described
from devices.description import Description, model_of
from devices.description_file import BadDescription
from devices.models import DeviceModel
from runtime.bridged import DESCRIBED, UnknownInterface, device_of
from runtime.startup import CannotStart

KEPT: Final = "*.json"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bridge:
    """`kind`: of interface. `options`: what else the interface needs, by name."""

    kind: str
    address: str
    options: dict[str, str] = field(default_factory=dict)
    interval_s: float = 900.0
    in_all: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """Where the bridge finds the platform, and where it keeps what it must not lose."""

    url: str
    mqtt_host: str
    mqtt_port: int
    folder: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A device that was added: its credential, the slots of its model, and the catalogue's
    description of it, empty where there is none.
    """

    device_id: str
    secret: str
    slots: tuple[str, ...]
    model: str = ""


async def run(bridge: Bridge, platform: Platform, *, claim: str, stop: asyncio.Event) -> None:
    """Until `stop` is set. `claim` empty: added before. Raises CannotStart."""
    platform.folder.mkdir(parents=True, exist_ok=True)
    path = platform.folder / f"{_file_name(bridge)}.json"
    kept = _kept(path)
    device = _device(bridge, _description(bridge, kept))
    async with device.opened():
        if kept is None and claim:
            kept = await _adopted(device, bridge, platform, claim)
            _keep(path, bridge, kept)
        if kept is None:
            raise CannotStart(
                "This device is not added yet. Make a code on your devices page ("
                f"{platform.url}/devices) and run again with --claim CODE."
            )
        try:
            await publishing.run(device, _to(kept, bridge, platform), stop=stop)
        except CredentialRefused as error:
            raise CannotStart(
                f"{error}. Make a new code on your devices page and run again with --claim"
                f" CODE, after removing {path}"
            ) from None


def kept_bridges(folder: Path) -> Iterator[Bridge]:
    """Those that `nachschub all` is to run."""
    for path in sorted(folder.glob(KEPT)):
        told = json.loads(path.read_text())["bridge"]
        if told["in_all"]:
            yield Bridge(**told)


@asynccontextmanager
async def running(platform: Platform, stop: asyncio.Event) -> AsyncIterator[int]:
    """The kept bridges, while the block runs; how many. One that fails is logged, and leaves
    the others and the platform alone.
    """
    tasks = [
        asyncio.create_task(_guarded(bridge, platform, stop))
        for bridge in kept_bridges(platform.folder)
    ]
    try:
        yield len(tasks)
    finally:
        stop.set()
        await asyncio.gather(*tasks)


async def _guarded(bridge: Bridge, platform: Platform, stop: asyncio.Event) -> None:
    try:
        await run(bridge, platform, claim="", stop=stop)
    except Exception:  # noqa: BLE001 - one bridge never ends the others
        _log.exception("bridge %s %s has ended", bridge.kind, bridge.address)


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


def _file_name(bridge: Bridge) -> str:
    """One device, one file: named by where it is found."""
    meant = f"{bridge.kind} {bridge.address} {bridge.options.get('device', '')}"
    return hashlib.sha256(meant.encode()).hexdigest()[:16]


def _to(kept: Kept, bridge: Bridge, platform: Platform) -> Publishing:
    return Publishing(
        credential=DeviceCredential(
            host=platform.mqtt_host,
            port=platform.mqtt_port,
            device_id=kept.device_id,
            secret=kept.secret,
        ),
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


async def _adopted(device: Device, bridge: Bridge, platform: Platform, claim: str) -> Kept:
    try:
        sight = await device.look()
        description = _description(bridge) or described.recognised(bridge.kind, sight.name)
        model = _model(description, sight)
    except (DeviceUnreadable, describing.NothingReported) as error:
        raise CannotStart(f"Cannot read the device: {error}") from None
    body = {
        "code": claim,
        "model": model.model_dump(mode="json"),
        "serial": _serial(sight, bridge),
        "name": model.name,
    }
    credential = await _asked(platform, body)
    return Kept(
        device_id=credential["device_id"],
        secret=credential["secret"],
        slots=tuple(each.slot for each in model.slots),
        model=description.name if description else "",
    )


def _model(description: Description | None, sight: Sight) -> DeviceModel:
    """Raises NothingReported."""
    known = model_of(description) if description else None
    return known or describing.describe(sight.name, sight.readings)


def _serial(sight: Sight, bridge: Bridge) -> str:
    return (sight.serial or bridge.address)[:80]


async def _asked(platform: Platform, body: dict[str, Any]) -> dict[str, str]:
    async with httpx.AsyncClient(base_url=platform.url, trust_env=False) as client:
        try:
            answer = await client.post("/api/bridges", json=body)
        except httpx.TransportError as error:
            raise CannotStart(
                f"Cannot reach the platform at {platform.url} ({error})."
                " Start it with: nachschub all, or name it: --platform URL"
            ) from None
    if answer.status_code != httpx.codes.CREATED:
        raise CannotStart(f"The platform did not add the device: {_detail(answer)}")
    credential: dict[str, str] = answer.json()
    return credential


def _detail(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError):
        return f"status {answer.status_code}"


def _kept(path: Path) -> Kept | None:
    if not path.exists():
        return None
    told = json.loads(path.read_text())["device"]
    return Kept(**told | {"slots": tuple(told["slots"])})


def _keep(path: Path, bridge: Bridge, kept: Kept) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump({"bridge": asdict(bridge), "device": asdict(kept)}, file)
