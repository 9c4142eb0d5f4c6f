"""The shop's answers in UCP REST 2026-04-08, built on ucp-sdk's models so that what is sent
was checked by someone else's reading of the specification.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel
from ucp_sdk.models.schemas.shopping.fulfillment import Checkout
from ucp_sdk.models.schemas.shopping.order import Order as UcpOrder
from ucp_sdk.models.schemas.shopping.types.error_response import ErrorResponse
from ucp_sdk.models.schemas.ucp import (
    BusinessSchema,
    ResponseCatalogSchema,
    ResponseCheckoutSchema,
    ResponseOrderSchema,
)

from demo_shop import parcels
from demo_shop.assortment import Delivery
from demo_shop.records import Line, Order, Problem, Session, SessionStatus
from demo_shop.shop import INVOICE, Shop

UCP_VERSION = "2026-04-08"
HANDLER = {
    "com.example.invoice": [
        {"id": INVOICE, "version": UCP_VERSION, "available_instruments": [{"type": INVOICE}]}
    ]
}
CHECKOUT, FULFILLMENT, ORDER, SEARCH, LOOKUP = (
    f"dev.ucp.shopping.{name}"
    for name in ("checkout", "fulfillment", "order", "catalog.search", "catalog.lookup")
)
ENDED = (SessionStatus.COMPLETED, SessionStatus.CANCELED)

Json = dict[str, Any]


def sent(model: BaseModel) -> Json:
    return model.model_dump(mode="json", by_alias=True, exclude_none=True)


def active(*names: str) -> Json:
    extends = {FULFILLMENT: {"extends": CHECKOUT}}
    return {name: [{"version": UCP_VERSION, **extends.get(name, {})}] for name in names}


@dataclass(kw_only=True)
class Answers:
    shop: Shop
    public_url: str  # without a slash at the end; set again once the port is known

    def profile(self) -> Json:
        service = {
            "version": UCP_VERSION,
            "transport": "rest",
            "endpoint": f"{self.public_url}/ucp",
            "spec": "https://ucp.dev/specification/overview",
            "schema": "https://ucp.dev/services/shopping/rest.openapi.json",
        }
        metadata = BusinessSchema.model_validate(
            {
                "version": UCP_VERSION,
                "services": {"dev.ucp.shopping": [service]},
                "capabilities": active(CHECKOUT, FULFILLMENT, ORDER, SEARCH, LOOKUP),
                "payment_handlers": HANDLER,
            }
        )
        return {"ucp": sent(metadata)}

    def checkout(self, session: Session, problems: Sequence[Problem] = ()) -> Json:
        """`problems`: of this one request, besides those the session stands with."""
        status = session.status(self.shop.now())
        messages = [message(each) for each in (*session.problems, *problems)]
        answer: Json = {
            "ucp": ResponseCheckoutSchema.model_validate(
                {
                    "version": UCP_VERSION,
                    "capabilities": active(CHECKOUT, FULFILLMENT),
                    "payment_handlers": HANDLER,
                }
            ),
            "id": session.session_id,
            "status": status,
            "currency": self.shop.assortment.currency,
            "line_items": [
                {
                    "id": line.line_id,
                    "item": item(line),
                    "quantity": line.quantity,
                    "totals": line_totals(line),
                }
                for line in session.lines
            ],
            "totals": totals(session),
            "links": self._links(),
            "expires_at": session.expires_at,
            "fulfillment": {"methods": [self._method(session)]},
            "messages": messages or None,
            "buyer": session.buyer.model_dump(exclude_none=True) if session.buyer else None,
        }
        if status not in ENDED:
            answer["continue_url"] = f"{self.public_url}/checkouts/{session.session_id}"
        if session.order_id is not None:
            answer["order"] = {
                "id": session.order_id,
                "permalink_url": self.page(session.order_id),
            }
        return sent(Checkout.model_validate(answer))

    def order(self, order: Order) -> Json:
        now = self.shop.now()
        session = order.session
        answer: Json = {
            "ucp": ResponseOrderSchema.model_validate(
                {"version": UCP_VERSION, "capabilities": active(ORDER)}
            ),
            "id": order.order_id,
            "checkout_id": session.session_id,
            "permalink_url": self.page(order.order_id),
            "currency": self.shop.assortment.currency,
            "line_items": [order_line(line, order, now) for line in session.lines],
            "totals": totals(session),
            "fulfillment": self._parcel(order, now),
        }
        if order.canceled_at is not None:
            answer["adjustments"] = [cancellation(order, order.canceled_at)]
        return sent(UcpOrder.model_validate(answer))

    def error(self, problems: Iterable[Problem]) -> Json:
        """A business outcome without a resource; sent with status 200, as UCP asks."""
        answer = {
            "ucp": {"version": UCP_VERSION, "status": "error"},
            "messages": [{**message(each), "severity": "unrecoverable"} for each in problems],
        }
        return sent(ErrorResponse.model_validate(answer))

    def page(self, order_id: str) -> str:
        return f"{self.public_url}/orders/{order_id}"

    def _links(self) -> list[Json]:
        return [
            {"type": kind, "url": f"{self.public_url}/terms"}
            for kind in ("terms_of_service", "privacy_policy", "refund_policy")
        ]

    def _method(self, session: Session) -> Json:
        line_ids = [line.line_id for line in session.lines]
        method: Json = {"id": "shipping_1", "type": "shipping", "line_item_ids": line_ids}
        if session.destination is None:
            return method
        options = [
            self._option(delivery, session) for delivery in self.shop.assortment.deliveries
        ]
        group = {
            "id": "parcel_1",
            "line_item_ids": line_ids,
            "options": options,
            "selected_option_id": session.option_id,
        }
        return method | {
            "destinations": [destination(session)],
            "selected_destination_id": session.destination.destination_id,
            "groups": [group],
        }

    def _parcel(self, order: Order, now: datetime) -> Json:
        """What was promised and what has happened: every order is one parcel."""
        lines = order.session.lines
        shares = [{"id": line.line_id, "quantity": line.quantity} for line in lines]
        expectation = {
            "id": "parcel_1",
            "line_items": shares,
            "method_type": "shipping",
            "destination": destination(order.session),
            "description": f"Arrives by {order.promised_by.date().isoformat()}",
            "fulfillable_on": "now",
        }
        events = [
            {
                "id": f"event_{at}",
                "type": kind,
                "occurred_at": occurred_at,
                "line_items": shares,
                "tracking_number": f"{order.order_id}-1",
                "tracking_url": self.page(order.order_id),
            }
            for at, (kind, occurred_at) in enumerate(happened(order, now), start=1)
        ]
        return {"expectations": [expectation], "events": events}

    def _option(self, delivery: Delivery, session: Session) -> Json:
        promised = parcels.promise(delivery, placed_at=session.created_at)
        cost = delivery.cost_minor(session.goods_minor)
        return {
            "id": delivery.option_id,
            "title": delivery.title,
            "earliest_fulfillment_time": promised.earliest_at,
            "latest_fulfillment_time": promised.latest_at,
            "totals": [{"type": "subtotal", "amount": cost}, {"type": "total", "amount": cost}],
        }


def catalogue_metadata(*capabilities: str) -> ResponseCatalogSchema:
    return ResponseCatalogSchema.model_validate(
        {"version": UCP_VERSION, "capabilities": active(*capabilities)}
    )


def message(problem: Problem) -> Json:
    return {"type": "error", "severity": "recoverable", **problem.model_dump()}


def item(line: Line) -> Json:
    return {"id": line.sku, "title": line.title, "price": line.price_minor}


def line_totals(line: Line) -> list[Json]:
    return [
        {"type": "subtotal", "amount": line.total_minor},
        {"type": "total", "amount": line.total_minor},
    ]


def totals(session: Session) -> list[Json]:
    """German prices include tax, so no entry adds it."""
    lines: list[Json] = [{"type": "subtotal", "amount": session.goods_minor}]
    if session.destination is not None:
        lines.append(
            {"type": "fulfillment", "display_text": "Versand", "amount": session.delivery_minor}
        )
    return [*lines, {"type": "total", "amount": session.total_minor}]


def destination(session: Session) -> Json:
    if session.destination is None:
        return {}
    known = session.destination.model_dump(exclude_none=True)
    return {"id": known.pop("destination_id"), **known}


def happened(order: Order, now: datetime) -> list[tuple[str, datetime]]:
    if order.canceled_at is not None:
        return [("canceled", order.canceled_at)]
    events = [("shipped", order.shipped_at), ("delivered", order.delivered_at)]
    return [event for event in events if event[1] <= now]


def order_line(line: Line, order: Order, now: datetime) -> Json:
    total = 0 if order.canceled_at is not None else line.quantity
    fulfilled = total if order.has_shipped(now) else 0
    status = "removed" if total == 0 else "fulfilled" if fulfilled else "processing"
    return {
        "id": line.line_id,
        "item": item(line),
        "quantity": {"original": line.quantity, "total": total, "fulfilled": fulfilled},
        "totals": line_totals(line),
        "status": status,
    }


def cancellation(order: Order, canceled_at: datetime) -> Json:
    return {
        "id": "cancellation_1",
        "type": "cancellation",
        "occurred_at": canceled_at,
        "status": "completed",
        "line_items": [
            {"id": line.line_id, "quantity": -line.quantity} for line in order.session.lines
        ],
        "totals": [{"type": "total", "amount": -order.session.total_minor}],
    }
