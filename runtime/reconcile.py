"""Compares what truly happened in a simulated household with what the platform stored."""

import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from accounts.scoping import ALL_OWNERS
from core.database import Transaction
from devices.tables import DeviceEventRow, QuarantineRow, ReadingRow, SlotRow
from replenishment.order_states import OrderState
from replenishment.tables import OrderLineRow, OrderRow

LEVEL_TOLERANCE: Final = 0.05  # of the capacity: sensor noise and steps of one percent

Fact = dict[str, Any]
Name = tuple[str, int, int]  # (device_id, boot_id, seq)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One comparison; `wrong` lists what does not agree."""

    what: str
    compared: int
    wrong: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    comparisons: tuple[Finding, ...]
    faults: Counter[str]  # injected, by kind
    stock_outs: int
    refills: int

    @property
    def is_right(self) -> bool:
        return not any(each.wrong for each in self.comparisons)


async def compare(path: Path, *, transaction: Transaction) -> Findings:
    """path: `truth.jsonl` of a run that has ended or pauses."""
    lines = (await asyncio.to_thread(path.read_text, "utf-8")).splitlines()
    facts: dict[str, list[Fact]] = {}
    for fact in map(json.loads, lines):
        facts.setdefault(fact["fact"], []).append(fact)
    async with transaction(ALL_OWNERS) as session:
        comparisons = [
            await _messages(session, facts.get("MessageSent", [])),
            await _nothing_quarantined(session),
            await _parcels(session, facts.get("Parcel", [])),
        ]
        if "Remaining" in facts:  # only a run that has ended says what was left
            comparisons.append(await _levels(session, facts["Remaining"]))
    return Findings(
        comparisons=tuple(comparisons),
        faults=Counter(str(fact["fault"]) for fact in facts.get("FaultInjected", [])),
        stock_outs=len(facts.get("StockOut", [])),
        refills=len(facts.get("Refill", [])),
    )


async def _messages(session: AsyncSession, sent: Sequence[Fact]) -> Finding:
    """Every message sent is stored, and nothing else is."""
    wanted = {
        (fact["device_id"], fact["boot_id"], fact["seq"])
        for fact in sent
        if fact["channel"] != "status"
    }
    stored: set[Name] = set()
    for table in (ReadingRow, DeviceEventRow):
        names = select(table.device_id, table.boot_id, table.seq).distinct()
        stored |= {(name[0], name[1], name[2]) for name in await session.exec(names)}
    missing = [f"lost: {name}" for name in sorted(wanted - stored)]
    foreign = [f"never sent: {name}" for name in sorted(stored - wanted)]
    return Finding(what="messages", compared=len(wanted), wrong=(*missing, *foreign))


async def _nothing_quarantined(session: AsyncSession) -> Finding:
    rows = (await session.exec(select(QuarantineRow))).all()
    wrong = tuple(f"{row.device_id}: {row.code} {row.field} {row.value}" for row in rows)
    return Finding(what="messages in quarantine", compared=len(rows), wrong=wrong)


async def _parcels(session: AsyncSession, parcels: Sequence[Fact]) -> Finding:
    """What came is what the platform ordered, and knows as delivered or on its way."""
    came = Counter[str]()
    for fact in parcels:
        came[fact["gtin"].zfill(14)] += fact["packs"]
    bought = await _packs(session, (OrderState.DELIVERED,))
    on_way = await _packs(session, (OrderState.PLACED, OrderState.SHIPPED))
    wrong = [
        f"{gtin}: {came[gtin]} packs came, {bought[gtin]} known as delivered"
        for gtin in sorted(came | bought)
        if not bought[gtin] <= came[gtin] <= bought[gtin] + on_way[gtin]
    ]
    return Finding(what="parcels", compared=len(parcels), wrong=tuple(wrong))


async def _packs(session: AsyncSession, states: Sequence[OrderState]) -> Counter[str]:
    lines = await session.exec(
        select(OrderLineRow)
        .join(OrderRow, col(OrderRow.order_id) == col(OrderLineRow.order_id))
        .where(col(OrderRow.state).in_(states))
    )
    packs = Counter[str]()
    for line in lines:
        packs[line.gtin] += line.packs
    return packs


async def _levels(session: AsyncSession, remaining: Sequence[Fact]) -> Finding:
    """Only at the end of a run: what is in the slots is what the platform believes."""
    wrong = []
    for fact in remaining:
        row = await session.get_one(SlotRow, (fact["device_id"], fact["slot"]))
        truth, known = fact["content_units"], row.in_slot
        allowed = LEVEL_TOLERANCE * row.spec["capacity"]
        if known is None or abs(known - truth) > allowed:
            wrong.append(
                f"{fact['device_id']} {fact['slot']}: {truth:g} in truth, {known} known"
            )
    return Finding(what="levels", compared=len(remaining), wrong=tuple(wrong))
