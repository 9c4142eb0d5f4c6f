"""The radio of a simulated device: it numbers messages and, at will, mistreats them.

Pure. A fault changes how, when and how often a message travels, never what was measured, and
nothing is lost for good: the same household with and without faults has the same truth, and a
platform that has received everything must end in the same state.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final

from devices import wire
from firmware_sim.chance import chance
from firmware_sim.device import Message
from firmware_sim.facts import Fact, Fault, FaultInjected, MessageSent

FIRMWARE: Final = "firmware-sim 1"
LONGEST_OFFLINE: Final = timedelta(hours=47)  # within the two days that a platform folds again
LATEST_COPY: Final = timedelta(hours=12)


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultRates:
    """Chance of each fault at each message; at most one happens to it, beside reordering."""

    duplicate: float = 0.0
    late: float = 0.0  # an offline spell begins
    reboot: float = 0.0
    unknown: float = 0.0  # a reading without a value is sent first
    reordered: float = 0.0  # of each group of messages that one device sends at once


NO_FAULTS: Final = FaultRates()
USUAL_FAULTS: Final = FaultRates(
    duplicate=0.03, late=0.004, reboot=0.008, unknown=0.02, reordered=0.1
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transmission:
    device_id: str
    topic: str
    payload: bytes
    channel: wire.Channel
    boot_id: int
    seq: int  # of an event: kept until a receipt names (boot_id, seq); 0: a birth
    qos: int = 1
    will: bytes | None = None  # of a birth, which is retained: the device connects anew


class Radio:
    """One device's radio, off until its first boot.

    After an offline spell the newest message goes out first, then the backlog in order. Copies
    leave before the spell, so that nothing is later than the longest one; what is still held is
    sent before a reboot, as messages of an earlier boot are refused after it.
    """

    def __init__(
        self, device_id: str, seed: int, rates: FaultRates, record: Callable[[Fact], None]
    ) -> None:
        self._device_id = device_id
        self._seed = seed
        self._rates = rates
        self._record = record
        self._boot_id = 0
        self._seq = 0
        self._said = 0  # messages so far, which names the fate of each
        self._offline_until: datetime | None = None
        self._backlog: list[Transmission] = []
        self._copies: list[tuple[datetime, Transmission]] = []

    def boot(self, at: datetime, *, boot_id: int) -> list[Transmission]:
        """Everything still held, then the birth message."""
        return self._sent(self._booted(boot_id), at)

    def send(self, messages: Sequence[Message], at: datetime) -> list[Transmission]:
        """What goes out now of the messages that the device has at once."""
        out = [each for message in messages for each in self._say(message, at)]
        if self._is_reordered(out):
            self._note(Fault.REORDERED, at, out[0])
            out.reverse()
        return self._sent(out, at)

    def due_at(self) -> datetime | None:
        """When something held goes out."""
        if self._offline_until:
            return self._offline_until
        return min((due_at for due_at, _ in self._copies), default=None)

    def due(self, at: datetime) -> list[Transmission]:
        if self._offline_until and self._offline_until > at:
            return []
        return self._sent([*self._reconnected(), *self._copies_due(at)], at)

    def flush(self, at: datetime) -> list[Transmission]:
        """Everything held, before its time."""
        return self._sent(self._flushed(), at)

    def _say(self, message: Message, at: datetime) -> list[Transmission]:
        self._said += 1
        match self._fate():
            case Fault.REBOOT:
                born = self._booted(self._boot_id + 1)
                self._note(Fault.REBOOT, at, born[-1])
                return [*born, *self._passed(self._numbered(message), at)]
            case Fault.UNKNOWN if message.channel == "telemetry":
                blind = self._numbered(_blind(message))
                self._note(Fault.UNKNOWN, at, blind)
                return self._passed(blind, at) + self._passed(self._numbered(message), at)
            case Fault.LATE if not self._offline_until:
                copies = self._copies_due(None)
                spell = LONGEST_OFFLINE * self._luck("offline").uniform(0.02, 1)
                self._offline_until = at + spell
                return copies + self._passed(self._numbered(message), at)
            case Fault.DUPLICATE if not self._offline_until:
                return self._passed(self._doubled(self._numbered(message), at), at)
        return self._passed(self._numbered(message), at)

    def _booted(self, boot_id: int) -> list[Transmission]:
        held = self._flushed()
        self._boot_id, self._seq = boot_id, 0
        return [*held, self._birth()]

    def _flushed(self) -> list[Transmission]:
        return [*self._reconnected(), *self._copies_due(None)]

    def _passed(self, transmission: Transmission, at: datetime) -> list[Transmission]:
        """Out, or into the buffer while offline."""
        if not self._offline_until:
            return [transmission]
        self._note(Fault.LATE, at, transmission)
        self._backlog.append(transmission)
        return []

    def _doubled(self, transmission: Transmission, at: datetime) -> Transmission:
        self._note(Fault.DUPLICATE, at, transmission)
        self._copies.append((at + LATEST_COPY * self._luck("copy").random(), transmission))
        return transmission

    def _reconnected(self) -> list[Transmission]:
        self._offline_until = None
        backlog, self._backlog = self._backlog, []
        return [*backlog[-1:], *backlog[:-1]]

    def _copies_due(self, at: datetime | None) -> list[Transmission]:
        due = [each for each in self._copies if at is None or each[0] <= at]
        self._copies = [each for each in self._copies if each not in due]
        return [transmission for _, transmission in sorted(due, key=lambda each: each[0])]

    def _fate(self) -> Fault | None:
        rates = self._rates
        odds = (rates.duplicate, rates.late, rates.reboot, rates.unknown)
        fates = (Fault.DUPLICATE, Fault.LATE, Fault.REBOOT, Fault.UNKNOWN, None)
        return self._luck("fate").choices(fates, weights=(*odds, 1 - sum(odds)))[0]

    def _is_reordered(self, out: Sequence[Transmission]) -> bool:
        """Never around a birth: that would be another boot, not another order."""
        can_be = len(out) > 1 and not any(each.will for each in out)
        return can_be and self._luck("order").random() < self._rates.reordered

    def _luck(self, about: str) -> Random:
        return chance(self._seed, about, self._device_id, self._said)

    def _numbered(self, message: Message) -> Transmission:
        self._seq += 1
        numbers = {"v": 1, "boot_id": self._boot_id, "seq": self._seq}
        measured_at = message.measured_at.astimezone(UTC).isoformat().replace("+00:00", "Z")
        body = {**numbers, "measured_at": measured_at, **message.body}
        return self._transmission(message.channel, _json(body))

    def _birth(self) -> Transmission:
        body = {"v": 1, "state": "online", "boot_id": self._boot_id, "firmware": FIRMWARE}
        will = _json(body | {"state": "offline"})
        return replace(self._transmission("status", _json(body)), will=will)

    def _transmission(self, channel: wire.Channel, payload: bytes) -> Transmission:
        return Transmission(
            device_id=self._device_id,
            topic=wire.topic(self._device_id, channel),
            payload=payload,
            channel=channel,
            boot_id=self._boot_id,
            seq=self._seq,
        )

    def _sent(self, out: list[Transmission], at: datetime) -> list[Transmission]:
        for each in out:
            self._record(
                MessageSent(
                    at=at,
                    device_id=self._device_id,
                    channel=each.channel,
                    boot_id=each.boot_id,
                    seq=each.seq,
                )
            )
        return out

    def _note(self, fault: Fault, at: datetime, of: Transmission) -> None:
        self._record(
            FaultInjected(
                at=at, device_id=self._device_id, fault=fault, boot_id=of.boot_id, seq=of.seq
            )
        )


def _blind(message: Message) -> Message:
    """The same measurement one minute earlier, before the sensor had settled."""
    slots = {slot: {"state": wire.SlotState.UNKNOWN.value} for slot in message.body["slots"]}
    measured_at = message.measured_at - timedelta(minutes=1)
    return replace(message, measured_at=measured_at, body={"slots": slots})


def _json(body: dict[str, object]) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()
