"""Whether a platform has kept what a simulated fleet told it: the truth against the database.

Reads the truth of a run that has ended. What was acknowledged must be stored as it was said and
nothing else may be; levels, use and refills must be the true ones; in quarantine must be the
garbage and nothing else. Every finding names the device.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Final, TypeAlias

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from accounts.scoping import ALL_OWNERS
from core.database import Transaction
from devices.quarantine import KEPT_A_DAY
from devices.tables import (
    DayUseRow,
    DeviceEventRow,
    QuarantineRow,
    ReadingRow,
    RefillRow,
    SlotRow,
)
from firmware_sim import fleet_facts
from firmware_sim.fleet import Progress
from firmware_sim.fleet_facts import Acknowledged, Fact, Garbled, Left, Received, Sent
from runtime.reconcile import Finding

AT_ONCE: Final = 500  # devices
EXACT: Final = 1e-6  # of the capacity: the sensors of a fleet show the truth

Name: TypeAlias = tuple[int, int]  # (boot_id, seq)
Place: TypeAlias = tuple[str, str]  # (device id, slot)


@dataclass(slots=True)
class Truth:
    """Of one device."""

    device_id: str
    said: dict[Name, bytes] = field(default_factory=dict)  # JSON
    events: set[Name] = field(default_factory=set)
    acknowledged: set[Name] = field(default_factory=set)
    received: set[Name] = field(default_factory=set)
    garbled: list[Garbled] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)

    def take(self, fact: Fact) -> None:
        match fact:
            case Sent(channel=channel, boot_id=boot_id, seq=seq):
                self.said[boot_id, seq] = bytes(fact.payload)
                if channel == "event":
                    self.events.add((boot_id, seq))
            case Acknowledged(boot_id=boot_id, seq=seq):
                self.acknowledged.add((boot_id, seq))
            case Received(boot_id=boot_id, seq=seq):
                self.received.add((boot_id, seq))
            case Garbled():
                self.garbled.append(fact)
            case Left():
                self.left.append(fact)


@dataclass(slots=True)
class _Comparison:
    what: str
    compared: int = 0
    wrong: list[str] = field(default_factory=list)

    def same(self, truth: object, stored: object, problem: str) -> None:
        self.compared += 1
        if truth != stored:
            self.wrong.append(problem)

    def near(self, left: Left, true: float, stored: float | None) -> None:
        is_near = stored is not None and abs(stored - true) <= EXACT * left.capacity
        problem = f"{left.device_id} {left.slot}: {true:g} in truth, {stored} known"
        self.same(is_near, True, problem)


@dataclass(slots=True)
class _Comparisons:
    answers: _Comparison = field(
        default_factory=lambda: _Comparison("messages acknowledged, events with a receipt")
    )
    messages: _Comparison = field(
        default_factory=lambda: _Comparison("acknowledged messages stored as they were said")
    )
    foreign: _Comparison = field(
        default_factory=lambda: _Comparison("stored messages that were said")
    )
    levels: _Comparison = field(default_factory=lambda: _Comparison("levels at the end"))
    use: _Comparison = field(default_factory=lambda: _Comparison("use counted once"))
    refills: _Comparison = field(default_factory=lambda: _Comparison("refills counted once"))
    quarantine: _Comparison = field(
        default_factory=lambda: _Comparison("garbage in quarantine, and nothing else")
    )

    def findings(self) -> list[Finding]:
        return [
            Finding(what=each.what, compared=each.compared, wrong=tuple(each.wrong))
            for each in (getattr(self, name) for name in self.__slots__)
        ]


async def compare(path: Path, snapshot: Transaction, progress: Progress) -> list[Finding]:
    """path: the truth of the run."""
    found, truths = _Comparisons(), read(path)
    for number, part in enumerate(_parts(truths.values())):
        progress("checking", number * AT_ONCE, len(truths))
        async with snapshot(ALL_OWNERS) as session:
            await _messages(session, part, found)
            await _slots(session, part, found)
            await _quarantine(session, part, found.quarantine)
    return found.findings()


def read(path: Path) -> dict[str, Truth]:
    truths: dict[str, Truth] = {}
    with path.open("rb") as lines:
        for fact in map(fleet_facts.of_line, lines):
            truth = truths.setdefault(fact.device_id, Truth(fact.device_id))
            truth.take(fact)
    return truths


def _parts(truths: Iterable[Truth]) -> Iterator[list[Truth]]:
    left = iter(truths)
    while part := list(islice(left, AT_ONCE)):
        yield part


def _ids(part: Sequence[Truth]) -> list[str]:
    return [each.device_id for each in part]


async def _messages(session: AsyncSession, part: Sequence[Truth], found: _Comparisons) -> None:
    stored = await _stored(session, _ids(part))
    for truth in part:
        device_id, of_device = truth.device_id, stored[truth.device_id]
        for name, payload in truth.said.items():
            is_told = name in truth.acknowledged
            found.answers.same(True, is_told, f"{device_id}: {_text(name)} not acknowledged")
            if is_told:
                said, kept = _said(payload), of_device.get(name)
                problem = f"{device_id}: {_text(name)} {'is lost' if kept is None else kept}"
                found.messages.same(said, kept, problem)
        for name in truth.events:
            problem = f"{device_id}: event {_text(name)} without a receipt"
            found.answers.same(True, name in truth.received, problem)
        for name in of_device:
            problem = f"{device_id}: {_text(name)} was never said"
            found.foreign.same(True, name in truth.said, problem)


def _text(name: Name) -> str:
    return f"boot {name[0]} seq {name[1]}"


def _said(payload: bytes) -> dict[str, object]:
    """What is to be stored of a message: its values by slot, or the event by its slot."""
    body = json.loads(payload)
    if "event" in body:
        return {body["slot"]: body["event"]}
    return {slot: said.get("level", said.get("used_total_ml")) for slot, said in _of(body)}


def _of(body: dict[str, Any]) -> Iterable[tuple[str, dict[str, Any]]]:
    slots: dict[str, dict[str, Any]] = body["slots"]
    return slots.items()


async def _stored(
    session: AsyncSession, device_ids: Sequence[str]
) -> dict[str, dict[Name, dict[str, object]]]:
    stored: dict[str, dict[Name, dict[str, object]]] = defaultdict(dict)
    readings = select(ReadingRow).where(col(ReadingRow.device_id).in_(device_ids))
    for row in await session.exec(readings):
        value = row.used_total if row.level is None else row.level
        stored[row.device_id].setdefault((row.boot_id, row.seq), {})[row.slot] = value
    events = select(DeviceEventRow).where(col(DeviceEventRow.device_id).in_(device_ids))
    for event in await session.exec(events):
        of_device = stored[event.device_id].setdefault((event.boot_id, event.seq), {})
        of_device[event.slot or ""] = event.event
    return stored


async def _slots(session: AsyncSession, part: Sequence[Truth], found: _Comparisons) -> None:
    ids = _ids(part)
    slots = await session.exec(select(SlotRow).where(col(SlotRow.device_id).in_(ids)))
    levels = {(row.device_id, row.slot): row.in_slot for row in slots}
    days = await session.exec(
        select(DayUseRow.device_id, DayUseRow.slot, func.sum(DayUseRow.used))
        .where(col(DayUseRow.device_id).in_(ids))
        .group_by(col(DayUseRow.device_id), col(DayUseRow.slot))
    )
    used: dict[Place, float] = {(device_id, slot): total for device_id, slot, total in days}
    filled = await session.exec(
        select(RefillRow.device_id, RefillRow.slot).where(col(RefillRow.device_id).in_(ids))
    )
    refills = Counter[Place]((device_id, slot) for device_id, slot in filled)
    for left in (left for truth in part for left in truth.left):
        place = left.device_id, left.slot
        found.levels.near(left, left.content, levels.get(place))
        found.use.near(left, left.used, used.get(place))
        problem = f"{' '.join(place)}: {left.refills} in truth, {refills[place]} known"
        found.refills.same(left.refills, refills[place], problem)


async def _quarantine(session: AsyncSession, part: Sequence[Truth], found: _Comparison) -> None:
    """Garbage whose acknowledgement was lost came again, and may be there more than once."""
    statement = select(QuarantineRow).where(col(QuarantineRow.device_id).in_(_ids(part)))
    rows: dict[tuple[str, str], list[QuarantineRow]] = defaultdict(list)
    for row in await session.exec(statement):
        rows[row.device_id, row.code].append(row)
    for each in (each for truth in part for each in truth.garbled):
        kept = len(rows.pop((each.device_id, each.code), ()))
        is_there = min(each.acknowledged, KEPT_A_DAY) <= kept <= each.sent
        problem = (
            f"{each.device_id}: {each.code} {each.acknowledged} times acknowledged,"
            f" {each.sent} times sent, {kept} times in quarantine"
        )
        found.same(True, is_there, problem)
    for row in (row for those in rows.values() for row in those):
        problem = f"{row.device_id}: {row.code} {row.field} {row.value} was no garbage"
        found.same(True, False, problem)
