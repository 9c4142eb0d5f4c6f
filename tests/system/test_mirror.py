"""The mirror at a real server: VictoriaMetrics, which takes the write API of InfluxDB v2."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiomqtt
import httpx
import pytest
from sqlmodel import select

from accounts.scoping import ALL_OWNERS
from core.clock import SteppedClock
from core.settings import Settings
from demo_shop import assortment
from demo_shop.app import create_shop
from devices import wire
from devices.mirror import store
from devices.tables import ReadingRow
from replenishment.tables import OrderRow
from runtime import market, mirror, wiring
from runtime.demo import MARKET
from runtime.demo_household import furnish
from runtime.wiring import Platform, Sources
from tests.shop_server import served
from tests.system.installation import SOAP_BOX, command, output, said, until
from tests.system.victoria_metrics import VictoriaMetrics

SOAP = "box-two/soap"
TOKEN = "a-word-that-no-log-may-hold"  # noqa: S105 - of a test
STARTED = datetime(2026, 11, 20, 8, tzinfo=UTC)
BOX = {
    "manufacturer": "Example Works",
    "model": SOAP_BOX,
    "devices": [{"serial": "A-2", "device_id": "box-two"}],
}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[VictoriaMetrics]:
    found = VictoriaMetrics(tmp_path)
    found.start()
    yield found
    found.kill()


def level(seq: int) -> float:
    return round(1 - seq * 0.001, 3)


def message(seq: int) -> str:
    at = STARTED + timedelta(minutes=seq)
    body = {"v": 1, "boot_id": 1, "seq": seq, "measured_at": at.isoformat()}
    return json.dumps(body | {"slots": {"soap": {"level": level(seq)}}})


async def publish(port: int, secret: str, seqs: range) -> None:
    """Returns when every message is acknowledged, which is to say stored."""
    async with aiomqtt.Client("127.0.0.1", port, username="box-two", password=secret) as box:
        for seq in seqs:
            await box.publish(wire.topic("box-two", "telemetry"), message(seq), qos=1)


def expected(seqs: range) -> list[tuple[int, float]]:
    """As the server keeps them: in milliseconds, each once."""
    return [
        (int((STARTED + timedelta(minutes=seq)).timestamp() * 1000), level(seq)) for seq in seqs
    ]


async def has(server: VictoriaMetrics, seqs: range) -> None:
    async def has_all() -> bool:
        found = await asyncio.to_thread(server.exported, "seq")
        return [value for _, value in found.get(SOAP, [])] == list(seqs)

    await until(has_all)
    assert server.exported("level_fraction") == {SOAP: expected(seqs)}


@asynccontextmanager
async def running(home: Path, **environment: str) -> AsyncIterator[tuple[str, int]]:
    """`nachschub all`; its pages and the port of its gateway."""
    ports = {"NACHSCHUB_HTTP_PORT": "0", "NACHSCHUB_MQTT_PORT": "0"}
    async with command(home, "all", **ports, **environment) as process:
        pages, door = await said(process, "Pages:"), await said(process, "Devices:")
        yield pages, int(door.rpartition(":")[2])


async def doctor(home: Path, **environment: str) -> tuple[int | None, dict[str, str]]:
    async with command(home, "doctor", "--json", **environment) as process:
        printed, _ = await process.communicate()
    found = {each["name"]: each for each in json.loads(printed)}
    return process.returncode, found["mirror"]


async def gauges(pages: str, key: str) -> dict[str, float]:
    async with httpx.AsyncClient(base_url=pages, trust_env=False) as client:
        refused = await client.get("/metrics")
        answer = await client.get("/metrics", headers={"Authorization": f"Bearer {key}"})
    assert refused.status_code == 401
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in (line.split() for line in lines)}


@dataclass(frozen=True)
class Site:
    """A platform's folder with one device of a maker; a key of the operator."""

    home: Path
    secret: str
    key: str


@pytest.fixture
async def site(tmp_path: Path) -> Site:
    home, file, result = tmp_path / "home", tmp_path / "box.json", tmp_path / "made.csv"
    file.write_text(json.dumps(BOX))
    await output(home, "provision", str(file), "--result", str(result))
    key = (await output(home, "key", "operator", "desk")).split()[-1]
    return Site(home, result.read_text().splitlines()[1].split(",")[2], key)


