"""AsyncAPI 3 of what devices publish and receive, generated from the wire models."""

from typing import Any, Final

from fastapi import APIRouter
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from devices import wire

router = APIRouter(tags=["devices"])

ASYNCAPI: Final = "3.0.0"
# channel -> (message model, who sends it, what for)
CHANNELS: Final[dict[str, tuple[type[BaseModel], str, str]]] = {
    "telemetry": (wire.Telemetry, "receive", "Absolute readings of slots. QoS 0 or 1."),
    "event": (wire.Event, "receive", "Sent again, unchanged, until a receipt names it."),
    "status": (wire.Status, "receive", "Birth message and last will; retained."),
    "receipt": (wire.Receipt, "send", "Events that are committed, at most once a second."),
}


def document() -> dict[str, Any]:
    models = [model for model, _, _ in CHANNELS.values()]
    _, schemas = models_json_schema(
        [(model, "validation") for model in models],
        ref_template="#/components/schemas/{model}",
    )
    return {
        "asyncapi": ASYNCAPI,
        "info": {"title": "Nachschub devices", "version": "1"},
        "defaultContentType": "application/json",
        "channels": {name: _channel(name) for name in CHANNELS},
        "operations": {name: _operation(name) for name in CHANNELS},
        "components": {"schemas": schemas["$defs"]},
    }


def _channel(name: str) -> dict[str, Any]:
    model, _, purpose = CHANNELS[name]
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {
        "address": wire.topic("{device_id}", name),
        "description": purpose,
        "parameters": {"device_id": {"description": "the device's own id, its user name"}},
        "messages": {name: {"payload": schema}},
    }


def _operation(name: str) -> dict[str, Any]:
    """`receive` and `send` are the platform's."""
    return {"action": CHANNELS[name][1], "channel": {"$ref": f"#/channels/{name}"}}


@router.get("/asyncapi.json")
async def asyncapi() -> dict[str, Any]:
    """Topics and payloads of devices, as AsyncAPI 3."""
    return document()
