"""A household with four devices, a cupboard and a person who refills what has run low.

Pure and seeded. The clean stream of measurements is a function of the seed and of the parcels
delivered; faults belong to the radios (`faults.py`). Time passes only in `tick`.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from operator import attrgetter
from typing import Final

from firmware_sim import habits
from firmware_sim.appliances import APPLIANCES
from firmware_sim.device import Device, Message, SlotKind
from firmware_sim.facts import DayUse, Fact, Parcel, Refill, Remaining, StockOut
from firmware_sim.faults import NO_FAULTS, FaultRates, Radio, Transmission
from firmware_sim.goods import GOODS, UnknownGoods
from firmware_sim.habits import Use

REPORT_HOURS: Final = (0, 6, 12, 18)  # UTC
ROUND_AT: Final = time(18, 30)  # UTC; the daily look at what has run low
DOSING: Final = timedelta(minutes=2)  # a device measures, doses, and measures again


@dataclass(frozen=True, slots=True)
class SwitchOn:
    at: datetime


@dataclass(frozen=True, slots=True)
class Report:
    at: datetime


@dataclass(frozen=True, slots=True)
class Round:
    at: datetime


@dataclass(frozen=True, slots=True)
class DayEnd:
    at: datetime


Moment = SwitchOn | Report | Round | DayEnd | Use
SlotKey = tuple[str, str]  # device id, slot


class Household:
    """`record` receives every fact as it happens; `first_boot_id` must rise from run to run."""

    def __init__(
        self,
        seed: int,
        *,
        start_at: datetime,
        record: Callable[[Fact], None],
        faults: FaultRates = NO_FAULTS,
        first_boot_id: int = 1,
    ) -> None:
        self.devices = {kind.device_id: Device(kind, seed) for kind in APPLIANCES}
        self.shelf: defaultdict[str, float] = defaultdict(
            float
        )  # units by specification, whole packs and opened ones
        self._seed = seed
        self._start_at = start_at
        self._record = record
        self._first_boot_id = first_boot_id
        self._radios = {each: Radio(each, seed, faults, record) for each in self.devices}
        self._used: defaultdict[SlotKey, float] = defaultdict(float)
        self._unmet: defaultdict[SlotKey, float] = defaultdict(float)
        self._out_since: dict[SlotKey, datetime] = {}
        self._day = start_at.date()
        self._moments: deque[Moment] = deque([SwitchOn(start_at), *self._planned(self._day)])

    def next_tick_at(self) -> datetime:
        held = [radio.due_at() for radio in self._radios.values()]
        return min(at for at in (self._moments[0].at, *held) if at)

    def tick(self, at: datetime) -> list[Transmission]:
        """Live until `at`, inclusive; returns what the radios send, in order of time."""
        sent: list[Transmission] = []
        while self._moments[0].at <= at:
            moment = self._moments.popleft()
            sent += self._held_until(moment.at)
            sent += self._happen(moment)
        return sent + self._held_until(at)

    def deliver(self, gtin: str, packs: int, at: datetime) -> None:
        """Put a parcel's goods into the cupboard. Raises UnknownGoods."""
        if gtin not in GOODS:
            raise UnknownGoods(gtin)
        goods = GOODS[gtin]
        units = goods.units * packs
        self.shelf[goods.fits] += units
        fits = goods.fits if goods.fits in {kind.fits for _, kind in self._slots()} else None
        self._record(Parcel(at=at, gtin=gtin, packs=packs, fits=fits, units=units))

    def low(self) -> Iterator[str]:
        """Specifications of which slot and cupboard hold less than a third of a slot."""
        for device, kind in self._slots():
            if device.content[kind.slot] + self.shelf[kind.fits] < kind.capacity / 3:
                yield kind.fits

    def close(self, at: datetime) -> list[Transmission]:
        """End the run: the radios send what they still hold, and the truth is completed."""
        sent = self.tick(at)
        sent += [each for radio in self._radios.values() for each in radio.flush(at)]
        self._end_day(at)
        for (device_id, slot), began_at in self._out_since.items():
            self._record(
                StockOut(device_id=device_id, slot=slot, began_at=began_at, ended_at=None)
            )
        for device, kind in self._slots():
            self._record(
                Remaining(
                    at=at,
                    device_id=device.kind.device_id,
                    slot=kind.slot,
                    content_units=device.content[kind.slot],
                    shelf_units=self.shelf[kind.fits],
                )
            )
        return sent

    def _planned(self, on: date) -> Iterator[Moment]:
        """The day's moments in order, the last one being its end."""
        moments: list[Moment] = [
            Report(datetime.combine(on, time(hour), UTC)) for hour in REPORT_HOURS
        ]
        if not habits.is_holiday(self._seed, self._start_at.date(), on):
            moments += [
                Round(datetime.combine(on, ROUND_AT, UTC)),
                *habits.uses_on(self._seed, on),
            ]
        yield from sorted((m for m in moments if m.at > self._start_at), key=attrgetter("at"))
        yield DayEnd(_midnight(on + timedelta(days=1)))

    def _happen(self, moment: Moment) -> list[Transmission]:
        match moment:
            case SwitchOn(at):
                return self._switch_on(at)
            case Report(at):
                return self._send((each.reading(at) for each in self.devices.values()), at)
            case Round(at):
                return self._send(self._look_round(at), at)
            case Use(at, device_id, wanted):
                return self._send(self._use(self.devices[device_id], wanted, at), at)
            case DayEnd(at):
                self._end_day(at)
                self._moments.extend(self._planned(self._day))
                return []

    def _switch_on(self, at: datetime) -> list[Transmission]:
        sent: list[Transmission] = []
        for device_id, radio in self._radios.items():
            sent += radio.boot(at, boot_id=self._first_boot_id)
            sent += radio.send([self.devices[device_id].reading(at)], at)
        return sent

    def _send(self, messages: Iterable[Message], at: datetime) -> list[Transmission]:
        said: dict[str, list[Message]] = {}
        for message in messages:
            said.setdefault(message.device_id, []).append(message)
        return [
            transmission
            for device_id, each in said.items()
            for transmission in self._radios[device_id].send(each, at)
        ]

    def _held_until(self, at: datetime) -> list[Transmission]:
        return [each for radio in self._radios.values() for each in radio.due(at)]

    def _use(
        self, device: Device, wanted: Mapping[str, float], at: datetime
    ) -> Iterator[Message]:
        """Whoever finds a slot too empty refills it first, if there are goods to do it with."""
        yield device.reading(at - DOSING)
        for kind in device.kind.slots:
            if wanted.get(kind.slot, 0) > device.content[kind.slot]:
                yield from self._refill(device, kind, at - DOSING / 2)
        for slot, units in wanted.items():
            self._take(device, slot, units, at)
        yield device.reading(at)

    def _take(self, device: Device, slot: str, wanted: float, at: datetime) -> None:
        key = (device.kind.device_id, slot)
        taken = device.use(slot, wanted)
        self._used[key] += taken
        if taken < wanted:
            self._unmet[key] += wanted - taken
            self._out_since.setdefault(key, at)

    def _look_round(self, at: datetime) -> Iterator[Message]:
        for device, kind in self._slots():
            is_low = device.content[kind.slot] < kind.refilled_below * kind.capacity
            if is_low and not habits.forgets(self._seed, kind.slot, at.date()):
                yield from self._refill(device, kind, at)

    def _refill(self, device: Device, kind: SlotKind, at: datetime) -> Iterator[Message]:
        """Nothing happens without goods: a whole cartridge, or at least one ml or g to pour."""
        least = kind.capacity if kind.is_exchanged else 1.0
        if self.shelf[kind.fits] < least:
            return
        units = device.fill(kind, self.shelf[kind.fits])
        self.shelf[kind.fits] -= units
        self._note_refill(device, kind.slot, units, at)
        yield from device.refilled(kind.slot, at)

    def _note_refill(self, device: Device, slot: str, units: float, at: datetime) -> None:
        device_id = device.kind.device_id
        content = device.content[slot]
        self._record(
            Refill(at=at, device_id=device_id, slot=slot, units=units, content_units=content)
        )
        began_at = self._out_since.pop((device_id, slot), None)
        if began_at:
            self._record(
                StockOut(device_id=device_id, slot=slot, began_at=began_at, ended_at=at)
            )

    def _end_day(self, at: datetime) -> None:
        for device, kind in self._slots() if at > _midnight(self._day) else ():
            key = (device.kind.device_id, kind.slot)
            self._record(
                DayUse(
                    on=self._day,
                    device_id=key[0],
                    slot=key[1],
                    used_units=self._used.pop(key, 0.0),
                    unmet_units=self._unmet.pop(key, 0.0),
                )
            )
        self._day = at.date()

    def _slots(self) -> Iterator[tuple[Device, SlotKind]]:
        for device in self.devices.values():
            for kind in device.kind.slots:
                yield device, kind


def _midnight(on: date) -> datetime:
    return datetime.combine(on, time(0), UTC)
