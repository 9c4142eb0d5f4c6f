"""Bridges of real devices: the owner's one-time code, and the device added with it."""

from fastapi import APIRouter

from api.deps import Admin, Platform, PlatformDep
from api.schemas import Output
from devices import bridging
from devices.bridging import Adoption, Registry

router = APIRouter(tags=["devices"])


class BridgeCodeView(Output):
    """Shown once; good for one device and one hour."""

    code: str


class BridgedView(Output):
    """The device's credential for MQTT, shown once."""

    device_id: str
    secret: str


@router.post("/bridge-codes", status_code=201)
async def allow_bridge(platform: PlatformDep, admin: Admin) -> BridgeCodeView:
    """Lets a bridge add one device in your name, for example a printer."""
    code = await bridging.allow(admin.party_id, registry_of(platform))
    return BridgeCodeView(code=code)


@router.post("/bridges", status_code=201)
async def adopt_device(platform: PlatformDep, adoption: Adoption) -> BridgedView:
    """For bridges. The code is the permission; no other credential is needed."""
    made = await bridging.adopt(adoption, registry_of(platform))
    return BridgedView(device_id=made.device_id, secret=made.secret)


def registry_of(platform: Platform) -> Registry:
    return Registry(
        transaction=platform.transaction,
        clock=platform.clock,
        wall=platform.wall,
        ids=platform.ids,
        key=platform.device_key,
    )
