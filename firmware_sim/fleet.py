"""A simulated fleet, lived in compressed time over real connections, in one event loop.

The devices live the days before now in the seconds that the scenario gives them, each at its
own moments; what a slow platform has not taken yet waits in them. All that happened is recorded
as it happens (`fleet_facts`).
"""

import asyncio
import heapq
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import msgspec

from core.clock import Clock
from firmware_sim.chance import chance
from firmware_sim.faults import Transmission
from firmware_sim.fleet_facts import (
    Acknowledged,
    Fact,
    Garbled,
    Injected,
    Made,
    Received,
    Sent,
)
from firmware_sim.fleet_line import Break, Line, Net
from firmware_sim.fleet_scenario import Scenario
from firmware_sim.fleet_unit import Garbage, Place, Unit

TICK_S: Final = 0.02
TICKS_AT_ONCE: Final = 200  # devices, before the network gets its turn
MOST_WAITING: Final = 50_000  # messages of all devices; then time stands still
REMINDER_S: Final = 5.0  # receipts come at most once a second
PATIENCE_S: Final = 90.0  # without any progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One device of the fleet, as it was made."""

    device_id: str
    model: str
    serial: str
    every: timedelta
    household: int | None
    flood: int  # messages


@dataclass(frozen=True, slots=True)
class Door:
    host: str
    port: int


class Unreachable(Exception):
    def __init__(self, door: Door, refused: Mapping[str, str], missing: int) -> None:
        some = "; ".join(f"{name}: {why}" for name, why in list(refused.items())[:5])
        said = some or "no answer"
        super().__init__(
            f"{missing} devices cannot connect to {door.host}:{door.port} ({said})"
        )


@dataclass(slots=True)
class Tally:
    """What the run came to, for its statistics."""

    counts: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    connect_s: float = 0.0
    live_s: float = 0.0
    settle_s: float = 0.0
    connected: int = 0


Progress = Callable[[str, int, int], None]  # phase, done, of


def members(scenario: Scenario) -> Iterator[Member]:
    """The same scenario gives the same fleet."""
    flood, households = scenario.faults.flood, _households(scenario)
    number = 0
    for devices in scenario.devices:
        for _ in range(devices.count):
            device_id = f"{devices.model.split('-')[0]}-{number:06d}"
            yield Member(
                device_id=device_id,
                model=devices.model,
                serial=_serial(scenario, number),
                every=timedelta(hours=devices.every_hours),
                household=households.get(number),
                flood=flood.messages if flood and number < flood.devices else 0,
            )
            number += 1


def _households(scenario: Scenario) -> dict[int, int]:
    """Household by number of the device; each has some of all kinds."""
    luck = chance(scenario.seed, "households")
    claimed = luck.sample(range(scenario.count), scenario.claimed)
    count = scenario.households.count if scenario.households else 1
    return {number: n % count for n, number in enumerate(claimed)}


def _serial(scenario: Scenario, number: int) -> str:
    """That of the device before, for as many as the scenario says."""
    luck = chance(scenario.seed, "serial", number).random()
    is_copied = number > 0 and luck < scenario.faults.identical_serials
    return f"SN-{number - is_copied:06d}"


