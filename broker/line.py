"""What a connection and its client know of each other, and what clients want of the database.

A client is made when its CONNECT was admitted; until then a connection belongs to a stranger.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from broker.batches import Batches, Session
from broker.counters import Counters
from core import mqtt
from devices.commands import Waiting


class Line(Session, Protocol):
    """One connection, as its client sees it."""

    @property
    def is_writable(self) -> bool:
        """Neither closing nor full of what the other side has not read."""

    @property
    def unsent_bytes(self) -> int: ...


class Client(Protocol):
    """Whoever was admitted: a device, or an owner's program."""

    @property
    def name(self) -> str: ...

    @property
    def has_session(self) -> bool:
        """It left one behind, and comes back to it."""

    def may_publish(self, topic: str) -> bool: ...

    def started(self, line: Line) -> None:
        """Its CONNACK is out."""

    def publish(self, packet: mqtt.Publish, received_at: datetime) -> None: ...

    def speak(self, will: mqtt.Will, at: datetime) -> None:
        """To a topic that it may publish to."""

    def refuse_oversized(self, packet: mqtt.OversizedPublish, received_at: datetime) -> None:
        """Its payload was not read."""

    def subscribe(self, topic_filter: str, qos: int) -> int:
        """The qos granted, or SUBSCRIPTION_REFUSED."""

    def subscribed(self) -> None:
        """The SUBACK is out."""

    def unsubscribe(self, filters: Sequence[str]) -> None: ...

    def acknowledge(self, packet_id: int) -> None: ...


class WaitsForCommands(Protocol):
    device_id: str

    def command(self, command: Waiting) -> None: ...


class WaitsForStatus(Protocol):
    def retained(self, device_id: str, payload: bytes) -> None:
        """The last status of a device, as on the day it was said."""

    @property
    def device_ids(self) -> Sequence[str]:
        """Whose."""


@dataclass(slots=True)
class Errands:
    """What clients want of the database; `broker.watch` runs them together, twice a second."""

    commands: dict[str, WaitsForCommands] = field(default_factory=dict)  # by device id
    statuses: list[WaitsForStatus] = field(default_factory=list)
    acknowledged: list[int] = field(default_factory=list)  # command ids
    # device id: topic filters of its lasting session; None: it wants none any more
    sessions: dict[str, dict[str, int] | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Desk:
    """What every client of one door shares."""

    batches: Batches
    counters: Counters
    errands: Errands
