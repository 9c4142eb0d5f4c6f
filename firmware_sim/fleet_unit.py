"""One unit of a simulated fleet: what is in its slots, when it reports, what goes wrong in it.

Pure and seeded. The sensors have no noise, so that what the platform believes can be compared
with the truth to one step of the sensor. A unit never reports ahead of the time it is given,
except where its clock is skewed.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from devices import wire
from firmware_sim.chance import chance
from firmware_sim.device import Message, SlotKind
from firmware_sim.facts import Fact, FaultInjected
from firmware_sim.faults import Radio, Transmission
from firmware_sim.fleet_facts import Injected, Left
from firmware_sim.fleet_models import MODELS, Model
from firmware_sim.fleet_scenario import Delay, Faults

LEVEL_DIGITS: Final = 4  # of a fraction: the sensor has steps of a hundredth of a percent
COUNTER_DIGITS: Final = 1
COUNTER_STEP: Final = 0.1
REFILLS: Final = 0.7  # chance that somebody who finds a slot low refills it
FLOOD_AT_REPORT: Final = 2
MINUTE: Final = timedelta(minutes=1)
# After the first start: a platform counts no use on a local day that it has seen in part only.
UNUSED: Final = timedelta(hours=25)
TOO_LARGE: Final = wire.LARGEST_PAYLOAD + 1

Note = Callable[[Injected], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One unit in its fleet. It lives from `start_at`; `end_at` is now, when the run ends."""

    device_id: str
    model: str
    every: timedelta
    seed: int
    start_at: datetime
    end_at: datetime
    boot_id: int  # of its first start
    flood: int = 0  # messages


@dataclass(frozen=True, slots=True, kw_only=True)
class Garbage(Transmission):
    code: str  # that the platform is to quarantine it with


@dataclass(slots=True)
class Slot:
    """`used`: since the first reading; `counter`: since it began or was reset."""

    kind: SlotKind
    content: float
    per_report: float  # units, on average
    used: float = 0.0
    counter: float = 0.0
    refills: int = 0

    def use(self, share: float) -> None:
        """In whole steps of the sensor, which so shows the truth."""
        steps = round(self.per_report * share / self.step)
        taken = min(self.content, steps * self.step)
        self.content -= taken
        self.used += taken
        self.counter += taken

    def said(self) -> dict[str, float]:
        if self.kind.is_counted:
            return {"used_total_ml": round(self.counter, COUNTER_DIGITS)}
        return {"level": round(self.content / self.kind.capacity, LEVEL_DIGITS)}

    @property
    def step(self) -> float:
        """Units."""
        if self.kind.is_counted:
            return COUNTER_STEP
        return self.kind.capacity / float(10**LEVEL_DIGITS)

    @property
    def is_low(self) -> bool:
        return self.content < self.kind.refilled_below * self.kind.capacity


@dataclass(slots=True)
class _Held:
    """On its way for longer than others."""

    due_at: datetime
    transmission: Transmission = field(compare=False)


