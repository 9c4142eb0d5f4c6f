"""One payload in at a real door, six hops, and a delivered order that explains itself."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import aiomqtt
import pytest
from sqlmodel import select

from accounts.scoping import ALL_OWNERS
from core import outbox
from core.clock import SteppedClock
from core.outbox import OutboxRow
from core.settings import Settings
from demo_shop import assortment
from demo_shop.app import ShopApp, create_shop
from devices import wire
from devices.tables import ReadingRow, StockRow
from replenishment import orders
from replenishment.tables import OrderLineRow, OrderRow
from runtime import explain, market, replay, wiring
from runtime.demo import MARKET
from runtime.demo_household import furnish
from runtime.wiring import Platform, Sources
from runtime.worker import UseCase, Worker
from tests import processes
from tests.doors import eventually
from tests.shop_server import served
from vendor_policy import record
from vendor_policy.record import Correlation
from vendor_policy.tables import DecisionRow

WASHER, BOOT, SEQ = "washer-0001", 17, 4021
CORRELATION = f"{WASHER}/{BOOT}/{SEQ}"
LEVEL = 0.06  # of 1,100 ml: less than two days' use
LONGEST = timedelta(days=10)  # until the parcel must be there


@dataclass(frozen=True)
class Scene:
    """A furnished platform whose detergent may be ordered unasked, one shop, one door."""

    platform: Platform
    clock: SteppedClock
    shop: ShopApp
    port: int
    secret: str

    async def send(self, payload: str) -> None:
        """As firmware does: with qos 1, until the broker has acknowledged."""
        async with aiomqtt.Client(
            "127.0.0.1", self.port, username=WASHER, password=self.secret
        ) as device:
            await device.publish(wire.topic(WASHER, "telemetry"), payload, qos=1)

    async def stored(self, row: type[Any]) -> Sequence[Any]:
        async with self.platform.database.snapshot(ALL_OWNERS) as session:
            return (await session.exec(select(row))).all()

    async def reviews_waiting(self) -> list[OutboxRow]:
        return [each for each in await self.stored(OutboxRow) if each.kind == "review"]

    async def live_until_delivered(self, worker: Worker) -> None:
        """Jumps from one due row or parcel to the next."""
        until = self.clock.now() + LONGEST
        while [each.state for each in await self.stored(OrderRow)] != ["delivered"]:
            at = await self._next_moment()
            assert at < until, await self.stored(OrderRow)
            self.clock.step_to(max(at, self.clock.now()))
            await worker.run_due()

    async def _next_moment(self) -> datetime:
        async with self.platform.database.snapshot(ALL_OWNERS) as session:
            due_at = await outbox.next_due_at(session)
        moments = (due_at, self.shop.next_event_at())
        return min(at for at in moments if at is not None)

    async def history(self, order_id: UUID) -> list[str]:
        async with self.platform.database.snapshot(ALL_OWNERS) as session:
            return [each.after for each in await orders.history(session, order_id)]


class Trail:
    """What the worker was given to do, each with the states of all orders just before it."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self.steps: list[tuple[str, str, list[str]]] = []
        self.worker = replace(
            scene.platform.worker,
            use_cases={
                kind: self._noted(use_case)
                for kind, use_case in scene.platform.worker.use_cases.items()
            },
        )

    def _noted(self, use_case: UseCase) -> UseCase:
        async def noted(row: OutboxRow) -> None:
            states = [each.state for each in await self._scene.stored(OrderRow)]
            self.steps.append((row.kind, row.correlation, states))
            await use_case(row)

        return noted

    def of_message(self) -> list[tuple[str, list[str]]]:
        """Kind and states before it, of the work that names the message."""
        return [(kind, states) for kind, cause, states in self.steps if cause == CORRELATION]


@asynccontextmanager
async def open_door(
    platform: Platform, folder: Path, secrets: Mapping[str, str]
) -> AsyncIterator[None]:
    port = platform.settings.mqtt_port
    if platform.settings.door == "gateway":
        gateway = wiring.gateway(platform)
        await gateway.start("127.0.0.1", port)
        yield
        await gateway.close()
        return
    with processes.mosquitto(folder, dict(secrets), port=port):
        subscriber = wiring.subscriber(platform)
        subscriber.start()
        await eventually(lambda: subscriber.is_subscribed)
        yield
        await subscriber.close()