async def test_killed_and_back_the_server_is_given_what_it_missed(
    site: Site, server: VictoriaMetrics
) -> None:
    """Also what it had taken and not yet written to disk when it was killed."""
    here = {"NACHSCHUB_MIRROR_URL": server.url, "NACHSCHUB_MIRROR_TOKEN": TOKEN}
    async with running(site.home, **here) as (pages, port):
        await publish(port, site.secret, range(40))
        await has(server, range(40))
        server.kill()
        await publish(port, site.secret, range(40, 80))

        async def is_failing() -> bool:
            return (await gauges(pages, site.key))["nachschub_mirror_failing"] == 1

        await until(is_failing)
        found = await gauges(pages, site.key)
        assert found["nachschub_mirror_waiting_readings"] >= 40
        assert found["nachschub_mirror_lag_seconds"] > 0
        code, check = await doctor(site.home, **here)
        assert (code, check["fix"].partition(",")[0]) == (3, f"start {server.url}")
        server.start()
        await has(server, range(80))

        async def is_noted() -> bool:
            """The server has it a moment before the platform knows that it has."""
            found = await gauges(pages, site.key)
            waiting = found["nachschub_mirror_waiting_readings"]
            return (found["nachschub_mirror_failing"], waiting) == (0, 0)

        await until(is_noted)
        _, check = await doctor(site.home, **here)
        assert (check["fix"], ", 0 readings wait" in check["found"]) == ("", True)
        assert (await gauges(pages, site.key))["nachschub_mirror_lag_seconds"] == 0
    assert not any(TOKEN in each for each in logs(site))


async def test_given_everything_again_the_server_keeps_each_point_once(
    site: Site, server: VictoriaMetrics
) -> None:
    """Another bucket is another mirror; VictoriaMetrics knows none and sees duplicates."""
    for bucket in ("once", "twice"):
        named = {"NACHSCHUB_MIRROR_URL": server.url, "NACHSCHUB_MIRROR_BUCKET": bucket}
        async with running(site.home, **named) as (pages, port):
            await publish(port, site.secret, range(40))

            async def is_given(pages: str = pages) -> bool:
                found = await gauges(pages, site.key)
                return found["nachschub_mirror_written_points_total"] >= 40

            await until(is_given)
            await has(server, range(40))
    async with running(site.home) as (pages, port):
        await publish(port, site.secret, range(40, 41))
        assert await gauges(pages, site.key) == {}


def logs(site: Site) -> list[str]:
    return [each.read_text() for each in site.home.parent.glob("*.log")]


@asynccontextmanager
async def household(
    folder: Path, clock: SteppedClock, mirror_url: str
) -> AsyncIterator[tuple[Platform, int, str]]:
    """A furnished platform with one shop; the port of its door and the washer's secret."""
    settings = Settings(
        home=folder / "home", mqtt_port=0, allow_loopback_shops=True, mirror_url=mirror_url
    )
    shop = create_shop(assortment.load("haushaltshof"), folder / "shop.db", clock.now)
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
        door = wiring.gateway(platform)
        port = await door.start("127.0.0.1", 0)
        try:
            yield platform, port, furnished.secrets["washer-0001"]
        finally:
            await door.close()


async def test_while_the_mirror_is_away_for_a_day_orders_go_on(
    tmp_path: Path,
    clock: SteppedClock,
    server: VictoriaMetrics,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mirror, "LONGEST_WAIT_S", 0.2)
    server.kill()
    async with (
        household(tmp_path, clock, server.url) as (platform, port, secret),
        mirror.running(platform, asyncio.Event()),
    ):
        await washes(port, secret, clock, platform)
        placed = await stored(platform, OrderRow)
        assert [bool(each.vendor_order_number) for each in placed] == [True]
        readings = len(await stored(platform, ReadingRow))
        assert await waiting(platform) == readings >= 25
        server.start()

        async def is_even() -> bool:
            return await waiting(platform) == 0

        await until(is_even)
        found = server.exported("seq")["washer-0001/detergent"]
        assert [value for _, value in found] == list(range(25))


async def washes(port: int, secret: str, clock: SteppedClock, platform: Platform) -> None:
    """A reading an hour for a day; towards its end the detergent is low."""
    async with aiomqtt.Client(
        "127.0.0.1", port, username="washer-0001", password=secret
    ) as washer:
        for hour in range(25):
            left = round(0.16 - hour * 0.004, 3)
            body = {"v": 1, "boot_id": 1, "seq": hour, "measured_at": clock.now().isoformat()}
            body |= {"slots": {"detergent": {"level": left}}}
            topic = wire.topic("washer-0001", "telemetry")
            await washer.publish(topic, json.dumps(body), qos=1)
            await platform.worker.run_due()
            clock.step_to(clock.now() + timedelta(hours=1))


async def stored(platform: Platform, row: type) -> list:
    async with platform.database.snapshot(ALL_OWNERS) as session:
        return list(await session.exec(select(row)))


async def waiting(platform: Platform) -> int:
    async with platform.database.snapshot(ALL_OWNERS) as session:
        connection = await session.connection()
        lag = await connection.run_sync(store.lag)
    assert lag is not None
    return lag.waiting