class Unit:
    def __init__(self, place: Place, faults: Faults, note: Note) -> None:
        self.place = place
        self._faults = faults
        self._note = note
        self._luck = chance(place.seed, "unit", place.device_id)
        self._model = MODELS[place.model]
        self._slots = [self._slot(kind, self._model) for kind in self._model.slots]
        self._radio = Radio(place.device_id, place.seed, faults.radio, self._on_radio)
        self._skew = self._drawn_skew()
        self._reports = 0
        self._report_at = place.start_at + UNUSED + place.every * self._luck.random()
        self._delayed: list[_Held] = []

    def start(self) -> list[Transmission]:
        """The birth and the first reading."""
        at = self.place.start_at
        born = self._radio.boot(at, boot_id=self.place.boot_id)
        return born + self._radio.send([self._reading(at)], at)

    def next_at(self) -> datetime:
        """When `tick` has something to do."""
        moments = [self._report_at, *(each.due_at for each in self._delayed)]
        held_until = self._radio.due_at()
        return min([*moments, held_until] if held_until else moments)

    def tick(self, at: datetime) -> list[Transmission]:
        sent = [*self._due(at), *self._radio.due(at)]
        if self._report_at <= at:
            sent += self._report(self._report_at)
            self._report_at += self.place.every
        return sent

    def close(self, at: datetime) -> list[Transmission]:
        """All that is still held, and a last reading, which repairs whatever is left."""
        held = [each.transmission for each in self._delayed]
        self._delayed = []
        last = self._radio.send([self._reading(at)], at)
        return [*held, *last, *self._radio.flush(at)]

    def left(self) -> Iterator[Left]:
        for each in self._slots:
            yield Left(
                device_id=self.place.device_id,
                slot=each.kind.slot,
                content=each.content,
                used=each.used,
                refills=each.refills,
                capacity=each.kind.capacity,
            )

    def _slot(self, kind: SlotKind, model: Model) -> Slot:
        """A counter tells nothing of what was there before it began: its slot begins full."""
        begins = 1.0 if kind.is_counted else self._luck.uniform(0.05, 1)
        pace = self._luck.uniform(0.3, 2) * (self.place.every / timedelta(days=1))
        per_report = model.use_per_day[kind.slot] * pace
        content = round(begins, LEVEL_DIGITS) * kind.capacity
        return Slot(kind, content, per_report)

    def _drawn_skew(self) -> timedelta:
        skew = self._faults.clock_skew
        if skew is None or self._luck.random() >= skew.share:
            return timedelta(0)
        self._inject("clock_skew", self.place.start_at)
        return timedelta(hours=self._luck.uniform(-skew.hours, skew.hours))

    def _report(self, at: datetime) -> list[Transmission]:
        self._reports += 1
        for each in self._slots:
            each.use(self._luck.uniform(0, 2))
        sent = self._sent([self._reading(at - 5 * MINUTE)], at)
        if self._luck.random() < self._faults.counter_reset:
            sent += self._reset_counters(at)
        if self._luck.random() < self._faults.garbage:
            sent.append(self._garbage(at))
        for each in self._slots:
            if each.is_low and self._luck.random() < REFILLS:
                sent += self._refill(each, at)
        if self.place.flood and self._reports == FLOOD_AT_REPORT:
            sent += self._flood(at)
        return sent

    def _reset_counters(self, at: datetime) -> list[Transmission]:
        """Told twice before anything is used: a fall counts once the next reading confirms."""
        counting = [each for each in self._slots if each.kind.is_counted and each.counter >= 1]
        if not counting:
            return []
        self._inject("counter_reset", at)
        for each in counting:
            each.counter = 0.0
        return self._sent([self._reading(at - (4 - n) * MINUTE) for n in range(2)], at)

    def _refill(self, slot: Slot, at: datetime) -> list[Transmission]:
        """Without an event the platform believes a rise when the next reading confirms it."""
        slot.content = slot.kind.capacity
        slot.refills += 1
        event = {"event": wire.EventKind.REFILLED.value, "slot": slot.kind.slot}
        told = [self._message("event", at - 2 * MINUTE, event)]
        seen = [self._reading(at - MINUTE), self._reading(at)]
        return self._sent([*told, *seen] if self._model.has_refill_event else seen, at)

    def _flood(self, at: datetime) -> list[Transmission]:
        self._inject("flood", at)
        reading = self._reading(at)
        return [
            each for _ in range(self.place.flood) for each in self._radio.send([reading], at)
        ]

    def _garbage(self, at: datetime) -> Garbage:
        self._inject("garbage", at)
        slot, topic = self._slots[0].kind.slot, wire.topic(self.place.device_id, "telemetry")
        ahead = self.place.end_at + timedelta(days=30)
        code, payload = self._luck.choice(
            [
                ("bad_payload", b'{"v":1,"boot_id":'),
                ("bad_payload", bytes(self._luck.randrange(128, 256) for _ in range(40))),
                ("bad_payload", _body(at, {slot: {"level": "full"}})),
                ("bad_payload", _body(at, {slot: {"level": 1.5}})),
                ("unknown_slot", _body(at, {"flux-capacitor": {"level": 0.5}})),
                ("clock_ahead", _body(ahead, {slot: {"level": 0.5}})),
                ("too_large", b"x" * TOO_LARGE),
            ]
        )
        return Garbage(
            device_id=self.place.device_id,
            topic=topic,
            payload=payload,
            channel="telemetry",
            boot_id=0,
            seq=0,
            code=code,
        )

    def _sent(self, messages: list[Message], at: datetime) -> list[Transmission]:
        """Only what is new may be delayed: with an offline spell it would be too late."""
        was_calm = self._radio.due_at() is None
        sent = self._radio.send(messages, at)
        delay = self._faults.delay
        if delay is None or not was_calm or self._radio.due_at() is not None:
            return sent
        return [each for each in sent if not self._is_delayed(each, at, delay)]

    def _is_delayed(self, transmission: Transmission, at: datetime, delay: Delay) -> bool:
        if transmission.will or self._luck.random() >= delay.chance:
            return False
        self._inject("delay", at)
        due_at = at + timedelta(hours=delay.hours * self._luck.random())
        self._delayed.append(_Held(due_at, transmission))
        return True

    def _due(self, at: datetime) -> Iterator[Transmission]:
        due = [each for each in self._delayed if each.due_at <= at]
        self._delayed = [each for each in self._delayed if each.due_at > at]
        return (each.transmission for each in due)

    def _reading(self, at: datetime) -> Message:
        slots = {each.kind.slot: each.said() for each in self._slots}
        return self._message("telemetry", at, {"slots": slots})

    def _message(self, channel: wire.Channel, at: datetime, body: dict[str, Any]) -> Message:
        return Message(
            device_id=self.place.device_id,
            channel=channel,
            measured_at=at + self._skew,
            body=body,
        )

    def _inject(self, fault: str, at: datetime) -> None:
        self._note(Injected(self.place.device_id, fault, at))

    def _on_radio(self, fact: Fact) -> None:
        if isinstance(fact, FaultInjected):
            self._inject(fact.fault.value, fact.at)


def _body(at: datetime, slots: dict[str, dict[str, object]]) -> bytes:
    numbers = {"v": 1, "boot_id": 0, "seq": 0, "measured_at": at.astimezone(UTC).isoformat()}
    return json.dumps({**numbers, "slots": slots}).encode()
