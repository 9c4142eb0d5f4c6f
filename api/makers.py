"""What a manufacturer tells the platform: device models, and the devices it made."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body
from pydantic import Field

from api.deps import Maker, PlatformDep
from api.schemas import Output
from devices import registry
from devices.models import DeviceModel
from devices.registry import Provisioned, ToProvision

router = APIRouter(tags=["manufacturers"])

Batch = Annotated[list[ToProvision], Field(min_length=1, max_length=1000)]


class ModelView(Output):
    model_id: UUID


class ProvisionedView(Output):
    """Secret and claim code are shown this once."""

    device_id: str
    serial: str
    secret: str
    claim_code: str

    @classmethod
    def of(cls, made: Provisioned) -> "ProvisionedView":
        return cls(
            device_id=made.device_id,
            serial=made.serial,
            secret=made.secret,
            claim_code=made.claim_code,
        )


@router.post("/models", status_code=201)
async def register_model(platform: PlatformDep, maker: Maker, model: DeviceModel) -> ModelView:
    """Register one version of a device model. The same content again gives the same id."""
    model_id = await registry.register_model(
        maker.party_id,
        model,
        transaction=platform.transaction,
        clock=platform.clock,
        ids=platform.ids,
    )
    return ModelView(model_id=model_id)


@router.post("/devices", status_code=201)
async def provision(
    platform: PlatformDep, maker: Maker, wanted: Annotated[ToProvision | Batch, Body()]
) -> ProvisionedView | list[ProvisionedView]:
    """Provision one device, or up to 1000: all or none."""
    made = await registry.provision(
        maker.party_id,
        wanted if isinstance(wanted, list) else [wanted],
        key=platform.device_key,
        transaction=platform.transaction,
        clock=platform.clock,
        ids=platform.ids,
    )
    views = [ProvisionedView.of(each) for each in made]
    return views if isinstance(wanted, list) else views[0]
