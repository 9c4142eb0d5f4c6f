"""An owner's devices: the data sheet before the claim, the claim, the list, the way out.

A claim code is a secret: it comes in the body of a request, never in an address, which servers
and proxies write down.
"""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field, ValidationError

from api.deps import Admin, Now, Owner, PlatformDep, Reading
from api.refusals import invalid
from api.schemas import Input, Output
from api.web import household
from devices import by_hand, ownership
from devices.by_hand import ManualDevice
from devices.models import DeviceModel
from devices.ownership import Claim
from replenishment import transfer

router = APIRouter(tags=["devices"])


class DataSheetView(Output):
    """What the owner reads before the claim (Data Act, art. 3(2))."""

    device_id: str
    manufacturer: str
    model: DeviceModel


Code = Annotated[str, Field(min_length=1, max_length=40)]
Word = Annotated[str, Field(max_length=80)]


class ClaimCode(Input):
    code: Code


class ClaimDevice(Input):
    code: Code
    name: Word = ""
    place: Word = ""


class ClaimedView(Output):
    device_id: str
    name: str
    place: str


class ReleasedView(Output):
    """`claim_code`: for the next owner, shown this once."""

    device_id: str
    claim_code: str


class SlotView(Output):
    """`in_slot`: units; null: unknown."""

    slot: str
    stock_id: UUID | None
    condition: str
    in_slot: float | None
    measured_at: datetime | None


class DeviceView(Output):
    device_id: str
    name: str
    place: str
    is_online: bool
    last_heard_at: datetime | None
    slots: list[SlotView]


@router.post("/claims/look-up")
async def data_sheet(platform: PlatformDep, admin: Admin, wanted: ClaimCode) -> DataSheetView:
    """The data sheet of the unclaimed device that has this code."""
    found = await ownership.look_up(
        admin.party_id,
        wanted.code,
        key=platform.device_key,
        transaction=platform.transaction,
        clock=platform.clock,
    )
    return DataSheetView(
        device_id=found.device_id, manufacturer=found.manufacturer, model=found.model
    )


@router.post("/claims", status_code=201)
async def claim(platform: PlatformDep, admin: Admin, wanted: ClaimDevice) -> ClaimedView:
    """Bind a device to this owner, with one stock a slot in mode `ask`."""
    claimed = await ownership.claim(
        Claim(owner_id=admin.party_id, code=wanted.code, name=wanted.name, place=wanted.place),
        key=platform.device_key,
        transaction=platform.transaction,
        clock=platform.clock,
        ids=platform.ids,
    )
    return ClaimedView(device_id=claimed.device_id, name=claimed.name, place=claimed.place)


@router.post("/devices/by-hand", status_code=201)
async def add_manual_device(
    platform: PlatformDep, admin: Admin, device: ManualDevice
) -> ClaimedView:
    """Add a dumb appliance or a cupboard, whose contents you report yourself."""
    try:
        added = await by_hand.add(
            admin.party_id,
            device,
            transaction=platform.transaction,
            clock=platform.clock,
            ids=platform.ids,
        )
    except ValidationError as error:  # of the slot that was described
        raise invalid(error) from error
    return ClaimedView(device_id=added.device_id, name=added.name, place=added.place)


@router.post("/devices/{device_id}/release")
async def release(platform: PlatformDep, admin: Admin, device_id: str) -> ReleasedView:
    """Give the device away: all that it sent is erased and nothing is ordered for it."""
    code = await transfer.give_away(
        device_id,
        admin,
        key=platform.device_key,
        transaction=platform.transaction,
        clock=platform.clock,
        ids=platform.ids,
    )
    return ReleasedView(device_id=device_id, claim_code=code)


@router.get("/devices")
async def devices(session: Reading, owner: Owner, now: Now) -> list[DeviceView]:
    """The owner's devices with their slots."""
    home = await household.load(session, now, owner.language)
    return [
        DeviceView(
            device_id=each.device.device_id,
            name=each.ownership.name,
            place=each.ownership.place,
            is_online=each.device.is_online,
            last_heard_at=each.heard_at,
            slots=[
                SlotView(
                    slot=slot.slot,
                    stock_id=slot.stock_id,
                    condition=slot.condition,
                    in_slot=slot.in_slot,
                    measured_at=slot.measured_at,
                )
                for slot in each.slots
            ],
        )
        for each in home.devices
    ]
