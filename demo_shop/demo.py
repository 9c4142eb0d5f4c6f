"""Outside UCP, for demonstrations and on loopback only: the parcel carrier and the knobs."""

from typing import Any

from fastapi import APIRouter, Depends, HTTPException, Request
from pydantic import AwareDatetime

from demo_shop.knobs import Knobs
from demo_shop.ucp import TheAnswers

Json = dict[str, Any]
LOOPBACK = ("127.0.0.1", "::1")


def from_loopback(request: Request) -> None:
    if request.client is None or request.client.host not in LOOPBACK:
        raise HTTPException(403, "only from this machine")


router = APIRouter(prefix="/demo", dependencies=[Depends(from_loopback)])


@router.get("/parcels")
async def parcels(answers: TheAnswers, since: AwareDatetime) -> Json:
    """Parcels delivered after `since` and up to the shop's now, oldest first."""
    delivered = sorted(
        answers.shop.delivered_since(since), key=lambda order: order.delivered_at
    )
    return {
        "parcels": [
            {
                "order_id": order.order_id,
                "delivered_at": order.delivered_at,
                "lines": [
                    {"sku": line.sku, "gtin": line.gtin, "quantity": line.quantity}
                    for line in order.session.lines
                ],
            }
            for order in delivered
        ]
    }


@router.get("/knobs")
async def knobs(answers: TheAnswers) -> Knobs:
    return answers.shop.knobs


@router.post("/knobs")
async def turn_knobs(answers: TheAnswers, turned: Knobs) -> Knobs:
    """Sets the knobs that are named; the others stay."""
    for name in turned.model_fields_set:
        setattr(answers.shop.knobs, name, getattr(turned, name))
    return answers.shop.knobs
