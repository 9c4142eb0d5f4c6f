"""`nachschub bridge ipp URL --claim CODE`: adds a printer for an owner and reports for it."""

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

import httpx

from broker.bridges import ipp, ipp_supplies
from broker.bridges.ipp import CredentialRefused, DeviceCredential, PrinterUnreadable
from runtime.serve import stop_on_signals
from runtime.startup import CannotStart


@dataclass(frozen=True, slots=True, kw_only=True)
class IppBridge:
    """`claim` empty: the printer was added before, its credential lies in `folder`."""

    url: str
    claim: str
    platform_url: str
    mqtt_host: str
    mqtt_port: int
    folder: Path
    interval_s: float


async def run(bridge: IppBridge) -> None:
    """Until Ctrl-C. Raises CannotStart."""
    bridge.folder.mkdir(parents=True, exist_ok=True)
    # One printer, one file: named by its address.
    name = hashlib.sha256(bridge.url.encode()).hexdigest()[:16]
    path = bridge.folder / f"{name}.json"
    credential = await _credential(bridge, path)
    try:
        await ipp.run(
            bridge.url,
            credential,
            interval_s=bridge.interval_s,
            state_folder=bridge.folder,
            stop=stop_on_signals(),
        )
    except CredentialRefused as error:
        raise CannotStart(
            f"{error}. Make a new code on your devices page and run again with --claim CODE,"
            f" after removing {path}"
        ) from None


async def _credential(bridge: IppBridge, path: Path) -> DeviceCredential:
    stored = _kept(path)
    if stored is None and bridge.claim:
        stored = await _adopted(bridge)
        _keep(path, stored)
    if stored is None:
        raise CannotStart(
            "This printer is not added yet. Make a code on your devices page ("
            f"{bridge.platform_url}/devices) and run again with --claim CODE."
        )
    return DeviceCredential(
        host=bridge.mqtt_host,
        port=bridge.mqtt_port,
        device_id=stored["device_id"],
        secret=stored["secret"],
    )


async def _adopted(bridge: IppBridge) -> dict[str, str]:
    try:
        attributes = await ipp.read(bridge.url)
        model = ipp_supplies.describe(attributes)
    except (PrinterUnreadable, ipp_supplies.NothingReported) as error:
        raise CannotStart(f"Cannot read the printer: {error}") from None
    body = {
        "code": bridge.claim,
        "model": model.model_dump(mode="json"),
        "serial": ipp_supplies.serial(attributes) or bridge.url[:80],
        "name": model.name,
    }
    async with httpx.AsyncClient(base_url=bridge.platform_url, trust_env=False) as client:
        try:
            answer = await client.post("/api/bridges", json=body)
        except httpx.TransportError as error:
            raise CannotStart(
                f"Cannot reach the platform at {bridge.platform_url} ({error})."
                " Start it with: nachschub all, or name it: --platform URL"
            ) from None
    if answer.status_code != httpx.codes.CREATED:
        raise CannotStart(f"The platform did not add the printer: {_detail(answer)}")
    credential: dict[str, str] = answer.json()
    return credential


def _detail(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError):
        return f"status {answer.status_code}"


def _kept(path: Path) -> dict[str, str] | None:
    if not path.exists():
        return None
    credential: dict[str, str] = json.loads(path.read_text())
    return credential


def _keep(path: Path, credential: dict[str, str]) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(credential, file)
