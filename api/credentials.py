"""What a manufacturer does about the secret of a device that was lost, stolen or leaked."""

from fastapi import APIRouter

from api.deps import Maker, PlatformDep
from api.schemas import Output
from devices import credentials

router = APIRouter(tags=["manufacturers"])


class SecretView(Output):
    """Shown this once."""

    device_id: str
    secret: str


@router.post("/devices/{device_id}/revoke", status_code=204)
async def revoke(platform: PlatformDep, maker: Maker, device_id: str) -> None:
    """The device may not connect any more; where it is connected, it is cut off within
    seconds. Once more changes nothing.
    """
    await credentials.revoke(
        device_id,
        transaction=platform.transaction,
        clock=platform.clock,
        manufacturer_id=maker.party_id,
    )


@router.post("/devices/{device_id}/rotate")
async def rotate(platform: PlatformDep, maker: Maker, device_id: str) -> SecretView:
    """Give the device a new secret. Its connection with the old one ends within seconds."""
    secret = await credentials.rotate(
        device_id,
        key=platform.device_key,
        transaction=platform.transaction,
        clock=platform.clock,
        ids=platform.ids,
        manufacturer_id=maker.party_id,
    )
    return SecretView(device_id=device_id, secret=secret)
