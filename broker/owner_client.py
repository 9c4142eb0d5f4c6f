"""An owner's program at the gateway: hears all that his devices say, and publishes nothing.

Readings, events and statuses come as they were sent, once they are committed, with `retained`
the last status of each device; what could not be taken comes on `quarantine`. Devices, stocks
with their forecasts, and orders come as REST tells them, whenever they have changed. A program
that is too slow for its stream is dropped, so that it knows that it must read again over REST.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from broker.line import Desk, Line
from core import mqtt

OWNERS: Final = (
    "owners/"  # begins the user name of an owner's program; no device id has a slash
)
MOST_FILTERS: Final = 100
MOST_UNACKNOWLEDGED: Final = 20_000  # messages
MOST_UNSENT: Final = 8 * 1024 * 1024  # bytes
MOST_KNOWN: Final = 100_000  # topics of which it is remembered whether they are wanted


class OwnerClient:
    has_session = False  # it is told the present state at each subscription

    _line: Line

    def __init__(self, desk: Desk, username: str, client_id: str, key_hash: str) -> None:
        self.owner_id = UUID(username.removeprefix(OWNERS))
        self.key_hash = key_hash
        self.name = f"{username}/{client_id}"
        self.device_ids: Sequence[str] = ()
        self.is_new = False  # has subscribed since it was told the news
        self._desk = desk
        self._prefix = f"v1/owners/{self.owner_id}/"
        self._filters: dict[str, int] = {}
        self._wanted: dict[str, int | None] = {}  # qos by topic, as the filters give it
        self._told: dict[str, bytes] = {}
        self._unacknowledged: set[int] = set()
        self._last_id = 0

    def may_publish(self, topic: str) -> bool:  # noqa: ARG002 - as of every client
        return False

    def started(self, line: Line) -> None:
        self._line = line

    def publish(
        self,
        packet: mqtt.Publish | mqtt.OversizedPublish,
        received_at: datetime,  # noqa: ARG002 - as of every client
    ) -> None:
        self._desk.counters.refused += 1
        self._line.abandon(f"it published to {packet.topic!r:.80}")

    refuse_oversized = publish

    def speak(self, will: mqtt.Will, at: datetime) -> None:
        """Never: it may not publish, so its will was refused."""

    def subscribe(self, topic_filter: str, qos: int) -> int:
        is_full = len(self._filters) >= MOST_FILTERS and topic_filter not in self._filters
        if is_full or not topic_filter.startswith(self._prefix):
            self._desk.counters.refused += 1
            return mqtt.SUBSCRIPTION_REFUSED
        self._filters[topic_filter] = granted = min(qos, 1)
        self._wanted.clear()
        return granted

    def subscribed(self) -> None:
        self.is_new = True
        self._desk.errands.statuses.append(self)

    def unsubscribe(self, filters: Sequence[str]) -> None:
        for each in filters:
            self._filters.pop(each, None)
        self._wanted.clear()

    def acknowledge(self, packet_id: int) -> None:
        self._unacknowledged.discard(packet_id)

    def heard(self, messages: Sequence[tuple[str, str, bytes]]) -> None:
        """messages: (device id, channel, payload) of one commit."""
        self._send(
            [
                packet
                for device_id, channel, payload in messages
                if (packet := self._packet(f"devices/{device_id}/{channel}", payload))
            ]
        )

    def retained(self, device_id: str, payload: bytes) -> None:
        packet = self._packet(f"devices/{device_id}/status", payload, is_retained=True)
        self._send([packet] if packet else [])

    def news(self, present: Mapping[str, bytes]) -> None:
        """present: payload by topic below the owner's; what was told already is left out."""
        if self.is_new:
            self._told = {}
        changed = {
            topic: each for topic, each in present.items() if self._told.get(topic) != each
        }
        self._send(
            [
                packet
                for topic, each in changed.items()
                if (packet := self._packet(topic, each, is_retained=self.is_new))
            ]
        )
        self._told, self.is_new = dict(present), False

    def _packet(self, below: str, payload: bytes, *, is_retained: bool = False) -> bytes:
        """Nothing where no filter wants it."""
        topic = self._prefix + below
        qos = self._qos_of(topic)
        if qos is None:
            return b""
        packet_id = self._next_id() if qos else 0
        return mqtt.encode(mqtt.Publish(topic, payload, qos, packet_id, is_retained))

    def _qos_of(self, topic: str) -> int | None:
        if topic in self._wanted:
            return self._wanted[topic]
        if len(self._wanted) >= MOST_KNOWN:
            self._wanted.clear()
        granted = [qos for each, qos in self._filters.items() if mqtt.matches(each, topic)]
        self._wanted[topic] = found = max(granted, default=None)
        return found

    def _next_id(self) -> int:
        while True:
            self._last_id = self._last_id % 0xFFFF + 1
            if self._last_id not in self._unacknowledged:
                self._unacknowledged.add(self._last_id)
                return self._last_id

    def _send(self, packets: Sequence[bytes]) -> None:
        self._desk.counters.streamed += len(packets)
        self._line.send(b"".join(packets))
        if (
            len(self._unacknowledged) > MOST_UNACKNOWLEDGED
            or self._line.unsent_bytes > MOST_UNSENT
        ):
            self._desk.counters.slow_readers += 1
            self._line.abandon("it is too slow for its stream")
