"""kill -9 of the platform just before and just after every commit of the order path.

Three washing machines run out of detergent one after the other; on the way of each need to a
placed order the platform is killed at all eight boundaries in turn. The devices send again what
was not acknowledged, and events until a receipt names them.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import select

from accounts.principal import Audience, Principal
from accounts.scoping import ALL_OWNERS
from accounts.sign_in import NewOwner, sign_up
from accounts.tables import OwnerRow
from core import mqtt
from core.database import Database
from core.settings import Settings
from demo_shop.records import Order
from devices import ownership, registry, wire
from devices.catalog import shelf, washer_w7
from devices.ownership import Claim
from devices.registry import ToProvision
from devices.tables import DeviceEventRow, ReadingRow, SlotRow
from replenishment import automatic, orders
from replenishment.tables import NeedRow, OrderRow
from runtime import market, wiring
from runtime.demo import MARKET
from runtime.demo_household import MANDATES, SHOPS
from runtime.wiring import Platform
from tests.doors import RawClient, raw_client
from tests.processes import ROOT, free_port, ledger, shop
from vendor_policy.mandates import Mandate

WASHERS = ("washer-0001", "washer-0002", "washer-0003")
HOPS, SIDES = ("T1", "T2", "T3", "T4"), ("before", "after")
LIFE_S = 120  # a life that does not end within is one that never came to its boundary
SETTLED_S = 120
LOW, PLENTY = 0.05, 0.8  # of the capacity
KLARBACH, MOST_MINOR = MANDATES["laundry-detergent"][0], 6000


class Washer:
    """Its connection is real; it comes back until everything it said has arrived."""

    def __init__(self, device_id: str, secret: str, port: int) -> None:
        self.device_id = device_id
        self.is_low = False
        self.acknowledged: set[tuple[str, int]] = set()  # channel and sequence number
        self.kept: dict[int, mqtt.Publish] = {}  # by sequence number, which names the packet
        self._connect = mqtt.Connect(device_id, username=device_id, password=secret.encode())
        self._port = port
        self._seq = count(1)
        self._client: RawClient | None = None

    def report(self) -> None:
        """One reading and one event."""
        level = {"detergent": {"level": LOW}} if self.is_low else {}
        self._say("telemetry", slots={**level, "softener": {"level": PLENTY}})
        self._say("event", event="cycle_finished")

    async def run(self) -> None:
        while True:
            with suppress(OSError, EOFError):
                await self._session()
            self._client = None
            await asyncio.sleep(0.02)

    def _say(self, channel: str, **content: Any) -> None:
        seq = next(self._seq)
        said = {"v": 1, "boot_id": 1, "seq": seq, "measured_at": datetime.now(UTC).isoformat()}
        payload = json.dumps({**said, **content}).encode()
        packet = mqtt.Publish(
            wire.topic(self.device_id, channel), payload, qos=1, packet_id=seq
        )
        self.kept[seq] = packet
        if self._client is not None:
            self._client.send(packet)

    async def _session(self) -> None:
        async with raw_client(self._port) as client:
            receipts = (wire.topic(self.device_id, "receipt"), 1)
            client.send(self._connect, mqtt.Subscribe(60_000, (receipts,)))
            assert await client.receive() == mqtt.Connack()
            client.send(*self.kept.values())
            self._client = client
            while True:
                self._take(await client.receive())

    def _take(self, packet: mqtt.Packet) -> None:
        match packet:
            case mqtt.Puback(seq):
                channel = self._channel(seq)
                self.acknowledged.add((channel, seq))
                if channel == "telemetry":
                    self.kept.pop(seq, None)
            case mqtt.Publish(payload=payload):
                for _, seq in wire.Receipt.model_validate_json(payload).events:
                    self.kept.pop(seq, None)

    def _channel(self, seq: int) -> str:
        """Odd numbers are readings, even ones events."""
        return "telemetry" if seq % 2 else "event"


@dataclass(frozen=True)
class Street:
    """Everything outside the platform, and what is in its database."""

    database: Database
    folder: Path  # of the shop
    washers: tuple[Washer, ...]
    launcher: asyncio.subprocess.Process

    async def live(self, plan: str) -> int:
        """Exit code of one life of the platform."""
        assert self.launcher.stdin is not None
        assert self.launcher.stdout is not None
        self.launcher.stdin.write(f"{plan}\n".encode())
        async with asyncio.timeout(LIFE_S):
            return int(await self.launcher.stdout.readline())

    async def stored(self, row: type[Any]) -> list[Any]:
        async with self.database.snapshot(ALL_OWNERS) as session:
            return list((await session.exec(select(row))).all())

    async def messages(self) -> set[tuple[str, str, int]]:
        """(device id, channel, sequence number) of what is committed."""
        readings = {(r.device_id, "telemetry", r.seq) for r in await self.stored(ReadingRow)}
        events = {(e.device_id, "event", e.seq) for e in await self.stored(DeviceEventRow)}
        return readings | events

    def acknowledged(self) -> set[tuple[str, str, int]]:
        return {(each.device_id, *said) for each in self.washers for said in each.acknowledged}

    async def state_of(self, washer: Washer) -> str | None:
        """Of the one order for its detergent."""
        slots = {
            (slot.device_id, slot.slot): slot.stock_id for slot in await self.stored(SlotRow)
        }
        stock_id = slots[washer.device_id, "detergent"]
        of_stock = [each for each in await self.stored(OrderRow) if each.stock_id == stock_id]
        assert len(of_stock) <= 1
        return of_stock[0].state if of_stock else None

    async def history(self, order_id: UUID) -> list[str]:
        async with self.database.snapshot(ALL_OWNERS) as session:
            return [each.after for each in await orders.history(session, order_id)]

    def sold(self) -> list[Order]:
        """From the shop's own file."""
        return ledger(self.folder)


