"""An owner's devices: the data sheet before the claim, the claim, the list."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter

from api.deps import Admin, Now, Owner, PlatformDep, Reading
from api.schemas import Input, Output
from api.web import household
from devices import ownership
from devices.models import DeviceModel
from devices.ownership import Claim

router = APIRouter(tags=["devices"])


class DataSheetView(Output):
    """What the owner reads before the claim (Data Act, art. 3(2))."""

    device_id: str
    manufacturer: str
    model: DeviceModel


class ClaimDevice(Input):
    code: str
    name: str = ""
    place: str = ""


class ClaimedView(Output):
    device_id: str
    name: str
    place: str


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


@router.get("/claims/{code}")
async def data_sheet(platform: PlatformDep, admin: Admin, code: str) -> DataSheetView:
    """The data sheet of the unclaimed device that has this code."""
    found = await ownership.look_up(
        admin.party_id,
        code,
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
            last_heard_at=each.device.last_heard_at,
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
