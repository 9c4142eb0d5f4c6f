"""How a bridge adds a device for an owner: a one-time code from the owner, then a credential.

The owner makes the code on his devices page, the bridge presents it together with what the
device reports about itself, and gets a device id and secret of its own.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

from pydantic import Field
from sqlmodel import select

from accounts.scoping import ALL_OWNERS
from core.canonical import digest
from core.clock import Clock
from core.database import Transaction
from core.ids import Ids
from devices import ownership, registry
from devices.credentials import hash_secret
from devices.models import DeviceModel, Frozen
from devices.ownership import Claim
from devices.registry import Provisioned, ToProvision
from devices.tables import BridgeCodeRow, ManufacturerRow

MAKER: Final = "Bridges"  # of models that a bridge described, not a maker
CODE_LIFE: Final = timedelta(hours=1)


class BridgeCodeUnknown(Exception):
    def __init__(self) -> None:
        super().__init__("this code is unknown, used or older than an hour; make a new one")


class Adoption(Frozen):
    """What a bridge says of its device."""

    code: Annotated[str, Field(min_length=1, max_length=40)]
    model: DeviceModel
    serial: Annotated[str, Field(min_length=1, max_length=80)]
    name: Annotated[str, Field(max_length=80)] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """What the registry's use cases need. `wall`: real time, of codes."""

    transaction: Transaction
    clock: Clock
    wall: Clock
    ids: Ids
    key: bytes


async def allow(owner_id: UUID, where: Registry) -> str:
    """A code for one device, good for an hour; shown once."""
    code = where.ids.code()
    async with where.transaction(owner_id) as session:
        session.add(
            BridgeCodeRow(
                owner_id=owner_id,
                code_hash=_hash(code, where.key),
                expires_at=where.wall.now() + CODE_LIFE,
            )
        )
    return code


async def adopt(adoption: Adoption, where: Registry) -> Provisioned:
    """Uses the code up, provisions the device and claims it for the code's owner.

    Raises BridgeCodeUnknown.
    """
    device_id = f"bridged-{where.ids.uuid().hex[:12]}"
    owner_id = await _use_up(adoption.code, device_id, where)
    made = await _provisioned(adoption, device_id, where)
    await ownership.claim(
        Claim(
            owner_id=owner_id,
            code=made.claim_code,
            name=adoption.name,
        ),
        key=where.key,
        transaction=where.transaction,
        clock=where.clock,
        ids=where.ids,
    )
    return made


async def _provisioned(adoption: Adoption, device_id: str, where: Registry) -> Provisioned:
    # Two devices of one make may report different supplies: what was reported is the model.
    content = digest(adoption.model.model_dump_json().encode())[:8]
    name = f"{adoption.model.name[:60]} ({content})"
    title = adoption.model.title or adoption.model.name
    model = adoption.model.model_copy(update={"name": name, "version": 1, "title": title})
    maker = await _maker(where)
    await registry.register_model(
        maker, model, transaction=where.transaction, clock=where.clock, ids=where.ids
    )
    [made] = await registry.provision(
        maker,
        [ToProvision(model=name, serial=adoption.serial, device_id=device_id)],
        key=where.key,
        transaction=where.transaction,
        clock=where.clock,
        ids=where.ids,
    )
    return made


async def _use_up(code: str, device_id: str, where: Registry) -> UUID:
    async with where.transaction(ALL_OWNERS) as session:
        row = await session.get(BridgeCodeRow, _hash(code, where.key), with_for_update=True)
        if row is None or row.device_id is not None or _is_over(row, where.wall.now()):
            raise BridgeCodeUnknown
        row.device_id = device_id
        return row.owner_id


def _is_over(row: BridgeCodeRow, wall: datetime) -> bool:
    return row.expires_at <= wall


async def _maker(where: Registry) -> UUID:
    async with where.transaction(ALL_OWNERS) as session:
        known = select(ManufacturerRow).where(ManufacturerRow.name == MAKER)
        row = (await session.exec(known)).first()
    if row is not None:
        return row.manufacturer_id
    return await registry.register_manufacturer(
        MAKER, transaction=where.transaction, ids=where.ids
    )


def _hash(code: str, key: bytes) -> str:
    return hash_secret("".join(sign for sign in code.upper() if sign.isalnum()), key)
