"""`nachschub bridge-plug`: counts the runs of an appliance behind a smart plug."""

import asyncio
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import httpx
import typer

from broker.bridges import plug, plug_count
from broker.bridges.plug_payloads import PlugKind
from broker.bridges.publishing import CredentialRefused, DeviceCredential
from core.settings import Settings
from devices.cycles.judging import Appliance
from runtime.serve import stop_on_signals
from runtime.startup import CannotStart, prepare_home

FOLDER: Final = "plugs"


def bridge_plug_command(  # noqa: PLR0913, PLR0917 - one option of the command line each
    appliance: Appliance,
    kind: PlugKind,
    name: Annotated[str, typer.Argument(help="As in the plug's topics.")],
    broker: Annotated[str, typer.Option(help="Where the plug publishes, host:port.")],
    user: Annotated[str, typer.Option(help="On that broker.")] = "",
    password: Annotated[str, typer.Option(envvar="NACHSCHUB_PLUG_PASSWORD")] = "",
    dose: Annotated[
        float | None, typer.Option(min=0.1, help="Of one run, ml or pieces.")
    ] = None,
    claim: Annotated[str, typer.Option(help="The code from your devices page.")] = "",
    platform: Annotated[str, typer.Option(help="Where its pages are.")] = "",
) -> None:
    """Hears a plug's power, finds washes in it and reports what they used."""
    settings = Settings()
    prepare_home(settings.home)
    host, _, port = broker.partition(":")
    source = plug.Source(
        host=host,
        port=int(port or 1883),
        kind=kind,
        name=name,
        user=user or None,
        password=password or None,
    )
    pages = platform or f"http://{settings.http_host}:{settings.http_port}"
    try:
        credential = _credential(settings, source, appliance, claim, pages)
        asyncio.run(_run(settings, source, appliance, dose, credential))
    except (CannotStart, CredentialRefused) as problem:
        typer.echo(str(problem), err=True)
        raise typer.Exit(1) from None


async def _run(
    settings: Settings,
    source: plug.Source,
    appliance: Appliance,
    dose: float | None,
    credential: DeviceCredential,
) -> None:
    counted = plug.Plug(
        source=source,
        credential=credential,
        appliance=appliance,
        dose=dose,
        state_folder=settings.home / FOLDER,
        now=lambda: datetime.now(UTC),
    )
    await plug.run(counted, stop=stop_on_signals())


def _credential(
    settings: Settings, source: plug.Source, appliance: Appliance, claim: str, pages: str
) -> DeviceCredential:
    path = settings.home / FOLDER / f"{source.kind}-{source.name.replace('/', '-')}.json"
    if claim and not path.exists():
        _keep(path, _adopted(source, appliance, claim, pages))
    if not path.exists():
        raise CannotStart(
            f"This plug is not added yet. Make a code on your devices page ({pages}/devices)"
            " and run again with --claim CODE."
        )
    kept = json.loads(path.read_text())
    return DeviceCredential(
        host=settings.mqtt_host,
        port=settings.mqtt_port,
        device_id=kept["device_id"],
        secret=kept["secret"],
    )


def _adopted(
    source: plug.Source, appliance: Appliance, claim: str, pages: str
) -> dict[str, str]:
    model = plug_count.describe(appliance, plug_count.SUPPLIES[appliance])
    body = {
        "code": claim,
        "model": model.model_dump(mode="json"),
        "serial": source.name[:80],
        "name": model.title,
    }
    try:
        answer = httpx.post(f"{pages}/api/bridges", json=body, trust_env=False)
    except httpx.TransportError as error:
        raise CannotStart(f"Cannot reach the platform at {pages} ({error}).") from None
    if answer.status_code != httpx.codes.CREATED:
        raise CannotStart(f"The platform did not add the plug: {answer.text}")
    made: dict[str, str] = answer.json()
    return made


def _keep(path: Path, made: dict[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(made, file)
