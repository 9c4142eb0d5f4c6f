"""What a UCP shop is asked: bodies of requests made from values of the port."""

from collections.abc import Mapping
from typing import Any

from replenishment.vendors import ucp_judging as judging
from replenishment.vendors.port import Pinned, ShipTo
from replenishment.vendors.ucp_answers import Checkout

Json = Mapping[str, Any]


def lines(pinned: Pinned) -> list[Json]:
    return [{"item": {"id": line.sku}, "quantity": line.packs} for line in pinned.lines]


def replacement(session: Checkout, ship_to: ShipTo) -> Json:
    """The whole session again: an update replaces it."""
    first_name, _, last_name = ship_to.name.rpartition(" ")
    person = {"first_name": first_name or last_name, "last_name": last_name}
    line_ids = [line.id for line in session.line_items]
    destination = {
        "id": "home",
        "street_address": ship_to.street,
        "postal_code": ship_to.postal_code,
        "address_locality": ship_to.city,
        "address_country": ship_to.region,
        **person,
    }
    method: dict[str, Any] = {
        "type": "shipping",
        "line_item_ids": line_ids,
        "destinations": [destination],
        "selected_destination_id": "home",
    }
    chosen = [
        {"id": group.id, "selected_option_id": option.id}
        for group in judging.groups(session)
        if (option := judging.cheapest(group)) is not None
    ]
    if chosen:
        method["groups"] = chosen
    return {
        "line_items": [
            {"id": line.id, "item": {"id": line.item.id}, "quantity": line.quantity}
            for line in session.line_items
        ],
        "buyer": {**person, "email": ship_to.email},
        "context": {"address_country": ship_to.region, "currency": session.currency},
        "fulfillment": {"methods": [method]},
    }


def is_cheapest(session: Checkout) -> bool:
    choices = [(group, judging.cheapest(group)) for group in judging.groups(session)]
    return all(best is None or best.id == group.selected_option_id for group, best in choices)
