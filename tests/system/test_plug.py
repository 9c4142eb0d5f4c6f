"""From the power of a plug to a proposed order: real traces, a real Mosquitto, our gateway."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import aiomqtt
import pytest
from sqlmodel import select

from accounts.scoping import ALL_OWNERS
from accounts.tables import OwnerRow
from broker.bridges import plug, plug_count
from broker.bridges.plug_payloads import PlugKind
from broker.bridges.publishing import DeviceCredential
from core.clock import SteppedClock
from core.settings import Settings
from demo_shop import assortment
from demo_shop.app import create_shop
from devices import bridging
from devices.bridging import Adoption, Registry
from devices.cycles import reporting
from devices.cycles.judging import Appliance, CycleKind
from devices.tables import DeviceEventRow, ReadingRow, SlotRow
from replenishment.tables import OrderRow
from runtime import market, wiring
from runtime.demo import MARKET
from runtime.demo_household import furnish
from runtime.wiring import Platform, Sources
from tests import processes
from tests.recorded import power
from tests.shop_server import served
from tests.system.mosquitto import Mosquitto

DEADLINE_S = 90
DOSE_ML = 110.0  # twelve washes empty a pack of 1,500 ml but for 180 ml
AROUND_S = 25 * 60  # of a run, what is replayed
EVERY_S = 15
HOME = {"plug": "secret of the plug", "bridge": "secret of the bridge"}


@dataclass(frozen=True)
class Scene:
    platform: Platform
    credential: DeviceCredential
    home: Mosquitto
    folder: Path
    bridge_clock: SteppedClock

    @asynccontextmanager
    async def bridge(self) -> AsyncIterator[None]:
        stop = asyncio.Event()
        source = plug.Source(
            host="127.0.0.1",
            port=self.home.port,
            kind=PlugKind.SHELLY_GEN2,
            name="washer-plug",
            user="bridge",
            password=HOME["bridge"],
        )
        running = asyncio.create_task(
            plug.run(
                plug.Plug(
                    source=source,
                    credential=self.credential,
                    appliance=Appliance.WASHER,
                    dose=DOSE_ML,
                    state_folder=self.folder,
                    now=self.bridge_clock.now,
                    tick_s=3600,
                ),
                stop=stop,
            )
        )
        yield
        stop.set()
        await asyncio.wait_for(running, DEADLINE_S)

    async def stored(self, row: type[Any]) -> list[Any]:
        async with self.platform.database.snapshot(ALL_OWNERS) as session:
            rows = (await session.exec(select(row))).all()
        mine = self.credential.device_id
        return [each for each in rows if getattr(each, "device_id", mine) == mine]

    async def until_used(self, used_ml: float) -> None:
        async with asyncio.timeout(DEADLINE_S):
            while used_ml not in {each.used_total for each in await self.stored(ReadingRow)}:  # noqa: ASYNC110 - a row sets no event
                await asyncio.sleep(0.05)


def replayed(traces: list[power.Trace], until_s: float) -> Iterator[str]:
    """As a Shelly tells it: one wash a day, the last one yesterday."""
    for at, trace in enumerate(traces):
        run = trace.runs[0]
        shift_s = until_s - (len(traces) - at) * 86_400 - run.from_s
        due_s = 0.0
        for at_s, watts in trace.samples():
            if run.from_s - AROUND_S <= at_s <= run.to_s + AROUND_S and at_s >= due_s:
                due_s = at_s + EVERY_S
                told = {"ts": at_s + shift_s, "switch:0": {"id": 0, "apower": watts}}
                yield json.dumps({"src": "plug", "method": "NotifyStatus", "params": told})


@pytest.fixture
async def scene(tmp_path: Path, clock: SteppedClock) -> AsyncIterator[Scene]:
    (tmp_path / "mosquitto").mkdir()
    home = Mosquitto(tmp_path / "mosquitto", HOME)
    settings = Settings(
        home=tmp_path / "home",
        door="gateway",
        mqtt_port=processes.free_port(),
        allow_loopback_shops=True,
    )
    shop = create_shop(assortment.load("haushaltshof"), tmp_path / "shop.db", clock.now)
    with home.running():
        async with (
            served(shop) as shop_url,
            wiring.opened(settings, public_url="", sources=Sources(clock=clock)) as platform,
        ):
            await furnish(platform)
            known = market.read(MARKET)
            await market.register(
                known.model_copy(update={"vendors": known.vendors[:1]}),
                transaction=platform.database.transaction,
                now=clock.now(),
                base_urls={"haushaltshof": shop_url},
            )
            await platform.worker.run_due()
            gateway = wiring.gateway(platform)
            await gateway.start("127.0.0.1", settings.mqtt_port)
            began = SteppedClock(clock.now() - timedelta(days=13))
            yield Scene(platform, await adopted(platform), home, tmp_path / "bridge", began)
            await gateway.close()


async def adopted(platform: Platform) -> DeviceCredential:
    """With the owner's code, as every bridge."""
    async with platform.database.snapshot(ALL_OWNERS) as session:
        [owner] = (await session.exec(select(OwnerRow))).all()
    where = Registry(
        transaction=platform.database.transaction,
        clock=platform.clock,
        wall=platform.wall,
        ids=platform.ids,
        key=platform.device_key,
    )
    code = await bridging.allow(owner.owner_id, where)
    supply = plug_count.SUPPLIES[Appliance.WASHER]
    made = await bridging.adopt(
        Adoption(
            code=code,
            model=plug_count.describe(Appliance.WASHER, supply),
            serial="shellyplusplugs-aabbccddeeff",
            name="Old washing machine",
        ),
        where,
    )
    return DeviceCredential(
        host="127.0.0.1",
        port=platform.settings.mqtt_port,
        device_id=made.device_id,
        secret=made.secret,
    )


async def test_twelve_real_washes_on_a_plug_become_a_proposed_order(
    scene: Scene, shared_data: Path
) -> None:
    traces = [
        each for each in power.labelled(shared_data) if each.name.startswith("dev_D338C9")
    ]
    async with scene.bridge():
        await scene.until_used(0.0)
        scene.bridge_clock.step_to(scene.platform.clock.now())
        async with aiomqtt.Client(
            "127.0.0.1", scene.home.port, username="plug", password=HOME["plug"]
        ) as shelly:
            for told in replayed(traces, scene.platform.clock.now().timestamp()):
                await shelly.publish("washer-plug/events/rpc", told, qos=1)
        await scene.until_used(len(traces) * DOSE_ML)
    events = await scene.stored(DeviceEventRow)
    reports = [reporting.read(each.detail, each.measured_at) for each in events]
    assert [each.kind for each in reports if each] == [CycleKind.WASH] * 12
    for first, second in pairwise(sorted(each.ended_at for each in reports if each)):
        assert second - first == pytest.approx(timedelta(days=1), abs=timedelta(minutes=20))
    [slot] = await scene.stored(SlotRow)
    assert slot.in_slot == 1500 - 12 * DOSE_ML
    await scene.platform.worker.run_due()
    orders = {each.stock_id: each.state for each in await scene.stored(OrderRow)}
    assert orders[slot.stock_id] == "awaiting_approval"