@pytest.fixture
async def street(tmp_path: Path) -> AsyncIterator[Street]:
    port = free_port()
    settings = Settings(home=tmp_path / "home", mqtt_port=port, allow_loopback_shops=True)
    with shop(tmp_path) as shop_url:
        async with wiring.opened(settings, public_url="") as platform:
            secrets = await furnish(platform, shop_url)
        washers = tuple(Washer(device_id, secrets[device_id], port) for device_id in WASHERS)
        running = [asyncio.create_task(each.run()) for each in washers]
        database = Database(settings.database)
        async with launched(tmp_path, port) as launcher:
            yield Street(database, tmp_path, washers, launcher)
        await database.close()
        for each in running:
            each.cancel()
        await asyncio.gather(*running, return_exceptions=True)


@asynccontextmanager
async def launched(folder: Path, port: int) -> AsyncIterator[asyncio.subprocess.Process]:
    """Ends with the life that it may be leading."""
    command = (sys.executable, "-m", "tests.system.crash_platform", str(folder / "home"))
    with (folder / "platform.log").open("wb") as log:
        launcher = await asyncio.create_subprocess_exec(
            *(*command, str(port)),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield launcher
    finally:
        os.killpg(launcher.pid, signal.SIGKILL)
        await launcher.wait()


async def furnish(platform: Platform, shop_url: str) -> dict[str, str]:
    """Device secrets. Detergent may be ordered without asking; the shop has been looked at."""
    transaction, clock, ids = platform.database.transaction, platform.clock, platform.ids
    tools: Any = {"transaction": transaction, "clock": clock, "ids": ids}
    maker = await registry.register_manufacturer(shelf.MAKER, transaction=transaction, ids=ids)
    await registry.register_model(maker, washer_w7.MODEL, **tools)
    wanted = [
        ToProvision(model=washer_w7.MODEL.name, serial=each, device_id=each) for each in WASHERS
    ]
    made = await registry.provision(maker, wanted, key=platform.device_key, **tools)
    owner_id = await an_owner(platform)
    for each in made:
        claim = Claim(owner_id=owner_id, code=each.claim_code)
        await ownership.claim(claim, key=platform.device_key, **tools)
    await allow_detergent(platform, owner_id)
    known = market.read(MARKET)
    await market.register(
        known.model_copy(update={"vendors": known.vendors[:1]}),
        transaction=transaction,
        now=clock.now(),
        base_urls={"haushaltshof": shop_url},
    )
    await platform.worker.run_due()
    return {each.device_id: each.secret for each in made}


async def an_owner(platform: Platform) -> UUID:
    member = await sign_up(
        NewOwner(
            name="Lindenweg 7",
            email="kim@nachschub.example",
            password="three machines of washing",  # noqa: S106 - of nobody
            timezone="Europe/Berlin",
            language="en",
        ),
        transaction=platform.database.transaction,
        clock=platform.clock,
        ids=platform.ids,
    )
    async with platform.database.transaction(member.owner_id) as session:
        owner = await session.get_one(OwnerRow, member.owner_id)
        owner.recipient, owner.street = "Kim Sommer", "Lindenweg 7"
        owner.postal_code, owner.city = "24103", "Kiel"
    return member.owner_id


async def allow_detergent(platform: Platform, owner_id: UUID) -> None:
    now = platform.clock.now()
    mandate = Mandate(
        products=KLARBACH,
        vendors=SHOPS,
        currency="EUR",
        order_most_minor=MOST_MINOR,
        ends_on=now.date() + timedelta(days=30),
        accepted_at=now,
        accepted_by="kim",
    )
    kim = Principal(audience=Audience.OWNER, party_id=owner_id, name="kim")
    async with platform.database.snapshot(owner_id) as session:
        slots = (await session.exec(select(SlotRow))).all()
    for slot in slots:
        if slot.slot == "detergent" and slot.stock_id is not None:
            await automatic.accept(
                slot.stock_id,
                mandate,
                kim,
                transaction=platform.database.transaction,
                clock=platform.clock,
                ids=platform.ids,
            )


# What is left of the need's order after a kill: its state, and whether the shop has it.
LEFT = {
    "T1 before": (None, False),
    "T1 after": (None, False),
    "T2 before": (None, False),
    "T2 after": ("approved", False),
    "T3 before": ("approved", False),
    "T3 after": ("submitting", False),
    "T4 before": ("submitting", True),
    "T4 after": ("placed", True),
}


async def test_a_platform_killed_at_every_commit_loses_nothing_and_buys_once(
    street: Street,
) -> None:
    for number, washer in enumerate(street.washers):
        washer.is_low = True
        for plan, (state, is_sold) in LEFT.items():
            before = await street.messages()
            for each in street.washers:
                each.report()
            assert await street.live(plan) == -signal.SIGKILL
            messages = await street.messages()
            assert street.acknowledged() <= messages, plan
            if plan == "T1 before":
                assert messages == before
            if plan == "T1 after":
                assert messages - before - street.acknowledged()
            assert await street.state_of(washer) == state, plan
            assert len(street.sold()) == number + is_sold, plan
    await recover(street)
    await everything_is_there_once(street)


async def recover(street: Street) -> None:
    """One more life, until every device has rid itself of what it kept."""
    life = asyncio.create_task(street.live("none"))
    async with asyncio.timeout(SETTLED_S):
        while any(each.kept for each in street.washers):  # noqa: ASYNC110 - no event for it
            await asyncio.sleep(0.05)
    life.cancel()


async def everything_is_there_once(street: Street) -> None:
    assert street.acknowledged() == await street.messages()
    made = await street.stored(OrderRow)
    assert len(made) == len(await street.stored(NeedRow)) == len(WASHERS)
    for order in made:
        assert await street.history(order.order_id) == ["approved", "submitting", "placed"]
    sold = [each.order_id for each in street.sold()]
    assert len(sold) == len(WASHERS)
    assert {order.vendor_order_number for order in made} == set(sold)