class Fleet:
    """`record` gets every fact; `secrets` by device id."""

    def __init__(
        self,
        scenario: Scenario,
        secrets: Mapping[str, str],
        door: Door,
        *,
        record: Callable[[Fact], None],
        clock: Clock,
    ) -> None:
        self.tally = Tally()
        self._scenario = scenario
        self._door = door
        self._record = record
        self._clock = clock
        self._garbage: dict[str, dict[str, list[int]]] = {}
        self._net = Net(
            host=door.host,
            port=door.port,
            fate=self._fate,
            sent=self._on_sent,
            acknowledged=self._on_acknowledged,
            received=self._on_received,
            counts=self.tally.counts,
        )
        self._members = list(members(scenario))
        self._lines = {
            each.device_id: Line(each.device_id, secrets[each.device_id], self._net)
            for each in self._members
        }
        self._units: dict[str, Unit] = {}

    async def run(self, progress: Progress) -> Tally:
        """Raises Unreachable. Ends when everything is acknowledged, and every event received,
        or when nothing moves any more.
        """
        loop, tally = asyncio.get_running_loop(), self.tally
        reminding = asyncio.create_task(self._remind())
        try:
            began_s = loop.time()
            await self._connect(progress)
            connected_s = loop.time()
            await self._live(progress)
            lived_s = loop.time()
            await self._settle(progress)
        finally:
            reminding.cancel()
        tally.connect_s, tally.live_s = connected_s - began_s, lived_s - connected_s
        tally.settle_s = loop.time() - lived_s
        self._end()
        return tally

    async def _connect(self, progress: Progress) -> None:
        """All at once, as after a power cut; each says its birth and its first reading."""
        now = self._clock.now()
        serials = {each.serial for each in self._members}
        self.tally.faults["identical_serials"] = len(self._members) - len(serials)
        for each in self._members:
            self._record(Made(each.device_id, each.model, each.serial, each.household))
            self._units[each.device_id] = unit = self._unit(each, now)
            self._take(unit.start())
        total = len(self._lines)

        def moved() -> object:
            return self._up(), self.tally.counts["acknowledged"]

        def show() -> None:
            progress("connecting", self._up(), total)

        if not await self._until(lambda: self._up() == total, moved, show):
            raise Unreachable(self._door, self._net.refused, total - self._up())

    async def _live(self, progress: Progress) -> None:
        loop, seconds = asyncio.get_running_loop(), self._scenario.seconds
        days = timedelta(days=self._scenario.days)
        start_at = next(iter(self._units.values())).place.start_at
        due = [(unit.next_at(), name) for name, unit in self._units.items()]
        heapq.heapify(due)
        began_s = loop.time()
        passed = 0.0
        while passed < 1:
            passed = min(1.0, (loop.time() - began_s) / seconds)
            await self._tick(due, start_at + days * passed)
            self.tally.connected = max(self.tally.connected, self._up())
            progress("living", int(1000 * passed), 1000)
            await asyncio.sleep(TICK_S)

    async def _tick(self, due: list[tuple[datetime, str]], until: datetime) -> None:
        ticked = 0
        while due[0][0] <= until:
            at, name = due[0]
            unit = self._units[name]
            self._take(unit.tick(at))
            heapq.heapreplace(due, (unit.next_at(), name))
            ticked += 1
            if ticked % TICKS_AT_ONCE == 0:
                await asyncio.sleep(0)
                while self._waiting() > MOST_WAITING:  # noqa: ASYNC110 - lines tell nobody
                    await asyncio.sleep(TICK_S)

    async def _settle(self, progress: Progress) -> None:
        now = self._clock.now()
        for unit in self._units.values():
            self._take(unit.close(now))
        total = len(self._lines)

        def settled() -> int:
            return sum(line.is_settled for line in self._lines.values())

        def moved() -> object:
            return settled(), self.tally.counts["acknowledged"], self.tally.counts["received"]

        def show() -> None:
            progress("settling", settled(), total)

        await self._until(lambda: settled() == total, moved, show)

    def _end(self) -> None:
        for name, unit in self._units.items():
            for left in unit.left():
                self._record(left)
            for code, (sent, acknowledged) in self._garbage.get(name, {}).items():
                self._record(Garbled(name, code, sent, acknowledged))
        for line in self._lines.values():
            line.close()

    async def _until(
        self, is_so: Callable[[], bool], moved: Callable[[], object], show: Callable[[], None]
    ) -> bool:
        """False: nothing has moved for as long as patience lasts."""
        loop = asyncio.get_running_loop()
        before, since_s = moved(), loop.time()
        while not is_so():
            show()
            await asyncio.sleep(0.2)
            if (now := moved()) != before:
                before, since_s = now, loop.time()
            elif loop.time() - since_s > PATIENCE_S:
                return False
        show()
        return True

    async def _remind(self) -> None:
        while True:
            await asyncio.sleep(REMINDER_S)
            for line in self._lines.values():
                line.remind()

    def _unit(self, member: Member, now: datetime) -> Unit:
        scenario = self._scenario
        place = Place(
            device_id=member.device_id,
            model=member.model,
            every=member.every,
            seed=scenario.seed,
            start_at=now - timedelta(days=scenario.days),
            end_at=now + timedelta(seconds=scenario.seconds),
            boot_id=int(now.timestamp()),  # rises from run to run
            flood=member.flood,
        )
        return Unit(place, scenario.faults, self._on_fault)

    def _take(self, transmissions: list[Transmission]) -> None:
        for each in transmissions:
            if each.channel != "status" and not isinstance(each, Garbage):
                self._record(
                    Sent(
                        each.device_id,
                        each.channel,
                        each.boot_id,
                        each.seq,
                        msgspec.Raw(each.payload),
                    )
                )
        if transmissions:
            self._lines[transmissions[0].device_id].take(transmissions)

    def _up(self) -> int:
        return sum(line.is_up for line in self._lines.values())

    def _waiting(self) -> int:
        return sum(line.waiting for line in self._lines.values())

    def _fate(self, transmission: Transmission) -> Break | None:
        loss = self._scenario.faults.loss
        if not loss or transmission.will:
            return None
        name = (transmission.device_id, transmission.boot_id, transmission.seq)
        luck = chance(self._scenario.seed, "loss", *name)
        if luck.random() >= loss:
            return None
        self._on_fault(Injected(transmission.device_id, "loss", self._clock.now()))
        return luck.choice(list(Break))

    def _on_fault(self, fault: Injected) -> None:
        self.tally.faults[fault.fault] += 1
        self._record(fault)
        if fault.fault == "late":
            self._lines[fault.device_id].rest()

    def _on_sent(self, transmission: Transmission) -> None:
        self.tally.counts["sent"] += 1
        self.tally.counts["bytes sent"] += len(transmission.payload)
        if isinstance(transmission, Garbage):
            self._of_garbage(transmission)[0] += 1

    def _on_acknowledged(self, transmission: Transmission) -> None:
        self.tally.counts["acknowledged"] += 1
        if isinstance(transmission, Garbage):
            self._of_garbage(transmission)[1] += 1
        elif transmission.channel != "status":
            name = (transmission.device_id, transmission.boot_id, transmission.seq)
            self._record(Acknowledged(*name))

    def _on_received(self, device_id: str, event: tuple[int, int]) -> None:
        self.tally.counts["received"] += 1
        self._record(Received(device_id, *event))

    def _of_garbage(self, garbage: Garbage) -> list[int]:
        """[sent, acknowledged]"""
        codes = self._garbage.setdefault(garbage.device_id, {})
        return codes.setdefault(garbage.code, [0, 0])
