"""What a maker tells the platform: itself, its device models, and the devices it made."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Any, Final, TypeAlias
from uuid import UUID

from pydantic import Field
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from accounts.scoping import ALL_OWNERS
from core.clock import Clock
from core.database import Transaction
from core.ids import Ids
from devices.credentials import for_broker, hash_secret, tell_broker
from devices.fleet import store
from devices.models import DeviceId, DeviceModel, Frozen, Version
from devices.tables import DeviceModelRow, DeviceRow, ManufacturerRow

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


@dataclass(frozen=True, slots=True)
class NotProvisioned:
    serial: str
    reason: DeviceIdTaken | ModelUnknown


Outcome: TypeAlias = Provisioned | NotProvisioned


@dataclass(frozen=True, slots=True)
class Provisioning:
    """One maker's, with what names and hashes come from."""

    manufacturer_id: UUID
    key: bytes
    clock: Clock
    ids: Ids


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
    made: list[Provisioned] = []

    def all_or_none(outcomes: Sequence[Outcome]) -> None:
        for outcome in outcomes:
            if isinstance(outcome, NotProvisioned):
                raise outcome.reason
            made.append(outcome)

    makes = Provisioning(manufacturer_id, key, clock, ids)
    await provision_each(wanted, makes, shown=all_or_none, transaction=transaction)
    return made


async def provision_each(
    wanted: Sequence[ToProvision],
    makes: Provisioning,
    *,
    shown: Callable[[Sequence[Outcome]], None],
    transaction: Transaction,
) -> None:
    """Every device by itself: what is wrong with one does not stop the others.

    shown: gets the outcomes in order, just before the commit, so that no device exists whose
    secret nobody was shown; nothing is provisioned when it raises.
    """
    now = makes.clock.now()
    async with transaction(ALL_OWNERS) as session:
        models = await _models(session, makes.manufacturer_id, wanted)
        taken = await _taken(session, wanted)
        outcomes: list[Outcome] = []
        rows, specs = [], []
        for each in wanted:
            model = models[each.model, each.version]
            if model is None:
                reason = ModelUnknown(each.model, each.version)
                outcomes.append(NotProvisioned(each.serial, reason))
                continue
            device = _made(each, makes.ids)
            if device.device_id in taken:
                outcomes.append(NotProvisioned(each.serial, DeviceIdTaken(device.device_id)))
                continue
            taken.add(device.device_id)
            outcomes.append(device)
            rows.append(_columns(device, model, makes, is_test=each.is_test))
            specs.append(model.description["slots"])
        connection = await session.connection()
        await connection.run_sync(store.add, rows, specs)
        await tell_broker(session, at=now)
        shown(outcomes)


def _made(wanted: ToProvision, ids: Ids) -> Provisioned:
    return Provisioned(
        device_id=wanted.device_id or f"device-{ids.uuid().hex[:12]}",
        serial=wanted.serial,
        secret=ids.secret(),
        claim_code=ids.code(),
    )


def _columns(
    device: Provisioned, model: DeviceModelRow, makes: Provisioning, *, is_test: bool
) -> dict[str, Any]:
    now = makes.clock.now()
    return {
        "device_id": device.device_id,
        "model_id": model.model_id,
        "serial": device.serial,
        "secret_hash": hash_secret(device.secret, makes.key),
        "broker_password": for_broker(device.device_id, device.secret),
        "claim_hash": hash_secret(device.claim_code, makes.key),
        "claim_expires_at": now + CLAIM_LIFE,
        "is_test": is_test,
        "created_at": now,
    }


async def _models(
    session: AsyncSession, manufacturer_id: UUID, wanted: Sequence[ToProvision]
) -> dict[tuple[str, int | None], DeviceModelRow | None]:
    """By name and version wanted, each asked for once."""
    names = {(each.model, each.version) for each in wanted}
    return {name: await _model(session, manufacturer_id, *name) for name in names}


async def _taken(session: AsyncSession, wanted: Sequence[ToProvision]) -> set[str]:
    names = {each.device_id for each in wanted if each.device_id}
    statement = select(DeviceRow.device_id).where(col(DeviceRow.device_id).in_(names))
    return set(await session.exec(statement))


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
