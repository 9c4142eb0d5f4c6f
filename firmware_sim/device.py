"""One simulated device: what its slots hold, and what its sensors make of it.

Pure: sensor noise is drawn from the seed and the moment of measuring, so that a reading is the
same whoever asks and however often.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from devices import wire
from firmware_sim.chance import chance

SENSOR_SD: Final = 0.01  # of the capacity; far below a jump of 20 % that the platform holds
SENSOR_DIGITS: Final = 2  # steps of 1 %


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotKind:
    slot: str
    fits: str  # the specification of what goes in
    capacity: float  # units
    begins: tuple[float, float]  # range of the fraction it holds at first
    refilled_below: float  # fraction at which a person thinks of refilling
    is_exchanged: bool = (
        False  # a cartridge or bottle, swapped as a whole; else poured from the pack
    )
    is_counted: bool = False  # reports ml used so far instead of a level


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceKind:
    device_id: str
    slots: tuple[SlotKind, ...]
    has_refill_event: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a device has to say, before its radio numbers it."""

    device_id: str
    channel: wire.Channel
    measured_at: datetime
    body: Mapping[str, Any]  # JSON of the wire, without v, boot_id, seq and measured_at


class Device:
    def __init__(self, kind: DeviceKind, seed: int) -> None:
        self.kind = kind
        self._seed = seed
        self._used_total = {each.slot: 0.0 for each in kind.slots}
        self.content = {
            each.slot: each.capacity
            * chance(seed, "begins", kind.device_id, each.slot).uniform(*each.begins)
            for each in kind.slots
        }

    def use(self, slot: str, wanted: float) -> float:
        """Take at most what is there; returns the units taken."""
        taken = min(wanted, self.content[slot])
        self.content[slot] -= taken
        self._used_total[slot] += taken
        return taken

    def fill(self, kind: SlotKind, at_hand: float) -> float:
        """Swap the cartridge, or pour up to the brim; returns the units that took."""
        content = self.content[kind.slot]
        room = kind.capacity if kind.is_exchanged else kind.capacity - content
        units = min(room, at_hand)
        self.content[kind.slot] = units if kind.is_exchanged else content + units
        return units

    def reading(self, at: datetime) -> Message:
        slots = {kind.slot: self._measured(kind, at) for kind in self.kind.slots}
        return self._message("telemetry", at, {"slots": slots})

    def refilled(self, slot: str, at: datetime) -> list[Message]:
        """The event, if the device can tell, and what the sensor then sees."""
        if not self.kind.has_refill_event:
            return [self.reading(at)]
        event = {"event": wire.EventKind.REFILLED.value, "slot": slot}
        return [self._message("event", at, event), self.reading(at)]

    def _message(self, channel: wire.Channel, at: datetime, body: dict[str, Any]) -> Message:
        return Message(
            device_id=self.kind.device_id, channel=channel, measured_at=at, body=body
        )

    def _measured(self, kind: SlotKind, at: datetime) -> dict[str, float]:
        if kind.is_counted:
            return {"used_total_ml": round(self._used_total[kind.slot], 1)}
        noise = chance(self._seed, "noise", self.kind.device_id, kind.slot, at).gauss(
            0, SENSOR_SD
        )
        level = self.content[kind.slot] / kind.capacity + noise
        return {"level": round(min(1.0, max(0.0, level)), SENSOR_DIGITS)}
