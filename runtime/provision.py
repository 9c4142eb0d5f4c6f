"""`nachschub provision FILE`: one model and its devices, from a maker's JSON file.

    {"manufacturer": "...", "model": {...}, "devices": [{"serial": "...", "device_id": "..."}]}

Secrets and claim codes are written once, to a file that only its owner may read.
"""

import csv
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TextIO
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlmodel import select

from accounts import principal
from accounts.principal import Audience
from accounts.scoping import ALL_OWNERS
from devices import registry
from devices.models import DeviceId, DeviceModel
from devices.registry import Provisioned, ToProvision
from devices.tables import ManufacturerRow
from runtime.startup import CannotStart
from runtime.wiring import Platform


class DeviceEntry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    serial: Annotated[str, Field(min_length=1, max_length=80)]
    device_id: DeviceId | None = None  # None: the platform names it
    is_test: bool = False


class Batch(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    manufacturer: Annotated[str, Field(min_length=1, max_length=80)]
    model: DeviceModel
    devices: Annotated[tuple[DeviceEntry, ...], Field(max_length=100_000)] = ()


def read(path: Path) -> Batch:
    """Raises CannotStart naming file, field and fix."""
    try:
        return Batch.model_validate_json(path.read_bytes())
    except OSError as error:
        raise CannotStart(f"{path}: {error.strerror}") from None
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(str(part) for part in problem["loc"])
        raise CannotStart(f"{path}: {where}: {problem['msg']}") from None


async def provision(batch: Batch, platform: Platform) -> list[Provisioned]:
    """All or none. Registering the same model again is fine. Raises CannotStart."""
    transaction, clock, ids = platform.database.transaction, platform.clock, platform.ids
    maker = await maker_named(batch.manufacturer, platform)
    try:
        await registry.register_model(
            maker, batch.model, transaction=transaction, clock=clock, ids=ids
        )
        return await registry.provision(
            maker,
            [_wanted(batch.model, each) for each in batch.devices],
            key=platform.device_key,
            transaction=transaction,
            clock=clock,
            ids=ids,
        )
    except (registry.ModelVersionTaken, registry.DeviceIdTaken) as error:
        raise CannotStart(f"Nothing was provisioned: {error}.") from None


async def issue_maker_key(manufacturer: str, platform: Platform) -> str:
    """For POST /api/models and /api/devices; shown once."""
    maker = await maker_named(manufacturer, platform)
    async with platform.database.transaction(ALL_OWNERS) as session:
        return principal.issue_api_key(
            session,
            Audience.MAKER,
            maker,
            label=manufacturer,
            ids=platform.ids,
            wall=platform.wall.now(),
        )


def write_result(path: Path, made: Sequence[Provisioned]) -> None:
    with created(path) as file:
        writer = csv.writer(file)
        writer.writerow(["device_id", "serial", "secret", "claim_code"])
        writer.writerows(
            [each.device_id, each.serial, each.secret, each.claim_code] for each in made
        )


@contextmanager
def created(path: Path) -> Iterator[TextIO]:
    """With mode 0600. Raises CannotStart rather than overwrite secrets."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise CannotStart(f"{path}: {error.strerror}. Name another file: --result") from None
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
        yield file


def _wanted(model: DeviceModel, entry: DeviceEntry) -> ToProvision:
    return ToProvision(
        model=model.name,
        version=model.version,
        serial=entry.serial,
        device_id=entry.device_id,
        is_test=entry.is_test,
    )


async def maker_named(name: str, platform: Platform) -> UUID:
    async with platform.database.snapshot(ALL_OWNERS) as session:
        known = await session.exec(select(ManufacturerRow).where(ManufacturerRow.name == name))
        row = known.first()
    if row is not None:
        return row.manufacturer_id
    return await registry.register_manufacturer(
        name, transaction=platform.database.transaction, ids=platform.ids
    )
