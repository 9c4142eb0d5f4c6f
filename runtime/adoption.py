"""How the platform gets to know a bridge's device: added once with the owner's code, then kept.

What was added lies in a file of its own, for its owner's eyes only: the bridge as it was meant,
and the device's credential. A link that adds no device has none.
"""

import hashlib
import json
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from broker.bridges.publishing import CredentialRefused, DeviceCredential
from devices.models import DeviceModel
from runtime.startup import CannotStart

KEPT: Final = "*.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bridge:
    """`kind`: of interface. `options`: what else the interface needs, by name."""

    kind: str
    address: str
    options: dict[str, str] = field(default_factory=dict)
    interval_s: float = 900.0
    in_all: bool = False

    @property
    def name(self) -> str:
        """For logs: without the password that may stand in the address."""
        parts = urlsplit(self.address)
        return f"{self.kind} {parts.scheme}://{parts.hostname or parts.path}"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Introduced:
    """A device as it is to be added. `description`: of the catalogue; empty: none."""

    model: DeviceModel
    serial: str
    description: str = ""


async def kept_or_adopted(
    bridge: Bridge,
    platform: Platform,
    claim: str,
    introduce: Callable[[], Awaitable[Introduced]],
) -> Kept:
    """`claim` empty: added before. Raises CannotStart."""
    path = file_of(bridge, platform.folder)
    found = kept(path)
    if found is None and claim:
        found = await _adopted(await introduce(), platform, claim)
        keep(path, bridge, found)
    if found is None:
        raise CannotStart(
            "This device is not added yet. Make a code on your page for adding devices ("
            f"{platform.url}/guide) and run again with --claim CODE."
        )
    return found


def credential(kept: Kept, platform: Platform) -> DeviceCredential:
    return DeviceCredential(
        host=platform.mqtt_host,
        port=platform.mqtt_port,
        device_id=kept.device_id,
        secret=kept.secret,
    )


@contextmanager
def refusal_explained(bridge: Bridge, platform: Platform) -> Iterator[None]:
    """Raises CannotStart where the platform knows the credential no more."""
    try:
        yield
    except CredentialRefused as error:
        raise CannotStart(
            f"{error}. Make a new code at {platform.url}/guide and run again with --claim CODE,"
            f" after removing {file_of(bridge, platform.folder)}"
        ) from None


def kept_bridges(folder: Path) -> Iterator[Bridge]:
    """Those that `nachschub all` is to run."""
    for path in sorted(folder.glob(KEPT)):
        told = json.loads(path.read_text())["bridge"]
        if told["in_all"]:
            yield Bridge(**told)


def file_of(bridge: Bridge, folder: Path) -> Path:
    """One device, one file: named by where it is found."""
    meant = f"{bridge.kind} {bridge.address} {bridge.options.get('device', '')}"
    return folder / f"{hashlib.sha256(meant.encode()).hexdigest()[:16]}.json"


def kept(path: Path) -> Kept | None:
    if not path.exists():
        return None
    told = json.loads(path.read_text())["device"]
    return Kept(**told | {"slots": tuple(told["slots"])})


def keep(path: Path, bridge: Bridge, kept: Kept | None) -> None:
    """For its owner's eyes only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump({"bridge": asdict(bridge), "device": asdict(kept) if kept else None}, file)


async def _adopted(told: Introduced, platform: Platform, claim: str) -> Kept:
    body = {
        "code": claim,
        "model": told.model.model_dump(mode="json"),
        "serial": told.serial[:80],
        "name": told.model.title_in("en"),
    }
    made = await _asked(platform, body)
    return Kept(
        device_id=made["device_id"],
        secret=made["secret"],
        slots=tuple(each.slot for each in told.model.slots),
        model=told.description,
    )


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
