"""A device at the gateway: publishes to its own topics, hears its receipts and commands.

MQTT 3.1.1 has no "no" to a PUBLISH, so whoever publishes to a topic that is not his loses the
connection. Commands go out at the granted qos; at 1 they stay in their table, and come again
with the next connection, until the device acknowledges them.
"""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from broker.ingest import CHANNELS, oversized
from broker.line import Desk, Line
from core import mqtt
from devices import wire
from devices.commands import Waiting
from devices.intake import Arrival

logger = logging.getLogger(__name__)

MOST_FILTERS: Final = 20  # of one device
MOST_IN_FLIGHT: Final = 20  # commands that one device has not acknowledged yet

_CHANNELS: Final = {str(channel): channel for channel in CHANNELS}


class DeviceClient:
    __slots__ = (
        "_channel",
        "_desk",
        "_filters",
        "_in_flight",
        "_line",
        "_prefix",
        "_topic",
        "device_id",
        "has_session",
        "is_lasting",
        "secret_hash",
    )

    _line: Line

    def __init__(
        self,
        desk: Desk,
        device_id: str,
        secret_hash: str,
        *,
        is_lasting: bool = False,
        session: dict[str, int] | None = None,
    ) -> None:
        """session: what it left behind; is_lasting: it wants to leave one behind."""
        self.device_id = device_id
        self.secret_hash = secret_hash
        self.is_lasting = is_lasting
        self.has_session = session is not None
        self._desk = desk
        self._prefix = wire.topic(device_id, "")
        self._filters = session or {}
        self._in_flight: dict[int, int] = {}  # command id by packet id
        # The topic it published to last and its channel: mostly the next one too.
        self._topic = ""
        self._channel: wire.Channel | None = None

    @property
    def name(self) -> str:
        return self.device_id

    def may_publish(self, topic: str) -> bool:
        return self._channel_of(topic) is not None

    def started(self, line: Line) -> None:
        self._line = line
        if not self.is_lasting:
            self._desk.errands.sessions[self.device_id] = None
        elif self.has_session:
            self.subscribed()
        else:
            self._keep_session()

    def publish(self, packet: mqtt.Publish, received_at: datetime) -> None:
        topic = packet.topic
        channel = self._channel if topic == self._topic else self._channel_of(topic)
        if channel is None:
            self._refuse_topic(topic)
            return
        self._topic, self._channel = topic, channel
        self._desk.counters.messages += 1
        self._desk.batches.add(
            Arrival(self.device_id, channel, packet.payload, received_at),
            self._line,
            mqtt.reply_to(packet),
        )

    def speak(self, will: mqtt.Will, at: datetime) -> None:
        channel = self._channel_of(will.topic)
        if channel is not None:
            arrival = Arrival(self.device_id, channel, will.payload, at)
            self._desk.batches.add(arrival, self._line)

    def refuse_oversized(self, packet: mqtt.OversizedPublish, received_at: datetime) -> None:
        """Quarantined for the owner and the developer to see, then closed: reading on would let
        a device send without end.
        """
        channel = self._channel_of(packet.topic)
        if channel is None:
            self._refuse_topic(packet.topic)
            return
        self._desk.counters.too_large += 1
        arrival = oversized(self.device_id, channel, packet.payload_bytes, received_at)
        self._desk.batches.add(arrival, self._line)
        self._line.abandon(f"it sent a payload of {packet.payload_bytes} bytes")

    def subscribe(self, topic_filter: str, qos: int) -> int:
        is_full = len(self._filters) >= MOST_FILTERS and topic_filter not in self._filters
        if is_full or not topic_filter.startswith(self._prefix):
            self._desk.counters.refused += 1
            return mqtt.SUBSCRIPTION_REFUSED
        self._filters[topic_filter] = granted = min(qos, 1)
        return granted

    def subscribed(self) -> None:
        if self._qos_of("command") is not None:
            self._desk.errands.commands[self.device_id] = self
        if self._qos_of("status") is not None:
            self._desk.errands.statuses.append(self)
        self._keep_session()

    def unsubscribe(self, filters: Sequence[str]) -> None:
        for each in filters:
            self._filters.pop(each, None)
        self._keep_session()

    def acknowledge(self, packet_id: int) -> None:
        command_id = self._in_flight.pop(packet_id, None)
        if command_id is not None:
            self._done(command_id)
            if not self._in_flight:  # perhaps more waits than fitted
                self._desk.errands.commands[self.device_id] = self

    def deliver(self, topic: str, payload: bytes) -> bool:
        """With qos 0; False: not subscribed, or the device does not read."""
        is_wanted = any(mqtt.matches(each, topic) for each in self._filters)
        if not is_wanted or not self._line.is_writable:
            return False
        self._line.send(mqtt.encode(mqtt.Publish(topic, payload)))
        return True

    @property
    def hears_commands(self) -> bool:
        return self._qos_of("command") is not None

    def command(self, command: Waiting) -> None:
        """Sends it, unless it is under way already or too many are."""
        qos = self._qos_of("command")
        packet_id = command.command_id % 0xFFFF + 1  # the same when it is sent again
        is_busy = packet_id in self._in_flight or len(self._in_flight) >= MOST_IN_FLIGHT
        if qos is None or is_busy or not self._line.is_writable:
            return
        topic = self._prefix + "command"
        if qos == 0:
            self._line.send(mqtt.encode(mqtt.Publish(topic, command.payload)))
            self._done(command.command_id)
            return
        self._in_flight[packet_id] = command.command_id
        packet = mqtt.Publish(
            topic, command.payload, 1, packet_id, is_duplicate=command.is_repeat
        )
        self._line.send(mqtt.encode(packet))

    @property
    def device_ids(self) -> Sequence[str]:
        return (self.device_id,)

    def retained(self, device_id: str, payload: bytes) -> None:
        if device_id == self.device_id and self._line.is_writable:
            topic = self._prefix + "status"
            self._line.send(mqtt.encode(mqtt.Publish(topic, payload, is_retained=True)))

    def _done(self, command_id: int) -> None:
        self._desk.counters.commands += 1
        self._desk.errands.acknowledged.append(command_id)

    def _channel_of(self, topic: str) -> wire.Channel | None:
        if not topic.startswith(self._prefix):
            return None
        return _CHANNELS.get(topic[len(self._prefix) :])

    def _qos_of(self, channel: str) -> int | None:
        """Highest granted to a filter that matches; None: not subscribed."""
        topic = self._prefix + channel
        granted = [qos for each, qos in self._filters.items() if mqtt.matches(each, topic)]
        return max(granted, default=None)

    def _keep_session(self) -> None:
        if self.is_lasting:
            self._desk.errands.sessions[self.device_id] = dict(self._filters)

    def _refuse_topic(self, topic: str) -> None:
        self._desk.counters.refused += 1
        self._line.abandon(f"it published to {topic!r:.80}")