@pytest.fixture(params=["gateway", "mosquitto"])
async def scene(
    request: pytest.FixtureRequest, tmp_path: Path, clock: SteppedClock
) -> AsyncIterator[Scene]:
    settings = Settings(
        home=tmp_path / "home",
        door=request.param,
        mqtt_port=processes.free_port(),
        mqtt_user=processes.PLATFORM,
        mqtt_password=processes.PLATFORM_PASSWORD,
        allow_loopback_shops=True,
    )
    shop = create_shop(assortment.load("haushaltshof"), tmp_path / "shop.db", clock.now)
    async with (
        served(shop) as shop_url,
        wiring.opened(settings, public_url="", sources=Sources(clock=clock)) as platform,
    ):
        furnished = await furnish(platform)
        known = market.read(MARKET)
        await market.register(
            known.model_copy(update={"vendors": known.vendors[:1]}),
            transaction=platform.database.transaction,
            now=clock.now(),
            base_urls={"haushaltshof": shop_url},
        )
        await platform.worker.run_due()
        async with open_door(platform, tmp_path, furnished.secrets):
            secret = furnished.secrets[WASHER]
            yield Scene(platform, clock, shop, settings.mqtt_port, secret)


async def test_one_message_becomes_one_delivered_order_that_explains_itself(
    scene: Scene,
) -> None:
    assert await scene.reviews_waiting() == []
    measured_at = scene.clock.now() - timedelta(seconds=3)
    await scene.send(
        f'{{"v":1,"boot_id":{BOOT},"seq":{SEQ},"measured_at":"{measured_at.isoformat()}",'
        f'"slots":{{"detergent":{{"level":{LEVEL}}}}}}}'
    )
    await after_hop_3(scene)
    trail = Trail(scene)
    await trail.worker.run_due()
    await after_hop_6(scene, trail)
    await scene.live_until_delivered(trail.worker)
    order = await after_delivery(scene, trail)
    await is_explained(scene, order, measured_at)


async def after_hop_3(scene: Scene) -> None:
    """Stored with the work it causes, and nothing decided. Mosquitto acknowledges earlier."""
    if scene.platform.settings.door == "mosquitto":
        async with asyncio.timeout(60):
            while not await scene.stored(ReadingRow):  # noqa: ASYNC110 - sets no event
                await asyncio.sleep(0.01)
    [reading] = await scene.stored(ReadingRow)
    assert (reading.device_id, reading.boot_id, reading.seq) == (WASHER, BOOT, SEQ)
    assert (reading.slot, reading.level, reading.verdict) == ("detergent", LEVEL, "applied")
    [review] = await scene.reviews_waiting()
    assert review.correlation == CORRELATION
    assert await scene.stored(DecisionRow) == []
    assert await scene.stored(OrderRow) == []


async def after_hop_6(scene: Scene, trail: Trail) -> None:
    """The worker did the review first, then took what it approved to the shop."""
    assert trail.of_message() == [("review", []), ("submit_order", ["approved"])]
    [made] = await scene.stored(DecisionRow)
    cause = Correlation(device_id=WASHER, boot_id=BOOT, seq=SEQ)
    assert record.parsed(made.record).cause == cause
    [order] = await scene.stored(OrderRow)
    assert order.record_id == made.record_id
    assert await scene.history(order.order_id) == ["approved", "submitting", "placed"]
    [sold] = scene.shop.shop.ledger.orders()
    assert order.vendor_order_number == sold.order_id
    assert sold.session.total_minor == order.total_minor


async def after_delivery(scene: Scene, trail: Trail) -> OrderRow:
    [order] = await scene.stored(OrderRow)
    states = ["approved", "submitting", "placed", "shipped", "delivered"]
    assert await scene.history(order.order_id) == states
    assert order.correlation == CORRELATION
    assert {kind for kind, _ in trail.of_message()} == {"review", "submit_order", "poll_order"}
    [sold] = scene.shop.shop.ledger.orders()
    assert sold.is_delivered(scene.clock.now())
    [line] = await scene.stored(OrderLineRow)
    spares = {each.stock_id: each.spares for each in await scene.stored(StockRow)}
    assert spares[order.stock_id] == line.packs * line.pack_quantity
    return order


async def is_explained(scene: Scene, order: OrderRow, measured_at: datetime) -> None:
    """From payload to parcel, and the record decides the same when it is replayed."""
    transaction = scene.platform.database.transaction
    chain = await explain.chain(order.order_id, transaction=transaction)
    assert chain[0] == ("message", f"{WASHER}, boot {BOOT}, number {SEQ}")
    hop, said = chain[1]
    assert hop == "reading"
    assert said.startswith("detergent: level 6.0%")
    assert f"measured {measured_at:%Y-%m-%d %H:%M} UTC" in said
    told = [hop for hop, _ in chain if not hop[0].isdigit()]
    firsts = list(dict.fromkeys(told))
    expected = ["message", "reading", "need", "decision", "offers", "chosen"]
    assert firsts[:6] == expected
    assert firsts[-4:] == ["order", "line", "vendor", "parcel"]
    assert chain[-1][1].startswith("delivered ")
    replayed = await replay.replay_stored(order.record_id, transaction=transaction)
    assert replayed.is_right
