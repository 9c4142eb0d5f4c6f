"""What a UCP request asks for, read from ucp-sdk's request models into one `Wish`."""

from typing import Any

from pydantic import BaseModel, ValidationError
from ucp_sdk.models.schemas.shopping.checkout_complete_request import CheckoutCompleteRequest
from ucp_sdk.models.schemas.shopping.checkout_create_request import CheckoutCreateRequest
from ucp_sdk.models.schemas.shopping.checkout_update_request import CheckoutUpdateRequest
from ucp_sdk.models.schemas.shopping.types.fulfillment_create_request import (
    FulfillmentCreateRequest,
)
from ucp_sdk.models.schemas.shopping.types.fulfillment_update_request import (
    FulfillmentUpdateRequest,
)

from demo_shop.records import Buyer, Destination, Problem, Wanted, Wish


class CreateCheckout(CheckoutCreateRequest):
    """With the fulfilment extension, which the checkout schema leaves open."""

    fulfillment: FulfillmentCreateRequest | None = None


class UpdateCheckout(CheckoutUpdateRequest):
    fulfillment: FulfillmentUpdateRequest | None = None


class CompleteCheckout(CheckoutCompleteRequest):
    def payment_handlers(self) -> list[str]:
        """Handler ids of the instruments the buyer selected; a single one need not say so."""
        instruments = self.payment.instruments or []
        return [
            each.handler_id for each in instruments if each.selected or len(instruments) == 1
        ]


def wish(request: CreateCheckout | UpdateCheckout) -> Wish:
    methods = request.fulfillment.methods if request.fulfillment is not None else None
    method = methods[0].model_dump() if methods else {}
    destination, problems = _destination(method)
    groups = method.get("groups") or [{}]
    return Wish(
        items=tuple(
            Wanted(
                line_id=line.get("id") or f"li_{at}",
                sku=line["item"]["id"],
                quantity=line["quantity"],
            )
            for at, line in enumerate(request.model_dump()["line_items"], start=1)
        ),
        buyer=_known(Buyer, request.buyer),
        destination=destination,
        option_id=groups[0].get("selected_option_id"),
        problems=problems,
    )


def _destination(method: dict[str, Any]) -> tuple[Destination | None, tuple[Problem, ...]]:
    """The selected address, or the only one; what an address lacks is named with its path."""
    addresses = method.get("destinations") or []
    chosen = method.get("selected_destination_id")
    for at, address in enumerate(addresses):
        if chosen is not None and address.get("id") != chosen:
            continue
        known = {name: address.get(name) for name in Destination.model_fields}
        known["destination_id"] = address.get("id") or f"dest_{at + 1}"
        try:
            return Destination.model_validate(known), ()
        except ValidationError as error:
            path = f"$.fulfillment.methods[0].destinations[{at}]"
            return None, tuple(
                Problem(
                    code="address_undeliverable",
                    content=f"The address needs {each['loc'][0]}.",
                    path=f"{path}.{each['loc'][0]}",
                )
                for each in error.errors()
            )
    return None, ()


def _known(model: type[Buyer], given: BaseModel | None) -> Buyer | None:
    if given is None:
        return None
    return model.model_validate(
        {
            name: value
            for name, value in given.model_dump().items()
            if name in model.model_fields
        }
    )
