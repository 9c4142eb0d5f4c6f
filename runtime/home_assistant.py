"""What Home Assistant is told of a household: entities by MQTT discovery, states, buttons.

Pure. Fields are those of Home Assistant's documentation of MQTT sensors and buttons. A button
names the order it answers, so that a late press never answers another one.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from accounts.texts import Words, text
from core.money import Money

PREFIX: Final = "homeassistant"  # as Home Assistant ships it
UNKNOWN: Final = "None"  # resets a sensor to unknown
ONLINE, OFFLINE = "online", "offline"
ORIGIN: Final = {"name": "Nachschub", "sw_version": "0.1.0"}

Messages = dict[str, str]  # retained payloads by topic


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """An order that waits for the owner."""

    order_id: UUID
    total: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """One stock. None: unknown. `by_hand`: device and slot whose owner reports the level."""

    stock_id: UUID
    name: str
    level_percent: float | None
    days_left: float | None
    next_order_at: datetime | None
    ask: Ask | None
    by_hand: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class Press:
    stock_id: UUID
    button: str  # approve, not_now or refilled
    payload: str


def node_of(owner_id: UUID) -> str:
    return f"nachschub_{owner_id.hex[:12]}"


def availability_topic(node: str) -> str:
    return f"{node}/status"


def state_topic(node: str, supply: Supply) -> str:
    return f"{node}/{supply.stock_id}/state"


def press_topics(node: str) -> str:
    return f"{node}/+/press/+"


def config_topics(node: str) -> tuple[str, str]:
    """Where to find what was announced before."""
    return f"{PREFIX}/sensor/{node}/+/config", f"{PREFIX}/button/{node}/+/config"


def pressed(node: str, topic: str, payload: str) -> Press | None:
    match topic.split("/"):
        case [own, stock, "press", button] if own == node:
            try:
                return Press(UUID(stock), button, payload)
            except ValueError:
                return None
    return None


def messages(node: str, supplies: list[Supply], words: Words) -> Messages:
    """All that is to stand on the broker, without the availability."""
    found: Messages = {}
    for supply in supplies:
        found[state_topic(node, supply)] = json.dumps(_state(supply))
        for component, name, config in _entities(node, supply, words):
            topic = f"{PREFIX}/{component}/{node}/{supply.stock_id.hex}_{name}/config"
            found[topic] = json.dumps(config, sort_keys=True)
    return found


def _state(supply: Supply) -> dict[str, Any]:
    days, level = supply.days_left, supply.level_percent
    return {
        "level": UNKNOWN if level is None else round(level, 1),
        "days_left": UNKNOWN if days is None else round(days, 1),
        "next_order": supply.next_order_at.isoformat() if supply.next_order_at else UNKNOWN,
    }


def _entities(
    node: str, supply: Supply, words: Words
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    sensors: dict[str, dict[str, Any]] = {
        "level": {
            "name": words.say(text("home_assistant.level")),
            "unit_of_measurement": "%",
            "state_class": "measurement",
            "icon": "mdi:gauge",
        },
        "days_left": {
            "name": words.say(text("home_assistant.days_left")),
            "unit_of_measurement": "d",
            "device_class": "duration",
            "icon": "mdi:calendar-clock",
        },
        "next_order": {
            "name": words.say(text("home_assistant.next_order")),
            "device_class": "timestamp",
        },
    }
    for name, fields in sensors.items():
        shown = {
            "state_topic": state_topic(node, supply),
            "value_template": f"{{{{ value_json.{name} }}}}",
        }
        yield "sensor", name, _common(node, supply, name) | shown | fields
    for name, label, payload in _buttons(supply, words):
        own: dict[str, Any] = {
            "name": label,
            "command_topic": f"{node}/{supply.stock_id}/press/{name}",
            "payload_press": payload,
            "qos": 1,
        }
        yield "button", name, _common(node, supply, name) | own


def _buttons(supply: Supply, words: Words) -> Iterator[tuple[str, str, str]]:
    """Only those that can be pressed now."""
    if supply.ask:
        order = str(supply.ask.order_id)
        yield "approve", words.say(text("act.order", total=supply.ask.total)), order
        yield "not_now", words.say(text("act.not_now")), order
    if supply.by_hand:
        yield "refilled", words.say(text("home_assistant.refilled")), "refilled"


def _common(node: str, supply: Supply, name: str) -> dict[str, Any]:
    return {
        "unique_id": f"{node}_{supply.stock_id.hex}_{name}",
        "availability_topic": availability_topic(node),
        "device": {
            "identifiers": [f"{node}_{supply.stock_id.hex}"],
            "name": supply.name,
            "manufacturer": "Nachschub",
        },
        "origin": ORIGIN,
    }
