"""What a maker tells the platform: itself, its device models, and the devices it made."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Final
from uuid import UUID

from pydantic import Field
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from accounts.scoping import ALL_OWNERS
from core.clock import Clock
from core.database import Transaction
from core.ids import Ids
from devices.credentials import for_broker, hash_secret, tell_broker
from devices.models import DeviceId, DeviceModel, Frozen, Version
from devices.tables import DeviceModelRow, DeviceRow, ManufacturerRow, SlotRow

CLAIM_LIFE: Final = timedelta(days=2 * 365)  # from the factory to the owner's home


class ManufacturerNameTaken(Exception):
    def __init__(self, name: str) -> None:
        super().__init__(f"a manufacturer named {name!r} is registered")


class ModelVersionTaken(Exception):
    def __init__(self, model: DeviceModel) -> None:
        super().__init__(
            f"{model.name} version {model.version} is registered with another content; "
            "raise `version`"
        )


class ModelUnknown(Exception):
    def __init__(self, name: str, version: int | None) -> None:
        super().__init__(f"no device model {name}" + (f" version {version}" if version else ""))


class DeviceIdTaken(Exception):
    def __init__(self, device_id: str) -> None:
        super().__init__(f"{device_id} is provisioned; every device_id once")
        self.device_id = device_id


class ToProvision(Frozen):
    """One device, as in a row of a CSV file or in a request."""

    model: Annotated[str, Field(min_length=1, max_length=80)]
    version: Version | None = None  # None: the newest
    serial: Annotated[str, Field(min_length=1, max_length=80)]
    device_id: DeviceId | None = None  # None: the platform names it
    is_test: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Provisioned:
    """Secret and claim code are shown this once; the platform keeps their hashes."""

    device_id: str
    serial: str
    secret: str = field(repr=False)  # for the device
    claim_code: str = field(repr=False)  # for the label


async def register_manufacturer(name: str, *, transaction: Transaction, ids: Ids) -> UUID:
    """Raises ManufacturerNameTaken."""
    async with transaction(ALL_OWNERS) as session:
        taken = select(ManufacturerRow).where(ManufacturerRow.name == name)
        if (await session.exec(taken)).first():
            raise ManufacturerNameTaken(name)
        row = ManufacturerRow(manufacturer_id=ids.uuid(), name=name)
        session.add(row)
        return row.manufacturer_id


async def register_model(
    manufacturer_id: UUID,
    model: DeviceModel,
    *,
    transaction: Transaction,
    clock: Clock,
    ids: Ids,
) -> UUID:
    """The same content again gives the same id. Raises ModelVersionTaken."""
    description = model.model_dump(mode="json")
    async with transaction(ALL_OWNERS) as session:
        stored = await _model(session, manufacturer_id, model.name, model.version)
        if stored and stored.description != description:
            raise ModelVersionTaken(model)
        if stored:
            return stored.model_id
        row = DeviceModelRow(
            model_id=ids.uuid(),
            manufacturer_id=manufacturer_id,
            name=model.name,
            version=model.version,
            description=description,
            created_at=clock.now(),
        )
        session.add(row)
        return row.model_id


async def provision(
    manufacturer_id: UUID,
    wanted: Sequence[ToProvision],
    *,
    key: bytes,
    transaction: Transaction,
    clock: Clock,
    ids: Ids,
) -> list[Provisioned]:
    """All or none, in order. Raises ModelUnknown and DeviceIdTaken."""
    made = [_made(each, ids) for each in wanted]
    now = clock.now()
    async with transaction(ALL_OWNERS) as session:
        await _check_names(session, made)
        models = await _models(session, manufacturer_id, wanted)
        session.add_all(
            DeviceRow(
                device_id=device.device_id,
                model_id=model.model_id,
                serial=device.serial,
                secret_hash=hash_secret(device.secret, key),
                broker_password=for_broker(device.device_id, device.secret),
                claim_hash=hash_secret(device.claim_code, key),
                claim_expires_at=now + CLAIM_LIFE,
                is_test=each.is_test,
                created_at=now,
            )
            for each, device, model in zip(wanted, made, models, strict=True)
        )
        await session.flush()
        session.add_all(
            SlotRow(device_id=device.device_id, slot=spec["slot"], spec=spec)
            for device, model in zip(made, models, strict=True)
            for spec in model.description["slots"]
        )
        await tell_broker(session, at=now)
    return made


def _made(wanted: ToProvision, ids: Ids) -> Provisioned:
    return Provisioned(
        device_id=wanted.device_id or f"device-{ids.uuid().hex[:12]}",
        serial=wanted.serial,
        secret=ids.secret(),
        claim_code=ids.code(),
    )


async def _models(
    session: AsyncSession, manufacturer_id: UUID, wanted: Sequence[ToProvision]
) -> list[DeviceModelRow]:
    """Of each device to provision, asked for once. Raises ModelUnknown."""
    names = {(each.model, each.version) for each in wanted}
    found = {name: await _model(session, manufacturer_id, *name) for name in names}
    models = []
    for each in wanted:
        model = found[each.model, each.version]
        if model is None:
            raise ModelUnknown(each.model, each.version)
        models.append(model)
    return models


async def _check_names(session: AsyncSession, made: Sequence[Provisioned]) -> None:
    names = [each.device_id for each in made]
    twice = {name for name in names if names.count(name) > 1}
    statement = select(DeviceRow.device_id).where(col(DeviceRow.device_id).in_(names))
    taken = twice | set(await session.exec(statement))
    if taken:
        raise DeviceIdTaken(min(taken))


async def _model(
    session: AsyncSession, manufacturer_id: UUID, name: str, version: int | None
) -> DeviceModelRow | None:
    statement = select(DeviceModelRow).where(
        DeviceModelRow.manufacturer_id == manufacturer_id, DeviceModelRow.name == name
    )
    if version is not None:
        statement = statement.where(DeviceModelRow.version == version)
    newest = statement.order_by(col(DeviceModelRow.version).desc()).limit(1)
    return (await session.exec(newest)).first()
